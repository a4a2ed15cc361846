"""The alarm of a classifier: only drowsy time that was seen counts, in message time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.models.live_rule import DrowsyDuration, DrowsySettings
from fatigue_ros.settings.parameters import from_mapping

SETTINGS = DrowsySettings(alarm_after=2.0, max_gap=1.0)

results = st.lists(
    st.tuples(
        st.floats(0.0, 3.0, allow_nan=False), st.sampled_from([True, True, True, False, None])
    ),
    min_size=1,
    max_size=60,
)


def run(values: list[tuple[float, bool | None]], start: float = 0.0) -> list[float]:
    """Durations for (time since the result before, drowsy)."""
    rule, stamp, durations = DrowsyDuration(SETTINGS), start, []
    for step, drowsy in values:
        stamp += step
        durations.append(rule.update(stamp, drowsy))
    return durations


def test_alarm_comes_when_the_interval_is_full_and_goes_with_the_first_awake_result() -> None:
    rule = DrowsyDuration(SETTINGS)
    alarms = []
    for tenth in range(25):
        rule.update(100.0 + tenth / 10, drowsy=True)
        alarms.append(rule.alarm)
    assert alarms == [False] * 20 + [True] * 5
    assert rule.update(102.5, drowsy=False) == 0.0
    assert not rule.alarm


@pytest.mark.parametrize("rate", [2.0, 7.0, 30.0])
def test_the_rate_of_the_results_does_not_matter(rate: float) -> None:
    rule = DrowsyDuration(SETTINGS)
    count = 0
    while not rule.alarm:
        rule.update(count / rate, drowsy=True)
        count += 1
    assert 2.0 - 1e-6 <= (count - 1) / rate < 2.0 + 1.0 / rate


def test_a_picture_that_cannot_be_judged_neither_counts_nor_wakes() -> None:
    assert run([(0, True), (0.5, True), (0.1, None), (0.1, True), (0.5, True)]) == pytest.approx(
        [0, 0.5, 0.5, 0.5, 1.0]
    )


def test_what_was_before_a_gap_is_forgotten() -> None:
    assert run([(0, True), (1.0, True), (1.1, True), (0.5, True)]) == pytest.approx(
        [0, 1.0, 0.0, 0.5]
    )
    unjudged = [(0.3, None)] * 4
    assert run([(0, True), (1.0, True), *unjudged])[-1] == 0.0


def test_a_recording_played_again_begins_anew() -> None:
    rule = DrowsyDuration(SETTINGS)
    rule.update(10.0, drowsy=True)
    rule.update(10.9, drowsy=True)
    assert rule.update(3.0, drowsy=True) == 0.0
    assert rule.update(3.5, drowsy=True) == pytest.approx(0.5)


@given(results)
def test_never_more_than_the_drowsy_time_that_was_watched(
    values: list[tuple[float, bool | None]],
) -> None:
    watched, before = 0.0, None
    for (step, drowsy), duration in zip(values, run(values), strict=True):
        if drowsy is False:
            watched = 0.0
            assert duration == 0.0
        elif drowsy and before and step <= SETTINGS.max_gap:
            watched += step
        assert 0.0 <= duration <= watched + 1e-6
        before = drowsy


@given(results, st.data())
def test_losing_results_to_invalid_ones_never_adds_time(
    values: list[tuple[float, bool | None]], data: st.DataObject
) -> None:
    lost = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    kept = [
        (step, None if gone and drowsy else drowsy)
        for (step, drowsy), gone in zip(values, lost, strict=True)
    ]
    for full, less in zip(run(values), run(kept), strict=True):
        assert less <= full + 1e-6


@given(results, st.sampled_from([0.0, 1.0e3, 1.7e9]))
def test_only_differences_of_time_matter(
    values: list[tuple[float, bool | None]], start: float
) -> None:
    # Away from max_gap itself, where the rounding of large stamps decides.
    clear = [(step, d) for step, d in values if abs(step - SETTINGS.max_gap) > 1e-3]
    quick = [(step / 100, d) for step, d in clear]
    assert run(quick, start) == pytest.approx(run(quick), abs=1e-4)


@given(results)
def test_nothing_but_unjudged_pictures_is_no_alarm(
    values: list[tuple[float, bool | None]],
) -> None:
    assert set(run([(step, None) for step, _ in values])) == {0.0}


def test_settings_are_parameters_with_units_and_ranges() -> None:
    assert from_mapping(DrowsySettings, {"alarm_after": 3}).alarm_after == 3.0
    with pytest.raises(Exception, match=r"alarm_after: 0\.0 s is out of range"):
        from_mapping(DrowsySettings, {"alarm_after": 0.0})
