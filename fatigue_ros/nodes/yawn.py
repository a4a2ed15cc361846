"""Node `yawn`: face landmarks in, what the mouth does out."""

import dataclasses

from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings
from fatigue_ros.msg import FaceLandmarks, YawnRate
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import face_from_message, filled


@dataclasses.dataclass(frozen=True, kw_only=True)
class YawnSettings(MouthSettings, base.NodeSettings):
    """Parameters of the yawn node."""


class YawnNode(base.FatigueNode[YawnSettings]):
    """Publishes one YawnRate for each FaceLandmarks."""

    name = "yawn"
    Settings = YawnSettings

    def configure(self) -> None:
        """Advertise the topic."""
        self._publisher = self.advertise(YawnRate, "yawn")

    def activate(self) -> None:
        """Begin with nothing seen: what was before the pause says nothing about now."""
        self._monitor = MouthMonitor(self.settings)
        self._last = self._monitor.state
        self.listen(FaceLandmarks, "face/landmarks", self._judge)

    def _judge(self, message: messages.FaceLandmarks) -> None:
        self._last = self._monitor.update(face_from_message(message), self.steady())
        self._publisher.publish(filled(YawnRate, self._last, header=message.header))

    def diagnose(self) -> base.Diagnosis:
        """Whether the mouth can be judged, and how well."""
        last = self._last
        return base.Diagnosis(
            base.OK if last.valid else base.WARN,
            last.reason or "judging",
            {
                "coverage": last.coverage,
                "yawns": last.yawn_count,
                "ignored_frames": self._monitor.ignored_frames,
            },
        )
