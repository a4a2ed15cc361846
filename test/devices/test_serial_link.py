"""The link to the board on a real pseudo-terminal: what comes, what is lost, what is refused."""

from __future__ import annotations

import errno
import os
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from fatigue_ros.devices import serial_link
from fatigue_ros.devices.framing import FrameDecoder, frame
from fatigue_ros.devices.protocol import (
    Acknowledgement,
    Alert,
    FromBoard,
    Heartbeat,
    PulseSamples,
    Status,
    ToBoard,
    decode,
)
from fatigue_ros.devices.serial_link import BoardLink, check_port, explained, find_port
from fatigue_ros.errors import ParameterError, SourceError

Wait = Callable[..., None]


def samples(number: int) -> bytes:
    """The so-many-th message of a board; its counter and its clock wrap."""
    message = PulseSamples(number % 65536, 20_000 * number % 2**32, tuple(range(10)))
    return frame(message.encode())


class Wire:
    """The board's end of a serial line, and what the link hands on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = self.slave = -1
        self.messages: list[FromBoard] = []
        self.lost = 0
        self._decoder = FrameDecoder()
        self.link = BoardLink(str(path), lambda m, _: self.messages.append(m), self._on_lost)

    def _on_lost(self) -> None:
        self.lost += 1

    def plug(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.path.symlink_to(os.ttyname(self.slave))

    def pull(self) -> None:
        if self.master >= 0:
            self.path.unlink()
            os.close(self.slave)
            os.close(self.master)
            self.master = -1

    def say(self, data: bytes) -> None:
        os.write(self.master, data)

    def hear(self) -> list[ToBoard]:
        try:
            data = os.read(self.master, 4096)
        except BlockingIOError:
            return []
        heard = [decode(payload) for payload in self._decoder.feed(data)]
        return [m for m in heard if isinstance(m, Alert | Heartbeat)]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No silence is taken for a loss, however slow the machine."""
    monkeypatch.setattr(serial_link, "SILENCE", 1e4)


@pytest.fixture
def wire(tmp_path: Path, wait_until: Wait) -> Iterator[Wire]:
    """A line that is plugged in and open; its first bytes are not read before it is open."""
    line = Wire(tmp_path / "ttyBOARD")
    line.plug()
    line.link.start()
    wait_until(lambda: line.link._port is not None, "the port to open")
    yield line
    line.link.close()
    line.pull()


def test_messages_arrive_and_gaps_are_counted(wire: Wire, wait_until: Wait) -> None:
    status = Status(1, 5, 1, (1, 0), False, False, True, 0, 0, 0, 0, 0)
    acknowledgement = Acknowledgement(7, 5, True, False, False, 0)
    for number in (65534, 65535, 65536, 65539):
        wire.say(samples(number))
    wire.say(frame(status.encode()) + frame(acknowledgement.encode()))
    wait_until(lambda: len(wire.messages) == 6, "six messages")
    assert wire.messages[4:] == [status, acknowledgement]
    assert (wire.link.frames, wire.link.gaps, wire.link.crc_errors) == (6, 2, 0)
    assert wire.link.connected


@pytest.mark.parametrize("before", [20, 1020, 65536, 214_700, 214_750, 1_000_000])
def test_a_board_that_begins_anew_has_lost_nothing(
    wire: Wire, wait_until: Wait, before: int
) -> None:
    """Its port stays open, as after its watchdog; before and after, a lost message counts."""
    for number in (before, before + 1, before + 3, 0, 1, 4):
        wire.say(samples(number))
    wait_until(lambda: len(wire.messages) == 6, "six messages")
    assert wire.link.gaps == 1 + 2


def test_opened_in_the_middle_of_a_frame(wire: Wire, wait_until: Wait) -> None:
    wire.say(samples(1)[9:] + samples(2))
    wait_until(lambda: wire.messages, "a message")
    assert wire.link.crc_errors == 0


def test_damage_is_counted(wire: Wire, wait_until: Wait) -> None:
    damaged = bytearray(samples(2))
    damaged[5] ^= 0x40
    wire.say(samples(1) + damaged + samples(3))
    wait_until(lambda: len(wire.messages) == 2, "two messages")
    assert (wire.link.crc_errors, wire.link.gaps) == (1, 1)


