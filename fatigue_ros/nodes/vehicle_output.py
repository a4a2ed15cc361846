"""Node `vehicle_output`: the driver's state and the warning as frames on the vehicle's bus.

It repeats what `fusion` says, and judges nothing. What is old is not said.
"""

import dataclasses
import math
import time

import can

from fatigue_ros.devices.bus_frames import OPERATION, QUANTITIES, SentMessage, Value, read_messages
from fatigue_ros.devices.bus_report import BusReport
from fatigue_ros.devices.can_link import CanLink
from fatigue_ros.devices.can_settings import CanSettings
from fatigue_ros.devices.j1939_address import J1939Address, J1939Settings
from fatigue_ros.devices.loudest_warning import LoudestWarning
from fatigue_ros.errors import ParameterError
from fatigue_ros.msg import FatigueLevel, FatigueWarning
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.loudness import EVERY, PATIENCE, loudness
from fatigue_ros.settings import resources
from fatigue_ros.settings.parameters import check_rising, parameter

_PULSE = 0.5  # [s] from one sign of life to the next
_STATES = {getattr(FatigueLevel, word.upper()): word for word in QUANTITIES["state"]}
_SEVERITIES = {getattr(FatigueWarning, word.upper()): word for word in QUANTITIES["warning"]}


@dataclasses.dataclass(frozen=True, kw_only=True)
class VehicleOutputSettings(CanSettings, J1939Settings, base.NodeSettings):
    """Parameters of the vehicle_output node."""

    dbc_file: str = parameter(
        "driver_fatigue.dbc",
        "File that describes the messages to send; one without a folder is one of ours: "
        "driver_fatigue.dbc, driver_fatigue_fd.dbc (CAN FD), driver_fatigue_j1939.dbc. Cycle times "
        "and end-to-end protection are its attributes GenMsgCycleTime, GenMsgDelayTime, E2EProfile "
        "and E2EDataId.",
    )
    signals: list[str] = parameter(
        [
            "level=DriverFatigue.FatigueLevel",
            "kss=DriverFatigue.KssReading",
            "state=DriverFatigue.MonitorState",
            "valid=DriverFatigue.LevelValid",
            "unresponsive=DriverFatigue.DriverUnresponsive",
            "warning=DriverFatigue.WarningSeverity",
            "cause=DriverFatigue.WarningCause",
            "warning_time=DriverFatigue.WarningTime",
            "operation=DriverMonitorLife.Operation",
        ],
        "What is sent in which signal of that file, each as quantity=Message.Signal. Quantities: "
        + ", ".join(QUANTITIES)
        + ". The message with the operation is the lifesign.",
    )
    stale_after: float = parameter(
        1.0,
        "A level older than this is sent as not available. fusion says one four times a second or "
        "more.",
        unit="s",
        limits=(0.5, 10.0),
    )
    silent_after: float = parameter(
        5.0,
        "A level older than this is no longer sent at all, the lifesign goes on.",
        unit="s",
        limits=(1.0, 60.0),
    )


