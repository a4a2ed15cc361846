"""What a vehicle is told of its driver, as the messages of a DBC file.

A quantity without a value is sent as "signal not available", never as a number.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import can
import cantools
from can.typechecking import CanFilter
from cantools.database.can import Message, Signal

from fatigue_ros.devices.bus_signals import split_signals
from fatigue_ros.devices.dbc import GROUP_MASK, find, find_message, is_fd, is_j1939, load
from fatigue_ros.devices.end_to_end import Protection
from fatigue_ros.errors import SourceError

Value: TypeAlias = float | str | None
"""A number in the quantity's unit, one of its words, or None where nothing is known."""

_YES_NO = ("no", "yes")
LEVEL, STATE, CAUSE, OPERATION = "level", "state", "cause", "operation"
QUANTITIES: Mapping[str, tuple[str, ...]] = {
    LEVEL: (),  # [%] fatigue level
    "kss": (),  # reading on the Karolinska Sleepiness Scale, 1 to 9
    STATE: ("off", "calibrating", "active", "cannot_see", "fault"),
    "valid": _YES_NO,  # whether the level may be used
    "unresponsive": _YES_NO,  # whether the vehicle should act
    "warning": ("none", "visual", "acoustic"),
    CAUSE: ("none", "fatigue_level", "eyes_closed", "cannot_see_driver", "system_fault"),
    "warning_time": (),  # [s] since the warning began
    "calibration": (),  # [%] progress
    OPERATION: ("starting", "operating", "level_lost", "fault"),
}
"""By name; with words where it is no number, each numbered by its place unless a file says else."""
CONTINUOUS = frozenset({LEVEL, "warning_time", "calibration"})
"""Quantities that always change: they wait for the next cycle."""

