"""The board is asked for the pulse while the vehicle is slow, and old boards are not broken."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.devices.protocol import Pulse, Status
from fatigue_ros.devices.pulse_wish import PulseWish


def status(firmware: tuple[int, int] = (1, 2), *, stopped: bool = False) -> Status:
    return Status(1, 5, 1, firmware, *(False, False, False, 0, 0, 0, 0, 0), pulse_stopped=stopped)


@pytest.mark.parametrize(
    ("kmh", "wanted"), [(0.0, True), (4.9, True), (-4.9, True), (5.1, False), (-5.1, False)]
)
def test_it_is_wanted_up_to_a_speed(kmh: float, wanted: bool) -> None:
    wish = PulseWish(5.0)
    wish.drive(kmh / 3.6, 10.0)
    assert wish.wanted(10.1) is wanted


def test_it_is_wanted_where_no_speed_is_known_and_where_nobody_asks_for_a_limit() -> None:
    wish = PulseWish(5.0)
    assert wish.wanted(10.0)
    wish.drive(30.0, 10.0)
    wish.drive(math.nan, 11.0)
    assert not wish.wanted(13.0)
    assert wish.wanted(13.1)
    always = PulseWish(0.0)
    always.drive(30.0, 10.0)
    assert always.wanted(10.0)


def test_the_board_is_told_until_it_says_that_it_does_so() -> None:
    wish = PulseWish(5.0)
    wish.drive(30.0, 10.0)
    assert wish.order(10.0) is None  # not heard yet
    wish.hear(status())
    assert [wish.order(10.0), wish.order(10.2)] == [Pulse(False)] * 2
    wish.hear(status(stopped=True))
    assert wish.order(10.4) is None
    assert wish.doing.startswith("resting")
    wish.drive(1.0, 11.0)
    assert wish.order(11.0) == Pulse(True)
    wish.hear(status())
    assert wish.order(11.2) is None
    wish.drive(30.0, 12.0)
    wish.hear(None)  # unplugged
    assert wish.order(12.0) is None
    assert wish.doing == "sampling"


def test_an_old_board_is_told_nothing_and_told_of() -> None:
    wish = PulseWish(5.0)
    wish.hear(status((1, 1)))
    assert wish.trouble(10.0) == ""
    wish.drive(30.0, 10.0)
    assert wish.order(10.0) is None
    assert "its firmware 1.1 cannot be told, expected 1.2 or later" in wish.trouble(10.0)
    wish.hear(status())
    assert wish.trouble(10.0) == ""
