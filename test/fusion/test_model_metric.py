"""A learned model as one more witness: it corroborates, and alone it never warns."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.assessment import Assessment, MetricScore, Severity
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.fusion.profiles.evidence import METRICS
from fatigue_ros.measures.states import EyeState, ModelState
from fatigue_ros.settings.parameters import from_mapping

ON = 30.0  # [%] some weight
START = 1000.0  # [s]


def awake(stamp: float, **changes: Any) -> EyeState:
    """What the eyes of a rested driver do in a frame, but for what is named."""
    return dataclasses.replace(
        EyeState(
            stamp=stamp,
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


def judgement(**changes: Any) -> Judgement:
    return Judgement(FusionSettings(state_directory="none", **changes))


def judged(*states: ModelState, weight: float = ON, late: float = 0.0, **eyes: Any) -> Assessment:
    """What is said ``late`` seconds after the newest word of the model, with eyes in sight."""
    subject = judgement(face_state_weight=weight)
    subject.on_eyes(awake(START, **eyes))
    for state in states:
        subject.on_model(state)
    subject.on_eyes(awake(START + late, **eyes))
    return subject.update(START + late)


def metric(assessment: Assessment) -> MetricScore:
    assert tuple(m.name for m in assessment.metrics) == (*METRICS, "face_state")
    return assessment.metrics[-1]


def test_off_by_default() -> None:
    assert FusionSettings().face_state_weight == 0.0
    tired = ModelState(stamp=START, valid=True, drowsy_duration=60.0)
    found = judged(tired, weight=0.0)
    assert repr(found) == repr(judged(weight=0.0))  # NaN is not the same as NaN
    assert tuple(m.name for m in found.metrics) == METRICS


@pytest.mark.parametrize(
    ("duration", "score"), [(0.0, 0.0), (0.5, 0.0), (1.75, 50.0), (3.0, 100.0), (60.0, 100.0)]
)
def test_time_that_a_drowsy_driver_was_seen(duration: float, score: float) -> None:
    found = judged(ModelState(stamp=START, valid=True, drowsy_duration=duration))
    assert metric(found) == MetricScore("face_state", True, "", duration, "s", score, ON)
    assert found.level == pytest.approx(ON * score / 100.0)


def test_it_corroborates_what_the_eyes_say() -> None:
    tired = ModelState(stamp=START, valid=True, drowsy_duration=5.0)
    assert judged(perclos=0.075).level == pytest.approx(40.0)
    assert judged(tired, perclos=0.075).level == pytest.approx(100.0 - 60.0 * 0.7)


def test_what_is_not_valid_or_silent_counts_for_nothing() -> None:
    assert metric(judged()).reason == "face_state: no message yet"
    unseen = ModelState(stamp=START, reason="no face", drowsy_duration=9.0)
    assert metric(judged(unseen)).reason == "no face"
    nonsense = ModelState(stamp=START, valid=True, drowsy_duration=math.nan)
    assert metric(judged(nonsense)).reason == "face_state: not valid"
    tired = ModelState(stamp=START, valid=True, drowsy_duration=9.0)
    assert metric(judged(tired, late=1.9)).valid
    old = judged(tired, late=2.5)
    assert metric(old).reason == "face_state: no message for 2.5 s"
    assert (metric(old).score, metric(old).weight) == (0.0, 0.0)


def test_without_eyes_there_is_no_level() -> None:
    subject = judgement(face_state_weight=ON)
    subject.update(START)
    subject.on_model(ModelState(stamp=START, valid=True, drowsy_duration=9.0))
    assert not subject.update(START).valid


@pytest.mark.parametrize(
    "changes",
    [
        {"face_state_weight": 50.0, "yawn_weight": 40.0},
        {"face_state_from": 3.0},
        {"face_state_weight": 50.1},
    ],
)
def test_settings_by_which_it_could_warn_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="face_state"):
        from_mapping(FusionSettings, changes)


# Offsets from now: late by what a model takes, from another clock, or from the beginning of time.
OFFSET = st.one_of(st.floats(-3.0, 0.0), st.sampled_from([-START, -1e9, 1e9]))
WORD: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    valid=st.booleans(),
    reason=st.sampled_from(["", "no face"]),
    drowsy_duration=st.one_of(st.floats(0.0, 1e9), st.floats(allow_nan=True, allow_infinity=True)),
)
WORDS = st.lists(st.tuples(OFFSET, WORD, st.integers(1, 40)), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(WORDS, st.floats(0.1, 50.0), st.sampled_from(["evidence", "paper"]), st.booleans())
def test_alone_it_never_warns(words: Any, weight: float, profile: str, eyes: bool) -> None:
    """Whatever a model says and whenever: a rested driver, or one whom nobody sees."""
    heard = judgement(face_state_weight=weight, profile=profile)
    unheard = judgement(profile=profile)
    now = START
    for offset, word, frames in words:
        for _ in range(frames):
            now += 0.125
            heard.on_model(ModelState(stamp=now + offset, **word))
            if eyes:
                heard.on_eyes(awake(now))
                unheard.on_eyes(awake(now))
            with_it, without = heard.update(now), unheard.update(now)
            assert with_it.warning.key == without.warning.key
            assert with_it.state == without.state
            assert with_it.valid == without.valid
            if eyes:
                assert with_it.warning.severity is Severity.NONE
                assert math.isnan(with_it.level) or 0.0 <= with_it.level <= weight + 1e-9
