"""The newest is looked at, what was overtaken is counted, and nobody waits."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest

from fatigue_ros.vision.newest import NewestWorker


def test_overtaken_items_are_counted_and_nobody_waits() -> None:
    done: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def work(item: int) -> None:
        entered.set()
        assert go_on.wait(5.0)
        done.append(item)

    worker = NewestWorker(work, "test")
    worker.put(0)
    assert entered.wait(5.0)
    begin = time.monotonic()
    for item in range(1, 101):
        worker.put(item)
    assert time.monotonic() - begin < 0.5
    go_on.set()
    end = time.monotonic() + 5.0
    while len(done) < 2 and time.monotonic() < end:
        time.sleep(0.005)
    worker.close()
    assert done == [0, 100]
    assert worker.skipped == 99


def test_close_waits_for_the_work_at_hand_and_leaves_the_rest() -> None:
    done: list[int] = []
    entered = threading.Event()

    def work(item: int) -> None:
        entered.set()
        time.sleep(0.1)
        done.append(item)

    worker = NewestWorker(work, "test")
    worker.put(1)
    assert entered.wait(5.0)
    worker.put(2)
    worker.close()
    assert done == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux")
def test_a_worker_can_stand_back_behind_all_others() -> None:
    found: list[int] = []
    before = os.getpriority(os.PRIO_PROCESS, 0)
    worker: NewestWorker[int] = NewestWorker(
        lambda _: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())),
        "test",
        nice=5,
    )
    worker.put(0)
    end = time.monotonic() + 5.0
    while not found and time.monotonic() < end:
        time.sleep(0.005)
    worker.close()
    assert found == [min(before + 5, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
