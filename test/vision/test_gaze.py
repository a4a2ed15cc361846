"""Where the eyes look, from eyes that were made to look there and from drivers who did."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation  # type: ignore[import-untyped]

from fatigue_ros.face import Points
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.gaze import Gaze, gaze
from fatigue_ros.vision.head_pose import FACE_MODEL, HeadPose

AHEAD = HeadPose(0.0, 0.0, 0.0)


def seen(
    pose: HeadPose, yaw: float, pitch: float, ear: float = 0.3, size: float = 2.0
) -> tuple[Points, Points]:
    """Points and pupils of a head that is far away, whose eyes look somewhere."""
    # x to the driver's left, y down, z into the head: its own left and down are positive.
    turn = Rotation.from_euler("YXZ", [-pose.yaw, pose.pitch, -pose.roll])
    model = FACE_MODEL.copy()
    pupils = []
    look = Rotation.from_euler("YX", [-yaw, pitch]).apply((0.0, 0.0, -10.5))
    for first, side in ((36, -1.0), (42, 1.0)):
        outer, inner = model[first], model[first + 3]
        middle, width = (outer + inner) / 2.0, math.dist(outer[:2], inner[:2])
        for number, share, up in ((1, 0.3, -1), (2, 0.7, -1), (4, 0.7, 1), (5, 0.3, 1)):
            model[first + number] = outer + share * (inner - outer)
            model[first + number, 1] += up * ear * width / 2.0
        pupils.append(middle + np.array((side * 1.0, -1.6, 6.0)) + look)
    points = turn.apply(np.concatenate((model, pupils)))[:, :2] * size + (320.0, 240.0)
    return points[:68].astype(np.float32), points[68:].astype(np.float32)


@pytest.mark.parametrize("size", [0.7, 2.0])
@pytest.mark.parametrize("head", [(0.0, 0.0, 0.0), (0.4, 0.1, 0.0), (-0.3, -0.2, 0.5)])
@pytest.mark.parametrize("look", [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (-0.2, -0.1)])
def test_the_gaze_that_was_made_is_found_in_the_heads_frame(
    look: tuple[float, float], head: tuple[float, float, float], size: float
) -> None:
    pose = HeadPose(*head)
    assert gaze(*seen(pose, *look, size=size), pose) == pytest.approx(look, abs=0.01)


def test_the_signs_are_those_of_the_head() -> None:
    points, pupils = seen(AHEAD, 0.0, 0.0)
    assert gaze(points, pupils + np.array((6, 0), np.float32), AHEAD).yaw > 0.2
    assert gaze(points, pupils + np.array((0, 6), np.float32), AHEAD).pitch > 0.2


@pytest.mark.parametrize(("ear", "told"), [(0.095, False), (0.105, True), (0.3, True)])
def test_shut_lids_hide_the_gaze(ear: float, told: bool) -> None:
    assert math.isfinite(gaze(*seen(AHEAD, 0.1, 0.0, ear), AHEAD).yaw) is told


def test_a_wink_leaves_the_other_eye() -> None:
    points, pupils = seen(AHEAD, 0.2, 0.0)
    points[36:42] = seen(AHEAD, 0.2, 0.0, ear=0.02)[0][36:42]
    pupils[0] += 9.0  # nobody knows where it is
    assert gaze(points, pupils, AHEAD) == pytest.approx((0.2, 0.0), abs=0.01)


def test_pupils_beyond_the_ball_are_at_its_edge() -> None:
    points, pupils = seen(AHEAD, 0.0, 0.0)
    far = gaze(points, pupils + np.array((500, 0), np.float32), AHEAD)
    assert far == pytest.approx((math.pi / 2, 0.0), abs=0.1)


@pytest.mark.parametrize("pose", [HeadPose(), HeadPose(0.1, math.nan, 0.0)])
def test_without_pupils_or_pose_there_is_none(pose: HeadPose) -> None:
    points, pupils = seen(AHEAD, 0.1, 0.1)
    assert np.isnan(gaze(points, pupils, pose)).all()
    assert np.isnan(gaze(points, None, AHEAD)).all()
    assert np.isnan(gaze(points, pupils * np.float32(math.nan), AHEAD)).all()
    assert np.isnan(gaze(np.zeros_like(points), pupils, AHEAD)).all()


@pytest.mark.parametrize(
    ("clip", "first", "last", "low", "high"),
    [
        ("looks_down", 62, 80, 0.09, 0.2),
        ("yawn_behind_hand", 0, 30, -0.06, 0.06),  # into the camera, level with the eyes
        ("yawn_behind_hand", 350, 370, -0.06, 0.06),
    ],
)
def test_drivers(
    shared_data: Path, clip: str, first: int, last: int, low: float, high: float
) -> None:
    pytest.importorskip("ai_edge_litert", reason="the landmark engine is not installed")
    capture = cv2.VideoCapture(str(shared_data / "clips_more" / f"{clip}.mp4"))
    found = []
    with create_engine(LandmarkSettings()) as engine:
        for number in range(last):
            picture = capture.read()[1]
            if number < first:
                continue
            face = engine.detect(
                np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8), number / 30.0
            )
            assert face.pupils is not None
            found.append(Gaze(face.gaze_yaw, face.gaze_pitch))
    yaw, pitch = np.array(found).T
    assert np.isfinite(pitch).mean() > 0.8
    assert low < np.nanmedian(pitch) < high
    assert abs(np.nanmedian(yaw)) < 0.15
