"""Pauses between attempts."""

from __future__ import annotations

import itertools
import threading

import pytest

from fatigue_ros.devices.retrying import RetryingThread, one_line


class Pauses(threading.Event):
    """Notes how long it is waited for, and is set after so many waits."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if len(self.waits) == self.most:
            self.set()
        return self.is_set()


def test_pauses_double_until_it_works() -> None:
    attempts = itertools.count()
    thread = RetryingThread(lambda: next(attempts) == 5, "test", first=0.05, last=0.4)
    thread._closing = pauses = Pauses(6)
    thread._run()
    assert pauses.waits == [0.05, 0.1, 0.2, 0.4, 0.4, 0.05]


def test_closing_ends_a_pause_and_it_can_begin_again() -> None:
    begun: list[bool] = []

    def attempt() -> bool:
        begun.append(thread.closing)
        return False

    thread = RetryingThread(attempt, "test", first=60.0, last=60.0)
    for starts in (1, 2):
        thread.start()
        thread.close()
        thread.close()
        assert len(begun) <= starts
        assert thread.closing


def test_an_error_is_one_line_with_its_cause() -> None:
    with pytest.raises(OSError, match="bus") as caught:
        raise OSError("the bus\n is gone") from ValueError("pulled")
    assert one_line(caught.value) == "the bus is gone: pulled"
    assert one_line(TimeoutError()) == "TimeoutError"
