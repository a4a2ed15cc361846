"""The messages between the board and its host, little endian; framing.py puts them on the wire.

``docs/protocol.md`` describes every message and gives vectors; ``firmware/uno/protocol.h`` is the
same in C++. Whatever comes over the wire, nothing here raises anything but ProtocolError.
"""

from __future__ import annotations

import dataclasses
import struct
from typing import ClassVar, TypeAlias

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
_YELLOW, _RED, _HOST_LOST = 0x01, 0x02, 0x04


class ProtocolError(FatigueError):
    """A payload is none of the protocol's messages."""


class VersionError(ProtocolError):
    """The board speaks another version of the protocol."""


@dataclasses.dataclass(frozen=True, slots=True)
class Samples:
    """A run of pulse samples, from the board.

    Attributes:
        sequence: counts messages modulo 65536, those that the board had to drop included.
        device_time: [us] the board's clock at the first sample, modulo 2**32.
        samples: converter counts, SAMPLE_PERIOD apart.
    """

    TYPE: ClassVar[int] = 0x01
    _HEAD: ClassVar[struct.Struct] = struct.Struct("<BHIB")

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
        head = self._HEAD.pack(self.TYPE, self.sequence, self.device_time, count)
        return head + struct.pack(f"<{count}H", *self.samples)

    @classmethod
    def decode(cls, payload: bytes) -> Samples:
        """Read a payload.

        Raises:
            ProtocolError: the length is not that of the samples it announces.
        """
        if len(payload) < cls._HEAD.size:
            raise _wrong_length("SAMPLES", payload, f"at least {cls._HEAD.size}")
        _, sequence, device_time, count = cls._HEAD.unpack_from(payload)
        size = cls._HEAD.size + 2 * count
        if count == 0 or len(payload) != size:
            raise _wrong_length("SAMPLES", payload, f"{size} (for {count} samples)")
        return cls(sequence, device_time, struct.unpack_from(f"<{count}H", payload, cls._HEAD.size))


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
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
    """

    TYPE: ClassVar[int] = 0x02
    _LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BHIBBBBHHHHH")

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

    def encode(self) -> bytes:
        """The payload."""
        return self._LAYOUT.pack(
            self.TYPE,
            self.sequence,
            self.device_time,
            self.protocol,
            *self.firmware,
            _flags(self.yellow, self.red, self.host_lost),
            self.buzzer,
            self.acknowledged,
            self.dropped,
            self.crc_errors,
            self.refused,
        )

    @classmethod
    def decode(cls, payload: bytes) -> Status:
        """Read a payload.

        Raises:
            VersionError: the board speaks another version; its number has the same place in all.
            ProtocolError: the length is wrong.
        """
        if len(payload) > 7 and payload[7] != VERSION:
            raise VersionError(
                f"the board speaks version {payload[7]} of the protocol, expected {VERSION}: "
                "write this package's firmware to it"
            )
        (_, sequence, time, version, major, minor, flags, *rest) = _unpack(
            "STATUS", cls._LAYOUT, payload
        )
        return cls(
            sequence,
            time,
            version,
            (major, minor),
            bool(flags & _YELLOW),
            bool(flags & _RED),
            bool(flags & _HOST_LOST),
            *rest,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An ALERT was carried out.

    Attributes:
        sequence: that of the ALERT.
        device_time: [us] modulo 2**32.
        yellow: whether the yellow LED is lit.
        red: whether the red LED is lit.
        host_lost: as in Status; never true here.
        buzzer: [Hz] 0 when silent.
    """

    TYPE: ClassVar[int] = 0x03
    _LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BHIBH")

    sequence: int
    device_time: int
    yellow: bool
    red: bool
    host_lost: bool
    buzzer: int

    def encode(self) -> bytes:
        """The payload."""
        flags = _flags(self.yellow, self.red, self.host_lost)
        return self._LAYOUT.pack(self.TYPE, self.sequence, self.device_time, flags, self.buzzer)

    @classmethod
    def decode(cls, payload: bytes) -> Acknowledgement:
        """Read a payload.

        Raises:
            ProtocolError: the length is wrong.
        """
        _, sequence, time, flags, buzzer = _unpack("ACK", cls._LAYOUT, payload)
        return cls(
            sequence,
            time,
            bool(flags & _YELLOW),
            bool(flags & _RED),
            bool(flags & _HOST_LOST),
            buzzer,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Alert:
    """What the LEDs and the buzzer are to do, to the board.

    Attributes:
        sequence: repeated in the acknowledgement, modulo 65536.
        yellow: whether the yellow LED is to be lit.
        red: whether the red LED is to be lit.
        buzzer: [Hz] 0 for silence, otherwise MIN_BUZZER_FREQUENCY to MAX_BUZZER_FREQUENCY.
        duration: [ms] all off after this time, at most 65535.
    """

    TYPE: ClassVar[int] = 0x10
    _LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BHBHH")

    sequence: int
    yellow: bool
    red: bool
    buzzer: int
    duration: int

    @classmethod
    def within_limits(
        cls, sequence: int, *, yellow: bool, red: bool, buzzer: int, duration: float
    ) -> Alert:
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

    def encode(self) -> bytes:
        """The payload."""
        flags = _flags(self.yellow, self.red, host_lost=False)
        return self._LAYOUT.pack(self.TYPE, self.sequence, flags, self.buzzer, self.duration)

    @classmethod
    def decode(cls, payload: bytes) -> Alert:
        """Read a payload.

        Raises:
            ProtocolError: the length is wrong, or there is no such LED or tone.
        """
        _, sequence, flags, buzzer, duration = _unpack("ALERT", cls._LAYOUT, payload)
        if flags & ~(_YELLOW | _RED):
            raise ProtocolError(f"ALERT: LEDs 0x{flags:02x} asked for, expected bits 0 and 1 only")
        if buzzer and not MIN_BUZZER_FREQUENCY <= buzzer <= MAX_BUZZER_FREQUENCY:
            raise ProtocolError(
                f"ALERT: a tone of {buzzer} Hz asked for, expected 0 or "
                f"{MIN_BUZZER_FREQUENCY} to {MAX_BUZZER_FREQUENCY} Hz"
            )
        return cls(sequence, bool(flags & _YELLOW), bool(flags & _RED), buzzer, duration)


@dataclasses.dataclass(frozen=True, slots=True)
class Heartbeat:
    """The host is alive, to the board; at least twice a second.

    Attributes:
        sequence: counts these messages modulo 65536.
    """

    TYPE: ClassVar[int] = 0x11
    _LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BH")

    sequence: int

    def encode(self) -> bytes:
        """The payload."""
        return self._LAYOUT.pack(self.TYPE, self.sequence)

    @classmethod
    def decode(cls, payload: bytes) -> Heartbeat:
        """Read a payload.

        Raises:
            ProtocolError: the length is wrong.
        """
        return cls(_unpack("HEARTBEAT", cls._LAYOUT, payload)[1])


FromBoard: TypeAlias = Samples | Status | Acknowledgement
ToBoard: TypeAlias = Alert | Heartbeat
Message: TypeAlias = FromBoard | ToBoard
_MESSAGES: dict[int, type[Message]] = {
    kind.TYPE: kind for kind in (Samples, Status, Acknowledgement, Alert, Heartbeat)
}


def decode(payload: bytes) -> Message:
    """Read the payload of a frame.

    Raises:
        ProtocolError: it is no message of ours.
    """
    kind = _MESSAGES.get(payload[0]) if payload else None
    if kind is None:
        found = f"0x{payload[0]:02x}" if payload else "none"
        known = ", ".join(f"0x{number:02x}" for number in _MESSAGES)
        raise ProtocolError(f"message type {found} is unknown, expected one of {known}")
    return kind.decode(payload)


def _flags(yellow: bool, red: bool, host_lost: bool) -> int:
    return yellow * _YELLOW | red * _RED | host_lost * _HOST_LOST


def _unpack(name: str, layout: struct.Struct, payload: bytes) -> tuple[int, ...]:
    if len(payload) != layout.size:
        raise _wrong_length(name, payload, str(layout.size))
    return layout.unpack(payload)


def _wrong_length(name: str, payload: bytes, expected: str) -> ProtocolError:
    return ProtocolError(f"{name}: expected {expected} bytes, got {len(payload)}")
