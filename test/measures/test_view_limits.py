"""The head-pose window and dark glasses, just below, at and above each limit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest

from fatigue_ros.face import Face
from fatigue_ros.measures.view import HeadPoseWindow, ShadeWatch, ViewSettings, yaw_from_points

MakeFace = Callable[..., Face]


@pytest.mark.parametrize(
    ("pose", "said"),
    [
        ({"yaw": 0.65}, ""),
        ({"yaw": 0.651}, "head turned away (yaw 37 deg, limit 37)"),
        ({"yaw": -0.651}, "head turned away (yaw -37 deg, limit 37)"),
        ({"pitch": 0.5}, ""),
        ({"pitch": 0.501}, "head tilted (pitch 29 deg, limit 29)"),
        ({"pitch": -0.501}, "head tilted (pitch -29 deg, limit 29)"),
        ({"pitch": math.nan}, ""),
    ],
)
def test_the_edges(make_face: MakeFace, pose: dict[str, float], said: str) -> None:
    assert HeadPoseWindow(ViewSettings()).refusal(make_face(0.0, **pose)) == said


@pytest.mark.parametrize(("yaw", "inside"), [(0.6999, True), (0.7001, False)])
def test_the_margin_is_for_who_was_inside(make_face: MakeFace, yaw: float, inside: bool) -> None:
    window = HeadPoseWindow(ViewSettings())
    assert window.refusal(make_face(0.0, yaw=0.6)) == ""
    assert (window.refusal(make_face(10.0, yaw=yaw)) == "") is inside
    assert window.refusal(make_face(20.0, yaw=0.64)) == ""
    window.reset()
    assert window.refusal(make_face(30.0, yaw=0.66))


def test_who_was_lost_comes_back_inside(
    make_face: MakeFace, no_face: Callable[[float], Face]
) -> None:
    window = HeadPoseWindow(ViewSettings())
    window.refusal(make_face(0.0))
    window.refusal(no_face(10.0))
    assert window.refusal(make_face(20.0, yaw=0.66))


@pytest.mark.parametrize(
    ("passed", "turn", "fast"),
    [
        (0.1, 0.199, False),
        (0.1, 0.201, True),
        (0.09, 0.3, False),  # one frame before is noise
        (0.39, 0.801, True),
        (0.41, 1.0, False),  # no neighbour
    ],
)
def test_two_radians_a_second(make_face: MakeFace, passed: float, turn: float, fast: bool) -> None:
    window = HeadPoseWindow(ViewSettings())
    window.refusal(make_face(100.0, yaw=-0.4))
    said = window.refusal(make_face(100.0 + passed, yaw=turn - 0.4))
    assert said.startswith("head turning fast") is fast
    if passed == 0.1 and fast:
        assert said == "head turning fast (115 deg/s)"


def test_a_turn_is_taken_over_the_last_tenth_of_a_second(make_face: MakeFace) -> None:
    window = HeadPoseWindow(ViewSettings())
    for i, yaw in enumerate((0.0, 0.21, 0.21, 0.21)):
        said = window.refusal(make_face(i * 0.05, yaw=yaw))
        assert bool(said) is (i == 2), i
    window.reset()
    assert window.refusal(make_face(0.25, yaw=-0.4)) == ""


def test_a_nose_a_length_aside_is_half_a_right_angle(make_face: MakeFace) -> None:
    points = make_face(0.0).points
    assert points is not None
    half = float(points[45, 0] - points[36, 0]) / 2.0
    points[30, 0] += 1.25 * half
    assert yaw_from_points(points) == pytest.approx(math.pi / 4, abs=1e-6)
    points[45] = points[36]
    assert math.isnan(yaw_from_points(points))


class Shade:
    """Faces with a shade below the eyes, ten times a second."""

    def __init__(self, make_face: MakeFace) -> None:
        self.watch = ShadeWatch(0.5, 1.0, 0.25)
        self._face = make_face(0.0)
        self.now = 0.0

    def see(self, shade: float, after: float = 0.125) -> str:
        self.now += after
        face = dataclasses.replace(self._face, stamp=self.now, eye_shade=shade)
        return self.watch.refusal(face)


def test_dark_for_a_second_is_dark_glasses(make_face: MakeFace) -> None:
    eyes = Shade(make_face)
    assert [bool(eyes.see(0.51)) for _ in range(10)] == [False] * 8 + [True] * 2
    assert eyes.see(0.604) == "dark glasses (below the eyes 60 % darker than the cheek)"
    assert eyes.see(0.43), "a little brighter is not enough"
    assert eyes.see(0.42) == ""
    assert eyes.see(0.43) == "", "it begins anew"
    assert [bool(eyes.see(0.51)) for _ in range(9)] == [False] * 8 + [True]


def test_what_is_not_dark_or_not_known_hides_nothing(make_face: MakeFace) -> None:
    for shade in (0.5, math.nan, -1.0):
        eyes = Shade(make_face)
        assert not any(eyes.see(shade) for _ in range(20))
    gap = Shade(make_face)
    for _ in range(9):
        gap.see(0.9)
    assert gap.see(0.9, after=0.25)
    assert gap.see(0.9, after=0.2501) == ""
    assert gap.see(0.9) == ""
    gap.watch.reset()
    assert gap.see(0.45) == ""
