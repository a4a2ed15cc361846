"""What is handed over in memory, from its source to those who look at it in the same process."""

import collections
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Taker = Callable[[T], None]


class HandOver(Generic[T]):
    """Who offers what in a process, and who takes it. Thread-safe.

    A taker is called in the source's thread and must not keep it: it drops what it gets into a
    slot of its own, such as NewestWorker's.
    """

    def __init__(self) -> None:
        self._offers: collections.Counter[str] = collections.Counter()
        self._takers: dict[str, tuple[Taker[T], ...]] = {}  # replaced whole, never changed

    def offer(self, name: str) -> Callable[[], None]:
        """There is a source of what has this name; returns what ends it."""
        self._offers[name] += 1
        return lambda: self._offers.subtract([name])

    def offered(self, name: str) -> bool:
        """Whether there is a source."""
        return self._offers[name] > 0

    def take(self, name: str, taker: Taker[T]) -> Callable[[], None]:
        """Let the taker have what has this name; returns what ends it."""
        self._takers[name] = (*self.takers(name), taker)

        def end() -> None:
            self._takers[name] = tuple(it for it in self.takers(name) if it is not taker)

        return end

    def takers(self, name: str) -> tuple[Taker[T], ...]:
        """All who take it now."""
        return self._takers.get(name, ())