_UNKNOWN = re.compile(r"sna|na|(signal)?notavail(able)?|unavailable|invalid|unknown")
_CYCLE = 0.25  # [s] where the file says nothing; a level comes that often or more
_DELAY = 0.05  # [s] between two frames of a message, likewise


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class SentSignal:
    """A quantity as a signal, in raw numbers."""

    def __init__(self, quantity: str, signal: Signal, place: str) -> None:
        """See that the signal can carry the quantity.

        Raises:
            SourceError: it lacks a word, or has no value left for "not available".
        """
        self.quantity = quantity
        self.signal = signal
        if signal.is_multiplexer or signal.multiplexer_ids:
            raise SourceError(f"signal {place} is multiplexed, expected one that is always there")
        self._named = {_plain(str(name)): int(raw) for raw, name in (signal.choices or {}).items()}
        self._words = {word: self._raw_of(word, place) for word in QUANTITIES[quantity]}
        self.unknown = not_available(signal)
        taken = self.unknown in self._words.values()
        if taken or (not self._words and self.unknown == self._scaled(self._of_raw(self.unknown))):
            raise SourceError(
                f"signal {place} has no value for 'not available': expected one named SNA, or a "
                "range that leaves the highest raw value out"
            )

    def _raw_of(self, word: str, place: str) -> int:
        if not self._named:
            return QUANTITIES[self.quantity].index(word)
        if _plain(word) not in self._named:
            raise SourceError(
                f"signal {place} has no value named {word!r} for {self.quantity}, it has "
                f"{', '.join(str(name) for name in (self.signal.choices or {}).values())}"
            )
        return self._named[_plain(word)]

    def raw(self, value: Value) -> int:
        """The number to send. What is out of the file's range is sent as its nearest end."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return self.unknown
        return self._words[value] if isinstance(value, str) else self._scaled(value)

    def _scaled(self, value: float) -> int:
        signal = self.signal
        low, high = signal.minimum, signal.maximum
        value = max(value, -math.inf if low is None else float(low))
        value = min(value, math.inf if high is None else float(high))
        return round((value - float(signal.offset)) / float(signal.scale))

    def _of_raw(self, raw: int) -> float:
        return raw * float(self.signal.scale) + float(self.signal.offset)


def not_available(signal: Signal) -> int:
    """The raw number that says that a signal has no value: by its name, or the highest."""
    for raw, name in (signal.choices or {}).items():
        if _UNKNOWN.fullmatch(_plain(str(name))):
            return int(raw)
    return -1 << (signal.length - 1) if signal.is_signed else (1 << signal.length) - 1


class SentMessage:
    """One message of the file: its frame for given values.

    Attributes:
        name: of the message.
        quantities: what it carries.
        cycle: [s] from one frame to the next (GenMsgCycleTime).
        delay: [s] at least between two frames (GenMsgDelayTime).
        counters: how many values its counter has, 1 where it has none.
        fd: whether it is one of CAN FD.
        j1939: whether it is one of J1939: its sender's address is no part of what it is.
    """

    def __init__(
        self, message: Message, signals: Mapping[str, Signal], *, j1939: bool = False
    ) -> None:
        """See that the message can carry the quantities.

        Args:
            message: of the file.
            signals: by quantity.
            j1939: whether the file says that it is one of J1939.

        Raises:
            SourceError: a signal cannot carry its quantity, or lies where the protection does.
            FatigueError: a library is missing.
        """
        self.name, self.message, self.fd = message.name, message, is_fd(message)
        self.j1939 = j1939
        try:
            message.refresh(strict=True)
        except cantools.Error as error:
            raise SourceError(f"message {self.name} cannot be encoded: {error}") from error
        attributes = message.dbc.attributes if message.dbc is not None else {}
        said = {name: attribute.value for name, attribute in attributes.items()}
        self.cycle = (message.cycle_time or 0) / 1000.0 or _CYCLE
        self.delay = min(float(said.get("GenMsgDelayTime", 0)) / 1000.0 or _DELAY, self.cycle)
        profile, data_id = str(said.get("E2EProfile", "")), int(said.get("E2EDataId", 0))
        self.protection = (
            Protection(profile, data_id, message.length, self.name) if profile else None
        )
        self.counters = self.protection.counters if self.protection else 1
        self._keep_off_the_header(signals.values())
        self.quantities = frozenset(signals)
        self._signals = [
            SentSignal(quantity, signal, f"{self.name}.{signal.name}")
            for quantity, signal in signals.items()
        ]
        # What is not ours has no value; the file may say what to send in its place.
        self._rest = {
            signal.name: not_available(signal) if signal.raw_initial is None else signal.raw_initial
            for signal in message.signals
            if signal.name not in {ours.signal.name for ours in self._signals}
        }

    def _keep_off_the_header(self, signals: Iterable[Signal]) -> None:
        if self.protection is None:
            return
        empty = dict.fromkeys((signal.name for signal in self.message.signals), 0)
        for signal in signals:
            ones = -1 if signal.is_signed else (1 << signal.length) - 1
            data = self._encode({**empty, signal.name: ones})
            if int.from_bytes(data, "little") & ((1 << self.protection.header) - 1):
                raise SourceError(
                    f"signal {self.name}.{signal.name} lies in the first "
                    f"{self.protection.header} bits, where the message's E2EProfile has checksum "
                    "and counter"
                )

    @property
    def filter(self) -> CanFilter:
        """Frames that nobody else should send: ours; of J1939, ours from any address."""
        identifier, extended = self.message.frame_id, self.message.is_extended_frame
        mask = GROUP_MASK if self.j1939 else 0x1FFFFFFF
        return {"can_id": identifier & mask, "can_mask": mask, "extended": extended}

    def frame(self, data: bytes, address: int | None = None) -> can.Message:
        """The frame with these data; of J1939, from our address there."""
        identifier = self.message.frame_id
        if self.j1939 and address is not None:
            identifier = identifier & ~0xFF | address
        return can.Message(
            arbitration_id=identifier,
            is_extended_id=self.message.is_extended_frame,
            data=data,
            is_fd=self.fd,
            bitrate_switch=self.fd,
        )

    def encode(self, values: Mapping[str, Value], counter: int) -> bytes:
        """The frame's data.

        Args:
            values: by quantity; what is not named is not available.
            counter: goes up by one with each news; its remainder is sent.
        """
        ours = {s.signal.name: s.raw(values.get(s.quantity)) for s in self._signals}
        data = self._encode({**self._rest, **ours}, padding=self.j1939)
        if self.protection is not None:
            self.protection.protect(data, counter % self.counters)
        return bytes(data)

    def _encode(self, raw: Mapping[str, float], *, padding: bool = False) -> bytearray:
        encoded = self.message.encode(dict(raw), scaling=False, padding=padding, strict=False)
        return bytearray(encoded)


def read_messages(dbc_file: str, signals: Sequence[str]) -> list[SentMessage]:
    """The messages that carry what is to be sent.

    Args:
        dbc_file: describes them.
        signals: each a quantity and where it goes, as ``level=DriverFatigue.FatigueLevel``.

    Raises:
        ParameterError: an entry is none, names an unknown quantity, or one twice.
        SourceError: the file, a message or a signal is not there, or cannot carry it.
    """
    path, database = Path(dbc_file).expanduser(), load(dbc_file)
    chosen: dict[str, tuple[Message, dict[str, Signal]]] = {}
    for quantity, message_name, signal_name in split_signals(signals, QUANTITIES):
        message = find_message(database.messages, message_name, path, "signals")
        place = f"message {message.name} of {path}"
        found = find(message.signals, signal_name, "signals", place)
        chosen.setdefault(message.name, (message, {}))[1][quantity] = found
    return [
        SentMessage(message, found, j1939=is_j1939(message, database))
        for message, found in chosen.values()
    ]
