"""Commands confirmed, repeated and given up."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from fatigue_ros.devices.confirmation import BoardWatch, CommandWatch, SentCommands


def test_confirmed_in_time() -> None:
    watch = CommandWatch(0.25, 3)
    watch.send(1, 10.0)
    assert not watch.overdue(10.19)
    assert not watch.confirm(1, 10.19)
    assert (watch.confirmed, watch.late, watch.waiting) == (1, 0, False)
    assert watch.delay == pytest.approx(0.19)
    assert watch.trusted
    assert not watch.overdue(20.0)


def test_repeated_after_longer_and_longer_waits_then_given_up() -> None:
    watch = CommandWatch(0.25, 3)
    watch.send(1, 0.0)
    repeated = [t / 64.0 for t in range(300) if watch.overdue(t / 64.0)]
    assert repeated == pytest.approx([0.25, 0.75])
    assert watch.late == 3
    assert not watch.waiting
    assert not watch.trusted


def test_a_late_confirmation_restores_trust() -> None:
    watch = CommandWatch(0.25, 3)
    watch.send(1, 0.0)
    assert watch.overdue(0.25)
    assert not watch.trusted
    assert watch.confirm(1, 0.3)
    assert watch.trusted
    assert watch.delay == pytest.approx(0.3)


def test_only_the_newest_command_counts() -> None:
    watch = CommandWatch(0.25, 3)
    watch.send(1, 0.0)
    watch.send(2, 0.125)
    watch.confirm(1, 0.15)
    assert watch.waiting
    assert not watch.overdue(0.25)
    assert watch.overdue(0.375)
    watch.confirm(2, 0.4)
    assert not watch.waiting


def test_nothing_sent_is_never_overdue() -> None:
    watch = CommandWatch(0.25, 3)
    assert not watch.overdue(100.0)
    assert not watch.confirm(0, 100.0)
    assert math.isnan(watch.delay)


def test_the_number_of_a_command_is_found_by_its_lower_half() -> None:
    commands = SentCommands()
    commands.send(65535, 0.0)
    commands.send(65536, 1.0)
    commands.confirm(65535, 1.1)
    assert (commands.acknowledged, commands.confirmed) == (65535, 0)
    commands.confirm(0, 1.25)
    assert (commands.acknowledged, commands.confirmed, commands.delay) == (65536, 1, 0.25)
    commands.send(3, 2.0)  # who sends began anew
    assert (commands.acknowledged, commands.count) == (0, 3)
    commands.confirm(9, 2.1)  # of a command before it
    assert (commands.acknowledged, commands.confirmed) == (0, 1)


def status(acknowledged: int = 0, *, connected: bool = True, host_lost: bool = False) -> Any:
    """The fields of an ActuatorStatus that count."""
    return SimpleNamespace(connected=connected, host_lost=host_lost, acknowledged=acknowledged)


def test_what_is_wrong_with_the_board_is_said_in_words() -> None:
    board = BoardWatch(CommandWatch(0.25, 3), silence=2.5, now=0.0)
    assert not board.trouble(2.0)  # it may still come
    assert "no word" in board.trouble(3.0)
    board.hear(status(connected=False), 3.0)
    assert "not connected" in board.trouble(3.0)
    board.hear(status(host_lost=True), 4.0)
    assert "does not hear us" in board.trouble(4.0)
    board.hear(status(), 5.0)
    assert not board.trouble(5.0)
    board.commands.send(1, 5.0)
    assert board.commands.overdue(5.3)
    assert "within 0.25 s" in board.trouble(5.3)
    assert not board.hear(status(1, connected=False), 5.4)
    assert board.hear(status(1), 5.5)
    assert not board.trouble(5.5)
