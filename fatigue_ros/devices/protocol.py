"""The messages between the board and its host, little endian; framing.py puts them on the wire.

``docs/protocol.md`` describes every message and gives vectors; ``firmware/uno/protocol.h`` is the
same in C++. Whatever comes over the wire, nothing here raises anything but ProtocolError.
"""

import dataclasses
import struct
from collections.abc import Iterable
from typing import Any, ClassVar, TypeAlias

from fatigue_ros.errors import FatigueError

VERSION = 1
SAMPLE_PERIOD = 0.002
"""[s] by the board's clock: 500 Hz, the paper's "every 2 ms"."""
MIN_BUZZER_FREQUENCY = 31
"""[Hz] the lowest that an UNO can make."""
MAX_BUZZER_FREQUENCY = 10_000
"""[Hz]."""
MAX_DURATION = 65.535
"""[s] what fits into an ALERT."""
_CODES = {
    "device_time": "I",
    "protocol": "B",
    "wanted": "B",
    "firmware": "BB",
    "yellow": "B",
    "red": "",
    "host_lost": "",
    "button": "",
    "pulse_stopped": "",
}
"""How fields lie on the wire, in struct's codes; those not named here have 16 bits."""
_FLAGS = {"yellow": 0x01, "red": 0x02, "host_lost": 0x04, "button": 0x08, "pulse_stopped": 0x10}
"""Bits of the fields that share one byte, which lies where ``yellow`` stands."""


class ProtocolError(FatigueError):
    """A payload is none of the protocol's messages."""


class VersionError(ProtocolError):
    """The board speaks another version of the protocol."""


class _Fixed:
    """A message that is its type and then its fields, one after the other."""

    __slots__ = ()
    TYPE: ClassVar[int]
    NAME: ClassVar[str]

    def encode(self) -> bytes:
        """The payload."""
        numbers: list[int] = []
        flags = 0
        for name in _fields(type(self)):
            value = getattr(self, name)
            if name in _FLAGS and name != "yellow":
                numbers[flags] |= _FLAGS[name] * value
            else:
                flags = len(numbers) if name == "yellow" else flags
                numbers += value if isinstance(value, tuple) else (int(value),)
        return _layout(type(self)).pack(self.TYPE, *numbers)


@dataclasses.dataclass(frozen=True, slots=True)
class PulseSamples:
    """A run of pulse samples, from the board.

    Attributes:
        sequence: counts messages modulo 65536, those that the board had to drop included.
        device_time: [us] the board's clock at the first sample, modulo 2**32.
        samples: converter counts, SAMPLE_PERIOD apart.
    """

    TYPE: ClassVar[int] = 0x01
    NAME: ClassVar[str] = "SAMPLES"
    HEAD: ClassVar[struct.Struct] = struct.Struct("<BHIB")

    sequence: int
    device_time: int
    samples: tuple[int, ...]

    @property
    def duration(self) -> float:
        """[s] from the first sample to the last, after which it is sent."""
        return (len(self.samples) - 1) * SAMPLE_PERIOD

    def encode(self) -> bytes:
        """The payload."""
        count = len(self.samples)
        head = self.HEAD.pack(self.TYPE, self.sequence, self.device_time, count)
        return head + struct.pack(f"<{count}H", *self.samples)


@dataclasses.dataclass(frozen=True, slots=True)
class Status(_Fixed):
    """What the board says about itself once a second.

    Attributes:
        sequence: counts these messages modulo 65536.
        device_time: [us] modulo 2**32.
        protocol: VERSION of the board.
        firmware: major and minor version.
        yellow: whether the yellow LED is lit.
        red: whether the red LED is lit.
        host_lost: whether the board has not heard from us and is in its safe state.
        buzzer: [Hz] 0 when silent.
        acknowledged: sequence of the last ALERT carried out.
        dropped: samples lost in the board, modulo 65536.
        crc_errors: damaged frames received, modulo 65536.
        refused: undamaged frames that made no sense, modulo 65536.
        button: whether the button is pressed; boards with firmware before 1.1 never say so.
        pulse_stopped: whether it takes no samples, as a Pulse asked for.
    """

    TYPE: ClassVar[int] = 0x02
    NAME: ClassVar[str] = "STATUS"

    sequence: int
    device_time: int
    protocol: int
    firmware: tuple[int, int]
    yellow: bool
    red: bool
    host_lost: bool
    buzzer: int
    acknowledged: int
    dropped: int
    crc_errors: int
    refused: int
    button: bool = False
    pulse_stopped: bool = False

    @property
    def knows_pulse(self) -> bool:
        """Whether its firmware carries out a Pulse; older ones refuse it, and go on streaming."""
        return self.firmware >= (1, 2)


