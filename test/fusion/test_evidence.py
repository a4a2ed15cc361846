"""Profile ``evidence``: the formula, and what it may never do."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.errors import ParameterError
from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.assessment import MetricScore, Verdict
from fatigue_ros.fusion.profiles.evidence import METRICS, EvidenceProfile, blink_rate, level
from fatigue_ros.fusion.profiles.profile import Context
from fatigue_ros.fusion.references import POPULATION, References
from fatigue_ros.fusion.scores import combine, karolinska, ramp
from fatigue_ros.fusion.session import Speed
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.own_blinks import upper_tail
from fatigue_ros.measures.states import EyeState, MouthState, PulseState, SteeringState

OWN = dataclasses.replace(
    POPULATION, blink_duration=0.2, ear_open=0.3, blink_rate=15.0, heart_rate=80.0
)


def eyes(**changes: Any) -> EyeState:
    """A rested driver's eyes, but for what is named."""
    return dataclasses.replace(
        EyeState(
            stamp=100.0,
            valid=True,
            judged=True,
            ear=0.3,
            ear_open=0.3,
            blink_rate=15.0,
            blink_duration=0.2,
            perclos=0.0,
            window=60.0,
            perclos_window=60.0,
            coverage=1.0,
        ),
        **changes,
    )


def judge(
    *states: EyeState | MouthState | PulseState,
    now: float = 100.0,
    own: References = OWN,
    sleep: float | None = None,
    closure: float = 0.0,
) -> Verdict:
    profile = EvidenceProfile(FusionSettings())
    known = Context(
        now=now,
        speed=Speed(True, "", 25.0),
        references=own,
        sleep_score=sleep,
        closure=closure,
    )
    for state in states:
        if isinstance(state, EyeState):
            profile.on_eyes(state, known)
        elif isinstance(state, MouthState):
            profile.on_mouth(state, known)
        else:
            profile.on_pulse(state, known)
    return profile.assess(known)


def closure(duration: float, end: float = 100.0) -> Event:
    return Event(EventKind.CLOSURE, end - duration, duration, 0.9)


@pytest.mark.parametrize(
    ("perclos", "level"),
    [(0.0, 0.0), (0.0375, 20.0), (0.075, 40.0), (0.15, 75.0), (0.225, 87.5), (0.3, 100.0)],
)
def test_perclos_carries_the_level(perclos: float, level: float) -> None:
    assert judge(eyes(perclos=perclos)).level == pytest.approx(level)


@pytest.mark.parametrize(
    ("duration", "now", "level"),
    [
        (0.5, 100.0, 0.0),
        (1.0, 100.0, 15.0),
        (1.5, 160.0, 30.0),  # full for a minute
        (1.5, 280.0, 15.0),  # half faded
        (1.5, 400.0, 0.0),
        (5.0, 100.0, 100.0),
    ],
)
def test_a_long_closure_counts_and_fades(duration: float, now: float, level: float) -> None:
    state = eyes(events=(closure(duration),))
    assert judge(state, now=now).level == pytest.approx(level)


def test_the_closure_in_progress_counts() -> None:
    assert judge(eyes(), closure=2.5).level == pytest.approx(60.0)


def test_closures_and_perclos_are_not_counted_twice() -> None:
    state = eyes(perclos=0.075, events=(closure(1.5),))
    assert judge(state).level == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("duration", "level"), [(0.2, 0.0), (0.24, 0.0), (0.29, 30.0), (0.34, 60.0), (0.49, 60.0)]
)
def test_blink_duration_against_the_drivers_own(duration: float, level: float) -> None:
    assert judge(eyes(blink_duration=duration)).level == pytest.approx(level)


def test_too_few_blinks_have_no_mean() -> None:
    verdict = judge(eyes(blink_duration=0.45, blink_rate=3.0))
    assert verdict.level == 0.0
    assert verdict.metrics[2].reason == "blink_duration: too few blinks"


def blinks(*durations: float, end: float = 100.0) -> tuple[Event, ...]:
    return tuple(Event(EventKind.BLINK, end - d, d, 0.9) for d in durations)


