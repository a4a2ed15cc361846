"""One publisher, however often started anew and whatever is lost, is never taken for two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.ros.rivals import MEMORY, WINDOW, Series


class Ear:
    def __init__(self) -> None:
        self.time = 0.0
        self.series = Series(lambda: self.time)

    def hear(self, *numbers: int | None, every: float = 0.1) -> bool:
        """Whether rivals were told at any time."""
        told = False
        for number in numbers:
            self.time += every
            self.series.hear(number)
            told |= self.series.rivals
        return told


_numbers = st.lists(st.integers(1, 200), min_size=1, max_size=60, unique=True).map(sorted)
_steps = st.floats(0.01, 2.0)


@given(st.integers(1, 10_000), _numbers, _steps)
def test_one_publisher_with_losses_is_one_and_they_are_counted(
    first: int, numbers: list[int], every: float
) -> None:
    ear = Ear()
    assert not ear.hear(*(first + n for n in numbers), every=every)
    assert ear.series.lost == numbers[-1] - numbers[0] + 1 - len(numbers)


@given(_numbers, _numbers, _steps)
def test_one_that_is_started_anew_is_one(old: list[int], new: list[int], every: float) -> None:
    assert not Ear().hear(*old, *new, every=every)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.floats(0.01, 0.2))
def test_one_that_is_started_anew_again_and_again_is_one(lives: list[int], every: float) -> None:
    assert not Ear().hear(*(n for life in lives for n in range(1, life + 1)), every=every)


@given(
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.lists(st.booleans(), min_size=8, max_size=60),
    st.floats(0.01, 0.4),
)
def test_two_that_speak_by_turns_are_two(
    first: int, second: int, turns: list[bool], every: float
) -> None:
    counts = [first, second]
    ear, told = Ear(), False
    for turn in [False, True, *turns] + [False, True] * 8:
        counts[turn] += 1
        told |= ear.hear(counts[turn], every=every)
    assert told
    ear.time += MEMORY + 0.1
    assert not ear.series.rivals


def test_a_word_of_a_stranger_now_and_then_is_told() -> None:
    ear = Ear()
    assert not ear.hear(1001, 1002, 1, 1003, 1004)
    assert ear.hear(2, 1005)
    once = Ear()
    assert once.hear(1001, 1, 1002, 1, 1003)  # a publisher for each message


def test_returns_far_apart_are_not_told() -> None:
    ear = Ear()
    assert not ear.hear(5, 1, 6, every=0.1)
    ear.time += WINDOW
    assert not ear.hear(2)


def test_a_middleware_without_numbers_tells_nothing() -> None:
    ear = Ear()
    assert not ear.hear(None, 0, None, 0)
    assert ear.series.lost == 0