class VehicleOutputNode(base.FatigueNode[VehicleOutputSettings]):
    """Sends frames for each fresh level, in time with the file's cycles."""

    name = "vehicle_output"
    Settings = VehicleOutputSettings

    def configure(self) -> None:
        """Read the file, so that what cannot work is refused here."""
        settings = self.settings
        check_rising(settings, "stale_after", "silent_after")
        given = settings.dbc_file
        if given and "/" not in given:
            given = str(resources.share() / "config" / given)
        self._messages = read_messages(given, settings.signals)
        if not any(m.quantities - {OPERATION} for m in self._messages):
            raise ParameterError("signals: expected more than the lifesign, found nothing else")
        preferred = next((m.message.frame_id & 0xFF for m in self._messages if m.j1939), None)
        self._claim = None if preferred is None else J1939Address(preferred, settings)
        self._link = CanLink(
            settings.can_interface,
            settings.can_channel,
            settings.can_bitrate,
            filters=[
                *(m.filter for m in self._messages),
                *(J1939Address.filters if self._claim is not None else ()),
            ],
            on_frame=self._on_frame,
            on_tick=self._on_tick,
            fd=any(m.fd for m in self._messages),
        )

    def activate(self) -> None:
        """Open the bus and listen to fusion."""
        self._report = BusReport(
            self._messages, self.settings.stale_after, self.settings.silent_after
        )
        self._warnings: LoudestWarning[messages.FatigueWarning] = LoudestWarning(PATIENCE)
        self._stamp = (-1, 0)
        self._said_again = self._others = 0
        self._others_at = -math.inf
        self._link.start()
        self.listen(FatigueLevel, "fatigue", self._on_level)
        self.listen(FatigueWarning, "warning", self._on_warning, EVERY, numbered=True)
        self.every(_PULSE, self._beat, steady=True)

    def deactivate(self) -> None:
        """Fall silent, which a receiver takes for our end."""
        self._link.close()
        if self._claim is not None:
            self._claim.close()

    def _on_level(self, message: messages.FatigueLevel) -> None:
        stamp = (message.header.stamp.sec, message.header.stamp.nanosec)
        if stamp == self._stamp:  # whoever says the same again has nothing new
            self._said_again += 1
            return
        self._stamp = stamp
        values: dict[str, Value] = {
            "state": _STATES.get(message.state),
            "valid": "yes" if message.valid else "no",
            "unresponsive": "yes" if message.unresponsive else "no",
            "calibration": message.calibration,
        }
        if message.valid:
            values |= {"level": message.level, "kss": float(message.kss) or None}
        if "fatigue" in self.rivals:  # nobody knows which of them is right
            values |= {"state": "fault", "valid": "no", "level": None, "kss": None}
        self._report.tell(values, time.monotonic())

    def _on_warning(self, message: messages.FatigueWarning, number: int) -> None:
        now = time.monotonic()
        chosen = self._warnings.hear(message, loudness(message), number, now)
        lasted = seconds(chosen.header.stamp) - seconds(chosen.since)
        severity = _SEVERITIES.get(chosen.severity)
        cause = chosen.cause or "none"
        if severity is None or cause not in QUANTITIES["cause"]:
            raise ParameterError(f"warning: severity {chosen.severity}, cause {cause!r}: unknown")
        self._report.warn(severity, cause, now - max(0.0, lasted), now)

    def _beat(self) -> None:
        self._report.beat(self._operation(), time.monotonic())

    def _operation(self) -> str:
        if "fatigue" in self.rivals:
            return "fault"
        age = self._report.age(time.monotonic())
        if math.isinf(age):
            return "starting"
        return "operating" if age <= self.settings.stale_after else "level_lost"

    def _on_tick(self) -> None:
        now = time.monotonic()
        if self._claim is not None:
            self._claim.tick(now, self._link.reconnects, self._link.send)
        self._report.send_due(now, self._send)

    def _send(self, what: SentMessage, data: bytes) -> bool:
        address = self._claim.address if self._claim is not None else None
        if what.j1939 and address is None:
            return False  # nobody may speak without one
        return self._link.send(what.frame(data, address))

    def _on_frame(self, frame: can.Message) -> None:
        """Somebody else uses an identifier of ours: receivers would hear both."""
        if self._claim is not None and self._claim.take(frame):
            return
        self._others += 1
        self._others_at = time.monotonic()

    def diagnose(self) -> base.Diagnosis:
        """Whether the vehicle is told, and if not, why."""
        now = time.monotonic()
        operation, age = self._operation(), self._report.age(now)
        values = {
            "operation": operation,
            "age of the level [s]": age,
            "levels said again": self._said_again,
            "frames of others with our identifiers": self._others,
            **{f"{name} sent": count for name, count in self._report.sent.items()},
            **self._link.diagnose(),
        }
        address = self._claim.address if self._claim is not None else -1
        if self._claim is not None:
            values |= {"address": address, "claims": self._claim.claims}
        if self._link.problem:
            return base.Diagnosis(base.ERROR, self._link.problem, values)
        if address is None:
            why = "somebody else has it" if self._claim and self._claim.lost else "not claimed yet"
            return base.Diagnosis(base.ERROR, f"no address on the bus: {why}", values)
        if now - self._others_at < self.settings.silent_after:
            return base.Diagnosis(base.ERROR, "somebody else sends our identifiers", values)
        if operation == "level_lost":
            return base.Diagnosis(base.ERROR, f"no fresh level for {age:.1f} s", values)
        if operation == "starting":
            return base.Diagnosis(base.WARN, "no level yet", values)
        return base.Diagnosis(base.OK, "telling the vehicle", values)
