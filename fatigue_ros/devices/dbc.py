"""Files that describe the messages on a CAN bus (DBC and others), and signals read by them."""

import contextlib
import difflib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import can
import cantools
from can.typechecking import CanFilter
from cantools.database import DecodeError
from cantools.database.can import Database, Message, Signal

from fatigue_ros.devices.named_values import is_doubt, is_no, number
from fatigue_ros.errors import SourceError
from fatigue_ros.files import LARGEST_MODEL, check_file

T = TypeVar("T", Message, Signal)

_LONGEST_CLASSIC = 8  # [bytes] of a frame; CAN FD has up to 64
_NO_RANGE = (
    1.0  # [the signal's unit] a range that is no wider was not meant as one: editors' default
)
GROUP_MASK = 0x03FFFF00
"""What of an identifier is the parameter group of a broadcast (SAE J1939-21, section 5.2)."""
_NULL_ADDRESS = 0xFE  # SAE J1939-81: no sender has it; files name it where any may send
_SIGNATURES = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class ReceivedSignal:
    """One signal of a DBC file, as a number.

    Attributes:
        name: message and signal.
    """

    def __init__(self, dbc_file: str, message: str, signal: str, *parameters: str) -> None:
        """Read the file and find the signal.

        Args:
            dbc_file: the file's name.
            message: the message's name or id.
            signal: the signal's name.
            parameters: which the two are from, for errors.

        Raises:
            SourceError: the file, the message or the signal is not there; the error says what
                there is.
        """
        of_message, of_signal = parameters or ("can_message", "can_signal")
        path = Path(dbc_file).expanduser()
        database = load(dbc_file)
        self._message = find_message(database.messages, message, path, of_message)
        self._by_group = is_j1939(self._message, database)
        try:
            self._message.refresh(strict=True)  # other messages of the file may be faulty
        except cantools.Error as error:
            raise SourceError(
                f"{of_message}: {self._message.name} of {path} cannot be decoded: {error}"
            ) from error
        place = f"message {self._message.name} of {path}"
        self._signal = find(self._message.signals, signal, of_signal, place)
        self.name = f"{self._message.name}.{self._signal.name}"
        self.file_unit = self._signal.unit or ""

    @property
    def is_fd(self) -> bool:
        """Whether the message needs a bus with CAN FD."""
        return is_fd(self._message)

    @property
    def filter(self) -> CanFilter:
        """Which frames to look at: those of the message.

        An extended one is looked at by its parameter group: priority, sender and, where there is
        one, destination are any (SAE J1939-21, section 5.2). ``matches`` says which count.
        """
        identifier, extended = self._message.frame_id, self._message.is_extended_frame
        mask = 0x7FF
        if extended:
            broadcast = (identifier >> 16) & 0xFF >= 240
            mask = GROUP_MASK if broadcast else 0x03FF0000
        return {"can_id": identifier & mask, "can_mask": mask, "extended": extended}

    def matches(self, frame: can.Message) -> bool:
        """Whether the frame is one of the message: of J1939 by its group, else by all of its id."""
        if self._by_group:
            return self.of_its_group(frame)
        return (
            frame.is_extended_id == self._message.is_extended_frame
            and frame.arbitration_id == self._message.frame_id
        )

    def of_its_group(self, frame: can.Message) -> bool:
        """Whether the frame would be one of the message if that were J1939."""
        wanted = self.filter
        return (
            frame.is_extended_id == self._message.is_extended_frame
            and frame.arbitration_id & wanted["can_mask"] == wanted["can_id"]
        )

    def number(self, data: bytes | bytearray) -> float | None:
        """The signal's value [its unit] in a frame's data.

        Returns:
            NaN when the sender says that it does not know: a value outside the file's range, or
            one with a name like SNA. None when a multiplexed frame carries other signals.

        Raises:
            DecodeError: the frame ends before the signal does.
        """
        length = self._message.length
        raw = self._raw(bytes(data))
        if raw is None:
            if len(data) < length and self._raw(bytes(data).ljust(length, b"\0")) is not None:
                raise DecodeError(f"the frame has {len(data)} bytes, expected {length}")
            return None
        signal = self._signal
        value = float(signal.raw_to_scaled(raw, decode_choices=False))  # type: ignore[arg-type]
        if signal.choices and raw in signal.choices:
            known = self.is_number(str(signal.choices[int(raw)]), value)
        else:
            slack = abs(float(signal.scale)) / 2.0  # limits in files are rounded
            low, high = _range(signal)
            known = low - slack <= value <= high + slack
        return value if known else math.nan

    def flag(self, data: bytes | bytearray) -> bool | None:
        """Whether the signal says yes in a frame's data: any value but 0, or the name of a no.

        None when the sender says that it does not know, or in a frame that carries other signals.

        Raises:
            DecodeError: the frame ends before the signal does.
        """
        value = self.number(data)
        raw = self._raw(bytes(data))
        if value is None or raw is None:
            return None
        if not self._signal.choices:
            return None if math.isnan(value) else value != 0.0
        named = str(self._signal.choices.get(int(raw), ""))
        # Where a file names values, one without a name is reserved.
        return None if not named or is_doubt(named) else not (raw == 0 or is_no(named))

    def raw_of(self, value: str, parameter: str) -> float:
        """What is sent for a value, given by its name or as a number [the signal's unit].

        Raises:
            SourceError: the file has no such name; the message names the parameter.
        """
        names = {str(name).lower(): raw for raw, name in (self._signal.choices or {}).items()}
        if value.lower() in names:
            return names[value.lower()]
        with contextlib.suppress(ValueError):
            return float(self._signal.scaled_to_raw(float(value)))
        there = ", ".join(map(str, (self._signal.choices or {}).values()))
        raise SourceError(
            f"{parameter}: {self.name} has no value {value!r}, expected a number"
            + (f" or one of {there}" if there else "")
        )

    def has(self, raw: float, data: bytes | bytearray) -> bool | None:
        """Whether this is sent in a frame's data; None where it carries other signals."""
        found = self._raw(bytes(data))
        return None if found is None else found == raw

    def is_number(self, name: str, value: float) -> bool:
        """Whether a value that has a name in the file is a number all the same."""
        return number(name) == value

    def _raw(self, data: bytes) -> float | None:
        """The signal as it is sent; None where the frame does not carry it."""
        try:
            values = self._message.decode(
                data, decode_choices=False, scaling=False, allow_truncated=True
            )
        except DecodeError:  # a page that the file does not list
            return None
        raw = values.get(self._signal.name) if isinstance(values, dict) else None
        return raw if isinstance(raw, (int, float)) else None


