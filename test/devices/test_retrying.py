"""Pauses between attempts."""

from __future__ import annotations

import time

import pytest

from fatigue_ros.devices.retrying import RetryingThread, one_line


def test_pauses_double_until_it_works() -> None:
    pauses: list[float] = []

    def run() -> None:
        for attempt in range(6):
            if attempt == 5:
                thread.succeeded()
            begun = time.monotonic()
            thread.wait()
            pauses.append(time.monotonic() - begun)

    thread = RetryingThread(run, "test", first=0.05, last=0.4)
    run()
    for pause, wanted in zip(pauses, [0.05, 0.1, 0.2, 0.4, 0.4, 0.05], strict=True):
        assert pause >= wanted - 0.001
    assert pauses[5] < pauses[4]


def test_closing_ends_a_pause_and_it_can_begin_again() -> None:
    begun: list[float] = []

    def run() -> None:
        while not thread.closing:
            begun.append(time.monotonic())
            thread.wait()

    thread = RetryingThread(run, "test", first=60.0, last=60.0)
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
