"""Vehicle speed from a signal on the CAN bus that a DBC file describes."""

import difflib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import can
import cantools
from can.typechecking import CanFilter
from cantools.database import DecodeError
from cantools.database.can import Database, Message, Signal

from fatigue_ros.devices.can_link import CanLink, CanSource
from fatigue_ros.devices.speed import SpeedSettings, canonical_unit, to_metres_per_second
from fatigue_ros.errors import ParameterError, SourceError
from fatigue_ros.files import LARGEST_MODEL, check_file

T = TypeVar("T", Message, Signal)

_STANDSTILL = ("standstill", "stationary", "stopped", "standing", "zero")
"""Names of signal values that are speeds; any other named value (SNA, Fault) is none."""


class SpeedSignal:
    """One signal of a DBC file, decoded to m/s."""

    def __init__(self, settings: SpeedSettings) -> None:
        """Read the file and find the signal, by dbc_file, can_message, can_signal and can_unit.

        Raises:
            SourceError: the file, the message or the signal is not there, or the signal is not a
                speed; the message says what there is.
        """
        path = Path(settings.dbc_file).expanduser()
        database = _load(settings.dbc_file, path)
        self._message = _find(
            database.messages, settings.can_message, "can_message", f"file {path}"
        )
        try:
            self._message.refresh(strict=True)  # other messages of the file may be faulty
        except cantools.Error as error:
            raise SourceError(
                f"can_message: {self._message.name} of {path} cannot be decoded: {error}"
            ) from error
        self._signal = _find(
            self._message.signals,
            settings.can_signal,
            "can_signal",
            f"message {self._message.name} of {path}",
        )
        self.name = f"{self._message.name}.{self._signal.name}"
        unit = settings.can_unit or self._signal.unit or ""
        try:
            self.unit = canonical_unit(unit)
        except ParameterError as error:
            raise SourceError(f"signal {self.name} of {path}: {error}, or set can_unit") from error

    @property
    def filter(self) -> CanFilter:
        """Which frames carry the message.

        J1939 frames are known by their parameter group: priority, sender and, where there is one,
        destination are any (SAE J1939-21, section 5.2).
        """
        identifier, extended = self._message.frame_id, self._message.is_extended_frame
        mask = 0x1FFFFFFF if extended else 0x7FF
        if extended and self._message.protocol == "j1939":
            broadcast = (identifier >> 16) & 0xFF >= 240
            mask = 0x03FFFF00 if broadcast else 0x03FF0000
        return {"can_id": identifier & mask, "can_mask": mask, "extended": extended}

    def matches(self, frame: can.Message) -> bool:
        """Whether the frame is one of the message."""
        wanted = self.filter
        return (
            frame.is_extended_id == self._message.is_extended_frame
            and frame.arbitration_id & wanted["can_mask"] == wanted["can_id"]
        )

    def decode(self, data: bytes | bytearray) -> float | None:
        """Speed [m/s] in a frame's data.

        Returns:
            NaN when the sender says that it does not know: a value outside the file's range, or
            one with a name like SNA. None when a multiplexed frame carries other signals.

        Raises:
            DecodeError: the frame is too short, or its multiplexer has an unknown value.
        """
        values = self._message.decode(bytes(data), decode_choices=False, scaling=False)
        raw = values.get(self._signal.name) if isinstance(values, dict) else None
        if not isinstance(raw, (int, float)):
            return None
        signal = self._signal
        if signal.choices and raw in signal.choices:
            word = "".join(c for c in str(signal.choices[int(raw)]).lower() if c.isalpha())
            if word not in _STANDSTILL:
                return math.nan
        value = float(signal.raw_to_scaled(raw, decode_choices=False))  # type: ignore[arg-type]
        slack = abs(float(signal.scale)) / 2.0  # limits in files are rounded
        if signal.minimum is not None and value < float(signal.minimum) - slack:
            return math.nan
        if signal.maximum is not None and value > float(signal.maximum) + slack:
            return math.nan
        return to_metres_per_second(value, self.unit)


class CanSpeedSource(CanSource):
    """Reads the signal from the bus; listens only, sends nothing."""

    def __init__(self, settings: SpeedSettings, on_speed: Callable[[float], None]) -> None:
        """Read the DBC file; the bus is opened by start().

        Raises:
            SourceError: as SpeedSignal, or the CAN interface is unknown.
        """
        super().__init__(settings, on_speed)
        self._signal = SpeedSignal(settings)
        self.speeds = 0
        self.not_available = 0
        self.undecodable = 0
        self.link = CanLink(
            settings.can_interface,
            settings.can_channel,
            settings.can_bitrate,
            filters=[self._signal.filter],
            on_frame=self.take,
        )

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name."""
        return {
            "signal": f"{self._signal.name} [{self._signal.unit}]",
            "speeds received": str(self.speeds),
            "speeds marked not available": str(self.not_available),
            "undecodable frames": str(self.undecodable),
            **self.link.diagnose(),
            "problem": self.problem,
        }

    def take(self, frame: can.Message) -> None:
        """Decode a frame; whatever it holds, nothing is raised."""
        if not self._signal.matches(frame):
            return
        try:
            speed = self._signal.decode(frame.data)
        except DecodeError as error:
            self.undecodable += 1
            self.fault = f"cannot decode {self._signal.name}: {error}"
            return
        if speed is None:
            return
        if math.isnan(speed):
            self.not_available += 1
            self.fault = f"{self._signal.name} is marked as not available by its sender"
            return
        self.speeds += 1
        self.fault = ""
        self.on_speed(speed)


def _load(given: str, path: Path) -> Database:
    if not given:
        raise SourceError("dbc_file: expected a file that describes the messages, got none")
    try:
        check_file(path, LARGEST_MODEL)
        database = cantools.database.load_file(path, strict=False)
    except OSError as error:
        raise SourceError(f"dbc_file {path} cannot be read: {error.strerror}") from error
    except Exception as error:  # its parsers raise more than they document
        text = " ".join(str(error).split())
        raise SourceError(f"dbc_file {path} does not describe CAN messages: {text}") from error
    if not isinstance(database, Database):
        raise SourceError(f"dbc_file {path} describes diagnostics, expected CAN messages")
    return database


def _find(items: Iterable[T], name: str, parameter: str, place: str) -> T:
    known = {item.name: item for item in items}
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    there = f"did you mean {' or '.join(close)}?" if close else f"it has {_some(known)}"
    raise SourceError(f"{parameter}: {place} has no {name!r}, {there}")


def _some(names: Iterable[str], most: int = 20) -> str:
    """The first names of what may be thousands."""
    listed = list(names)
    rest = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest or "none"
