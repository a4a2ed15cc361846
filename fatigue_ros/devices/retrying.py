"""The thread of a device that may be absent or lost: it tries again until it is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable


class RetryingThread:
    """A thread and its pauses between attempts, each twice as long as the one before.

    Args:
        run: what the thread does; it returns soon after ``closing`` has become true.
        name: of the thread.
        first: [s] shortest pause, the one after a success.
        last: [s] longest pause.
    """

    def __init__(self, run: Callable[[], None], name: str, first: float, last: float) -> None:
        self._run = run
        self._name = name
        self._first = self._pause = first
        self._last = last
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def closing(self) -> bool:
        """Whether the thread is to end."""
        return self._closing.is_set()

    def start(self) -> None:
        """Begin."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the end; twice does no harm."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def succeeded(self) -> None:
        """It worked: the next pause is the shortest again."""
        self._pause = self._first

    def wait(self) -> None:
        """Pause before the next attempt, or until it is closed."""
        self._closing.wait(self._pause)
        self._pause = min(2.0 * self._pause, self._last)


def one_line(error: Exception) -> str:
    """What an error of a driver says, in one line, its cause with it."""
    texts = [str(e) or type(e).__name__ for e in (error, error.__cause__) if e is not None]
    return " ".join(": ".join(texts).split())
