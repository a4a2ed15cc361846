"""The simulated board: commands, their end, and the cable."""

from __future__ import annotations

import dataclasses
from typing import Any

from fatigue_ros.simulator.simulated_board import BoardStatus, SimulatedBoard

RED: dict[str, Any] = {"yellow_led": False, "red_led": True, "buzzer_frequency": 2000}


def test_confirms_a_command_and_goes_dark_at_its_end() -> None:
    board = SimulatedBoard()
    assert board.look(10.0, plugged=True) == BoardStatus()
    lit = board.command(10.2, sequence=7, duration=0.5, **RED)
    assert lit == BoardStatus(acknowledged=7, red_led=True, buzzer_frequency=2000)
    assert board.look(10.6, plugged=True) is None
    assert board.look(10.7, plugged=True) == BoardStatus(acknowledged=7)


def test_speaks_once_a_second() -> None:
    board = SimulatedBoard()
    said = [board.look(0.1 * tick, plugged=True) for tick in range(36)]
    assert len([status for status in said if status is not None]) == 4


def test_without_new_commands_it_shows_that_it_is_alone() -> None:
    board = SimulatedBoard()
    board.command(10.0, sequence=7, duration=60.0, **RED)
    assert board.look(11.9, plugged=True) == BoardStatus(
        acknowledged=7, red_led=True, buzzer_frequency=2000
    )
    alone = BoardStatus(acknowledged=7, host_lost=True)
    lit = dataclasses.replace(alone, yellow_led=True)
    said = [board.look(at, plugged=True) for at in (12.1, 12.5, 13.2, 14.2)]
    assert said == [lit, None, alone, lit]
    assert board.command(14.3, sequence=7, duration=60.0, **RED) == lit  # the same again
    assert board.look(14.5, plugged=True) is None
    back = board.command(14.6, sequence=8, duration=60.0, **RED)
    assert back == BoardStatus(acknowledged=8, red_led=True, buzzer_frequency=2000)
    assert board.look(14.7, plugged=True) is None


def test_unplugged_it_says_so_at_once_and_takes_nothing() -> None:
    board = SimulatedBoard()
    board.command(1.0, sequence=3, duration=60.0, **RED)
    gone = board.look(1.1, plugged=False)
    assert gone == BoardStatus(connected=False, firmware="", acknowledged=3)
    assert board.command(1.2, sequence=4, duration=1.0, **RED) is None
    back = board.look(1.3, plugged=True)
    assert back is not None
    assert dataclasses.replace(back, acknowledged=0) == BoardStatus()  # dark, and known again
