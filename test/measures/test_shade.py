"""Eyes behind dark glasses are not judged, and what they seem to do counts as nothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest

from fatigue_ros.face import Face
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.eyes import EyeMonitor
from fatigue_ros.measures.view import ShadeWatch

MakeFace = Callable[..., Face]
LIMIT, TIME, GAP = 0.62, 0.5, 0.25


@pytest.fixture
def watch() -> ShadeWatch:
    return ShadeWatch(LIMIT, TIME, GAP)


def hidden(watch: ShadeWatch, shades: list[float], rate: float, start: float = 0.0) -> list[bool]:
    return [
        bool(watch.refusal(Face(start + i / rate, eye_shade=shade)))
        for i, shade in enumerate(shades)
    ]


@pytest.mark.parametrize("rate", [10.0, 15.0, 30.0, 60.0])
def test_only_what_lasts_hides_the_eyes(watch: ShadeWatch, rate: float) -> None:
    count = round(2.0 * rate)
    found = hidden(watch, [0.8] * count, rate)
    first = found.index(True)
    assert TIME <= first / rate < TIME + 1.0 / rate + 1e-6
    assert all(found[first:])
    watch.reset()
    blip = [0.1] * count + [0.8] * int(0.4 * rate) + [0.1] * count
    assert not any(hidden(watch, blip, rate))


def test_a_shade_at_the_limit_does_not_flicker(watch: ShadeWatch) -> None:
    wavering = [0.64, 0.60] * 60
    found = hidden(watch, wavering, 30.0)
    first = found.index(True)
    assert all(found[first:])
    assert not any(hidden(watch, [0.5] * 3, 30.0, 4.0 + 1 / 30.0)[1:])


@pytest.mark.parametrize("shade", [0.0, 0.61, math.nan])
def test_what_is_no_dark_glass_hides_nothing(watch: ShadeWatch, shade: float) -> None:
    assert not any(hidden(watch, [shade] * 90, 30.0))


def test_a_gap_begins_anew(watch: ShadeWatch) -> None:
    assert not any(hidden(watch, [0.9] * 10, 1.0))  # ten looks, a second apart


def test_a_closure_behind_dark_glasses_is_none(make_face: MakeFace) -> None:
    monitor = EyeMonitor(EyeSettings())
    seen = []
    for frame in range(600):
        time = frame / 30.0
        shut = 10.0 <= time < 13.0
        face = make_face(time, 0.02 if shut else 0.3)
        shade = 0.8 if 5.0 <= time < 15.0 else 0.2
        seen.append(monitor.update(dataclasses.replace(face, eye_shade=shade)))
    dark = [s for s in seen if 5.0 + TIME + 0.01 <= s.stamp < 15.0]
    assert not any(s.judged or s.eyes_closed for s in dark)
    assert all(s.judged for s in seen if s.stamp < 5.0 or s.stamp >= 15.0)
    assert not [event for s in seen for event in s.events]
    assert seen[-1].coverage == pytest.approx(10.5 / 60.0, abs=0.01)
    assert "dark glasses" in seen[-1].reason or "warming up" in seen[-1].reason