def is_fd(message: Message) -> bool:
    """Whether a message needs a bus with CAN FD."""
    return message.is_fd or message.length > _LONGEST_CLASSIC


def load(given: str) -> Database:
    """Read a file that describes messages.

    Args:
        given: its name, as the parameter dbc_file has it.

    Raises:
        SourceError: there is none, or it describes no CAN messages.
    """
    path = Path(given).expanduser()
    if not given:
        raise SourceError("dbc_file: expected a file that describes the messages, got none")
    try:
        check_file(path, LARGEST_MODEL)
        with path.open("rb") as file:
            begin = file.read(3)
        encoding = next((e for mark, e in _SIGNATURES.items() if begin.startswith(mark)), None)
        if encoding:  # cantools takes a byte order mark for a part of the first word
            database = cantools.database.load_string(path.read_text(encoding), strict=False)
        else:
            database = cantools.database.load_file(path, strict=False)
    except OSError as error:
        raise SourceError(f"dbc_file {path} cannot be read: {error.strerror}") from error
    except Exception as error:  # its parsers raise more than they document
        text = " ".join(str(error).split())
        raise SourceError(f"dbc_file {path} does not describe CAN messages: {text}") from error
    if not isinstance(database, Database):
        raise SourceError(f"dbc_file {path} describes diagnostics, expected CAN messages")
    return database


def is_j1939(message: Message, database: Database) -> bool:
    """Whether a message is one of J1939.

    By its own attribute, by the network's, or by a sender that only J1939 has.
    """
    if not message.is_extended_frame:
        return False
    if message.protocol == "j1939" or message.frame_id & 0xFF == _NULL_ADDRESS:
        return True
    attributes = database.dbc.attributes if database.dbc is not None else {}
    said = [str(a.value) for name, a in attributes.items() if name.lower() == "protocoltype"]
    return any("j1939" in value.lower() for value in said)


def _range(signal: Signal) -> tuple[float, float]:
    """Between which values it is a speed; without limits where the file gives none to believe."""
    low = -math.inf if signal.minimum is None else float(signal.minimum)
    high = math.inf if signal.maximum is None else float(signal.maximum)
    return (low, high) if high - low > _NO_RANGE else (-math.inf, math.inf)


def find_message(messages: list[Message], name: str, path: Path, parameter: str) -> Message:
    """A message by its name, or by its id where the file has several of that name.

    Raises:
        SourceError: there is none; the message names the parameter and what there is.
    """
    alike = [message for message in messages if message.name == name]
    if len(alike) > 1:
        ids = ", ".join(f"{message.frame_id:#x}" for message in alike)
        raise SourceError(
            f"{parameter}: file {path} has {len(alike)} messages {name!r}, give the id of one "
            f"instead: {ids}"
        )
    with contextlib.suppress(ValueError):
        by_id = [message for message in messages if message.frame_id == int(name, 16)]
        if name.lower().startswith("0x") and len(by_id) == 1:
            return by_id[0]
    return find(messages, name, parameter, f"file {path}")


def find(items: Iterable[T], name: str, parameter: str, place: str) -> T:
    """A message or signal by its name.

    Raises:
        SourceError: there is none; the message names the parameter and what there is.
    """
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
