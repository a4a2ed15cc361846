"""The thread of a device that may be absent or lost: it tries again until it is closed."""

import threading
from collections.abc import Callable

from fatigue_ros.backoff import Backoff


class RetryingThread:
    """A thread and its pauses between attempts, each twice as long as the one before.

    Args:
        attempt: opens the device and works until it is lost or ``closing`` has become true; it
            returns whether the device was of use, after which the next pause is the shortest.
        name: of the thread.
        first: [s] shortest pause.
        last: [s] longest pause.
    """

    def __init__(self, attempt: Callable[[], bool], name: str, first: float, last: float) -> None:
        self._attempt = attempt
        self._name = name
        self._backoff = Backoff(first, last)
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

    def _run(self) -> None:
        while not self.closing:
            if self._attempt():
                self._backoff.reset()
            self._closing.wait(self._backoff.next())


def one_line(error: Exception) -> str:
    """What an error of a driver says, in one line, its cause with it."""
    texts = [str(e) or type(e).__name__ for e in (error, error.__cause__) if e is not None]
    return " ".join(": ".join(texts).split())
