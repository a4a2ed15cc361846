"""Which of several publishers' warnings is shown: the loudest of those that still speak.

Who published a message is not known, but each publisher numbers its own. Numbers that go on are one
publisher's; numbers that do not are another's, or of the same program begun anew.
"""

import dataclasses
import math
from typing import Generic, TypeVar

M = TypeVar("M")
_MOST_LOST = 8  # messages of one publisher in a row: a second one's numbers are seldom that close

_MEMORY = 4.0  # times the patience, for which a publisher's number is remembered


@dataclasses.dataclass(slots=True)
class _Speaker(Generic[M]):
    """What one publisher said last."""

    number: int
    at: float
    rank: tuple[int, ...]
    message: M


class LoudestWarning(Generic[M]):
    """Remembers what each publisher said last.

    One that ends its warning ends it at once. One that falls silent counts until its patience is
    over, so that a quieter one does not end what it warned of; a louder one is shown at once.

    Args:
        patience: [s] after which one that is silent no longer counts.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._speakers: list[_Speaker[M]] = []  # the one that spoke last comes last
        self._in_turns_at = -math.inf

    def hear(self, message: M, rank: tuple[int, ...], number: int, now: float) -> M:
        """Take a message in.

        Args:
            message: the warning.
            rank: how loud it is; greater is louder.
            number: that its publisher gave it.
            now: [s] by a clock that never steps.

        Returns:
            The warning to show.
        """
        speakers = [s for s in self._speakers if now - s.at <= _MEMORY * self._patience]
        known = [s for s in speakers if 0 < number - s.number <= _MOST_LOST]
        if known:
            # Where the numbers of two are close: the one that says the same, or else the quieter
            # one, so that no louder one is ended by mistake.
            before = min(known, key=lambda s: (s.rank != rank, s.rank, number - s.number))
            if before is not speakers[-1]:
                self._in_turns_at = now
            speakers.remove(before)
        self._speakers = [*speakers, _Speaker(number, now, rank, message)]
        speaking = (s for s in reversed(self._speakers) if now - s.at <= self._patience)
        return max(speaking, key=lambda s: s.rank).message

    def several(self, now: float) -> bool:
        """Whether more than one publisher speaks: not one after the other, but by turns."""
        return now - self._in_turns_at <= 2.0 * self._patience
