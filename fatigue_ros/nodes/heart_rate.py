"""Node `heart_rate`: pulse samples of any board in, heart rate out once a second."""

import dataclasses

from std_msgs.msg import Header

from fatigue_ros.errors import FatigueError, SourceError
from fatigue_ros.measures.pulse import PulseMonitor, PulseSettings
from fatigue_ros.monitor.message_clock import MessageClock
from fatigue_ros.msg import HeartRate, PpgSamples
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import filled, seconds, to_stamp

_PERIOD = 1.0  # [s]
_DEPTH = 100  # messages; two seconds of a board that sends fifty a second


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeartRateSettings(PulseSettings, base.NodeSettings):
    """Parameters of the heart_rate node."""


class HeartRateNode(base.FatigueNode[HeartRateSettings]):
    """Publishes a HeartRate every second, samples or not."""

    name = "heart_rate"
    Settings = HeartRateSettings

    def configure(self) -> None:
        """Advertise the topic."""
        self._publisher = self.advertise(HeartRate, "heart_rate")

    def activate(self) -> None:
        """Begin with an empty window: what was before the pause is another stretch of pulse."""
        self._monitor = PulseMonitor(self.settings)
        self._time = MessageClock(self.steady)
        self._frame = ""
        self._refusal = ""
        self._messages = self._refused = 0
        self._last = self._monitor.update(self.steady())
        self.listen(PpgSamples, "ppg", self._take, _DEPTH)
        self.every(_PERIOD, self._publish)

    def _take(self, message: messages.PpgSamples) -> None:
        self._messages += 1
        before = self._monitor.stamp
        try:
            stamp = seconds(message.header.stamp)
            if stamp == 0.0:
                raise SourceError("ppg: header stamp is 0, expected the time of the first sample")
            self._monitor.add(stamp, message.sample_rate, message.samples, message.sequence)
        except FatigueError as error:
            self._refused += 1
            self._refusal = str(error)
            raise
        self._refusal = ""
        self._frame = message.header.frame_id
        if self._monitor.stamp != before:  # a message said twice is silence too
            self._time.tick(self._monitor.stamp)

    def _publish(self) -> None:
        state = self._monitor.update(self._time.now())
        if self._refusal and not state.valid:
            state = dataclasses.replace(state, reason=f"{state.reason}; refused {self._refusal}")
        self._last = state
        header = Header(stamp=to_stamp(state.stamp), frame_id=self._frame)
        self._publisher.publish(filled(HeartRate, state, header=header))

    def diagnose(self) -> base.Diagnosis:
        """Whether there is a heart rate, and if not, why."""
        last = self._last
        return base.Diagnosis(
            base.OK if last.valid else base.WARN,
            last.reason or "judging",
            {
                "bpm": last.bpm,
                "quality": last.quality,
                "window": last.window,
                "sample_age": self._time.now() - self._monitor.stamp,
                "messages": self._messages,
                "refused": self._refused,
            },
        )
