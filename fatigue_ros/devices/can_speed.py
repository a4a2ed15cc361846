"""Vehicle speed from a signal on the CAN bus that a DBC file describes."""

import math
import time
from collections.abc import Callable

import can
from cantools.database import DecodeError

from fatigue_ros.devices.can_link import CanLink, CanSource
from fatigue_ros.devices.dbc import ReceivedSignal
from fatigue_ros.devices.named_values import is_speed
from fatigue_ros.devices.speed import SpeedSettings, canonical_unit, to_metres_per_second
from fatigue_ros.errors import ParameterError, SourceError

_GEAR_TIME = 2.0  # [s] a gear that the bus no longer says is not known


class SpeedSignal(ReceivedSignal):
    """One signal of a DBC file, decoded to m/s."""

    def __init__(self, settings: SpeedSettings) -> None:
        """Read the file and find the signal, by dbc_file, can_message, can_signal and can_unit.

        Raises:
            SourceError: the file, the message or the signal is not there, or the signal is not a
                speed; the message says what there is.
        """
        super().__init__(settings.dbc_file, settings.can_message, settings.can_signal)
        try:
            self.unit = canonical_unit(settings.can_unit or self.file_unit)
        except ParameterError as error:
            raise SourceError(
                f"signal {self.name} of {settings.dbc_file}: {error}, or set can_unit"
            ) from error

    def is_number(self, name: str, value: float) -> bool:
        """Whether a value with this name is a speed."""
        return is_speed(name, value)

    def decode(self, data: bytes | bytearray) -> float | None:
        """Speed [m/s] in a frame's data; see ``number``."""
        value = self.number(data)
        return None if value is None else to_metres_per_second(value, self.unit)


class ReverseGear(ReceivedSignal):
    """The signal of a DBC file that tells whether the reverse gear is in."""

    def __init__(self, settings: SpeedSettings) -> None:
        """Find the signal that can_reverse names.

        Raises:
            SourceError: it is not there, or never has the value.
        """
        place, _, value = (part.strip() for part in settings.can_reverse.partition("="))
        message, _, signal = place.rpartition(".")
        super().__init__(settings.dbc_file, message, signal, "can_reverse", "can_reverse")
        self._value = self.raw_of(value, "can_reverse") if value else None
        self._engaged, self._came = False, -math.inf

    def take(self, data: bytes | bytearray) -> None:
        """Look at a frame's data; what says nothing of the gear changes nothing."""
        try:
            said = self.flag(data) if self._value is None else self.has(self._value, data)
        except DecodeError:  # too short to say it
            return
        if said is not None:
            self._engaged, self._came = said, time.monotonic()

    @property
    def engaged(self) -> bool:
        """Whether it is known to be in."""
        return self._engaged and time.monotonic() - self._came <= _GEAR_TIME


class CanSpeedSource(CanSource):
    """Reads the signal from the bus; listens only, sends nothing."""

    def __init__(self, settings: SpeedSettings, on_speed: Callable[[float], None]) -> None:
        """Read the DBC file; the bus is opened by start().

        Raises:
            SourceError: as SpeedSignal, or the CAN interface is unknown.
        """
        super().__init__(settings, on_speed)
        self._signal = SpeedSignal(settings)
        self._gear = ReverseGear(settings) if settings.can_reverse else None
        heard = [signal for signal in (self._signal, self._gear) if signal is not None]
        self.speeds = 0
        self.not_available = 0
        self.undecodable = 0
        self.others = 0
        self.link = CanLink(
            settings.can_interface,
            settings.can_channel,
            settings.can_bitrate,
            filters=[signal.filter for signal in heard],
            on_frame=self.take,
            fd=any(signal.is_fd for signal in heard),
        )

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name."""
        return {
            "signal": f"{self._signal.name} [{self._signal.unit}]",
            "speeds received": str(self.speeds),
            "speeds marked not available": str(self.not_available),
            "undecodable frames": str(self.undecodable),
            "frames of other senders": str(self.others),
            **({} if self._gear is None else {"reverse gear": str(self._gear.engaged)}),
            **self.link.diagnose(),
            "problem": self.problem,
        }

    def take(self, frame: can.Message) -> None:
        """Decode a frame; whatever it holds, nothing is raised."""
        gear = self._gear
        if gear is not None and gear.matches(frame):
            gear.take(frame.data)
        if not self._signal.matches(frame):
            if self._signal.of_its_group(frame):
                self.others += 1
                if not self.speeds:
                    self.fault = (
                        f"{self._signal.name}: its id is not heard, {frame.arbitration_id:#x} is, "
                        "which differs in sender or priority: where this is J1939, the file has to "
                        'say so (ProtocolType "J1939")'
                    )
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
        self.on_speed(-abs(speed) if gear is not None and gear.engaged else speed)
