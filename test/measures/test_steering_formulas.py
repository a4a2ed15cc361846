"""Each formula against figures worked out by hand, and properties that hold for any wheel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fatigue_ros.measures import steering_formulas as formulas
from fatigue_ros.measures.steering_formulas import STEP

ANGLES = arrays.arrays(np.float64, st.integers(100, 300), elements=st.floats(-3.0, 3.0, width=32))


def test_reversals_by_hand() -> None:
    """Markkula and Engstroem 2006: up 2, down 2, up 2, then a wiggle that is too small."""
    degrees = np.array([0.0, 1.0, 2.0, 1.0, 0.0, 2.0, 1.5, 2.0])
    assert formulas.reversals(degrees, 2.0) == 3
    assert formulas.reversals(degrees, 0.5) == 5
    assert formulas.reversals(degrees, 2.1) == 0
    assert formulas.reversals(np.array([0.0, 1.0, 1.0, 0.0]), 1.0) == 2  # over a flat top


def test_a_slow_swing_is_counted_twice_a_period() -> None:
    times = np.arange(0.0, 60.0, STEP)
    swing = 0.1 * np.sin(2.0 * np.pi * 0.2 * times) + 0.05 * np.sin(2.0 * np.pi * 4.0 * times)
    turns = formulas.reversals(formulas.low_pass(swing), 0.052)
    assert turns == pytest.approx(24, abs=1)  # twelve periods; what shakes faster is filtered out


def test_prediction_errors_by_hand() -> None:
    """Means 0, 1, 3, 8: the next after 0, 1, 3 is 3 + 2 + (2 - 1) / 2 = 5.5, and it is 8."""
    angles = np.repeat([0.0, 1.0, 3.0, 8.0], 3)
    assert formulas.prediction_errors(angles) == pytest.approx([2.5])
    # After 1, 3, 8: 8 + 5 + (5 - 2) / 2 = 14.5, and it is 10.
    errors = formulas.prediction_errors(np.append(angles, [9.0, 10.0, 11.0, 99.0]))
    assert errors == pytest.approx([2.5, -4.5])  # a sample that fills no mean is left out
    # A wheel that turns evenly is predicted.
    assert formulas.prediction_errors(np.linspace(0.0, 1.0, 90)) == pytest.approx(np.zeros(27))


def test_alpha_holds_nine_of_ten_errors() -> None:
    assert formulas.alpha(np.arange(-100.0, 101.0)) == pytest.approx(90.0)
    assert math.isnan(formulas.alpha(np.zeros(0)))


def test_entropy_by_hand() -> None:
    """Nakayama et al. 1999: nine bins, to the base of nine."""
    in_each = np.array([-6.0, -3.0, -2.0, -0.7, 0.0, 0.7, 2.0, 3.0, 6.0])
    assert formulas.entropy(in_each, 1.0) == pytest.approx(1.0)
    assert formulas.entropy(np.zeros(50), 1.0) == 0.0
    half = np.array([0.0, 0.0, 2.0, 2.0])
    assert formulas.entropy(half, 1.0) == pytest.approx(math.log(2) / math.log(9))
    assert formulas.entropy(half, 8.0) == 0.0  # all within half of alpha
    assert math.isnan(formulas.entropy(half, math.nan))
    assert math.isnan(formulas.entropy(np.zeros(0), 1.0))


def test_jerk_by_hand() -> None:
    """The third difference of cubes is 6; on means of 0.15 s."""
    cubes = np.repeat(np.arange(6.0) ** 3, 3)
    assert formulas.jerks(cubes) == pytest.approx([6.0 / 0.15**3] * 3)


def test_a_late_correction_needs_quiet_and_a_far_turn() -> None:
    quiet = np.zeros(60)  # 3 s
    turn = np.linspace(0.0, 0.2, 8)
    back = np.linspace(0.2, 0.0, 40)
    once = np.concatenate((quiet, turn, back))

    def late(angles: Any) -> int:
        return formulas.late_corrections(angles, 2.0, 0.009, 0.1)

    assert late(once) == 1
    assert late(np.concatenate((once, once))) == 2
    assert late(once * 0.4) == 0  # 0.08 rad are not far
    assert late(np.concatenate((quiet[:35], turn, back))) == 0  # left alone for 1.75 s only
    busy = once + 0.01 * np.sin(np.arange(len(once)))
    assert late(busy) == 0
    slow = np.concatenate((quiet, np.linspace(0.0, 0.2, 60)))
    assert late(slow) == 0
    assert late(-once) == 1


def test_spread_is_about_each_pieces_own_mean() -> None:
    """Squares 1 + 1 and 4 + 4 over (2 - 1) + (2 - 1): the root of 5."""
    assert formulas.spread([np.array([1.0, 3.0]), np.array([10.0, 14.0])]) == pytest.approx(
        math.sqrt(5.0)
    )
    assert math.isnan(formulas.spread([]))


def test_crossings_are_entries() -> None:
    positions = np.array([0.0, 0.9, 1.0, 0.2, -0.9, 0.0, 0.85])
    assert formulas.crossings(positions, 0.85) == 2


@given(ANGLES, st.floats(0.01, 1.0))
def test_any_wheel(angles: Any, gap: float) -> None:
    """Turned the other way, or with another middle, it says the same; a larger gap never more."""
    errors = formulas.prediction_errors(angles)
    own = formulas.alpha(errors)
    found = formulas.entropy(errors, own)
    assert math.isnan(found) == (own == 0.0)
    assert math.isnan(found) or 0.0 <= found <= 1.0 + 1e-12
    turns = formulas.reversals(angles, gap)
    assert 0 <= turns < len(angles)
    assert formulas.reversals(-angles, gap) == turns
    assert formulas.reversals(angles, 2.0 * gap) <= turns
    late = formulas.late_corrections(angles, 2.0, 0.1, gap)
    assert 0 <= late <= len(angles) / 40
    assert formulas.late_corrections(-angles, 2.0, 0.1, gap) == late
