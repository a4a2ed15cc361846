"""Vehicle speed from a signal on the CAN bus that a DBC file describes."""

import math
from collections.abc import Callable

import can
from cantools.database import DecodeError

from fatigue_ros.devices.can_link import CanLink, CanSource
from fatigue_ros.devices.dbc import ReceivedSignal
from fatigue_ros.devices.named_values import is_speed
from fatigue_ros.devices.speed import SpeedSettings, canonical_unit, to_metres_per_second
from fatigue_ros.errors import ParameterError, SourceError


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
        self.others = 0
        self.link = CanLink(
            settings.can_interface,
            settings.can_channel,
            settings.can_bitrate,
            filters=[self._signal.filter],
            on_frame=self.take,
            fd=self._signal.is_fd,
        )

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name."""
        return {
            "signal": f"{self._signal.name} [{self._signal.unit}]",
            "speeds received": str(self.speeds),
            "speeds marked not available": str(self.not_available),
            "undecodable frames": str(self.undecodable),
            "frames of other senders": str(self.others),
            **self.link.diagnose(),
            "problem": self.problem,
        }

    def take(self, frame: can.Message) -> None:
        """Decode a frame; whatever it holds, nothing is raised."""
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
        self.on_speed(speed)
