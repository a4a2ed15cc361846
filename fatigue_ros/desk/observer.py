"""Node `observer`: listens to all topics and keeps what a summary or a picture needs."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rclpy.qos import QoSProfile, qos_profile_sensor_data

from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.msg import (
    BlinkRate,
    FaceLandmarks,
    FatigueLevel,
    FatigueWarning,
    HeartRate,
    YawnRate,
)
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import seconds, state_from_message
from fatigue_ros.settings.parameters import Value

SEVERITIES = {
    FatigueWarning.NONE: "none",
    FatigueWarning.VISUAL: "visual",
    FatigueWarning.ACOUSTIC: "acoustic",
}
# An observer must not lose what a busy executor hands over late.
_DEEP = QoSProfile(depth=1000)


class ObserverNode(base.FatigueNode[base.NodeSettings]):
    """Feeds a DriveLog and shows the latest messages.

    Args:
        overrides: parameters by name.
        namespace: of the nodes to observe.
        latency: tells how old [s] the frame with this stamp is, NaN if unknown.
    """

    name = "observer"
    Settings = base.NodeSettings

    def __init__(
        self,
        overrides: Mapping[str, Value] | None = None,
        namespace: str | None = None,
        latency: Callable[[float], float] = lambda _: math.nan,
    ) -> None:
        super().__init__(overrides, namespace)
        self.log = DriveLog()
        self.latest: dict[str, Any] = {}
        self.last_stamp = -math.inf
        self._latency = latency
        self._diagnoses: dict[str, dict[str, str]] = {}
        self._heard_at = time.monotonic()

    def diagnosis(self, node: str) -> dict[str, str]:
        """The latest figures that a node published on /diagnostics, and its "message"."""
        return self._diagnoses.get(node, {})

    def quiet_for(self, period: float) -> bool:
        """Whether no frame has come through for so many seconds."""
        return time.monotonic() - self._heard_at > period

    def activate(self) -> None:
        """Listen to everything."""
        self.listen(FaceLandmarks, "face/landmarks", self._on_face, _DEEP)
        self.listen(BlinkRate, "blink", self._on_eyes, _DEEP)
        self.listen(YawnRate, "yawn", self._on_mouth, _DEEP)
        self.listen(HeartRate, "heart_rate", self._on_pulse, _DEEP)
        self.listen(TwistStamped, "vehicle/speed", self._on_speed, qos_profile_sensor_data)
        self.listen(FatigueLevel, "fatigue", self._on_level, _DEEP)
        self.listen(FatigueWarning, "warning", self._on_warning, _DEEP)
        self.listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, _DEEP)

    def _on_face(self, message: messages.FaceLandmarks) -> None:
        self.latest["face"] = message
        self.log.on_frame(seconds(message.header.stamp), face=message.detected)

    def _on_eyes(self, message: messages.Stamped) -> None:
        self.latest["blink"] = message
        self.log.on_eyes(state_from_message(EyeState, message))

    def _on_mouth(self, message: messages.Stamped) -> None:
        self.latest["yawn"] = message
        self.log.on_mouth(state_from_message(MouthState, message))

    def _on_pulse(self, message: messages.Stamped) -> None:
        self.latest["heart_rate"] = message
        self.log.on_pulse(state_from_message(PulseState, message))

    def _on_speed(self, message: messages.TwistStamped) -> None:
        self.latest["speed"] = message
        self.log.on_speed(seconds(message.header.stamp), message.twist.linear.x)

    def _on_level(self, message: messages.FatigueLevel) -> None:
        self.latest["fatigue"] = message
        stamp = seconds(message.header.stamp)
        from_frame = bool(message.header.frame_id)  # else fusion spoke by the clock
        self.log.on_level(stamp, message.level, self._latency(stamp) if from_frame else math.nan)
        if from_frame:
            self.last_stamp = max(self.last_stamp, stamp)
            self._heard_at = time.monotonic()

    def _on_warning(self, message: messages.FatigueWarning) -> None:
        self.latest["warning"] = message
        self.log.on_warning(
            seconds(message.header.stamp),
            SEVERITIES.get(message.severity, "unknown"),
            message.cause,
            message.text,
        )

    def _on_diagnostics(self, message: messages.DiagnosticArray) -> None:
        for status in message.status:
            figures = {value.key: value.value for value in status.values}
            self._diagnoses[status.name.rpartition("/")[2]] = figures | {"message": status.message}
