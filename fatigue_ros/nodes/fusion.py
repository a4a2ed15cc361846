"""Node `fusion`: measures in, fatigue level and warnings out. It reports; `alert` acts."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Header
from std_srvs.srv import Trigger

from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.fusion.controls import CONTROLS
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState
from fatigue_ros.monitor.monitor import Monitor, Outcome
from fatigue_ros.monitor.neighbours import Neighbours
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.msg import (
    BlinkRate,
    DriverReferences,
    FaceState,
    FatigueLevel,
    FatigueWarning,
    HeartRate,
    Steering,
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
from fatigue_ros.ros.diagnosis import words
from fatigue_ros.ros.qos import LATCHED, REPEAT, WARNING_QOS
from fatigue_ros.srv import Calibrate, SetDriver, SetSleepQuality

_MANY = 50  # messages that may wait: each node of the machine says one a second
# A second publisher of these decides what is seen of the eyes, or what the driver is told.
_VOICES = frozenset({"blink", "ignition", "fatigue", "warning"})
_PERIOD = 0.1  # [s] so late may an assessment be that no frame brings


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
        # The day is the system's, whatever clock the camera has.
        self._monitor = Monitor(settings, listener=self._publish, calendar=self.now)
        self._monitor.stop()
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
        self._last: Assessment | None = None
        self._known: tuple[str, str] | None = None
        self._warned_at = -math.inf
        self._frame: messages.Header | None = None
        self._neighbours = Neighbours()
        self._monitor.start()
        do = self._monitor
        self._take(YawnRate, "yawn", MouthState, do.on_mouth)
        self._take(HeartRate, "heart_rate", PulseState, do.on_pulse)
        self._take(Steering, "steering", SteeringState, do.on_steering)
        if self.settings.face_state_weight > 0.0:
            self._take(FaceState, "face_state", ModelState, do.on_model)
        self._hear(TwistStamped, "vehicle/speed", self._on_speed, qos_profile_sensor_data)
        self._hear(Bool, "ignition", lambda m: do.on_ignition(m.data))
        for name in CONTROLS:
            self._hear_control(name)
        self.listen(BlinkRate, "blink", self._on_eyes)
        self.listen(DiagnosticArray, "/diagnostics", self._on_diagnostics, _MANY)
        self.every(_PERIOD, self._advance)

    def deactivate(self) -> None:
        """Watch nobody."""
        self._monitor.stop()

    def _advance(self) -> None:
        """Let the monitor know what time it is, by a clock that never steps."""
        now = self.steady()
        if now > 0.0:  # else simulated time, and no /clock yet
            rivals = self.rivals
            voices = {topic: text for topic, text in rivals.items() if topic in _VOICES}
            others = {topic: text for topic, text in rivals.items() if topic not in _VOICES}
            self._monitor.reports = {**self._neighbours.faults(now), **voices}
            self._monitor.troubles = {**self._neighbours.troubles(now), **others}
            self._monitor.advance(now)

    def _take(self, kind: type[object], topic: str, state: Any, act: Callable[[Any], None]) -> None:
        """Hand what is said on a topic to the monitor."""
        self._hear(kind, topic, lambda heard: act(state_from_message(state, heard)))

    def _hear(
        self, message: type[object], topic: str, act: Callable[[Any], None], qos: Any = 10
    ) -> None:
        """Let time pass, then act, for each message on a topic."""

        def take(heard: Any) -> None:
            self._advance()
            act(heard)

        self.listen(message, topic, take, qos)

    def _hear_control(self, name: str) -> None:
        act = self._monitor.on_control
        self._hear(Bool, f"vehicle/{name}", lambda m: act(name, m.data))

    def _on_speed(self, message: messages.TwistStamped) -> None:
        self._monitor.on_speed(seconds(message.header.stamp), message.twist.linear.x)

    def _on_eyes(self, message: messages.Stamped) -> None:
        state = state_from_message(EyeState, message)
        self._advance()
        self._frame = message.header
        try:
            self._monitor.on_eyes(state)
        finally:
            self._frame = None

    def _on_diagnostics(self, message: messages.DiagnosticArray) -> None:
        for node, word in words(message, self.get_namespace()):
            if node != self.name:
                self._neighbours.on_word(node, self.steady(), **word)

    def _publish(self, found: Assessment) -> None:
        header = self._frame or Header(stamp=to_stamp(found.stamp))
        level = level_to_message(found, header)
        level.sleep_question_due = self._monitor.sleep_question_due
        self._level.publish(level)
        self._warn(found, header)
        self._refer(header)
        for note in self._monitor.take_notes():
            self.get_logger().info(note)
        if self._last is None or self._last.state != found.state:
            self.get_logger().info(f"{found.state.name.lower()}: {found.reason or 'judging'}")
        self._last = found

    def _refer(self, header: Header) -> None:
        """Hand the frozen references to the measures, when they change."""
        references = self._monitor.references
        # As text: NaN, which stands for what is not known, equals no other.
        known = (self._monitor.driver_id, repr(references))
        if known != self._known:
            self._known = known
            told = DriverReferences.get_fields_and_field_types()
            values = {n: v for n, v in dataclasses.asdict(references).items() if n in told}
            self._references.publish(DriverReferences(header=header, driver_id=known[0], **values))

    def _warn(self, found: Assessment, header: messages.Header) -> None:
        warning = found.warning
        same = self._last is not None and warning.key == self._last.warning.key
        now = self.steady()
        if same and 0.0 <= now - self._warned_at < REPEAT:
            return
        self._warned_at = now
        self._warning.publish(warning_to_message(warning, header, found.stamp))

    def _answer(self, kind: type[object], name: str, act: Callable[[Any], Outcome]) -> None:
        """Serve what the monitor does for a request."""

        def answer(request: Any, response: messages.Outcome) -> messages.Outcome:
            if self.is_active:
                self._advance()
            else:  # nobody watches, but the day may be asked for
                self._monitor.begin(self.steady() or math.nan)
            if self.now() == 0.0 or math.isnan(self._monitor.now):  # the day is not known
                response.success = False
                response.message = f"{name}: no time yet, use_sim_time is set and no /clock came"
            else:
                response.success, response.message = act(request)
            return response

        self.serve(kind, name, answer)

    def _basis(self, last: Assessment) -> str:
        if last.first_drive:
            return "first drive: population values where the driver looks more tired than they"
        drives = self._monitor.alert_drives
        return f"median of {drives} drives that began alert" if drives else "learnt once"

    def diagnose(self) -> base.Diagnosis:
        """The state of the judgement."""
        last = self._last
        if last is None:
            return base.Diagnosis(base.WARN, "no assessment yet")
        stored = self._monitor.store_problem
        troubles = [text for text in (stored, *last.troubles) if text and text != last.reason]
        return base.Diagnosis(
            base.OK if last.valid and not troubles else base.WARN,
            "; ".join((last.reason or last.state.name.lower(), *troubles)),
            {
                "store": stored or "ok",
                "level": last.level,
                "profile": last.profile,
                "calibration": last.calibration,
                "references": self._basis(last),
                "warning": last.warning.cause.value or "none",
                "long_blinks": self._monitor.long_blinks,
                "driver acted": self._monitor.acted,
                "microsleeps": self._monitor.microsleeps,
            },
        )
