"""Which of several publishers' warnings is shown."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.devices.loudest_warning import LoudestWarning

PATIENCE = 2.0  # [s]
QUIET, LIGHT, SOUND = (0, 0), (1, 0), (2, 3)
Said = tuple[float, int, tuple[int, int]]


def play(
    said: Iterable[Said],
) -> tuple[list[tuple[float, tuple[int, int]]], LoudestWarning[object]]:
    """What is shown from each message on: time [s], number, rank."""
    choice: LoudestWarning[object] = LoudestWarning(PATIENCE)
    shown = [(at, choice.hear(rank, rank, number, at)) for at, number, rank in said]
    return shown, choice  # type: ignore[return-value]


def test_one_publisher_ends_what_it_began_at_once() -> None:
    said = [(float(n), 5 + n, rank) for n, rank in enumerate([QUIET, SOUND, LIGHT, SOUND, QUIET])]
    shown, choice = play(said)
    assert [rank for _, rank in shown] == [rank for *_, rank in said]
    assert not choice.several(4.0)


@pytest.mark.parametrize("lost", [1, 2, 7])
def test_messages_of_one_publisher_that_are_lost_change_nothing(lost: int) -> None:
    shown, choice = play([(0.0, 1, SOUND), (1.0, 2 + lost, QUIET)])
    assert shown[-1][1] == QUIET
    assert not choice.several(1.0)


@given(
    first=st.integers(1, 40),
    second=st.integers(1, 40),
    rate=st.sampled_from([0.5, 1.0, 1.7, 20.0]),
    phase=st.floats(0.01, 0.99),
    rank=st.sampled_from([QUIET, LIGHT]),
)
def test_a_quieter_publisher_never_ends_what_a_louder_one_repeats(
    first: int, second: int, rate: float, phase: float, rank: tuple[int, int]
) -> None:
    """Whatever their numbers, once it has spoken a second time."""
    said = [(float(n), first + n, SOUND) for n in range(12)]
    said += [(phase + n / rate, second + n, rank) for n in range(round(11 * rate))]
    shown, choice = play(sorted(said))
    settled = [shown for at, shown in shown if at >= 3.0]
    assert rank not in settled
    assert choice.several(11.0)
    assert choice.hear(rank, rank, second + round(11 * rate), 11.0 + 1.1 * PATIENCE) == rank


def test_a_louder_one_is_shown_at_once() -> None:
    shown, _ = play([(0.0, 700, QUIET), (0.5, 3, SOUND), (1.0, 701, QUIET)])
    assert [rank for _, rank in shown] == [QUIET, SOUND, SOUND]


def test_a_publisher_that_begins_anew_is_not_a_second_one() -> None:
    said = [(float(n), 50 + n, SOUND) for n in range(4)]
    said += [(3.5 + n, 1 + n, QUIET) for n in range(4)]
    shown, choice = play(said)
    # What the first one said counts until it has been silent for too long.
    assert [rank for _, rank in shown] == [SOUND] * 6 + [QUIET] * 2
    assert not choice.several(6.5)