@dataclasses.dataclass(frozen=True, slots=True)
class Acknowledgement(_Fixed):
    """An ALERT was carried out.

    Attributes:
        sequence: that of the ALERT.
        device_time: [us] modulo 2**32.
        yellow: whether the yellow LED is lit.
        red: whether the red LED is lit.
        host_lost: as in Status; never true here.
        buzzer: [Hz] 0 when silent.
        button: as in Status.
    """

    TYPE: ClassVar[int] = 0x03
    NAME: ClassVar[str] = "ACK"

    sequence: int
    device_time: int
    yellow: bool
    red: bool
    host_lost: bool
    buzzer: int
    button: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Alert(_Fixed):
    """What the LEDs and the buzzer are to do, to the board.

    Attributes:
        sequence: repeated in the acknowledgement, modulo 65536.
        yellow: whether the yellow LED is to be lit.
        red: whether the red LED is to be lit.
        buzzer: [Hz] 0 for silence, otherwise MIN_BUZZER_FREQUENCY to MAX_BUZZER_FREQUENCY.
        duration: [ms] all off after this time, at most 65535.
    """

    TYPE: ClassVar[int] = 0x10
    NAME: ClassVar[str] = "ALERT"

    sequence: int
    yellow: bool
    red: bool
    buzzer: int
    duration: int

    @classmethod
    def within_limits(
        cls, sequence: int, *, yellow: bool, red: bool, buzzer: int, duration: float
    ) -> "Alert":
        """What comes nearest to a wish of any size.

        Args:
            sequence: of which the lower 16 bits go out.
            yellow: whether the yellow LED is to be lit.
            red: whether the red LED is to be lit.
            buzzer: [Hz] 0 for silence.
            duration: [s] not a number is no duration; longer ones than fit into the message are
                kept up by whoever repeats the command.
        """
        if buzzer:
            buzzer = min(MAX_BUZZER_FREQUENCY, max(MIN_BUZZER_FREQUENCY, buzzer))
        seconds = min(MAX_DURATION, duration) if duration > 0.0 else 0.0
        return cls(sequence % 65536, yellow, red, buzzer, round(1000.0 * seconds))


@dataclasses.dataclass(frozen=True, slots=True)
class Heartbeat(_Fixed):
    """The host is alive, to the board; at least twice a second.

    Attributes:
        sequence: counts these messages modulo 65536.
    """

    TYPE: ClassVar[int] = 0x11
    NAME: ClassVar[str] = "HEARTBEAT"

    sequence: int


@dataclasses.dataclass(frozen=True, slots=True)
class Pulse(_Fixed):
    """Whether pulse samples are wanted, to the board; they are until it is told otherwise.

    Attributes:
        wanted: False stops them. Told again where a Status says otherwise.
    """

    TYPE: ClassVar[int] = 0x12
    NAME: ClassVar[str] = "PULSE"

    wanted: bool


FromBoard: TypeAlias = PulseSamples | Status | Acknowledgement
ToBoard: TypeAlias = Alert | Heartbeat | Pulse
Message: TypeAlias = FromBoard | ToBoard
_MESSAGES: dict[int, type[Message]] = {
    kind.TYPE: kind for kind in (PulseSamples, Status, Acknowledgement, Alert, Heartbeat, Pulse)
}


def decode(payload: bytes) -> Message:
    """Read the payload of a frame.

    Raises:
        VersionError: the board speaks another version; its number has the same place in all.
        ProtocolError: it is no message of ours: its type, its length, or what it asks for.
    """
    kind = _MESSAGES.get(payload[0]) if payload else None
    if kind is None:
        found = f"0x{payload[0]:02x}" if payload else "none"
        known = ", ".join(f"0x{number:02x}" for number in _MESSAGES)
        raise ProtocolError(f"message type {found} is unknown, expected one of {known}")
    if kind is PulseSamples:
        return _decode_samples(payload)
    if kind is Status and len(payload) > 7 and payload[7] != VERSION:
        raise VersionError(
            f"the board speaks version {payload[7]} of the protocol, expected {VERSION}: "
            "write this package's firmware to it"
        )
    layout = _layout(kind)
    if len(payload) != layout.size:
        raise _wrong_length(kind, payload, str(layout.size))
    if kind is Alert:
        _check_alert(*layout.unpack(payload)[2:4])
    if kind is Pulse and payload[1] > 1:
        raise ProtocolError(f"PULSE: expected 0 or 1, got {payload[1]}")
    return kind(**_values(kind, layout.unpack(payload)[1:]))


def _decode_samples(payload: bytes) -> PulseSamples:
    head = PulseSamples.HEAD
    if len(payload) < head.size:
        raise _wrong_length(PulseSamples, payload, f"at least {head.size}")
    _, sequence, device_time, count = head.unpack_from(payload)
    size = head.size + 2 * count
    if count == 0 or len(payload) != size:
        raise _wrong_length(PulseSamples, payload, f"{size} (for {count} samples)")
    return PulseSamples(sequence, device_time, struct.unpack_from(f"<{count}H", payload, head.size))


def _check_alert(flags: int, buzzer: int) -> None:
    if flags & ~(_FLAGS["yellow"] | _FLAGS["red"]):
        raise ProtocolError(f"ALERT: LEDs 0x{flags:02x} asked for, expected bits 0 and 1 only")
    if buzzer and not MIN_BUZZER_FREQUENCY <= buzzer <= MAX_BUZZER_FREQUENCY:
        raise ProtocolError(
            f"ALERT: a tone of {buzzer} Hz asked for, expected 0 or "
            f"{MIN_BUZZER_FREQUENCY} to {MAX_BUZZER_FREQUENCY} Hz"
        )


def _values(kind: type[Message], numbers: Iterable[int]) -> dict[str, Any]:
    """The fields' values from a payload's numbers."""
    values: dict[str, Any] = {}
    left, flags = iter(numbers), 0
    for name in _fields(kind):
        if name == "yellow":
            flags = next(left)
        if name in _FLAGS:
            values[name] = bool(flags & _FLAGS[name])
        elif name == "wanted":
            values[name] = bool(next(left))
        else:
            values[name] = (next(left), next(left)) if name == "firmware" else next(left)
    return values


def _fields(kind: type[Message] | type[_Fixed]) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]


def _layout(kind: type[Message] | type[_Fixed]) -> struct.Struct:
    return struct.Struct("<B" + "".join(_CODES.get(name, "H") for name in _fields(kind)))


def _wrong_length(kind: type[Message], payload: bytes, expected: str) -> ProtocolError:
    return ProtocolError(f"{kind.NAME}: expected {expected} bytes, got {len(payload)}")
