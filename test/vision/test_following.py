from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.errors import ImageError, ParameterError
from fatigue_ros.face import LEFT_EYE, POINT_COUNT, RIGHT_EYE, Face, Points
from fatigue_ros.settings.parameters import from_mapping
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings, create_engine
from fatigue_ros.vision.faces import REMEMBERED
from fatigue_ros.vision.mesh_points import MESH_INDICES

Picture = npt.NDArray[np.uint8]
RATE = 30.0


@pytest.fixture(params=["litert", "mediapipe"])
def settings(request: pytest.FixtureRequest) -> LandmarkSettings:
    """Of each engine that follows the points of a mesh."""
    module = {"litert": "ai_edge_litert", "mediapipe": "mediapipe"}[request.param]
    pytest.importorskip(module, reason=f"the engine {request.param} is not installed")
    return LandmarkSettings(engine=request.param)


@pytest.fixture
def engine(settings: LandmarkSettings) -> Iterator[LandmarkEngine]:
    with create_engine(settings) as made:
        yield made


def watch(
    engine: LandmarkEngine, frames: Iterable[Picture], start: float = 0.0, rate: float = RATE
) -> list[Face]:
    return [engine.detect(frame, start + i / rate) for i, frame in enumerate(frames)]


def points_of(face: Face) -> Points:
    assert face.points is not None
    return face.points


def eye_aspect_ratio(points: Points) -> float:
    def one(eye: Points) -> float:
        a, b, c = (np.linalg.norm(eye[i] - eye[j]) for i, j in ((1, 5), (2, 4), (0, 3)))
        return float((a + b) / (2 * c))

    return (one(points[RIGHT_EYE]) + one(points[LEFT_EYE])) / 2


