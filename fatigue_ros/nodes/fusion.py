"""Node `fusion`: measures in, fatigue level and warnings out. It reports; `alert` acts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Header
from std_srvs.srv import Trigger

from fatigue_ros.fusion.judgement import Judgement
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState
from fatigue_ros.msg import (
    BlinkRate,
    DriverReferences,
    FaceState,
    FatigueLevel,
    FatigueWarning,
    HeartRate,
    YawnRate,
)
from fatigue_ros.ros import base
from fatigue_ros.ros.conversions import (
    level_to_message,
    seconds,
    state_from_message,
    to_stamp,
    warning_to_message,
)
from fatigue_ros.ros.message_clock import MessageClock
from fatigue_ros.ros.qos import LATCHED, REPEAT, WARNING_QOS
from fatigue_ros.srv import Calibrate, SetDriver, SetSleepQuality

SILENCE = 0.5  # [s] without an eye message, the level is published by the clock
Outcome: TypeAlias = tuple[bool, str]  # whether it was done, and what to say


@dataclasses.dataclass(frozen=True, kw_only=True)
class FusionNodeSettings(FusionSettings, base.NodeSettings):
    """Parameters of the fusion node."""


class FusionNode(base.FatigueNode[FusionNodeSettings]):
    """Publishes a FatigueLevel for each BlinkRate, and the warning that follows from it."""

    name = "fusion"
    Settings = FusionNodeSettings

    def configure(self) -> None:
        """Read what is stored of the driver; advertise topics and services."""
        self._judgement = Judgement(self.settings, active=False)
        self._level = self.advertise(FatigueLevel, "fatigue")
        self._warning = self.advertise(FatigueWarning, "warning", WARNING_QOS)
        self._references = self.advertise(DriverReferences, "references", LATCHED)
        do = self._judgement
        self._answer(
            SetSleepQuality,
            "set_sleep_quality",
            lambda now, asked: do.set_sleep_quality(now, asked.grade, asked.driver_id),
        )
        self._answer(Calibrate, "calibrate", lambda now, who: do.calibrate(now, who.driver_id))
        self._answer(SetDriver, "set_driver", lambda now, who: do.set_driver(now, who.driver_id))
        self._answer(Trigger, "acknowledge", lambda now, _: do.acknowledge(now))

    def activate(self) -> None:
        """Listen to the measures."""
        self._stream_time = MessageClock(self.now)
        self._last: Any = None
        self._known: tuple[str, References] | None = None
        self._begun = False
        self._eyes_at = self._warned_at = self._stamp = -float("inf")
        do = self._judgement
        self._take(YawnRate, "yawn", MouthState, do.on_mouth)
        self._take(HeartRate, "heart_rate", PulseState, do.on_pulse)
        if self.settings.face_state_weight > 0.0:
            self._take(FaceState, "face_state", ModelState, do.on_model)
        self.listen(TwistStamped, "vehicle/speed", self._on_speed, qos_profile_sensor_data)
        self.listen(Bool, "ignition", self._on_ignition)
        self.listen(BlinkRate, "blink", self._on_eyes)
        self.every(SILENCE / 2.0, self._on_timer)

    def deactivate(self) -> None:
        """Ignition off."""
        self._judgement.on_ignition(self.now(), False)

    def _on_eyes(self, message: Any) -> None:
        state = state_from_message(EyeState, message)
        if state.stamp == self._stamp:
            return  # a picture that came twice is no news; a camera that froze is silent
        self._stamp = state.stamp
        self._begin(state.stamp)
        self._stream_time.tick(state.stamp)
        self._eyes_at = self.now()
        self._judgement.on_eyes(state)
        self._assess(state.stamp, message.header)

    def _take(self, message: type[Any], topic: str, state: type[Any], act: Any) -> None:
        """Hand what comes on a topic to the judgement."""
        self.listen(message, topic, lambda heard: act(state_from_message(state, heard)))

    def _on_speed(self, message: Any) -> None:
        self._judgement.on_speed(seconds(message.header.stamp), message.twist.linear.x)

    def _on_ignition(self, message: Any) -> None:
        now = self._stream_time.now()
        if now == 0.0 and message.data:
            return  # simulated time, and no /clock yet: begins with the first time there is
        self._begun = True  # the vehicle's word counts from now on
        self._judgement.on_ignition(now, message.data)

    def _begin(self, now: float) -> None:
        """The lifecycle is the ignition too, once it is known what time it is."""
        if not self._begun:
            self._begun = True
            self._judgement.on_ignition(now, True)

    def _on_timer(self) -> None:
        if self.now() == 0.0:
            return  # simulated time, and no /clock yet
        self._begin(self.now())
        if self.now() - self._eyes_at >= SILENCE:
            now = self._stream_time.now()
            self._assess(now, Header(stamp=to_stamp(now)))

    def _assess(self, now: float, header: Any) -> None:
        found = self._judgement.update(now)
        level = level_to_message(found, header)
        level.sleep_question_due = self._judgement.sleep_question_due
        self._level.publish(level)
        self._warn(found.warning, header)
        self._refer(header)
        for note in self._judgement.take_notes():
            self.get_logger().info(note)
        if self._last is None or self._last.state != found.state:
            self.get_logger().info(f"{found.state.name.lower()}: {found.reason or 'judging'}")
        self._last = found

    def _refer(self, header: Any) -> None:
        """Hand the frozen references to the measures, when they change."""
        known = (self._judgement.driver_id, self._judgement.references)
        if known != self._known:
            self._known = known
            values = dataclasses.asdict(known[1])
            self._references.publish(DriverReferences(header=header, driver_id=known[0], **values))

    def _warn(self, warning: Any, header: Any) -> None:
        before = self._last.warning if self._last is not None else None
        now = self.now()
        same = before is not None and warning.key == before.key
        if same and 0.0 <= now - self._warned_at < REPEAT:
            return
        self._warned_at = now
        self._warning.publish(warning_to_message(warning, header))

    def _answer(self, kind: type[Any], name: str, act: Callable[[float, Any], Outcome]) -> None:
        """Serve what the judgement does at a time [s] for a request."""

        def answer(request: Any, response: Any) -> Any:
            response.success, response.message = act(self._stream_now(), request)
            return response

        self.serve(kind, name, answer)

    def _stream_now(self) -> float:
        return self._stream_time.now() if self.is_active else self.now()

    def diagnose(self) -> base.Diagnosis:
        """The state of the judgement."""
        last = self._last
        if last is None:
            return base.Diagnosis(base.WARN, "no assessment yet")
        return base.Diagnosis(
            base.OK if last.valid else base.WARN,
            last.reason or last.state.name.lower(),
            {
                "level": last.level,
                "profile": last.profile,
                "calibration": last.calibration,
                "warning": last.warning.cause.value or "none",
                "long_blinks": self._judgement.long_blinks,
                "microsleeps": self._judgement.microsleeps,
            },
        )
