"""Node `driver_simulator`: a scripted driver in place of camera, board and speed source.

It publishes images, pulse samples, speed and ignition on their normal topics, confirms what `alert`
commands as the board would, and answers the sleep question through the service, as the scenario
says. With pace as_consumed it publishes /clock and goes on once each frame was looked at.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Float32, Header

from fatigue_ros.dashboard.commands import AS_SCRIPTED
from fatigue_ros.devices.pulse_wish import PulseWish
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, PpgSamples
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import filled, to_stamp
from fatigue_ros.ros.player_node import PlayerNode, PlayerSettings
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.simulator.drive import (
    SAMPLE_RATE,
    DriveEvent,
    DriveEvents,
    PulseEvent,
    SleepAnswer,
    SpeedEvent,
    SteadySource,
    SteeringEvent,
)
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.simulator.simulated_board import BoardStatus, SimulatedBoard
from fatigue_ros.srv import SetSleepQuality
from fatigue_ros.vision import SCENARIO
from fatigue_ros.vision.frames import CameraSettings, FrameSource

if TYPE_CHECKING:
    from fatigue_ros.ros.rclpy_types import Future

_DEPTH = 100  # messages; what the microcontroller node has


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriverSimulatorSettings(PlayerSettings):
    """Parameters of the driver_simulator node."""

    scenario: str = parameter(
        "demo", "What happens: the name of a scenario of config/scenarios, or a file."
    )
    width: int = parameter(
        0, "Of the images; 0 follows from the height.", unit="px", limits=(0, 1920)
    )
    height: int = parameter(
        0,
        "Of the images; 0 follows from the width, both 0: 640 x 480.",
        unit="px",
        limits=(0, 1440),
    )
    ppg_frame_id: str = parameter("ppg_sensor", "Frame of the pulse samples' headers.")
    speed_kmh: float = parameter(
        AS_SCRIPTED,
        "Speed by hand, as from a trackbar on a bench; -1: as the scenario says.",
        unit="km/h",
        limits=(AS_SCRIPTED, 250.0),
        live=True,
    )
    pulse_up_to: float = parameter(
        0.0,
        "Speed up to which the simulated board reads the pulse, as the real one does where "
        "microcontroller asks for that. 0: at any speed.",
        unit="km/h",
        limits=(0.0, 300.0),
    )
    ignition: str = parameter(
        "scripted",
        "The ignition by hand, or as the scenario says.",
        choices=("scripted", "on", "off"),
        live=True,
    )


class DriverSimulatorNode(PlayerNode[DriverSimulatorSettings]):
    """A camera with a vehicle around it.

    When the scenario ends nothing more is sent, as `player.ended` and diagnostics say.
    """

    name = "driver_simulator"
    Settings = DriverSimulatorSettings

    @property
    def source(self) -> str:
        """The scenario as the desk names it."""
        return SCENARIO + self.settings.scenario

    def configure(self) -> None:
        """Read the scenario and draw the driver."""
        super().configure()
        self._ignition_on = True
        self._samples = self.advertise(PpgSamples, "ppg", _DEPTH)
        self._speeds = self.advertise(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
        self._angles = self.advertise(Float32, "vehicle/steering_angle", qos_profile_sensor_data)
        self._positions = self.advertise(
            Float32, "vehicle/lateral_position", qos_profile_sensor_data
        )
        self._assistance = self.advertise(Bool, "vehicle/assistance")
        self._ignition = self.advertise(Bool, "ignition")
        self._statuses = self.advertise(ActuatorStatus, "actuators/status")
        self._client = self.client(SetSleepQuality, "set_sleep_quality")

    def activate(self) -> None:
        """Set off."""
        self._events = DriveEvents(self._script)
        self._began: float | None = None
        self._time = 0.0
        self._answers_due: collections.deque[int] = collections.deque()
        self._board_lock = threading.Lock()  # command and status come from two threads
        self._board = SimulatedBoard()
        self._pulse = PulseWish(self.settings.pulse_up_to)
        self._rested = 0  # batches that were not wanted; a board does not number them
        self.listen(ActuatorCommand, "actuators/command", self._on_command)
        super().activate()

    def settings_changed(self) -> None:
        """Turn the key at once; the speed is said ten times a second anyway."""
        self._say_ignition()

    def open(self) -> FrameSource:
        """Draw the scenario's driver."""
        size = CameraSettings(width=self.settings.width, height=self.settings.height)
        source = SteadySource(load_scenario(self.settings.scenario), size)
        self._script = source.script
        return source

    # From the player's thread ------------------------------------------------------------------

    def go_on(self, stamp: float) -> None:
        """Let everything happen that happens beside the camera until this frame."""
        if self._began is None:
            self._began = stamp
        self._time = stamp - self._began
        for event in self._events.until(self._time + 1e-6):
            self._say(event, self._began)
        self._answer()
        plugged = bool(self._script.plugged("board", np.array(self._time)))
        with self._board_lock:
            # By the wall clock, as the alert node counts.
            self._publish_status(self._board.look(time.monotonic(), plugged=plugged))

    def _say(self, event: DriveEvent, began: float) -> None:
        stamp = to_stamp(began + event.time)
        if isinstance(event, SpeedEvent):
            by_hand = self.settings.speed_kmh
            speed = TwistStamped(header=Header(stamp=stamp, frame_id="base_link"))
            speed.twist.linear.x = by_hand / 3.6 if by_hand >= 0.0 else event.metres_per_second
            self._speeds.publish(speed)
            self._pulse.drive(speed.twist.linear.x, event.time)
        elif isinstance(event, SteeringEvent):
            self._assistance.publish(Bool(data=event.assisted))
            self._positions.publish(Float32(data=event.position))
            self._angles.publish(Float32(data=event.angle))
        elif isinstance(event, PulseEvent):
            if not self._pulse.wanted(event.time):
                self._rested += 1
                return
            first = began + event.first
            self._samples.publish(
                PpgSamples(
                    header=Header(stamp=to_stamp(first), frame_id=self.settings.ppg_frame_id),
                    sequence=event.sequence - self._rested,
                    device_time=round(1e6 * event.first) % 2**32,
                    sample_rate=SAMPLE_RATE,
                    samples=event.samples.tolist(),
                )
            )
        elif isinstance(event, SleepAnswer):
            self._answers_due.append(event.grade)
        else:
            self._ignition_on = event.on
            self._say_ignition()

    def _say_ignition(self) -> None:
        by_hand = {"on": True, "off": False}
        self._ignition.publish(Bool(data=by_hand.get(self.settings.ignition, self._ignition_on)))

    def _answer(self) -> None:
        """Give the driver's answer as soon as somebody asks for it."""
        if self._answers_due and self._client.service_is_ready():
            grade = self._answers_due.popleft()
            self._client.ask(SetSleepQuality.Request(grade=grade), self._on_answered)

    def _on_answered(self, future: Future) -> None:
        reply = future.result()
        if reply is not None:  # refused where somebody was quicker, on the page
            self.get_logger().info(f"sleep question: {reply.message}")

    # The board ---------------------------------------------------------------------------------

    def _on_command(self, message: messages.ActuatorCommand) -> None:
        with self._board_lock:
            self._publish_status(
                self._board.command(
                    time.monotonic(),
                    sequence=message.sequence,
                    yellow_led=message.yellow_led,
                    red_led=message.red_led,
                    buzzer_frequency=message.buzzer_frequency,
                    duration=message.duration,
                )
            )

    def _publish_status(self, status: BoardStatus | None) -> None:
        if status is not None:
            header = Header(stamp=self.get_clock().now().to_msg())
            self._statuses.publish(filled(ActuatorStatus, status, header=header))

    def diagnose(self) -> base.Diagnosis:
        """Where in the drive we are."""
        said = super().diagnose()
        return base.Diagnosis(said.level, said.message, {**said.values, "time": self._time})
