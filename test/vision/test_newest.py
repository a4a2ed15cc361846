"""The newest is looked at, what was overtaken is counted, and nobody waits."""

from __future__ import annotations

import os
import queue
import sys
import threading
import weakref

import pytest

from fatigue_ros.vision.newest import NewestWorker

WAIT = 120.0  # [s] patience with a machine that does other things as well


def test_overtaken_items_are_counted_and_nobody_waits() -> None:
    done: list[int] = []
    entered, go_on, last = threading.Event(), threading.Event(), threading.Event()

    def work(item: int) -> None:
        entered.set()
        assert go_on.wait(WAIT)
        done.append(item)
        if item == 100:
            last.set()

    worker = NewestWorker(work, "test")
    worker.put(0)
    assert entered.wait(WAIT)
    for item in range(1, 101):
        worker.put(item)
    assert not done  # all of them were put while the first was worked on
    go_on.set()
    assert last.wait(WAIT)
    worker.close()
    assert done == [0, 100]
    assert worker.skipped == 99


class Large:
    """Something whose memory is to be had again."""


def test_nothing_is_held_while_nothing_comes() -> None:
    worker: NewestWorker[Large] = NewestWorker(lambda _: None, "test")
    item = Large()
    gone = threading.Event()
    weakref.finalize(item, gone.set)
    worker.put(item)
    del item
    assert gone.wait(WAIT)
    worker.close()


def test_close_waits_for_the_work_at_hand_and_leaves_the_rest() -> None:
    done: list[object] = []
    entered, go_on = threading.Event(), threading.Event()

    def work(item: int) -> None:
        entered.set()
        assert go_on.wait(WAIT)
        done.append(item)

    def close() -> None:
        worker.close()
        done.append("closed")

    worker = NewestWorker(work, "test")
    worker.put(1)
    assert entered.wait(WAIT)
    worker.put(2)
    closing = threading.Thread(target=close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    go_on.set()
    closing.join(WAIT)
    assert done == [1, "closed"]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux")
def test_a_worker_can_stand_back_behind_all_others() -> None:
    found: queue.Queue[int] = queue.Queue()
    before = os.getpriority(os.PRIO_PROCESS, 0)
    worker: NewestWorker[int] = NewestWorker(
        lambda _: found.put(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())),
        "test",
        nice=5,
    )
    worker.put(0)
    assert found.get(timeout=WAIT) == min(before + 5, 19)
    worker.close()
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