def turned(picture: Picture, degrees: float) -> Picture:
    """Turned counter-clockwise as one looks at it."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def test_the_mapping_names_each_place_once() -> None:
    assert len(MESH_INDICES) == POINT_COUNT
    assert len(set(MESH_INDICES)) == POINT_COUNT
    assert max(MESH_INDICES) < 468


def test_each_group_of_points_lies_where_it_should(
    engine: LandmarkEngine, portrait: Picture
) -> None:
    face = watch(engine, [portrait] * 2)[-1]
    assert (face.width, face.height, face.faces) == (480, 480, 1)
    points = points_of(face)
    assert points.shape == (68, 2)
    assert points.dtype == np.float32
    x, y = points.T

    jaw = points[0:17]
    assert (np.diff(jaw[:, 0]) > -1).all(), "jaw runs from the driver's right to the left"
    assert (np.diff(jaw[:9, 1]) > 0).all(), "down to the chin"
    assert (np.diff(jaw[8:, 1]) < 0).all(), "and up again"
    assert y[8] == y.max()
    assert ((x >= jaw[0, 0]) & (x <= jaw[16, 0])).all(), "all else is between its ends"

    for brow, eye in ((slice(17, 22), RIGHT_EYE), (slice(22, 27), LEFT_EYE)):
        assert (np.diff(x[brow]) > 0).all()
        assert y[brow].max() < y[eye].min(), "brows are above the eyes"
        assert x[brow].min() < x[eye].mean() < x[brow].max()
    assert x[21] < x[27] < x[22], "the root of the nose is between the brows"

    assert (np.diff(y[27:31]) > 0).all(), "the ridge runs down"
    assert (np.diff(x[31:36]) > 0).all(), "nostrils run from right to left"
    assert y[30] < y[33] < y[51], "tip, base, lip"
    assert abs(x[30] - x[33]) < 0.1 * (x[45] - x[36])

    for first in (36, 42):
        corner, up1, up2, other, low1, low2 = points[first : first + 6]
        assert corner[0] < up1[0] < up2[0] < other[0], "upper lid from the right corner to the left"
        assert corner[0] < low2[0] < low1[0] < other[0], "lower lid back"
        assert up1[1] < low2[1]
        assert up2[1] < low1[1]
        assert abs(up1[0] - low2[0]) < 0.2 * (other[0] - corner[0]), "pairs face each other"
        assert abs(up2[0] - low1[0]) < 0.2 * (other[0] - corner[0])
    assert x[39] < x[27] < x[42], "inner corners beside the nose"

    assert (np.diff(x[48:55]) > 0).all()
    assert (np.diff(x[54:60]) < 0).all()
    assert x[59] > x[48]
    assert (np.diff(x[60:65]) > 0).all()
    assert (np.diff(x[64:68]) < 0).all()
    for outer_up, inner_up, inner_low, outer_low in (
        (50, 61, 67, 58),
        (51, 62, 66, 57),
        (52, 63, 65, 56),
    ):
        assert y[outer_up] < y[inner_up] < y[inner_low] < y[outer_low]
    assert x[48] <= x[60] < x[64] <= x[54]
    assert y[33] < y[48:68].min()
    assert y[48:68].max() < y[8]


def test_open_eyes_look_open(engine: LandmarkEngine, portrait: Picture) -> None:
    assert 0.2 < eye_aspect_ratio(points_of(watch(engine, [portrait] * 2)[-1])) < 0.45


def test_a_face_that_looks_into_the_camera_reads_zero(
    engine: LandmarkEngine, portrait: Picture
) -> None:
    face = watch(engine, [portrait] * 2)[-1]
    assert (face.yaw, face.pitch, face.roll) == pytest.approx((0, 0, 0), abs=0.1)


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_turning_the_picture_changes_roll_alone(
    settings: LandmarkSettings, portrait: Picture, degrees: float
) -> None:
    def pose(picture: Picture) -> list[float]:
        with create_engine(settings) as engine:
            face = watch(engine, [picture] * 3)[-1]
        return [face.yaw, face.pitch, face.roll]

    yaw, pitch, roll = pose(portrait)
    # Counter-clockwise for the onlooker is towards the right shoulder of the one in the picture.
    expected = [yaw, pitch, roll + np.radians(degrees)]
    assert pose(turned(portrait, degrees)) == pytest.approx(expected, abs=0.1)


def test_a_mirrored_clip_mirrors_yaw_and_roll(
    settings: LandmarkSettings, shared_data: Path
) -> None:
    frames = clip(shared_data, "3.avi", 0.5, 0.8)
    with create_engine(settings) as engine:
        face = watch(engine, frames)[-1]
    with create_engine(settings) as engine:
        mirrored = watch(engine, [np.ascontiguousarray(f[:, ::-1]) for f in frames])[-1]
    assert face.yaw > 0.3, "this driver sits turned to the own left"
    expected = (-face.yaw, face.pitch, -face.roll)
    assert (mirrored.yaw, mirrored.pitch, mirrored.roll) == pytest.approx(expected, abs=0.1)


def clip(shared_data: Path, name: str, start: float, end: float) -> list[Picture]:
    """Frames of a driver clip between two times, in [s]."""
    capture = cv2.VideoCapture(str(shared_data / "driver_clips" / name))
    frames: list[Picture] = []
    while True:
        time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 + 1 / RATE
        if time >= end or not capture.grab():
            return frames
        if time >= start:
            picture = cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB)
            frames.append(np.asarray(picture, np.uint8))


def test_a_driver_who_turns_to_profile(settings: LandmarkSettings, shared_data: Path) -> None:
    with create_engine(settings) as engine:
        faces = watch(engine, clip(shared_data, "3.avi", 8.8, 10.5))
    assert all(face.detected for face in faces)
    assert np.mean([face.yaw for face in faces[:10]]) > 0.4
    assert np.mean([face.yaw for face in faces[-10:]]) < -0.6, "over to the own right"


def test_a_driver_who_throws_the_head_back_to_yawn(
    settings: LandmarkSettings, shared_data: Path
) -> None:
    with create_engine(settings) as engine:
        before = watch(engine, clip(shared_data, "1.avi", 2.0, 2.5))
        yawning = watch(engine, clip(shared_data, "1.avi", 6.0, 6.5), start=4.0)
    change = np.mean([f.pitch for f in yawning]) - np.mean([f.pitch for f in before])
    assert change < -0.25


def test_a_blink_shows_in_the_lids_of_the_refined_mesh(
    settings: LandmarkSettings, shared_data: Path
) -> None:
    # In this clip a blink's deepest point is at 1.7 s.
    with create_engine(settings) as engine:
        faces = watch(engine, clip(shared_data, "4.avi", 1.2, 2.1))
    ratios = [eye_aspect_ratio(points_of(face)) for face in faces]
    assert min(ratios) < 0.45 * np.median(ratios)


def test_no_face_is_no_face(engine: LandmarkEngine) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3)).astype(np.uint8)
    for picture in (np.zeros((480, 640, 3), np.uint8), noise, np.full((1, 1, 3), 9, np.uint8)):
        face = engine.detect(picture, 0.0)
        assert not face.detected
        assert np.isnan([face.yaw, face.pitch, face.roll]).all()
        assert (face.height, face.width) == picture.shape[:2]


def test_frames_that_are_no_pictures_are_refused(engine: LandmarkEngine, portrait: Picture) -> None:
    with pytest.raises(
        ImageError, match=r"expected \(height, width, 3\) of uint8, got \(480, 480\)"
    ):
        engine.detect(portrait[..., 0], 0.0)
    with pytest.raises(ImageError, match="float64"):
        engine.detect(portrait / 255.0, 0.0)  # type: ignore[arg-type]


def test_the_frame_is_left_alone_and_may_be_strided_or_read_only(
    engine: LandmarkEngine, portrait: Picture
) -> None:
    wide = np.repeat(portrait, 2, axis=1)
    view = wide[:, ::2]
    view.flags.writeable = False
    assert engine.detect(view, 0.0).detected
    np.testing.assert_array_equal(view, portrait)


def scene(portrait: Picture, *faces: tuple[int, int]) -> Picture:
    """A cabin 640x480 with one portrait for each (left edge, side), [px]."""
    picture = np.full((480, 640, 3), 90, np.uint8)
    face = portrait[40:390, 70:420]
    for left, side in faces:
        picture[60 : 60 + side, left : left + side] = cv2.resize(face, (side, side))
    return picture


def side_of(face: Face) -> str:
    if face.points is None:
        return "-"
    return "L" if face.points[:, 0].mean() < 320 else "R"


@pytest.mark.parametrize(("left", "right", "side"), [(300, 240, "L"), (240, 300, "R")])
def test_of_two_faces_the_larger_is_taken(
    engine: LandmarkEngine, portrait: Picture, left: int, right: int, side: str
) -> None:
    faces = watch(engine, [scene(portrait, (10, left), (335, right))] * 3)
    assert [side_of(face) for face in faces] == [side] * 3
    assert faces[-1].faces == 2


def test_a_clearly_larger_face_takes_over_but_not_a_similar_one(
    engine: LandmarkEngine, portrait: Picture
) -> None:
    alone = scene(portrait, (370, 230))
    similar = scene(portrait, (10, 260), (370, 230))
    larger = scene(portrait, (10, 345), (370, 230))
    frames = [alone] * 3 + [similar] * 6 + [larger] * 6
    faces = watch(engine, frames, rate=5.0)
    assert "".join(map(side_of, faces[:9])) == "R" * 9
    assert faces[8].faces == 2
    assert "".join(map(side_of, faces[-2:])) == "LL"


def test_nobody_stands_in_for_a_driver_who_looks_away(
    engine: LandmarkEngine, portrait: Picture
) -> None:
    both, passenger = scene(portrait, (10, 300), (370, 230)), scene(portrait, (370, 230))
    rate = 5.0
    away = round(REMEMBERED * rate)
    frames = [both] * 3 + [passenger] * (away - 2) + [both] * 3
    assert "".join(map(side_of, watch(engine, frames, rate=rate))).endswith(
        "-" * (away - 2) + "LLL"
    )
    # Gone for good: the one who is there is the driver.
    faces = watch(engine, [passenger] * (away + 5), start=10.0, rate=rate)
    assert side_of(faces[-1]) == "R"


def test_time_that_jumps_back_starts_anew(engine: LandmarkEngine, portrait: Picture) -> None:
    watch(engine, [scene(portrait, (10, 300))] * 2, start=100.0)
    faces = watch(engine, [scene(portrait, (370, 230))] * 3, start=0.0)
    assert side_of(faces[-1]) == "R"


def test_nothing_is_said_when_all_is_well(
    settings: LandmarkSettings, capfd: pytest.CaptureFixture[str], portrait: Picture
) -> None:
    with create_engine(settings) as engine:
        assert watch(engine, [portrait] * 2)[-1].detected
    assert capfd.readouterr().err == ""


def test_closing_twice_is_fine(settings: LandmarkSettings) -> None:
    engine = create_engine(settings)
    engine.close()
    engine.close()


def test_unknown_engines_are_refused_by_name() -> None:
    with pytest.raises(
        ParameterError, match="'magic' is unknown, expected one of litert, mediapipe, dlib"
    ):
        create_engine(dataclasses.replace(LandmarkSettings(), engine="magic"))


def test_settings_are_parameters() -> None:
    assert from_mapping(LandmarkSettings, {"engine": "dlib"}).engine == "dlib"
