"""Lids that fall with the head, just below and at each time and angle of the rule."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.measures.doubt import LookDown

DOUBT = "looking down or eyes shut, which cannot be told"
STEP = 0.125  # [s]


def look(
    turned: float = 0.08, *, moves_at: float = 5.0, until: float = 5.5, back: float | None = None
) -> str:
    """Eyes that look shut from 5 s on, and a head that turns at a time: what is said at the end."""
    watch = LookDown()
    said = ""
    for i in range(round(until / STEP) + 1):
        now = i * STEP
        pitch = turned if now >= moves_at else 0.0
        if back is not None and now >= 6.0:
            pitch = back
        watch.update(now, pitch)
        said = watch.doubt(5.0 if now >= 5.0 else math.nan, now)
    return said


@pytest.mark.parametrize(("turned", "said"), [(0.0, ""), (0.079, ""), (0.08, DOUBT), (0.5, DOUBT)])
def test_the_head_goes_down_along(turned: float, said: str) -> None:
    assert look(turned) == said


@pytest.mark.parametrize(
    ("until", "said"), [(5.0, ""), (5.375, ""), (5.5, DOUBT), (7.875, DOUBT), (8.0, ""), (9.0, "")]
)
def test_it_is_decided_after_half_a_second_and_doubted_for_three(until: float, said: str) -> None:
    assert look(until=until) == said


@pytest.mark.parametrize(
    ("moves_at", "said"),
    [(4.25, ""), (4.375, DOUBT), (5.0, DOUBT), (5.125, DOUBT), (5.5, DOUBT), (5.625, "")],
)
def test_where_the_head_came_from_is_looked_up_in_the_last_0_8_s(
    moves_at: float, said: str
) -> None:
    assert look(moves_at=moves_at, until=5.75) == said


@pytest.mark.parametrize(("back", "said"), [(0.04, DOUBT), (0.039, ""), (-1.0, "")])
def test_a_head_that_is_up_again_leaves_no_doubt(back: float, said: str) -> None:
    assert look(until=7.0, back=back) == said


def test_it_is_decided_once_for_each_closure() -> None:
    watch = LookDown()
    for i in range(60):
        watch.update(i * STEP, 0.1 if i * STEP >= 5.75 else 0.0)
        assert watch.doubt(5.0, min(i * STEP, 5.5)) == "", "it set off too late"
    watch.reset()
    assert watch.doubt(7.0, 7.5) == "", "nothing is known"
    watch.update(8.0, math.nan)
    assert watch.doubt(7.0, 8.0) == ""