def scored(verdict: Verdict, name: str) -> MetricScore:
    return next(m for m in verdict.metrics if m.name == name)


def test_the_longest_blinks_count_and_their_mean_does_not_count_beside_them() -> None:
    """Twenty blinks of 0.2 s, four of 0.44 s: four deviations of 0.06 s; see test_own_blinks."""
    few = blinks(*[0.2] * 20, *[0.44] * 4)
    verdict = judge(eyes(events=few))
    tail = scored(verdict, "blink_tail")
    assert tail.value == pytest.approx(upper_tail([0.0] * 20 + [4.0] * 4))
    assert verdict.level == pytest.approx(0.7 * ramp(tail.value, 1.3, 3.0))
    both = judge(eyes(events=few, blink_duration=0.29))  # the mean alone makes 30 %
    assert both.level == pytest.approx(max(30.0, verdict.level))


def test_blinks_of_five_minutes_count() -> None:
    long = eyes(events=blinks(*[0.5] * 12))
    assert judge(long).level == pytest.approx(70.0)
    assert judge(long, dataclasses.replace(eyes(), stamp=399.0), now=399.0).level > 69.0
    assert not scored(judge(long, now=401.0), "blink_tail").valid
    assert "fewer than 10" in scored(judge(eyes(events=blinks(*[0.5] * 9))), "blink_tail").reason


@pytest.mark.parametrize(
    ("missing", "level"), [(0.0, 0.0), (0.05, 0.0), (0.15, 22.5), (0.25, 45.0), (0.4, 45.0)]
)
def test_droop_against_the_drivers_own_lids(missing: float, level: float) -> None:
    assert judge(eyes(droop=missing, droop_low=0.0)).level == pytest.approx(level, abs=0.01)


def test_lids_that_are_low_for_a_part_of_the_time_droop() -> None:
    assert judge(eyes(droop=0.0, droop_low=0.5)).level == pytest.approx(45.0)


def test_droop_needs_the_drivers_own_lids_and_enough_of_now() -> None:
    assert "not known yet" in scored(judge(eyes()), "droop").reason
    assert not scored(judge(eyes(droop=0.2)), "droop").valid


def test_slow_lids_count_against_the_drivers_own_and_not_beside_droop() -> None:
    """Four open levels a second, two deviations below six; a speed that is not known is none."""
    profile = EvidenceProfile(FusionSettings())
    own = dataclasses.replace(OWN, lid_speed=6.0, lid_speed_deviation=1.0, blink_duration=0.3)
    known = Context(now=100.0, speed=Speed(True, "", 25.0), references=own)
    for speed in (4.0, math.nan, 0.0):
        made = [dataclasses.replace(b, opening_speed=speed) for b in blinks(*[0.2] * 10)]
        profile.on_eyes(eyes(events=tuple(made)), known)
    slow = scored(profile.assess(known), "lid_speed")
    assert slow.value == pytest.approx(1.0)  # the own ten blinks halve it
    assert slow.score == 100.0
    assert profile.assess(known).level == pytest.approx(30.0)
    assert level([slow, MetricScore("droop", True, "", 1.0, "1", 100.0, 45.0)]) == pytest.approx(
        45.0
    )
    unknown = dataclasses.replace(known, references=OWN)
    assert "not known yet" in scored(profile.assess(unknown), "lid_speed").reason
    assert profile.assess(unknown).level == 0.0


def test_droop_and_all_that_is_no_measure_of_the_eyes_do_not_warn() -> None:
    profile = EvidenceProfile(FusionSettings())
    known = Context(now=100.0, speed=Speed(True, "", 25.0), references=OWN)
    profile.on_mouth(MouthState(stamp=known.now, valid=True, yawn_rate=9.0), known)
    profile.on_pulse(PulseState(stamp=known.now, valid=True, bpm=40.0), known)
    profile.on_eyes(eyes(droop=0.6, droop_low=1.0, blink_rate=60.0), known)
    level = profile.assess(dataclasses.replace(known, sleep_score=100.0)).level
    assert level == pytest.approx(72.0, abs=0.1)
    with pytest.raises(ParameterError, match="droop_weight"):
        FusionSettings(droop_weight=60.0)


