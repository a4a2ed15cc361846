"""How many messages go through a topic, and how old the last is."""

from collections.abc import Callable


class Flow:
    """Counts the messages of one topic for /diagnostics.

    Args:
        clock: the node's clock, [s]: a recording played fast still has its own rate.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._count = self._counted = 0
        self._last: float | None = None
        self._since = clock()

    def tick(self) -> None:
        """One more message."""
        self._count += 1
        self._last = self._clock()

    def figures(self, topic: str) -> dict[str, object]:
        """Rate since the last call, and age of the last message."""
        now = self._clock()
        passed, new = now - self._since, self._count - self._counted
        self._since, self._counted = now, self._count
        rate = new / passed if passed > 0.0 else 0.0
        age: object = "nothing yet" if self._last is None else max(0.0, now - self._last)
        return {f"{topic} [Hz]": rate, f"{topic}: age [s]": age}
