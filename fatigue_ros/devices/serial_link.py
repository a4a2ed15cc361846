"""The board on its serial port: read in a thread, opened again whenever it is lost."""

import contextlib
import errno
import re
import time
from collections.abc import Callable

import serial
from serial.tools import list_ports

from fatigue_ros.devices.clock_sync import WRAP
from fatigue_ros.devices.framing import BAUD_RATE, FrameDecoder, frame
from fatigue_ros.devices.protocol import (
    SAMPLE_PERIOD,
    Acknowledgement,
    FromBoard,
    Message,
    ProtocolError,
    PulseSamples,
    Status,
    ToBoard,
    VersionError,
    decode,
)
from fatigue_ros.devices.retrying import RetryingThread, one_line
from fatigue_ros.errors import ParameterError, SourceError

SILENCE = 3.0
"""[s] an open port without one good frame is opened anew; an UNO's bootloader takes 1.6 s."""
_FIRST_RETRY = 0.1
_LAST_RETRY = 1.0
"""[s] shortest and longest pause between two attempts to open the port."""
_SHOWN = 24  # [bytes] of what is no frame
_POLL = 0.05
"""[s] longest wait for a byte: how fast closing is."""
_WRITE_TIMEOUT = 0.2
"""[s] pyserial may say that this has passed although all went out, when the processor was away."""
_MOST_STALLS = 3
"""Writes in a row that end by that time, after which the port is opened anew."""
_USB_ID = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")


def check_port(port: str) -> None:
    """Refuse what names no port.

    Raises:
        ParameterError: it is neither a path nor vendor:product[:serial number].
    """
    if not port or not (_USB_ID.fullmatch(port) or port.startswith(("/", "COM"))):
        raise ParameterError(
            f"port: {port!r} is neither a path like '/dev/ttyACM0' nor a USB id like "
            "'2341:0043' or '2341:0043:<serial number>'"
        )


def find_port(port: str) -> str:
    """The path of a port given as such, or as vendor:product[:serial number] in hexadecimal.

    Raises:
        SourceError: no device, or more than one, has that USB id; the message says what there is.
    """
    match = _USB_ID.fullmatch(port)
    if match is None:
        return port
    vendor, product, number = int(match[1], 16), int(match[2], 16), match[3]
    there = [p for p in list_ports.comports() if p.vid is not None]
    found = [
        p
        for p in there
        if (p.vid, p.pid) == (vendor, product) and (number is None or p.serial_number == number)
    ]
    if len(found) == 1:
        return str(found[0].device)
    names = [f"{p.vid:04x}:{p.pid:04x}:{p.serial_number} ({p.device})" for p in found or there]
    if found:
        numbers = {p.serial_number for p in found if p.serial_number}
        way_out = (
            "add the serial number"
            if len(numbers) == len(found)
            else "which have no serial numbers of their own: name the path of one that stays with "
            "its socket, in /dev/serial/by-path"
        )
        raise SourceError(f"port: {port} fits {' and '.join(names)}, {way_out}")
    raise SourceError(
        f"port: no device {port} is plugged in, there is {', '.join(names) or 'none'}"
    )


def explained(error: Exception) -> str:
    """Why a port cannot be used, and the way out where that is known."""
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return "no permission: the user has to be in the port's group (usermod -aG dialout USER)"
    if number in (errno.EAGAIN, errno.EBUSY):
        return "locked: another program has it, such as an IDE, ModemManager or a second monitor"
    return one_line(error)


