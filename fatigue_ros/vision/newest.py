"""A thread that looks at the newest only."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestWorker(Generic[T]):
    """Works on the newest item that was put; who puts never waits.

    Attributes:
        skipped: [1] items that were overtaken by newer ones.
    """

    def __init__(self, work: Callable[[T], None], name: str, nice: int = 0) -> None:
        """Start the thread.

        Args:
            work: called in the thread with one item after another; what it raises ends the thread.
            name: of the thread.
            nice: how far the thread stands back behind the others of the process (Linux).
        """
        self._work = work
        self._nice = nice
        self._news = threading.Condition()
        self._newest: T | None = None
        self._closing = False
        self.skipped = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Leave an item, in place of one that was not taken yet."""
        with self._news:
            self.skipped += self._newest is not None
            self._newest = item
            self._news.notify()

    def close(self) -> None:
        """End the thread once it has done what it is at."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join()

    def _run(self) -> None:
        if self._nice:
            thread = threading.get_native_id()
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(now + self._nice, 19))
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closing or self._newest is not None)
                item, self._newest = self._newest, None
                if self._closing or item is None:
                    return
            self._work(item)
            del item  # it may be large, and the next may be long in coming
