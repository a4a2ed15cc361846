"""What a vehicle says on its bus beside its speed, by a DBC file: wheel, lane, key, button."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import can
from cantools.database import DecodeError

from fatigue_ros.devices.bus_signals import split_signals
from fatigue_ros.devices.can_link import CanLink
from fatigue_ros.devices.dbc import ReceivedSignal
from fatigue_ros.errors import ParameterError, SourceError

NUMBERS = {
    "steering_angle": {"rad": 1.0, "deg": math.pi / 180.0},
    "lateral_position": {"m": 1.0, "cm": 0.01, "mm": 0.001},
}
"""Quantities with a value, and the size of each unit in the first."""
_SPELLINGS = {"degree": "deg", "degrees": "deg", "°": "deg", "grad": "deg", "radian": "rad"}
FLAGS = (
    *("assistance", "indicator", "wipers", "brake", "accelerator", "driver_door"),
    *("ignition", "acknowledge"),
)
"""Quantities that are so or not."""
QUANTITIES = (*NUMBERS, *FLAGS)


@dataclasses.dataclass(slots=True)
class _Input:
    quantity: str
    signal: ReceivedSignal
    scale: float
    came: int = 0


class BusInput:
    """Hands on what the signals say, from the bus's thread.

    Attributes:
        link: the bus.
        undecodable: frames that were too short for their signals.
        not_available: how often a sender did not know.
        fault: the last such trouble, in one line.
    """

    def __init__(
        self,
        interface: str,
        channel: str,
        bitrate: int,
        dbc_file: str,
        signals: Sequence[str],
        on_value: Callable[[str, float], None],
    ) -> None:
        """Read the file; nothing is opened yet.

        Args:
            interface: kind of interface as python-can names it.
            channel: its channel.
            bitrate: [bit/s], 0 leaves it to the interface.
            dbc_file: describes the messages.
            signals: each a quantity and where it is, as ``ignition=Body.KeyState``.
            on_value: takes a quantity's name and its value: [rad], [m], or 1 and 0.

        Raises:
            ParameterError: an entry is none, names an unknown quantity, or one twice.
            SourceError: the file, a message or a signal is not there, or its unit is unknown.
        """
        found = list(split_signals(signals, QUANTITIES))
        if not found:
            raise ParameterError("signals: expected one or more, found none")
        self._inputs = []
        for quantity, message, name in found:
            signal = ReceivedSignal(dbc_file, message, name, "signals", "signals")
            self._inputs.append(_Input(quantity, signal, _scale(quantity, signal)))
        self._on_value = on_value
        self.undecodable = self.not_available = 0
        self.fault = ""
        self.link = CanLink(
            interface,
            channel,
            bitrate,
            filters=[one.signal.filter for one in self._inputs],
            on_frame=self.take,
            fd=any(one.signal.is_fd for one in self._inputs),
        )

    def take(self, frame: can.Message) -> None:
        """Decode a frame; whatever it holds, nothing is raised."""
        for one in self._inputs:
            if not one.signal.matches(frame):
                continue
            try:
                if one.quantity in NUMBERS:
                    value = one.signal.number(frame.data)
                    known = value is not None and math.isfinite(value)
                else:
                    value = one.signal.flag(frame.data)
                    known = value is not None
            except DecodeError as error:
                self.undecodable += 1
                self.fault = f"cannot decode {one.signal.name}: {error}"
                continue
            if known and value is not None:
                one.came += 1
                self._on_value(one.quantity, float(value) * one.scale)
            else:
                self.not_available += 1

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name."""
        return {
            **{f"{one.quantity} received": str(one.came) for one in self._inputs},
            "marked not available": str(self.not_available),
            "undecodable frames": str(self.undecodable),
            **self.link.diagnose(),
            "problem": self.link.problem or self.fault,
        }


def _scale(quantity: str, signal: ReceivedSignal) -> float:
    units = NUMBERS.get(quantity, {"": 1.0})
    if quantity not in NUMBERS:
        return 1.0
    unit = signal.file_unit.strip().lower()
    unit = _SPELLINGS.get(unit, unit)
    if unit not in units:
        raise SourceError(
            f"signal {signal.name} has the unit {signal.file_unit!r}, expected one of "
            f"{', '.join(units)} for {quantity}"
        )
    return units[unit]
