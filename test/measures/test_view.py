"""The head-pose window."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest

from fatigue_ros.face import Face
from fatigue_ros.measures.view import HeadPoseWindow, ViewSettings, yaw_from_points

MakeFace = Callable[..., Face]


def test_without_a_face_the_reason_says_so(no_face: Callable[[float], Face]) -> None:
    assert HeadPoseWindow(ViewSettings()).refusal(no_face(0.0)) == "no face found"


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_the_edge_has_hysteresis(make_face: MakeFace, sign: float) -> None:
    window = HeadPoseWindow(ViewSettings(max_yaw=0.6, pose_margin=0.1))
    times = (i * 1.0 for i in range(10))

    def judged(yaw: float) -> bool:
        return not window.refusal(make_face(next(times), yaw=sign * yaw))

    assert [judged(y) for y in (0.65, 0.55, 0.65, 0.75, 0.65, 0.55)] == [
        False,
        True,
        True,
        False,
        False,
        True,
    ]


def test_a_tilted_head_is_refused_with_its_angle(make_face: MakeFace) -> None:
    window = HeadPoseWindow(ViewSettings())
    assert "pitch 46 deg" in window.refusal(make_face(0.0, pitch=0.8))
    assert "yaw -57 deg" in window.refusal(make_face(1.0, yaw=-1.0))


def test_a_fast_turn_is_refused_until_it_ends(make_face: MakeFace) -> None:
    window = HeadPoseWindow(ViewSettings(max_turn_rate=2.0))
    # Half a second at rest, 0.6 rad in 0.2 s, at rest again; 30 frames/s.
    yaws = [-0.3] * 15 + [-0.3 + 0.1 * i for i in range(1, 7)] + [0.3] * 15
    refusals = [window.refusal(make_face(i / 30.0, yaw=y)) for i, y in enumerate(yaws)]
    assert not any(refusals[:15])
    assert "turning fast" in refusals[18]
    assert not any(refusals[24:])


def test_a_slow_turn_is_let_pass(make_face: MakeFace) -> None:
    window = HeadPoseWindow(ViewSettings())
    assert not any(window.refusal(make_face(i / 30.0, yaw=-0.5 + i / 30.0)) for i in range(30))


def test_yaw_from_points_is_zero_in_front_and_has_the_sign_of_the_turn(
    make_face: MakeFace,
) -> None:
    points = make_face(0.0).points
    assert points is not None
    assert yaw_from_points(points) == pytest.approx(0.0, abs=1e-6)
    # Turned to the own left the nose goes to the right in the image, and it grows with the turn.
    turned = points.copy()
    turned[30, 0] += 30.0
    further = points.copy()
    further[30, 0] += 50.0
    assert 0.0 < yaw_from_points(turned) < yaw_from_points(further) < math.pi / 2
    # Rotating the picture changes nothing.
    rotation = np.array([[0.0, 1.0], [-1.0, 0.0]], np.float32)
    assert yaw_from_points(turned @ rotation) == pytest.approx(yaw_from_points(turned), abs=1e-5)


def test_an_unknown_pose_is_taken_from_the_points(make_face: MakeFace) -> None:
    window = HeadPoseWindow(ViewSettings())
    face = make_face(0.0, yaw=math.nan, pitch=math.nan)
    assert not window.refusal(face)
    assert face.points is not None
    profile = face.points.copy()
    profile[30, 0] += 80.0
    assert "turned away" in window.refusal(dataclasses.replace(face, stamp=1.0, points=profile))
    broken = np.full((68, 2), np.nan, np.float32)
    assert "not finite" in window.refusal(dataclasses.replace(face, stamp=2.0, points=broken))
