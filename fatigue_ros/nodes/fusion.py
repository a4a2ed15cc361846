"""Node `fusion`: measures in, fatigue level and warnings out. It reports; `alert` acts."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, TypeVar

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Header
from std_srvs.srv import Trigger

from fatigue_ros.fusion.assessment import Assessment, DriverWarning
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState
from fatigue_ros.monitor.message_clock import MessageClock
from fatigue_ros.monitor.monitor import Monitor, Outcome
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.msg import (
    BlinkRate,
    DriverReferences,
    FaceState,
    FatigueLevel,
    FatigueWarning,
    HeartRate,
    YawnRate,
)
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import (
    level_to_message,
    seconds,
    state_from_message,
    to_stamp,
    warning_to_message,
)
from fatigue_ros.ros.qos import LATCHED, REPEAT, WARNING_QOS
from fatigue_ros.srv import Calibrate, SetDriver, SetSleepQuality

_PERIOD = 0.1  # [s] so late may an assessment be that no frame brings
State = TypeVar("State", EyeState, MouthState, PulseState, ModelState)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FusionNodeSettings(FusionSettings, base.NodeSettings):
    """Parameters of the fusion node."""


class FusionNode(base.FatigueNode[FusionNodeSettings]):
    """Publishes a FatigueLevel for each BlinkRate, and the warning that follows from it."""

    name = "fusion"
    Settings = FusionNodeSettings

    def configure(self) -> None:
        """Read what is stored of the driver; advertise topics and services."""
        settings = MonitorSettings(fusion=self.settings)  # the measures come from their own nodes
        self._monitor = Monitor(settings, listener=self._publish)
        self._monitor.on_ignition(False)
        self._level = self.advertise(FatigueLevel, "fatigue")
        self._warning = self.advertise(FatigueWarning, "warning", WARNING_QOS)
        self._references = self.advertise(DriverReferences, "references", LATCHED)
        do = self._monitor
        self._answer(
            SetSleepQuality,
            "set_sleep_quality",
            lambda asked: do.set_sleep_quality(asked.grade, asked.driver_id),
        )
        self._answer(Calibrate, "calibrate", lambda who: do.calibrate(who.driver_id))
        self._answer(SetDriver, "set_driver", lambda who: do.set_driver(who.driver_id))
        self._answer(Trigger, "acknowledge", lambda _: do.acknowledge())

    def activate(self) -> None:
        """Listen to the measures; the lifecycle is the ignition too."""
        self._stream_time = MessageClock(self.now)
        self._last: Assessment | None = None
        self._known: tuple[str, References] | None = None
        self._warned_at = -math.inf
        self._frame = Header()
        self._monitor.start()
        do = self._monitor
        self._take(YawnRate, "yawn", MouthState, do.on_mouth)
        self._take(HeartRate, "heart_rate", PulseState, do.on_pulse)
        if self.settings.face_state_weight > 0.0:
            self._take(FaceState, "face_state", ModelState, do.on_model)
        self.listen(TwistStamped, "vehicle/speed", self._on_speed, qos_profile_sensor_data)
        self.listen(Bool, "ignition", self._on_ignition)
        self.listen(BlinkRate, "blink", self._on_eyes)
        self.every(_PERIOD, self._advance)

    def deactivate(self) -> None:
        """Ignition off."""
        self._monitor.on_ignition(False)

    def _advance(self) -> None:
        """Let the monitor know what time it is, in the time of the frames."""
        if self.now() != 0.0:  # simulated time, and no /clock yet
            self._monitor.advance(self._stream_time.now())

    def _take(
        self, message: type[object], topic: str, state: type[State], act: Callable[[State], None]
    ) -> None:
        """Hand what comes on a topic to the monitor."""

        def take(heard: messages.Stamped) -> None:
            self._advance()
            act(state_from_message(state, heard))

        self.listen(message, topic, take)

    def _on_eyes(self, message: messages.Stamped) -> None:
        state = state_from_message(EyeState, message)
        self._advance()
        if state.stamp != seconds(self._frame.stamp):  # else a camera that froze
            self._frame = message.header
            self._stream_time.tick(state.stamp)
        self._monitor.on_eyes(state)

    def _on_speed(self, message: messages.TwistStamped) -> None:
        self._advance()
        self._monitor.on_speed(seconds(message.header.stamp), message.twist.linear.x)

    def _on_ignition(self, message: messages.Bool) -> None:
        self._advance()
        self._monitor.on_ignition(message.data)

    def _publish(self, found: Assessment) -> None:
        from_frame = found.stamp == seconds(self._frame.stamp)
        header = self._frame if from_frame else Header(stamp=to_stamp(found.stamp))
        level = level_to_message(found, header)
        level.sleep_question_due = self._monitor.sleep_question_due
        self._level.publish(level)
        self._warn(found.warning, header)
        self._refer(header)
        for note in self._monitor.take_notes():
            self.get_logger().info(note)
        if self._last is None or self._last.state != found.state:
            self.get_logger().info(f"{found.state.name.lower()}: {found.reason or 'judging'}")
        self._last = found

    def _refer(self, header: Header) -> None:
        """Hand the frozen references to the measures, when they change."""
        known = (self._monitor.driver_id, self._monitor.references)
        if known != self._known:
            self._known = known
            values = dataclasses.asdict(known[1])
            self._references.publish(DriverReferences(header=header, driver_id=known[0], **values))

    def _warn(self, warning: DriverWarning, header: Header) -> None:
        before = self._last.warning if self._last is not None else None
        now = self.now()
        same = before is not None and warning.key == before.key
        if same and 0.0 <= now - self._warned_at < REPEAT:
            return
        self._warned_at = now
        self._warning.publish(warning_to_message(warning, header))

    def _answer(self, kind: type[object], name: str, act: Callable[[Any], Outcome]) -> None:
        """Serve what the monitor does for a request."""

        def answer(request: Any, response: messages.Outcome) -> messages.Outcome:
            if self.is_active:
                self._advance()
            else:  # nobody watches, but the day may be asked for
                self._monitor.begin(self.now())
            if math.isnan(self._monitor.now):
                response.success = False
                response.message = f"{name}: no time yet, use_sim_time is set and no /clock came"
            else:
                response.success, response.message = act(request)
            return response

        self.serve(kind, name, answer)

    def diagnose(self) -> base.Diagnosis:
        """The state of the judgement."""
        last = self._last
        if last is None:
            return base.Diagnosis(base.WARN, "no assessment yet")
        stored = self._monitor.store_problem
        return base.Diagnosis(
            base.OK if last.valid and not stored else base.WARN,
            "; ".join(filter(None, (last.reason or last.state.name.lower(), stored))),
            {
                "store": stored or "ok",
                "level": last.level,
                "profile": last.profile,
                "calibration": last.calibration,
                "warning": last.warning.cause.value or "none",
                "long_blinks": self._monitor.long_blinks,
                "microsleeps": self._monitor.microsleeps,
            },
        )
