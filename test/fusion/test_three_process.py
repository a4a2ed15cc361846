"""Sleepiness by the clock, worked out by hand."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.assessment import MetricScore
from fatigue_ros.fusion.judgement import Judgement
from fatigue_ros.fusion.profiles.evidence import EvidenceProfile
from fatigue_ros.fusion.profiles.paper import PaperProfile
from fatigue_ros.fusion.profiles.profile import Context
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.session import Speed
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sleep_quality import local_hour
from fatigue_ros.fusion.three_process import TimeOnTask, predicted_kss


@pytest.mark.parametrize(
    ("hour", "slept", "kss"),
    [
        # S = 2.4 + 11.6 * exp(-0.0353 * 5) = 12.12, C = 2.5 * cos(-72 degrees) = 0.77.
        (12.0, 8.0, 10.9 - 0.6 * (12.123 + 0.773)),
        # S = 2.4 + 11.6 * exp(-0.0353 * 21) = 7.93, C = 2.5 * cos(-192 degrees) = -2.45.
        (4.0, 8.0, 10.9 - 0.6 * (7.928 - 2.445)),
        # Without sleep S begins at 7.96: 2.4 + 5.56 * exp(-0.0353 * 21) = 5.05.
        (4.0, 0.0, 10.9 - 0.6 * (5.050 - 2.445)),
    ],
)
def test_sleep_and_the_hour(hour: float, slept: float, kss: float) -> None:
    assert predicted_kss(hour, 7.0, slept) == pytest.approx(min(kss, 9.0), abs=0.01)


def test_time_on_task_counts_from_an_hour_on_and_is_bounded() -> None:
    rested = predicted_kss(12.0, 7.0, 8.0)
    assert predicted_kss(12.0, 7.0, 8.0, 1.0) == rested
    assert predicted_kss(12.0, 7.0, 8.0, 3.0) == pytest.approx(rested + 1.0)
    assert predicted_kss(12.0, 7.0, 8.0, 30.0) == pytest.approx(rested + 2.0)


@given(st.floats(0, 24), st.floats(0, 24), st.floats(0, 16), st.floats(0, 16), st.floats(0, 9))
def test_who_slept_less_is_never_less_sleepy(
    hour: float, woke: float, a: float, b: float, driven: float
) -> None:
    less, more = sorted((a, b))
    assert predicted_kss(hour, woke, less, driven) >= predicted_kss(hour, woke, more, driven)
    assert 1.0 <= predicted_kss(hour, woke, less, driven) <= 9.0


def test_a_break_begins_the_drive_anew_and_a_red_light_does_not() -> None:
    task, stamp = TimeOnTask(), 0.0
    for driving, seconds in ((True, 1800), (False, 120), (True, 1800)):
        for _ in range(2 * seconds):
            stamp += 0.5
            task.add(stamp, driving=driving)
    assert task.hours == pytest.approx(1.0, abs=0.01)
    for _ in range(2 * 901):
        stamp += 0.5
        task.add(stamp, driving=False)
    assert task.hours == 0.0


def test_a_stop_with_the_ignition_off_counts_by_its_length() -> None:
    """Nobody looks meanwhile: ten minutes are no break, fifteen are."""
    for minutes, hours in ((10.0, 0.5), (15.0, 0.25)):
        task, stamp = TimeOnTask(), 0.0
        for _ in range(2):
            for _ in range(1800):
                stamp += 0.5
                task.add(stamp, driving=True)
            stamp += 60.0 * minutes
        assert task.hours == pytest.approx(hours, abs=0.001)


def test_time_at_the_wheel_is_shown_and_adds_nothing() -> None:
    profile = EvidenceProfile(FusionSettings())

    def shown(driven: float) -> MetricScore | None:
        known = Context(
            now=100.0, speed=Speed(True, "", 25.0), references=References(), driven=driven
        )
        metrics = profile.assess(known).metrics
        return next((m for m in metrics if m.name == "driving_time"), None)

    assert shown(0.2) is None
    hour, rest = shown(1.0), shown(2.5)
    assert hour is not None
    assert (hour.value, hour.unit, hour.score, hour.weight) == (60.0, "min", 50.0, 0.0)
    assert rest is not None
    assert (rest.value, rest.score) == (150.0, 100.0)


def test_a_drive_counts_on_after_the_engine_was_off() -> None:
    judgement = Judgement(FusionSettings(state_directory="none"))
    now = 1_000.0

    def drive(seconds: float) -> Any:
        nonlocal now
        found = None
        for _ in range(round(seconds / 0.25)):
            now += 0.25
            judgement.on_speed(now, 25.0)
            found = judgement.update(now)
        return found

    def minutes(found: Any) -> float:
        values = [m.value for m in found.metrics if m.name == "driving_time"]
        return float(values[0]) if values else 0.0

    assert minutes(drive(1_200.0)) == pytest.approx(20.0, abs=0.1)
    judgement.stop()
    now += 300.0
    judgement.on_ignition(now, True)
    assert minutes(drive(60.0)) == pytest.approx(21.0, abs=0.1)
    judgement.set_driver(now, "other")
    assert minutes(drive(60.0)) == 0.0


def test_the_hour_is_that_of_the_place_and_no_time_has_none() -> None:
    noon = datetime.datetime(2026, 5, 1, 12, 30).timestamp()
    assert local_hour(noon) == pytest.approx(12.5)
    for stamp in (math.nan, math.inf, 1e18):
        assert math.isnan(local_hour(stamp))


def clock(hour: float, **settings: float) -> MetricScore | None:
    profile = EvidenceProfile(FusionSettings(**settings))  # type: ignore[arg-type]
    known = Context(now=100.0, speed=Speed(True, "", 25.0), references=References(), hour=hour)
    return next((m for m in profile.assess(known).metrics if m.name == "time"), None)


def test_the_metric_needs_the_drivers_word() -> None:
    assert clock(4.0) is None
    assert clock(4.0, woke_at=7.0, time_weight=0.0) is None
    unknown, noon, said = (clock(hour, woke_at=7.0) for hour in (math.nan, 12.0, 4.0))
    assert unknown
    assert noon
    assert said
    assert not unknown.valid
    assert noon.score == 0.0
    assert said.value == pytest.approx(predicted_kss(4.0, 7.0, 8.0))
    assert said.score == pytest.approx(100.0 * (said.value - 6.0) / 3.0)
    assert said.weight == 8.0


def test_the_paper_knows_no_clock() -> None:
    profile = PaperProfile(FusionSettings(profile="paper", woke_at=7.0))
    known = Context(now=100.0, speed=Speed(True, "", 25.0), references=References(), hour=4.0)
    assert "time" not in [m.name for m in profile.assess(known).metrics]


def test_a_clock_that_could_warn_is_refused() -> None:
    with pytest.raises(ParameterError, match="time_weight"):
        FusionSettings(time_weight=50.0, woke_at=7.0)
    FusionSettings(time_weight=50.0)  # nobody said so: it never counts