def test_sends_only_once_the_board_was_heard(wire: Wire, wait_until: Wait) -> None:
    assert not wire.link.send(Heartbeat(1))
    wire.say(samples(1))
    wait_until(lambda: wire.link.connected, "the board")
    alert = Alert(2, True, False, 1000, 500)
    assert wire.link.send(alert)
    heard: list[ToBoard] = []

    def arrived() -> list[ToBoard]:
        heard.extend(wire.hear())
        return heard

    wait_until(arrived, "the alert")
    assert heard == [alert]


def test_pulled_and_plugged_again(wire: Wire, wait_until: Wait) -> None:
    wire.say(samples(1))
    wait_until(lambda: wire.link.connected, "the board")
    wire.pull()
    wait_until(lambda: wire.lost == 1, "the loss")
    assert not wire.link.send(Heartbeat(1))
    assert str(wire.path) in wire.link.problem
    wire.plug()
    wait_until(lambda: wire.link._port is not None, "the port to open again")
    assert wire.link.reconnects == 0  # open, but is it a board?
    wire.say(samples(50))
    wait_until(lambda: wire.link.connected, "the board again")
    assert (wire.link.reconnects, wire.link.gaps) == (1, 0)
    assert not wire.link.problem


def test_silence_opens_the_port_anew(
    wire: Wire, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.say(samples(1))
    wait_until(lambda: wire.link.connected, "the board")
    monkeypatch.setattr(serial_link, "SILENCE", 0.3)
    wait_until(lambda: wire.lost == 1, "the silence to be noticed")
    monkeypatch.setattr(serial_link, "SILENCE", 1e4)
    assert "nothing heard" in wire.link.problem
    wait_until(lambda: wire.link._port is not None, "the port to open again")
    wire.say(samples(2))
    wait_until(lambda: wire.link.connected, "the board again")


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (b"BPM: 72\r\n512\r\n", "text ('BPM: 72 512"),
        (b"\xfe\x81\x9c\x00\xe0", "its baud rate is not 115200"),
    ],
)
def test_another_sketch_is_told_from_a_silent_board(
    wire: Wire, wait_until: Wait, monkeypatch: pytest.MonkeyPatch, said: bytes, word: str
) -> None:
    wire.say(samples(1))
    wait_until(lambda: wire.link.connected, "the board")
    wire.say(said * 4)
    wait_until(lambda: wire.link._port is not None and not wire.link._port.in_waiting, "all read")
    monkeypatch.setattr(serial_link, "SILENCE", 0.3)
    wait_until(lambda: wire.lost == 1, "that no frame came")
    assert f"{len(said) * 4} bytes in 0.3 s and no frame: " in wire.link.problem
    assert word in wire.link.problem
    assert "another sketch is on the board" in wire.link.problem


class Stalling:
    """A port whose writes go out, and end too late all the same, as often as it is told."""

    def __init__(self, port: Any, times: int) -> None:
        self._port, self._left = port, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, data: bytes) -> int:
        written = int(self._port.write(data))
        self._left -= 1
        if self._left >= 0:
            raise serial.SerialTimeoutException("Write timeout")
        return written


@pytest.mark.parametrize("times", [1, 2])
def test_a_write_that_ends_too_late_is_counted_and_loses_no_board(
    wire: Wire, wait_until: Wait, times: int
) -> None:
    wire.say(samples(1))
    wait_until(lambda: wire.link.connected, "the board")
    wire.link._port = Stalling(wire.link._port, times)  # type: ignore[assignment]
    sent = [wire.link.send(Heartbeat(n)) for n in range(4)]
    assert sent == [False] * times + [True] * (4 - times)
    assert wire.link.stalls == wire.link.diagnose()["stalled_writes"] == times
    heard: list[ToBoard] = []

    def arrived() -> bool:
        heard.extend(wire.hear())
        return len(heard) == 4

    wait_until(arrived, "all four")
    assert heard == [Heartbeat(n) for n in range(4)]
    wire.say(samples(2))
    wait_until(lambda: len(wire.messages) == 2, "the next message")
    assert wire.lost == 0


def test_a_port_that_takes_nothing_is_opened_anew(wire: Wire, wait_until: Wait) -> None:
    wire.say(samples(1))
    wait_until(lambda: wire.link.connected, "the board")
    wire.link._port = Stalling(wire.link._port, 1000)  # type: ignore[assignment]
    for _ in range(3):
        wire.link.send(Heartbeat(1))
    wait_until(lambda: wire.lost == 1, "the loss")


