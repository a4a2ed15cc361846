"""Node `blink`: face landmarks in, what the eyelids do out."""

import dataclasses

from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.msg import BlinkRate, DriverReferences, FaceLandmarks
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import face_from_message, filled
from fatigue_ros.ros.qos import LATCHED


@dataclasses.dataclass(frozen=True, kw_only=True)
class BlinkSettings(EyeSettings, base.NodeSettings):
    """Parameters of the blink node."""


class BlinkNode(base.FatigueNode[BlinkSettings]):
    """Publishes one BlinkRate for each FaceLandmarks."""

    name = "blink"
    Settings = BlinkSettings

    def configure(self) -> None:
        """Advertise the topic."""
        self._publisher = self.advertise(BlinkRate, "blink")

    def activate(self) -> None:
        """Begin with nothing seen: what was before the pause says nothing about now."""
        self._monitor = EyeMonitor(self.settings)
        self._last = self._monitor.state
        self.listen(FaceLandmarks, "face/landmarks", self._judge)
        self.listen(DriverReferences, "references", self._refer, LATCHED)

    def _judge(self, message: messages.FaceLandmarks) -> None:
        last = self._monitor.update(face_from_message(message), self.steady())
        rival = self.rivals.get("face/landmarks", "")
        self._last = dataclasses.replace(last, fault=rival or last.fault)
        self._publisher.publish(filled(BlinkRate, self._last, header=message.header))

    def _refer(self, message: messages.DriverReferences) -> None:
        self._monitor.refer(message.ear_open, message.ear_shut, message.blink_depth)

    def diagnose(self) -> base.Diagnosis:
        """Whether the eyes can be judged, and how well."""
        last = self._last
        return base.Diagnosis(
            base.ERROR if last.fault else base.OK if last.valid else base.WARN,
            last.fault or last.reason or "judging",
            {
                "coverage": last.coverage,
                "frame_rate": last.frame_rate,
                "ear_open": last.ear_open,
                "blinks": last.blink_count,
                "ignored_frames": self._monitor.ignored_frames,
            },
        )
