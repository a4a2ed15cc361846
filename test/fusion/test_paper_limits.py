"""The published rules just below, at and above each of their limits."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from fatigue_ros.fusion.assessment import Verdict
from fatigue_ros.fusion.profiles.paper import PaperProfile
from fatigue_ros.fusion.profiles.paper_rules import (
    Excursions,
    blink_score,
    fatigue_level,
    heart_rate_score,
    round_up,
    weights,
    yawn_score,
)
from fatigue_ros.fusion.profiles.profile import Context
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.session import Speed
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import EyeState, MouthState, PulseState

STEP = 0.125  # [s]
OWN = References(heart_rate=80.0, blink_rate=10.0, lip_distance=20.0)


def test_scores() -> None:
    assert [round_up(x) for x in (-1.0, 0.0, 0.1, 5.0, 5.1, 43.75, 99.0, 101.0, 900.0)] == [
        0.0,
        0.0,
        5.0,
        5.0,
        10.0,
        45.0,
        100.0,
        100.0,
        100.0,
    ]
    assert (heart_rate_score(80.0, 64.0), heart_rate_score(80.0, 90.0)) == (20.0, 0.0)
    assert (heart_rate_score(0.0, 64.0), heart_rate_score(-1.0, -2.0)) == (0.0, 0.0)
    assert heart_rate_score(1.0, 0.5) == 50.0
    assert (blink_score(10.0, 14.0), blink_score(10.0, 5.0), blink_score(10.0, 30.0)) == (
        40.0,
        0.0,
        100.0,
    )
    assert (blink_score(0.0, 0.0), blink_score(0.0, 0.5), blink_score(1.0, 1.5)) == (
        0.0,
        100.0,
        50.0,
    )
    assert [yawn_score(n) for n in (0, 1, 3, 10, 11)] == [0.0, 10.0, 30.0, 100.0, 100.0]


def test_weights_of_section_3_8() -> None:
    assert weights(frozenset({"heart_rate", "blink", "yawn", "sleep"})) == {
        "heart_rate": 35.0,
        "blink": 30.0,
        "yawn": 25.0,
        "sleep": 10.0,
    }
    assert weights(frozenset({"blink", "yawn", "sleep"})) == {
        "blink": 40.0,
        "yawn": 40.0,
        "sleep": 20.0,
    }
    assert weights(frozenset({"heart_rate", "blink", "yawn"})) == {
        "heart_rate": 40.0,
        "blink": 30.0,
        "yawn": 30.0,
    }
    assert weights(frozenset({"blink", "yawn"})) == {"blink": 50.0, "yawn": 50.0}
    assert weights(frozenset({"blink"})) == {}
    assert math.isnan(fatigue_level({"blink": 50.0, "sleep": 50.0}))
    assert fatigue_level({"blink": 60.0, "yawn": 20.0}) == 40.0


def test_excursions() -> None:
    for length, counts in ((0.05, False), (0.06, True)):
        lids = Excursions(0.06)
        assert [lids.update(t, b) for t, b in ((0.0, -1.0), (1.0e-3, 0.1), (2.0e-3, 0.1))] == (
            [None] * 3
        )
        found = lids.update(1.0e-3 + length, 0.0)
        assert found == (pytest.approx(length) if counts else None)
    lips = Excursions()
    lips.update(0.0, 1.0)
    assert lips.duration(0.25) == 0.0
    lips.update(0.25, 1.0)
    assert (lips.duration(0.5), lips.duration(0.51)) == (0.25, 0.0)
    assert lips.update(0.25, -1.0) is None, "it came twice"
    assert lips.update(0.5, -1.0) == 0.5
    lips.update(0.75, 1.0)
    assert lips.update(1.01, -1.0) is None, "what was in the gap is not known"


class Drive:
    """The profile with short intervals, eight frames a second."""

    def __init__(self, **changes: Any) -> None:
        short = {
            "TIME_FOR_COUNTING_BLINKING": 10.0,
            "TIME_FOR_COUNTING_YAWNING": 10.0,
            "TIME_FOR_GETTING_HR": 6.0,
            "blink_intervals": 2,
        }
        settings = FusionSettings(**{"state_directory": "none", **short, **changes})
        self.profile = PaperProfile(settings)
        self.now = 0.0
        self.kmh = 60.0

    @property
    def context(self) -> Context:
        return Context(now=self.now, speed=Speed(True, "", self.kmh / 3.6), references=OWN)

    def eyes(self, seconds: float, ear: float = 0.3, *, judged: bool = True) -> Drive:
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            self.profile.on_eyes(EyeState(stamp=self.now, judged=judged, ear=ear), self.context)
        return self

    def judge(self) -> Verdict:
        return self.profile.assess(self.context)

    def metric(self, name: str) -> Any:
        return {m.name: m for m in self.judge().metrics}[name]


@pytest.mark.parametrize(("kmh", "may"), [(0.0, True), (0.49, True), (0.51, False)])
def test_it_calibrates_where_it_stands(kmh: float, may: bool) -> None:
    drive = Drive()
    drive.kmh = kmh
    assert drive.profile.may_calibrate(drive.context) is may


def test_blinks_are_counted_over_two_intervals() -> None:
    drive = Drive()
    for _ in range(2):
        drive.eyes(1.0).eyes(0.25, 0.1).eyes(8.75)
    drive.eyes(STEP)
    metric = drive.metric("blink")
    assert (metric.valid, metric.value, metric.unit) == (True, pytest.approx(6.0), "1/min")
    one = Drive().eyes(10.125)
    assert one.metric("blink").reason == "blink: 1 of 2 intervals counted"
    assert Drive().eyes(10.0).metric("blink").reason == "blink: 0 of 2 intervals counted"


@pytest.mark.parametrize(("hidden", "counts"), [(5.0, "1 of 2"), (5.25, "0 of 2")])
def test_half_of_an_interval_must_have_been_judged(hidden: float, counts: str) -> None:
    drive = Drive().eyes(STEP).eyes(hidden, math.nan, judged=False).eyes(10.0 - hidden)
    assert counts in drive.metric("blink").reason


def test_blinks_and_yawns_are_counted_above_a_speed() -> None:
    limit = Drive()
    limit.kmh = limit.profile.settings.HR_SPEED_THRESHOLD_H
    assert "0 of 2" in limit.eyes(30.0).metric("blink").reason
    limit.kmh += 0.01
    assert limit.eyes(21.0).metric("blink").valid
    closed = Drive().eyes(1.0).eyes(3.0, 0.1)
    assert closed.judge().eyes_closed
    closed.kmh = 0.0
    assert not closed.judge().eyes_closed


def test_yawns_of_an_interval() -> None:
    drive = Drive()
    assert "no interval counted yet" in drive.metric("yawn").reason
    factor = drive.profile.settings.lips_distance_factor
    for i in range(82):
        drive.now += STEP
        wide = 20 <= i < 40
        lips = 20.0 * factor + (0.1 if wide else -0.1)
        state = MouthState(stamp=drive.now, judged=True, lip_distance=lips)
        drive.profile.on_mouth(state, drive.context)
    assert (drive.metric("yawn").value, drive.metric("yawn").score) == (1.0, 10.0)
    unknown = dataclasses.replace(drive.context, references=References())
    assert {m.name: m for m in Drive().profile.assess(unknown).metrics}["yawn"].reason == (
        "yawn: the driver's closed lips are not known, which takes a standing vehicle"
    )


def test_the_pulse_is_the_mean_of_windows_within_three_seconds_of_each_other() -> None:
    drive = Drive()
    low, high = (
        drive.profile.settings.HR_SPEED_THRESHOLD_L,
        drive.profile.settings.HR_SPEED_THRESHOLD_H,
    )
    for kmh, counts in ((low - 0.1, False), (low, True), (high - 1e-9, True), (high + 0.1, False)):
        if kmh < 0.0:
            continue
        drive = Drive()
        drive.kmh = kmh
        for i in range(3):
            drive.profile.on_pulse(
                PulseState(stamp=3.0 * i, valid=True, bpm=60.0 + i), drive.context
            )
        metric = drive.metric("heart_rate")
        assert metric.valid is counts
        if counts:
            assert (metric.value, metric.score) == (61.0, 25.0)
    far = Drive()
    far.kmh = high - 1e-9
    for i in range(9):
        far.profile.on_pulse(PulseState(stamp=3.25 * i, valid=True, bpm=60.0), far.context)
    assert not far.metric("heart_rate").valid


def test_each_mean_of_the_pulse_takes_its_own_time() -> None:
    drive = Drive()
    drive.kmh = 0.0
    means = []
    for i in range(7):  # the mean of the first six seconds, and of the next
        drive.profile.on_pulse(
            PulseState(stamp=2.0 * i, valid=True, bpm=60.0 + 10.0 * i), drive.context
        )
        means.append(drive.metric("heart_rate").value)
    assert means[3:] == [75.0, 75.0, 75.0, 110.0]
