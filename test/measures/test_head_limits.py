"""A sinking head, just below and at each angle, height and time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fatigue_ros.face import Face
from fatigue_ros.measures.head import HeadDrop

STEP = 0.125  # [s]


class Head:
    """A head eight times a second: pitch [rad], and height in distances of the eye corners."""

    def __init__(self, points: Any) -> None:
        self.drop = HeadDrop()
        self._points = points
        self._width = float(points[45, 0] - points[36, 0])
        self.now = 0.0

    def hold(
        self, seconds: float, pitch: float = 0.0, lower: float = 0.0, *, seen: bool = True
    ) -> bool:
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            points = np.add(self._points, (0.0, lower * self._width))
            self.drop.update(Face(stamp=self.now, points=points, pitch=pitch), seen=seen)
        return self.drop.down


@pytest.fixture
def head(face_points: Callable[..., Any]) -> Head:
    return Head(face_points(0.3, 0.3, 0.02))


@pytest.mark.parametrize(("pitch", "down"), [(0.249, False), (0.251, True), (-1.0, False)])
def test_a_quarter_of_a_radian(head: Head, pitch: float, down: bool) -> None:
    head.hold(3.0)
    assert head.hold(STEP, pitch, seen=False) is down


@pytest.mark.parametrize(("lower", "down"), [(0.499, False), (0.501, True), (-2.0, False)])
def test_half_the_distance_of_the_eyes(head: Head, lower: float, down: bool) -> None:
    head.hold(3.0)
    assert head.hold(STEP, lower=lower, seen=False) is down


@pytest.mark.parametrize(("pitch", "lower"), [(0.151, 0.0), (0.0, 0.301)])
def test_up_again_below_six_tenths_of_that(head: Head, pitch: float, lower: float) -> None:
    head.hold(3.0)
    head.hold(STEP, 0.6, 1.0, seen=False)
    assert head.hold(STEP, pitch, lower, seen=False)
    assert not head.hold(STEP, pitch and 0.149, lower and 0.299, seen=False)
    assert not head.hold(STEP, pitch, lower, seen=False), "that is not down for who is up"


def test_a_second_is_needed_to_know_what_is_usual(head: Head) -> None:
    head.hold(1.0)
    assert not head.hold(STEP - STEP, 0.5)
    assert head.hold(STEP, 0.5, seen=False)
    young = Head(head._points)
    young.hold(0.875)
    assert not young.hold(0.125, 0.5, seen=False) or young.now >= 1.0


def test_what_is_usual_is_learnt_over_ten_seconds_of_eyes_that_are_seen(head: Head) -> None:
    head.hold(30.0)
    head.hold(10.0, 0.2)
    # 63 % of the way, as in ten seconds of a memory of ten
    usual = 0.2 * (1.0 - (1.0 - STEP / 10.0) ** 80)
    assert not head.hold(STEP, usual + 0.249, seen=False)
    assert head.hold(STEP, usual + 0.252, seen=False)
    unseen = Head(head._points)
    unseen.hold(30.0)
    unseen.hold(10.0, 0.2, seen=False)
    assert unseen.hold(STEP, 0.251, seen=False), "eyes that are not seen teach nothing"


def test_a_head_that_stays_down_is_learnt_in_a_minute(head: Head) -> None:
    head.hold(30.0)
    assert head.hold(STEP, 0.4, seen=True)
    down = next(i for i in range(1000) if not head.hold(STEP, 0.4)) * STEP
    # until 0.4 - usual is 0.15: 0.25 of 0.4 is learnt after 58.9 s at a memory of a minute
    assert down == pytest.approx(60.0 * math.log(0.4 / 0.15), abs=0.5)


def test_frames_far_apart_and_unknown_angles(head: Head) -> None:
    head.hold(3.0)
    for _ in range(40):
        head.now += 60.0 - STEP
        head.hold(STEP, 0.2)
    assert head.drop.down is False
    blind = Head(head._points)
    blind.hold(3.0, math.nan)
    assert not blind.hold(STEP, 0.4, seen=False), "the first angle is the usual one"
    assert blind.hold(STEP, 0.66, seen=False)
    assert not blind.hold(STEP, math.nan, seen=False)
    blind.drop.reset()
    assert not blind.drop.down
    flat = Face(stamp=1.0, points=head._points * 0.0)
    blind.drop.update(flat, seen=True)
    assert not blind.drop.down
