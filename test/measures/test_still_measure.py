"""Landmarks that do not move at all are a frozen stream after ten seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fatigue_ros.face import Face
from fatigue_ros.measures.still import StillPoints


def test_ten_seconds_of_the_same_numbers(make_face: Callable[..., Face]) -> None:
    still = StillPoints()
    told = [still.fault(make_face(i * 0.25)) for i in range(43)]
    first = next(i for i, text in enumerate(told) if text)
    assert first * 0.25 == pytest.approx(10.0, abs=0.26)
    assert told[first].startswith("the landmarks have not moved at all for 10 s")
    assert still.fault(make_face(10.75, 0.2)) == "", "a blink"
    assert still.fault(make_face(11.0, 0.2)) == ""


def test_no_face_is_not_still(
    make_face: Callable[..., Face], no_face: Callable[[float], Face]
) -> None:
    still = StillPoints()
    assert not any(still.fault(no_face(i * 0.25)) for i in range(100))
    for i in range(100, 139):
        still.fault(make_face(i * 0.25))
    still.reset()
    assert still.fault(make_face(35.0)) == ""
