"""Our address on a J1939 bus, by what goes over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import can
import pytest

from fatigue_ros.devices.j1939_address import J1939Address, J1939Settings
from fatigue_ros.errors import SourceError

pytest.importorskip("j1939", reason="can-j1939: .[j1939]")


class Bus:
    """Sends for us, and keeps what was sent."""

    def __init__(self, address: int) -> None:
        self.works, self.opened, self.sent = True, 0, list[can.Message]()
        self.ours = J1939Address(address, J1939Settings())

    def send(self, frame: can.Message) -> bool:
        if self.works:
            self.sent.append(frame)
        return self.works

    def until(self, condition: Callable[[], bool]) -> None:
        """Turn, as the bus's thread does, until it is so."""
        end = time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < end
            self.ours.tick(time.monotonic(), self.opened, self.send)
            time.sleep(0.005)

    def hear(self, address: int, name: int) -> bool:
        """Another unit claims an address."""
        data = name.to_bytes(8, "little")
        return self.ours.take(can.Message(arbitration_id=0x18EEFF00 | address, data=data))


@pytest.fixture
def bus() -> Iterator[Callable[[int], Bus]]:
    made: list[Bus] = []

    def make(address: int) -> Bus:
        made.append(Bus(address))
        return made[-1]

    yield make
    for one in made:
        one.ours.close()


STRONGER, WEAKER = 1, 2**64 - 1  # [1] the lower name has precedence


def test_it_chooses_keeps_and_yields(bus: Callable[[int], Bus]) -> None:
    drive = bus(0xF7)
    ours = drive.ours
    drive.until(lambda: bool(drive.sent))
    assert drive.sent[0].arbitration_id == 0x18EEFFF7
    assert ours.address is None  # others may object for a quarter of a second
    drive.until(lambda: ours.address == 0xF7)
    assert not ours.take(can.Message(arbitration_id=0x18FFD0F7, data=bytes(8)))
    for short in (b"", b"1234567"):  # no claim at all
        assert ours.take(can.Message(arbitration_id=0x18EEFFF7, data=short))
    drive.hear(0xF7, WEAKER)
    drive.until(lambda: len(drive.sent) == 2)
    assert ours.address == 0xF7
    drive.hear(0xF7, STRONGER)
    assert ours.address is None
    drive.until(lambda: ours.address == 0x80)  # after the last comes the first
    # A bus that was lost has other units on it.
    drive.works, drive.opened = False, 1
    ours.tick(time.monotonic(), drive.opened, drive.send)
    assert ours.address is None
    claims, drive.works = ours.claims, True
    drive.until(lambda: ours.address == 0x80)
    assert ours.claims == claims + 1
    assert drive.sent[-1].arbitration_id == 0x18EEFF80


def test_one_that_was_given_to_us_has_no_next_one(bus: Callable[[int], Bus]) -> None:
    drive = bus(0x27)
    ours = drive.ours
    drive.until(lambda: ours.address == 0x27)
    drive.hear(0x27, STRONGER)
    assert (ours.address, ours.lost) == (None, True)
    drive.until(lambda: len(drive.sent) == 2)
    assert [f.arbitration_id & 0xFF for f in drive.sent] == [0x27, 0xFE]  # "cannot claim"
    count = len(drive.sent)
    for later in (5.0, 10.0):  # nor does it ask again
        ours.tick(time.monotonic() + later, drive.opened, drive.send)
    assert len(drive.sent) == count
    assert ours.lost


def test_a_claim_that_comes_to_nothing_is_begun_again(bus: Callable[[int], Bus]) -> None:
    drive = bus(0xFE)
    drive.ours.tick(0.0, 0, drive.send)
    first = drive.ours._unit
    drive.ours.tick(2.9, 0, drive.send)
    assert drive.ours._unit is first
    drive.ours.tick(3.1, 0, drive.send)
    assert drive.ours._unit is not first
    drive.until(lambda: drive.ours.address == 0x80)  # any, as the file has it


def test_nobody_may_have_the_address_of_all() -> None:
    with pytest.raises(SourceError, match="0xff, expected at most 0xfe"):
        J1939Address(0xFF, J1939Settings())
