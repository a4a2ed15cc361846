from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.vision.head_pose import FACE_MODEL, HeadPose, head_pose, rotation_matrix

RIGHT_EAR, LEFT_EAR, NOSE_TIP, NOSE_BASE, ROOT = 0, 16, 30, 33, 27
# What does not move when the face does; their middle is what "towards the camera" is about.
STILL = [*range(4), *range(13, 37), 39, 42, 45]


def photograph(
    pose: HeadPose,
    *,
    distance: float = 700.0,
    aside: float = 0.0,
    below: float = 0.0,
    width: int = 640,
    height: int = 480,
) -> npt.NDArray[np.float64]:
    """Points of the face model, turned, in a camera whose focal length is the image's width.

    The turn is against the line of sight; aside and below are in [mm].
    """
    to_face = np.array([aside, below, distance])
    yaw, pitch = math.atan2(-aside, distance), math.atan2(-below, math.hypot(aside, distance))
    facing_camera = rotation_matrix(HeadPose(yaw, pitch, 0.0))
    centred = FACE_MODEL - FACE_MODEL[STILL].mean(axis=0)
    seen = centred @ (facing_camera @ rotation_matrix(pose)).T + to_face
    return np.asarray(width * seen[:, :2] / seen[:, 2:] + (width / 2, height / 2))


def test_the_model_is_a_face() -> None:
    right, down, deep = FACE_MODEL.T
    assert right[36] < right[39] < right[42] < right[45]
    assert down[19] < down[37] < down[41] < down[30] < down[51] < down[57] < down[8]
    assert deep[NOSE_TIP] == deep.min()
    assert deep[RIGHT_EAR] > 50
    np.testing.assert_array_equal(FACE_MODEL[LEFT_EAR], FACE_MODEL[RIGHT_EAR] * (-1, 1, 1))
    assert right[45] - right[36] == 90


def test_signs_are_what_the_words_say() -> None:
    level = photograph(HeadPose(0, 0, 0))
    # Turned to the own left, the nose goes right in the image, and the left ear out of sight.
    left = photograph(HeadPose(0.4, 0, 0))
    assert left[NOSE_TIP, 0] - left[NOSE_BASE, 0] > 2 > level[NOSE_TIP, 0] - level[NOSE_BASE, 0]
    assert left[NOSE_TIP, 0] > left[[0, 16], 0].mean() + 20
    # Looking down, the tip of the nose comes closer to the mouth.
    down = photograph(HeadPose(0, 0.3, 0))
    assert down[NOSE_TIP, 1] - down[ROOT, 1] > 1.1 * (level[NOSE_TIP, 1] - level[ROOT, 1])
    # Tilted to the own right shoulder, the right eye is lower in the image.
    tilted = photograph(HeadPose(0, 0, 0.3))
    assert tilted[36, 1] > tilted[45, 1] + 10


@given(
    st.floats(-1.2, 1.2),
    st.floats(-0.7, 0.7),
    st.floats(-1.5, 1.5),
    st.floats(500, 1500),
)
def test_a_turn_comes_back(yaw: float, pitch: float, roll: float, distance: float) -> None:
    pose = HeadPose(yaw, pitch, roll)
    found = head_pose(photograph(pose, distance=distance), 640, 480)
    assert list(found) == pytest.approx(list(pose), abs=0.03)


@given(st.floats(-250, 250), st.floats(-150, 150), st.floats(-0.5, 0.5), st.floats(-0.3, 0.3))
def test_place_in_the_image_hardly_matters(
    aside: float, below: float, yaw: float, pitch: float
) -> None:
    pose = HeadPose(yaw, pitch, 0.1)
    found = head_pose(photograph(pose, aside=aside, below=below), 640, 480)
    assert list(found) == pytest.approx(list(pose), abs=0.12)


@given(st.floats(0.4, 3.0))
def test_size_of_the_image_does_not_matter(scale: float) -> None:
    pose = HeadPose(0.3, -0.2, 0.1)
    points = photograph(pose)
    found = head_pose(points * scale, round(640 * scale), round(480 * scale))
    assert list(found) == pytest.approx(list(head_pose(points, 640, 480)), abs=0.01)


def test_focal_length_matters_little() -> None:
    pose = HeadPose(0.5, 0.2, 0.1)
    points = photograph(pose, width=640)
    for guessed in (400, 1000):
        assert list(head_pose(points, guessed, 300)) == pytest.approx(list(pose), abs=0.06)


@given(st.floats(-0.8, 0.8), st.floats(-0.4, 0.4), st.floats(-0.5, 0.5))
def test_a_mirrored_face_mirrors_yaw_and_roll(yaw: float, pitch: float, roll: float) -> None:
    opposite = photograph(HeadPose(-yaw, pitch, -roll))
    found = head_pose(photograph(HeadPose(yaw, pitch, roll)), 640, 480)
    mirrored = head_pose(opposite, 640, 480)
    assert list(mirrored) == pytest.approx([-found.yaw, found.pitch, -found.roll], abs=0.03)


def test_yawning_and_blinking_turn_no_head() -> None:
    points = photograph(HeadPose(0.2, 0.1, 0.0))
    moved = points.copy()
    moved[4:13, 1] += 25  # chin
    moved[48:68, 1] += 15  # lips
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        moved[upper] = moved[lower]
    assert head_pose(moved, 640, 480) == head_pose(points, 640, 480)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_points_that_are_no_numbers_give_no_pose(value: float) -> None:
    points = photograph(HeadPose(0, 0, 0))
    points[30, 0] = value
    assert all(math.isnan(angle) for angle in head_pose(points, 640, 480))


def test_points_that_coincide_give_numbers_or_nan_but_no_error() -> None:
    pose = head_pose(np.full((68, 2), 7.0), 640, 480)
    assert all(math.isnan(angle) or abs(angle) <= math.pi for angle in pose)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected shape \(68, 2\), got \(68, 3\)"):
        head_pose(np.zeros((68, 3)), 640, 480)