def test_another_version_is_refused_until_it_changes(wire: Wire, wait_until: Wait) -> None:
    future = bytearray(Status(1, 5, 1, (9, 9), False, False, False, 0, 0, 0, 0, 0).encode())
    future[7] = 2
    wire.say(samples(1) + frame(bytes(future) + b"more"))
    wait_until(lambda: wire.link.refused == 1, "the refusal")
    wire.say(samples(2))
    wait_until(lambda: wire.link.frames == 3, "the frame after it")
    assert "version 2" in wire.link.problem
    assert not wire.link.connected
    assert len(wire.messages) == 1


def test_what_is_no_board(wire: Wire, wait_until: Wait) -> None:
    wire.say(frame(Heartbeat(1).encode()) + frame(b"\x55\x01"))
    wait_until(lambda: wire.link.refused == 2, "two refusals")
    assert not wire.messages
    assert "0x55 is unknown" in wire.link.problem


def test_the_port_is_ours_alone(wire: Wire, wait_until: Wait) -> None:
    second = BoardLink(str(wire.path), lambda *_: None)
    second.start()
    try:
        wait_until(lambda: "lock" in second.problem, "the second to be turned away")
    finally:
        second.close()


def test_a_port_without_permission_is_told_with_the_way_out(tmp_path: Path) -> None:
    """As pyserial raises it; root, which tests may be, is refused no port."""
    error = serial.SerialException(errno.EACCES, "could not open port /dev/ttyACM0")
    assert "group (usermod -aG dialout USER)" in explained(error)
    with pytest.raises(serial.SerialException) as absent:
        serial.Serial(str(tmp_path / "none"))
    assert "No such file" in explained(absent.value)


def test_an_absent_port_is_waited_for(tmp_path: Path, wait_until: Wait) -> None:
    line = Wire(tmp_path / "ttyLATER")
    line.link.start()
    try:
        wait_until(lambda: "No such file" in line.link.problem, "the problem")
        line.plug()
        wait_until(lambda: line.link._port is not None, "the port to open")
        line.say(samples(1))
        wait_until(lambda: line.link.connected, "the board")
        assert line.link.reconnects == 0
    finally:
        line.link.close()
        line.pull()


@pytest.mark.parametrize("port", ["/dev/ttyACM0", "2341:0043", "2a03:0043:75830303934351", "COM3"])
def test_ports(port: str) -> None:
    check_port(port)


@pytest.mark.parametrize("port", ["", "ttyACM0", "2341", "0x2341:0x43", "2341:0043:"])
def test_what_names_no_port(port: str) -> None:
    with pytest.raises(ParameterError, match="neither a path"):
        check_port(port)


def test_a_usb_device_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="no device ffff:ffff is plugged in, there is"):
        find_port("ffff:ffff")


def plugged(device: str, vendor: int, product: int, number: str) -> ListPortInfo:
    port = ListPortInfo(device)
    port.vid, port.pid, port.serial_number = vendor, product, number
    return port


def test_usb_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [
        plugged("/dev/ttyACM0", 0x2341, 0x0043, "A1"),
        plugged("/dev/ttyACM1", 0x2341, 0x0043, "B2"),
        plugged("/dev/ttyUSB0", 0x1A86, 0x7523, ""),
        ListPortInfo("/dev/ttyS0"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: there)
    assert find_port("1a86:7523") == find_port("1A86:7523") == "/dev/ttyUSB0"
    assert find_port("2341:0043:B2") == "/dev/ttyACM1"
    assert find_port("/dev/ttyACM7") == "/dev/ttyACM7"
    with pytest.raises(SourceError, match=r"ACM0.* and .*ACM1.*add the serial number"):
        find_port("2341:0043")
    there += [plugged("/dev/ttyUSB1", 0x1A86, 0x7523, "")]
    with pytest.raises(SourceError, match=r"USB0.* and .*USB1.*no serial numbers.*by-path"):
        find_port("1a86:7523")
    with pytest.raises(SourceError, match="no device 2341:0043:C3 is plugged in, there is 2341"):
        find_port("2341:0043:C3")
