"""Whether a topic is spoken by one publisher or by several, and what was lost on the way."""

from __future__ import annotations

import collections
from collections.abc import Callable

WINDOW = 10.0  # [s] two returns within it are no restart
MEMORY = 5.0  # [s] after which rivals that fell silent are forgotten
_KEPT = 4  # series of numbers


class Series:
    """The publication sequence numbers of one topic, as one listener hears them.

    Each publisher counts its messages from 1, and the middleware tells the count with each. Where
    the numbers of two series come by turns, two publishers speak: each *returns* after the other
    has spoken. One that was started anew begins at 1, and its old series never returns. (Where it
    runs into the old series just as a message is lost, that looks like a return, once.)

    Attributes:
        lost: [1] messages that were published and did not come.

    Args:
        clock: [s] one that never steps.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: list[int] = []  # of each series; who spoke last comes last
        self._returns: collections.deque[float] = collections.deque(maxlen=2)
        self.lost = 0

    def hear(self, number: int | None) -> None:
        """A message with this number has come; None where the middleware counts none."""
        if not number:
            return
        last = self._last
        # The nearest series that it can go on with; of two as near the one that spoke last.
        before = max((n for n in last if n < number), default=None)
        if before is None:
            last.append(number)
            del last[:-_KEPT]
            return
        if before == last[-1]:
            self.lost += number - before - 1
            last.pop()
        else:
            last.remove(before)
            self._returns.append(self._clock())
        last.append(number)

    @property
    def rivals(self) -> bool:
        """Whether two speak now."""
        times = self._returns
        return (
            len(times) == 2 and times[1] - times[0] <= WINDOW and self._clock() - times[1] <= MEMORY
        )
