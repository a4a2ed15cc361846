"""A whole session over DDS on simulated time: calibration, sleep question, drive, warnings, off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool, Header
from std_srvs.srv import Trigger

from fatigue_ros.msg import (
    ActuatorCommand,
    BlinkRate,
    DriverReferences,
    FaceLandmarks,
    FatigueLevel,
    FatigueWarning,
    YawnRate,
)
from fatigue_ros.ros.base import WARN
from fatigue_ros.ros.composition import create
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import LATCHED, WARNING_QOS
from fatigue_ros.srv import SetSleepQuality

FRAME = 1.0 / 30.0  # [s]
START = 1_700_000_000.0  # [s] as in conftest.py
NODES = ("alert", "fusion", "yawn", "blink")


class Vehicle:
    """Drives the nodes: a clock, a face and a speed, frame by frame."""

    def __init__(self, bench: Any, face_message: Any, state_directory: Path) -> None:
        self.bench = bench
        self.face_message = face_message
        self.time = 0.0  # [s] since START
        self.speed = 0.0  # [m/s]
        node = bench.node
        self.clock = node.create_publisher(Clock, "/clock", 10)
        self.faces = node.create_publisher(FaceLandmarks, "face/landmarks", 10)
        self.speeds = node.create_publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
        self.ignition = node.create_publisher(Bool, "ignition", 10)
        self.said: dict[str, list[Any]] = {}
        for kind, topic, qos in (
            (BlinkRate, "blink", 100),
            (YawnRate, "yawn", 100),
            (FatigueLevel, "fatigue", 100),
            (FatigueWarning, "warning", WARNING_QOS),
            (DriverReferences, "references", LATCHED),
            (ActuatorCommand, "actuators/command", 100),
        ):
            heard = self.said.setdefault(topic, [])
            node.create_subscription(kind, topic, heard.append, qos)
        self.nodes = {}
        for name in NODES:
            overrides: dict[str, Any] = {"use_sim_time": True}
            if name == "fusion":
                overrides["state_directory"] = str(state_directory)
            self.nodes[name] = bench.add(create(name, overrides))
            assert self.nodes[name].start(), self.nodes[name].problem
        for publisher, count in ((self.faces, 2), (self.speeds, 1), (self.ignition, 1)):
            bench.until(
                lambda p=publisher, c=count: p.get_subscription_count() >= c, "the nodes to listen"
            )
        for topic in self.said:
            bench.until(lambda t=topic: node.count_publishers(t) > 0, f"a publisher of {topic}")

    def frame(self, *, ear: float = 0.3, mouth: float = 0.05, detected: bool = True) -> Any:
        """One frame, judged; returns the fatigue level."""
        stamp = to_stamp(START + self.time)
        self.clock.publish(Clock(clock=stamp))
        if round(self.time / FRAME) % 6 == 0:
            message = TwistStamped(header=Header(stamp=stamp))
            message.twist.linear.x = self.speed
            self.speeds.publish(message)
        self.faces.publish(self.face_message(self.time, ear, mouth, detected))
        levels = self.said["fatigue"]
        level = self.bench.until(
            lambda: next((m for m in levels[-3:] if m.header.stamp == stamp), None),
            f"the level of {self.time:.2f} s",
        )
        self.time += FRAME
        return level

    def drive(self, seconds: float) -> Any:
        """Eyes open, a blink of 0.2 s every four seconds."""
        end = self.time + seconds
        level = None
        while self.time < end:
            level = self.frame(ear=0.05 if self.time % 4.0 > 3.8 else 0.3)
        return level


@pytest.fixture
def vehicle(bench: Any, face_message: Any, tmp_path: Path) -> Vehicle:
    return Vehicle(bench, face_message, tmp_path)


def test_a_whole_session(vehicle: Vehicle, tmp_path: Path) -> None:
    bench = vehicle.bench

    # Ignition on, standing: the driver is asked once and calibration runs.
    vehicle.ignition.publish(Bool(data=True))
    level = vehicle.drive(2.0)
    assert level.state == FatigueLevel.CALIBRATING
    assert level.sleep_question_due
    assert level.speed_valid
    assert not level.valid
    answer = bench.call(SetSleepQuality, "set_sleep_quality", SetSleepQuality.Request(grade=4))
    assert answer.success, answer.message
    assert not vehicle.drive(1.0).sleep_question_due
    half = vehicle.drive(27.0).calibration
    assert 30.0 < half < 70.0

    # After a minute the references are frozen and handed to the eyes.
    level = vehicle.drive(35.0)
    assert level.calibration == pytest.approx(100.0)
    assert level.state == FatigueLevel.ACTIVE
    assert level.valid
    assert level.level < 10.0
    said = vehicle.said["references"]
    bench.until(lambda: said and said[-1].ear_open > 0.0, "the references")
    references = said[-1]
    assert references.ear_open == pytest.approx(0.3, abs=0.02)
    blink = vehicle.nodes["blink"]
    bench.until(lambda: blink._monitor.ear_open is not None, "the references to be heard")
    assert blink._monitor.ear_open == pytest.approx(references.ear_open)

    # On the road, awake: nothing to say.
    vehicle.speed = 25.0
    vehicle.drive(10.0)
    assert vehicle.said["warning"][-1].severity == FatigueWarning.NONE

    # Nodding off: the alarm comes one second into it, with light and sound.
    closed_at = vehicle.time
    while vehicle.time < closed_at + 1.5:
        vehicle.frame(ear=0.05)
    bench.until(lambda: vehicle.said["warning"][-1].cause == "eyes_closed", "its warning")
    warning = vehicle.said["warning"][-1]
    assert (warning.severity, warning.cause) == (FatigueWarning.ACOUSTIC, "eyes_closed")
    since = warning.since.sec + warning.since.nanosec / 1e9 - START
    assert since - closed_at == pytest.approx(1.0, abs=0.1)
    commands = vehicle.said["actuators/command"]
    bench.until(lambda: commands and commands[-1].buzzer_frequency > 0, "a loud command")
    assert commands[-1].yellow_led
    assert commands[-1].red_led

    # Awake again, and the driver says so.
    vehicle.drive(0.5)
    assert bench.call(Trigger, "acknowledge", Trigger.Request()).success
    vehicle.drive(1.0)
    bench.until(lambda: not commands[-1].buzzer_frequency, "the buzzer to fall silent")

    # The face is gone: said within ten seconds, and never as closed eyes.
    lost_at = vehicle.time
    while vehicle.time < lost_at + 10.0:
        level = vehicle.frame(detected=False)
        if level.state == FatigueLevel.CANNOT_SEE:
            break
    assert level.state == FatigueLevel.CANNOT_SEE
    assert not level.valid
    bench.until(lambda: vehicle.said["warning"][-1].cause == "cannot_see_driver", "its warning")
    assert not vehicle.said["blink"][-1].eyes_closed

    # Ignition off at speed: a fault. Once the vehicle stands nothing is judged any more.
    vehicle.ignition.publish(Bool(data=False))
    bench.until(lambda: vehicle.frame().state == FatigueLevel.FAULT, "state FAULT")
    vehicle.speed = 0.0
    bench.until(lambda: vehicle.frame().state == FatigueLevel.OFF, "state OFF")

    # The same day again: known, and not asked again.
    vehicle.ignition.publish(Bool(data=True))
    bench.until(lambda: vehicle.frame().state != FatigueLevel.OFF, "state not OFF")
    level = vehicle.drive(1.0)
    assert level.calibration == pytest.approx(100.0)
    assert not level.sleep_question_due
    assert list(tmp_path.rglob("*.json")), "nothing was kept on disk"


def test_references_and_grade_outlive_the_program(
    bench: Any, face_message: Any, tmp_path: Path
) -> None:
    first = Vehicle(bench, face_message, tmp_path)
    first.drive(2.0)
    request = SetSleepQuality.Request(grade=3)
    assert bench.call(SetSleepQuality, "set_sleep_quality", request).success
    first.drive(70.0)
    assert first.said["fatigue"][-1].calibration == pytest.approx(100.0)
    first.nodes["fusion"].stop()
    again = first.nodes["fusion"] = bench.add(
        create("fusion", {"use_sim_time": True, "state_directory": str(tmp_path)}, "again")
    )
    assert again.start()
    monitor = again._monitor
    assert monitor.references.ear_open == pytest.approx(0.3, abs=0.02)
    found: list[Any] = []
    bench.node.create_subscription(FatigueLevel, "again/fatigue", found.append, 10)

    def later() -> list[Any]:
        first.time += FRAME
        first.clock.publish(Clock(clock=to_stamp(START + first.time)))
        return found

    bench.until(later, "a level of the new node")
    assert found[-1].calibration == pytest.approx(100.0)
    assert not monitor.sleep_question_due


def test_a_store_that_cannot_be_written_is_in_the_diagnostics(
    bench: Any, face_message: Any, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("a file where a folder should be")
    vehicle = Vehicle(bench, face_message, tmp_path / "full" / "below")
    vehicle.drive(1.0)
    fusion = vehicle.nodes["fusion"]
    assert fusion.diagnose().values["store"] == "ok"
    request = SetSleepQuality.Request(grade=4)
    answer = bench.call(SetSleepQuality, "set_sleep_quality", request)
    assert answer.success
    assert "only until the program ends" in answer.message
    found = fusion.diagnose()
    assert found.level == WARN
    assert "sleep-driver.json: cannot be written: " in found.message
    assert found.values["store"] in found.message


def test_nothing_is_answered_before_there_is_a_time(bench: Any, tmp_path: Path) -> None:
    node = bench.add(create("fusion", {"use_sim_time": True, "state_directory": str(tmp_path)}))
    assert node.start()
    request = SetSleepQuality.Request(grade=3)
    said = bench.call(SetSleepQuality, "set_sleep_quality", request)
    assert not said.success
    assert "no /clock" in said.message
    clock = bench.clock()

    def answered() -> bool:
        clock.publish(Clock(clock=to_stamp(START)))
        return bool(bench.call(SetSleepQuality, "set_sleep_quality", request).success)

    bench.until(answered, "an answer that is taken")