class BoardLink:
    """Messages of one board, handed to a callback from a thread.

    A port that is absent, fails or stays silent is tried again, for as long as the link is open.
    Nothing is sent before the board has been heard: an UNO resets when its port is opened, and
    what its bootloader received it might take for a sketch to store.

    Attributes:
        frames: good frames received.
        gaps: messages with samples that are missing between others; a board that begins anew
            begins to count anew, which is no gap.
        crc_errors: damaged frames received.
        refused: undamaged frames that are none of the protocol's messages for a host.
        reconnects: how often the board was heard again after it had been lost.
        stalls: writes that took longer than they should; whether they went out is not known.
        problem: what keeps it from working, in one line; empty when nothing does.
    """

    def __init__(
        self,
        port: str,
        on_message: Callable[[FromBoard, float], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Set up; nothing is opened yet.

        Args:
            port: as for find_port.
            on_message: called with each message and its time of arrival [s] by time.monotonic().
            on_lost: called when a board that had been heard is lost.

        Raises:
            ParameterError: the port is neither a path nor a USB id.
        """
        check_port(port)
        self.frames = self.gaps = self.crc_errors = self.refused = self.reconnects = 0
        self.stalls = self._stalls_in_a_row = 0
        self.problem = "not started"
        self._port_name = port
        self._on_message = on_message
        self._on_lost = on_lost
        self._port: serial.Serial | None = None
        self._heard_at: float | None = None
        self._ever_heard = False
        self._broken = ""
        self._foreign = False
        self._last_samples: PulseSamples | None = None
        self._thread = RetryingThread(self._attempt, "board", _FIRST_RETRY, _LAST_RETRY)

    @property
    def connected(self) -> bool:
        """Whether the board has been heard since the port was opened, and speaks our version."""
        return self._heard_at is not None and not self.problem

    def start(self) -> None:
        """Begin to read; a port that is absent is waited for."""
        self.problem = f"port {self._port_name}: the board has not been heard yet"
        self._thread.start()

    def close(self) -> None:
        """Stop reading and close the port; no callback comes afterwards."""
        self._thread.close()
        self.problem = "closed"

    def send(self, message: ToBoard) -> bool:
        """Send a message, from any one thread.

        Returns:
            Whether it surely went out; not before the board has been heard.
        """
        port = self._port
        if port is None or not self.connected:
            return False
        # A zero first, where half a frame may be on the line: it must not spoil the next one.
        apart = b"\0" if self._stalls_in_a_row else b""
        try:
            port.write(apart + frame(message.encode()))
        except serial.SerialTimeoutException as error:
            self.stalls += 1
            self._stalls_in_a_row += 1
            if self._stalls_in_a_row >= _MOST_STALLS:
                self._broken = f"cannot send: {one_line(error)}, {_MOST_STALLS} times in a row"
            return False
        except Exception as error:  # noqa: BLE001 - pyserial lets termios' and other errors through
            self._broken = f"cannot send: {one_line(error)}"
            return False
        self._stalls_in_a_row = 0
        return True

    def diagnose(self) -> dict[str, object]:
        """Port and counters, by name."""
        return {
            "port": self._port_name,
            "frames": self.frames,
            "gaps": self.gaps,
            "crc_errors": self.crc_errors,
            "refused": self.refused,
            "reconnects": self.reconnects,
            "stalled_writes": self.stalls,
        }

    def _attempt(self) -> bool:
        frames = self.frames
        try:
            self._port = self._open()
            self._read(self._port)
        except SourceError as error:
            self._lose(str(error))
        except Exception as error:  # noqa: BLE001 - as above
            self._lose(f"port {self._port_name}: {explained(error)}")
        finally:
            self._shut()
        return self.frames > frames

    def _open(self) -> serial.Serial:
        port = serial.Serial(
            find_port(self._port_name),
            BAUD_RATE,
            timeout=_POLL,
            write_timeout=_WRITE_TIMEOUT,
            exclusive=True,
        )
        port.reset_input_buffer()  # what waited there has no time of arrival
        self._broken = ""
        self._foreign = False
        self._last_samples = None
        self._stalls_in_a_row = 0
        return port

    def _read(self, port: serial.Serial) -> None:
        """Read until closed or lost."""
        decoder = FrameDecoder()
        heard_at = time.monotonic()
        strange = b""  # what came since then; the first of it tells what it is
        count = 0
        while not self._thread.closing:
            if self._broken:
                raise SourceError(f"port {self._port_name}: {self._broken}")
            data = port.read(max(1, port.in_waiting))
            arrival = time.monotonic()
            errors, frames = decoder.errors, decoder.frames
            for payload in decoder.feed(data):
                self._take(payload, arrival)
            self.crc_errors += decoder.errors - errors
            self.frames += decoder.frames - frames
            count += len(data)
            strange = (strange + data)[:_SHOWN]
            if decoder.frames > frames:
                heard_at, strange, count = arrival, b"", 0
            elif arrival - heard_at > SILENCE:
                raise SourceError(f"port {self._port_name}: {_silence(strange, count)}")

    def _take(self, payload: bytes, arrival: float) -> None:
        try:
            message: Message = decode(payload)
        except VersionError as error:
            self._foreign = True  # its other messages may look like ours and mean something else
            self._heard_at = None
            self._refuse(str(error))
            return
        except ProtocolError as error:
            self._refuse(str(error))
            return
        if not isinstance(message, PulseSamples | Status | Acknowledgement):
            self._refuse(f"{type(message).__name__}: expected from a host, not from a board")
            return
        if self._foreign:
            return
        self.problem = ""
        if self._heard_at is None and self._ever_heard:
            self.reconnects += 1
        self._heard_at, self._ever_heard = arrival, True
        if isinstance(message, PulseSamples):
            self.gaps += _missing(self._last_samples, message)
            self._last_samples = message
        self._on_message(message, arrival)

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        if self._heard_at is None:
            self.problem = f"port {self._port_name}: {reason}"

    def _lose(self, reason: str) -> None:
        self.problem = reason
        if self._heard_at is not None:
            self._heard_at = None
            self._on_lost()

    def _shut(self) -> None:
        port, self._port = self._port, None
        self._heard_at = None
        if port is not None:
            with contextlib.suppress(Exception):  # it may be gone already
                port.close()


def _missing(last: PulseSamples | None, message: PulseSamples) -> int:
    """How many messages are missing between two: none where the board began anew.

    Its counter and its clock go on together; after a new start they no longer agree.
    """
    if last is None:
        return 0
    passed = (message.device_time - last.device_time) % WRAP / 1e6
    steps = round(passed / (len(last.samples) * SAMPLE_PERIOD))
    counted = (message.sequence - last.sequence) % 65536
    return max(0, counted - 1) if steps % 65536 == counted else 0


def _silence(strange: bytes, count: int) -> str:
    """What it means that no frame came, by what came instead: how many bytes, and the first."""
    if not count:
        return f"nothing heard for {SILENCE:g} s"
    text = strange.decode("ascii", "replace")
    printable = all(c.isprintable() or c.isspace() for c in text)
    kind = (
        f"text ({' '.join(text.split())!r}): another sketch is on the board"
        if printable
        else (f"another sketch is on the board, or its baud rate is not {BAUD_RATE}")
    )
    return f"{count} bytes in {SILENCE:g} s and no frame: {kind}"