def test_corroborating_metrics_add_a_little_each() -> None:
    tired = eyes(perclos=0.075)
    mouth = MouthState(stamp=100.0, valid=True, yawn_rate=0.6)
    pulse = PulseState(stamp=100.0, valid=True, bpm=64.0)
    assert judge(tired, mouth).level == pytest.approx(100 - 60 * 0.85)
    assert judge(tired, pulse).level == pytest.approx(100 - 60 * 0.95)
    assert judge(tired, sleep=100.0).level == pytest.approx(100 - 60 * 0.9)
    assert judge(eyes(perclos=0.075, blink_rate=30.0)).level == pytest.approx(100 - 60 * 0.7)


def test_heart_rate_needs_the_drivers_own_reference() -> None:
    pulse = PulseState(stamp=100.0, valid=True, bpm=50.0)
    others = dataclasses.replace(OWN, heart_rate=math.nan)
    metric = next(m for m in judge(eyes(), pulse, own=others).metrics if m.name == "heart_rate")
    assert (metric.valid, metric.value, metric.score) == (False, 50.0, 0.0)


def test_no_level_without_eyes_and_the_reason_is_theirs() -> None:
    assert judge().reason == "eyes: no message yet"
    verdict = judge(eyes(valid=False, reason="warming up"), sleep=100.0)
    assert math.isnan(verdict.level)
    assert verdict.reason == "warming up"
    assert math.isnan(judge(eyes(perclos=math.nan)).level)


def test_metrics_keep_their_order() -> None:
    for verdict in (judge(), judge(eyes(), sleep=50.0)):
        assert tuple(m.name for m in verdict.metrics) == METRICS
        assert all(m.valid or m.reason for m in verdict.metrics)


SHARE = st.floats(0.0, 1.0)
RATE = st.floats(0.0, 200.0)
NUMBER_OR_NOT = st.one_of(st.just(math.nan), st.floats(0.0, 300.0))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(RATE, st.floats(0.0, 10.0), st.floats(1.0, 250.0), st.floats(0.0, 100.0))
def test_corroboration_alone_does_not_warn(
    blink_rate: float, yawn_rate: float, bpm: float, sleep: float
) -> None:
    level = judge(
        eyes(blink_rate=blink_rate),
        MouthState(stamp=100.0, valid=True, yawn_rate=yawn_rate),
        PulseState(stamp=100.0, valid=True, bpm=bpm),
        sleep=sleep,
    ).level
    assert 0.0 <= level <= combine([30.0, 15.0, 5.0, 10.0]) < 50.0


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    SHARE,
    st.lists(st.floats(0.5, 10.0), max_size=4),
    NUMBER_OR_NOT,
    NUMBER_OR_NOT,
    NUMBER_OR_NOT,
    NUMBER_OR_NOT,
    st.one_of(st.none(), st.floats(0.0, 100.0)),
    st.sets(st.sampled_from(["mouth", "pulse", "sleep", "blink", "rate", "closures"])),
)
def test_what_is_not_valid_never_raises_the_level(
    perclos: float,
    closures: list[float],
    blink_rate: float,
    blink_duration: float,
    yawn_rate: float,
    bpm: float,
    sleep: float | None,
    lost: set[str],
) -> None:
    def level(without: set[str]) -> float:
        return judge(
            eyes(
                perclos=perclos,
                blink_rate=math.nan if "rate" in without else blink_rate,
                blink_duration=math.nan if without & {"blink", "rate"} else blink_duration / 600.0,
                events=() if "closures" in without else tuple(closure(d) for d in closures),
            ),
            MouthState(stamp=100.0, valid="mouth" not in without, yawn_rate=yawn_rate),
            PulseState(stamp=100.0, valid="pulse" not in without, bpm=bpm),
            sleep=None if "sleep" in without else sleep,
        ).level

    whole, less = level(set()), level(lost)
    assert 0.0 <= less <= whole + 1e-9
    assert whole <= 100.0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(SHARE, SHARE, st.floats(0.5, 8.0), st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_more_closure_is_never_less_tired(
    a: float, b: float, long: float, short_blink: float, long_blink: float
) -> None:
    low, high = sorted((a, b))
    assert judge(eyes(perclos=low)).level <= judge(eyes(perclos=high)).level
    assert judge(eyes(perclos=low)).level <= judge(eyes(perclos=low, events=(closure(long),))).level
    short_blink, long_blink = sorted((short_blink, long_blink))
    assert (
        judge(eyes(blink_duration=short_blink)).level
        <= judge(eyes(blink_duration=long_blink)).level
    )


@pytest.mark.parametrize(
    ("level", "kss"),
    [(math.nan, 0), (0.0, 3), (30.0, 5), (74.9, 7), (75.0, 8), (85.0, 8), (85.001, 9), (100.0, 9)],
)
def test_karolinska(level: float, kss: int) -> None:
    assert karolinska(level) == kss


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"perclos_awake": 0.2}, "perclos_awake"),
        ({"blink_duration_full": 1.1}, "blink_duration_from"),
        ({"yawn_weight": 50.0, "sleep_weight": 50.0}, "together they reach"),
        ({"OPTICAL_WARNING_THRESHOLD_L": 25.0}, "together they reach"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    changes: dict[str, float], match: str
) -> None:
    with pytest.raises(ParameterError, match=match):
        FusionSettings(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("reference", "valid"), [(0.0, False), (0.5, True), (math.nan, False)])
