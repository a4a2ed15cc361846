"""Figures over people, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fatigue_ros.evaluation.validation import figures
from fatigue_ros.evaluation.validation.people import ALERT, DROWSY, LOW, PlayedFolder, Recording


def recording(
    person: int, state: int, value: float, *level: float, minutes: float = 60
) -> Recording:
    return Recording(
        person=person,
        state=state,
        measures={"blink_duration_mean": value, "other": -value},
        level=np.array(level or (value,), float),
        duration=60.0 * minutes,
    )


THREE = [
    *(recording(1, ALERT, 1.0), recording(1, DROWSY, 4.0)),
    *(recording(2, ALERT, 2.0), recording(2, DROWSY, 2.0)),
    *(recording(3, ALERT, 3.0), recording(3, DROWSY, 5.0), recording(3, LOW, 3.5)),
    recording(4, DROWSY, 0.0),  # never seen alert: not a pair
]


def test_area_under_the_curve_counts_ties_as_half() -> None:
    # 4 and 5 beat all three; 2 beats 1, ties with 2, loses to 3.
    assert figures.auc(np.array([1.0, 2, 3]), np.array([4.0, 2, 5])) == pytest.approx(7.5 / 9)
    assert math.isnan(figures.auc(np.array([]), np.array([1.0])))


def test_a_measure_over_people() -> None:
    found = figures.measure_figures(THREE, "blink_duration_mean")
    assert found["auc"] == pytest.approx(7.5 / 9)
    assert found["people"] == 3
    assert found["low_vigilance"] == {"auc": 1.0, "ci": None, "people": 1}
    assert found["against_mean_duration"] is None
    low, high = found["ci"]
    assert 0.0 <= low < 7.5 / 9 < high <= 1.0
    assert found == figures.measure_figures(THREE, "blink_duration_mean")  # no luck in it


def test_the_difference_is_paired() -> None:
    found = figures.measure_figures(THREE, "other")["against_mean_duration"]
    assert found["difference"] == pytest.approx(1.5 / 9 - 7.5 / 9)
    assert found["people"] == 3
    same = figures.difference(
        THREE, figures.value_of("blink_duration_mean"), figures.value_of("blink_duration_mean")
    )
    assert same is not None
    assert (same["difference"], same["ci"]) == (0.0, (0.0, 0.0))


def test_warnings_of_the_level() -> None:
    people = [
        recording(1, ALERT, 1.0, 10, 76, 74, 76, 60, 80),  # falls by enough only once
        recording(1, DROWSY, 1.0, 10, 20, 75, 90),
        recording(2, ALERT, 1.0, math.nan, 20, 20, 20),
        recording(2, DROWSY, 1.0, 30, 40, 50, 60),
        recording(3, DROWSY, 1.0, math.nan),  # no level at all
    ]
    found = figures.level_figures(people, 75.0, 5.0)
    assert (found["warned_drowsy"], found["drowsy"], found["sensitivity"]) == (1, 2, 0.5)
    assert (found["warned_alert"], found["warnings_alert"], found["alert"]) == (1, 2, 2)
    assert found["alert_hours"] == pytest.approx(1.75)
    assert found["warnings_per_alert_hour"] == pytest.approx(2 / 1.75)
    assert found["first_warning_s"] == 1800.0
    # Alert means: 62.7 and 20; drowsy ones: 48.75 and 45.
    assert found["auc"] == 0.5


def test_the_report_has_the_form_that_is_promised() -> None:
    found = figures.report([PlayedFolder("blinks", THREE, [])], 75.0, 5.0, {1, 2, 3})
    assert set(found) == {"blinks", "level"}
    assert set(found["blinks"]) == {"blink_duration_mean", "other", "level"}
    assert {"auc", "ci", "people"} <= set(found["blinks"]["other"])
    assert {"auc", "ci", "warned_drowsy", "warned_alert", "alert_hours"} <= set(found["level"])
    assert found["level"]["alert_hours"] == 3.0
    rows = figures.rows([PlayedFolder("blinks", THREE, [])], 75.0, 5.0)
    assert [row["person"] for row in rows] == [1, 2, 3, 4]
    assert rows[2]["states"]["5"]["mean_level"] == 3.5
