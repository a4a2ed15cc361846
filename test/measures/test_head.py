"""A head that sinks is kept in mind until it is seen upright; one that sits otherwise is learnt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fatigue_ros.face import Face
from fatigue_ros.measures.head import HeadDrop
from fatigue_ros.measures.still import STILL_TIME, StillPoints

FPS = 15.0


def play(
    head: HeadDrop,
    points: Any,
    seconds: float,
    *,
    begin: float = 0.0,
    pitch: float = 0.1,
    lower: float = 0.0,
    seen: bool = True,
) -> None:
    for i in range(round(seconds * FPS)):
        moved = None if points is None else np.add(points, (0.0, lower))
        head.update(Face(stamp=begin + i / FPS, points=moved, pitch=pitch), seen=seen)


def test_a_head_that_turns_down_is_down_until_it_is_up(face_points: Callable[..., Any]) -> None:
    head, points = HeadDrop(), face_points(0.3, 0.3, 0.02)
    play(head, points, 5.0)
    assert not head.down
    play(head, points, 1.0, begin=5.0, pitch=0.6, seen=False)
    assert head.down
    play(head, None, 100.0, begin=6.0, seen=False)
    assert head.down, "nobody saw it come up"
    play(head, points, 0.5, begin=106.0)
    assert not head.down


def test_a_head_that_sinks_without_turning_is_down(face_points: Callable[..., Any]) -> None:
    head, points = HeadDrop(), face_points(0.3, 0.3, 0.02)
    play(head, points, 5.0, pitch=float("nan"))
    width = float(points[45, 0] - points[36, 0])
    play(head, points, 1.0, begin=5.0, lower=0.8 * width, pitch=float("nan"), seen=False)
    assert head.down


@pytest.mark.parametrize("pitch", [0.0, 0.2, 0.3])
def test_small_changes_are_none(face_points: Callable[..., Any], pitch: float) -> None:
    head, points = HeadDrop(), face_points(0.3, 0.3, 0.02)
    play(head, points, 5.0)
    play(head, points, 5.0, begin=5.0, pitch=pitch)
    assert not head.down


def test_who_sits_otherwise_and_is_seen_is_learnt(face_points: Callable[..., Any]) -> None:
    head, points = HeadDrop(), face_points(0.3, 0.3, 0.02)
    play(head, points, 5.0)
    play(head, points, 120.0, begin=5.0, pitch=0.45)
    assert not head.down


def test_landmarks_that_do_not_move_at_all_are_a_fault(face_points: Callable[..., Any]) -> None:
    still, points = StillPoints(), face_points(0.3, 0.3, 0.02)
    faults = [i / FPS for i in range(300) if still.fault(Face(stamp=i / FPS, points=points.copy()))]
    assert faults[0] == pytest.approx(STILL_TIME, abs=0.15)
    points = points.copy()
    points[0, 0] += 0.01
    assert not still.fault(Face(stamp=300 / FPS, points=points))