def test_a_blink_rate_needs_one_to_be_compared_with(reference: float, valid: bool) -> None:
    assert blink_rate(FusionSettings(), 15.0, reference).valid is valid
    assert not blink_rate(FusionSettings(), math.nan, 15.0).valid


@pytest.mark.parametrize(
    ("excess", "late", "score"),
    [
        (-0.5, 0.0, 0.0),
        (0.05, 0.5, 0.0),
        (0.15, 0.0, 50.0),
        (0.25, 0.0, 100.0),
        (0.0, 1.75, 50.0),
        (0.0, 3.0, 100.0),
        (0.1, 1.75, 50.0),
    ],
)
def test_steering_against_the_drivers_own(excess: float, late: float, score: float) -> None:
    state = SteeringState(
        stamp=100.0, valid=True, entropy=0.5 + excess, own_entropy=0.5, late_correction_rate=late
    )
    metric = steered(state)
    assert (metric.valid, metric.value, metric.unit) == (True, 0.5 + excess, "1")
    assert metric.score == pytest.approx(score)


@pytest.mark.parametrize(
    ("changes", "silence", "reason"),
    [
        ({}, "steering: no message for 5.1 s", "steering: no message for 5.1 s"),
        ({"own_entropy": math.nan}, "", "steering: the driver's own is not known yet"),
        ({"own_entropy": math.nan}, "silent", "silent"),
        ({"valid": False, "reason": "by no hand"}, "", "by no hand"),
        ({"valid": False}, "", "steering: not valid"),
    ],
)
def test_why_steering_says_nothing(changes: dict[str, Any], silence: str, reason: str) -> None:
    state = SteeringState(
        stamp=100.0, valid=True, entropy=0.5, own_entropy=0.5, late_correction_rate=0.0
    )
    metric = steered(dataclasses.replace(state, **changes), silence)
    assert (metric.valid, metric.reason) == (False, reason)


def steered(state: SteeringState, silence: str = "") -> MetricScore:
    profile = EvidenceProfile(FusionSettings(steering_weight=10.0))
    silent = {"steering": silence} if silence else {}
    known = Context(now=100.0, speed=Speed(True, "", 25.0), references=OWN, silent=silent)
    profile.on_steering(state, known)
    return scored(profile.assess(known), "steering")
