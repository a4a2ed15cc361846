"""Now, in the time that message stamps are in."""

from collections.abc import Callable


class MessageClock:
    """The newest message stamp, moved on by the time that has passed since it came.

    A recording played without /clock carries stamps of another day; between two messages its own
    time still goes on, and that is what silence must be measured in.

    Args:
        clock: the node's clock, [s].
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._offset = 0.0

    def tick(self, stamp: float) -> None:
        """A message with this stamp [s] has come just now."""
        self._offset = stamp - self._clock()

    def now(self) -> float:
        """[s] the node's clock until the first message has come."""
        return self._clock() + self._offset
