"""blink, yawn, fusion and alert alone over DDS: publish in, expect out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
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
    FaceEvent,
    FaceLandmarks,
    FatigueLevel,
    FatigueWarning,
    YawnRate,
)
from fatigue_ros.nodes.alert import AlertNode
from fatigue_ros.nodes.blink import BlinkNode
from fatigue_ros.nodes.fusion import FusionNode
from fatigue_ros.nodes.yawn import YawnNode
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import LATCHED, WARNING_QOS
from fatigue_ros.srv import Calibrate, SetDriver, SetSleepQuality

FRAME = 1.0 / 30.0  # [s]
START = 1_700_000_000.0  # [s] as in conftest.py


def play(bench: Any, publisher: Any, out: list[Any], messages: list[Any]) -> None:
    """Publish one by one, each after the answer to the one before."""
    for message in messages:
        before = len(out)
        publisher.publish(message)
        bench.until(lambda before=before: len(out) > before, "an answer to a message")


def connect(bench: Any, node: Any, kind: Any, topic: str, qos: Any = 10) -> Any:
    assert node.start(), node.problem
    publisher = bench.node.create_publisher(kind, topic, qos)
    bench.until(lambda: publisher.get_subscription_count() > 0, f"a listener on {topic}")
    return publisher


def collect(bench: Any, kind: Any, topic: str, qos: Any = 100) -> list[Any]:
    out: list[Any] = []
    bench.node.create_subscription(kind, topic, out.append, qos)
    return out


def test_blink_counts_a_blink_and_copies_the_header(bench: Any, face_message: Any) -> None:
    out = collect(bench, BlinkRate, "blink")
    node = bench.add(BlinkNode())
    publisher = connect(bench, node, FaceLandmarks, "face/landmarks")
    bench.until(lambda: node.count_subscribers("blink") > 0, "the bench to be heard")
    frames = [face_message(i * FRAME, ear=0.05 if 60 <= i < 66 else 0.3) for i in range(90)]
    play(bench, publisher, out, frames)
    assert [m.header.stamp for m in out] == [f.header.stamp for f in frames]
    assert all(m.header.frame_id == "driver_camera" for m in out)
    events = [event for m in out for event in m.events]
    assert [event.kind for event in events] == [FaceEvent.BLINK]
    assert events[0].duration == pytest.approx(6 * FRAME, abs=FRAME)
    assert out[-1].blink_count == 1
    assert out[63].eyes_closed
    assert out[30].ear == pytest.approx(0.3, abs=0.01)


def test_blink_says_nothing_of_eyes_without_a_face(bench: Any, face_message: Any) -> None:
    out = collect(bench, BlinkRate, "blink")
    node = bench.add(BlinkNode())
    publisher = connect(bench, node, FaceLandmarks, "face/landmarks")
    bench.until(lambda: node.count_subscribers("blink") > 0, "the bench to be heard")
    frames = [face_message(i * FRAME, detected=False) for i in range(30)]
    broken = face_message(1.0)
    broken.points = np.full(136, math.nan, np.float32)
    play(bench, publisher, out, [*frames, broken])
    for message in out:
        assert not message.judged
        assert not message.eyes_closed
        assert not message.valid
        assert message.reason
        assert math.isnan(message.ear)


def test_blink_takes_the_frozen_reference(bench: Any, face_message: Any) -> None:
    out = collect(bench, BlinkRate, "blink")
    node = bench.add(BlinkNode())
    publisher = connect(bench, node, FaceLandmarks, "face/landmarks")
    references = bench.node.create_publisher(DriverReferences, "references", LATCHED)
    references.publish(DriverReferences(driver_id="a", ear_open=0.4))
    bench.until(lambda: node._monitor.ear_open is not None, "the reference")
    bench.until(lambda: node.count_subscribers("blink") > 0, "the bench to be heard")
    play(bench, publisher, out, [face_message(0.0)])
    assert out[-1].ear_open == pytest.approx(0.4)
    references.publish(DriverReferences(driver_id="a", ear_open=7.0))  # is no eye's
    bench.until(lambda: node.refusals["references"], "the refusal to be counted")
    assert node._monitor.ear_open == pytest.approx(0.4)


def test_yawn_counts_a_long_opening_only(bench: Any, face_message: Any) -> None:
    out = collect(bench, YawnRate, "yawn")
    node = bench.add(YawnNode())
    publisher = connect(bench, node, FaceLandmarks, "face/landmarks")
    bench.until(lambda: node.count_subscribers("yawn") > 0, "the bench to be heard")

    def opening(i: int) -> float:
        speaking, yawning = 30 <= i < 45, 90 <= i < 240
        return 0.9 if speaking or yawning else 0.05

    play(bench, publisher, out, [face_message(i * FRAME, mouth=opening(i)) for i in range(300)])
    events = [event for m in out for event in m.events]
    assert [event.kind for event in events] == [FaceEvent.YAWN]
    assert events[0].duration == pytest.approx(5.0, abs=0.3)
    assert out[-1].yawn_count == 1


def eyes_message(time: float, closure: float = 0.0, **more: Any) -> Any:
    values: dict[str, Any] = {
        "valid": True,
        "judged": True,
        "ear": 0.05 if closure else 0.3,
        "ear_open": 0.3,
        "eyes_closed": closure > 0.0,
        "closure_duration": closure,
        "blink_rate": 15.0,
        "blink_duration": 0.2,
        "perclos": 0.02,
        "perclos_long": 0.02,
        "window": 60.0,
        "perclos_window": 60.0,
        "perclos_long_window": 180.0,
        "coverage": 1.0,
        "frame_rate": 30.0,
    } | more
    header = Header(stamp=to_stamp(START + time), frame_id="driver_camera")
    return BlinkRate(header=header, **values)


class Time:
    """A clock for nodes that goes on only when it is told to."""

    def __init__(self, bench: Any) -> None:
        self._clock = bench.clock()
        self._bench = bench
        self._now = START

    def give(self, node: Any) -> Any:
        """Let a node have the time before it starts."""
        node = self._bench.add(node)
        self._bench.until(lambda: self.tick() or node.now(), "the time")
        return node

    def tick(self) -> Any:
        self._now += 0.05
        return self._clock.publish(Clock(clock=to_stamp(self._now)))


@pytest.fixture
def time(bench: Any) -> Time:
    return Time(bench)


@pytest.fixture
def fusion(time: Time) -> Callable[..., Any]:
    def make(**overrides: Any) -> Any:
        fixed: dict[str, Any] = {"state_directory": "none", "use_sim_time": True}
        return time.give(FusionNode(fixed | overrides))

    return make


def drive(bench: Any, publisher: Any, time: float, speed: float = 25.0) -> None:
    message = TwistStamped(header=Header(stamp=to_stamp(START + time)))
    message.twist.linear.x = speed
    publisher.publish(message)


def test_fusion_warns_of_a_microsleep(bench: Any, fusion: Callable[..., Any]) -> None:
    levels = collect(bench, FatigueLevel, "fatigue")
    warnings = collect(bench, FatigueWarning, "warning", WARNING_QOS)
    node = fusion()
    publisher = connect(bench, node, BlinkRate, "blink")
    speed = bench.node.create_publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
    bench.until(lambda: speed.get_subscription_count() > 0, "a listener on vehicle/speed")
    bench.until(lambda: node.count_subscribers("fatigue") > 0, "the bench to be heard")
    for i in range(150):
        time = i * FRAME
        if i % 10 == 0:
            drive(bench, speed, time)
        closure = max(0.0, time - 2.0) if time < 4.0 else 0.0
        play(bench, publisher, levels, [eyes_message(time, closure)])
    bench.until(
        lambda: any(w.cause == FatigueWarning.CAUSE_EYES_CLOSED for w in warnings), "a warning"
    )
    first = next(w for w in warnings if w.cause == FatigueWarning.CAUSE_EYES_CLOSED)
    assert first.severity == FatigueWarning.ACOUSTIC
    begun = first.since.sec + first.since.nanosec / 1e9 - START
    assert begun == pytest.approx(3.0, abs=0.1)
    assert levels[-1].speed_valid
    assert levels[-1].speed == pytest.approx(25.0)
    assert levels[-1].profile == "evidence"
    assert [m.name for m in levels[0].metrics] == [m.name for m in levels[-1].metrics]


def test_fusion_says_so_when_it_hears_nothing(
    bench: Any, time: Time, fusion: Callable[..., Any]
) -> None:
    levels = collect(bench, FatigueLevel, "fatigue")
    assert fusion().start()
    says_so = (FatigueLevel.FAULT, FatigueLevel.CANNOT_SEE)
    bench.until(
        lambda: time.tick() or (levels and levels[-1].state in says_so), "a state that says so"
    )
    assert not levels[-1].valid
    assert levels[-1].reason
    assert math.isnan(levels[-1].level)
    assert levels[-1].header.frame_id == ""


def test_fusion_takes_a_picture_that_comes_again_and_again_for_silence(
    bench: Any, time: Time, fusion: Callable[..., Any]
) -> None:
    levels = collect(bench, FatigueLevel, "fatigue")
    node = fusion()
    publisher = connect(bench, node, BlinkRate, "blink")
    bench.until(lambda: node.count_subscribers("fatigue") > 0, "the bench to be heard")
    play(bench, publisher, levels, [eyes_message(i * FRAME) for i in range(30)])
    assert levels[-1].valid
    frozen = eyes_message(30 * FRAME)

    def look() -> bool:
        time.tick()
        publisher.publish(frozen)
        return bool(levels[-1].state == FatigueLevel.FAULT)

    bench.until(look, "a fault")
    assert not levels[-1].valid


def test_fusion_refuses_an_event_that_there_is_not(bench: Any, fusion: Callable[..., Any]) -> None:
    levels = collect(bench, FatigueLevel, "fatigue")
    node = fusion()
    publisher = connect(bench, node, BlinkRate, "blink")
    bench.until(lambda: node.count_subscribers("fatigue") > 0, "the bench to be heard")
    publisher.publish(eyes_message(0.0, events=[FaceEvent(kind=99)]))
    play(bench, publisher, levels, [eyes_message(1.0)])
    assert [level.header.stamp for level in levels] == [to_stamp(START + 1.0)]


def test_fusion_ignition_and_services(bench: Any, time: Time, fusion: Callable[..., Any]) -> None:
    levels = collect(bench, FatigueLevel, "fatigue")
    publisher = connect(bench, fusion(), Bool, "ignition")
    publisher.publish(Bool(data=False))
    bench.until(
        lambda: time.tick() or (levels and levels[-1].state == FatigueLevel.OFF), "state OFF"
    )
    publisher.publish(Bool(data=True))
    bench.until(lambda: time.tick() or levels[-1].state != FatigueLevel.OFF, "another state")
    refused = bench.call(SetSleepQuality, "set_sleep_quality", SetSleepQuality.Request(grade=9))
    assert not refused.success
    assert "9" in refused.message
    taken = bench.call(SetSleepQuality, "set_sleep_quality", SetSleepQuality.Request(grade=4))
    assert taken.success
    assert bench.call(Calibrate, "calibrate", Calibrate.Request()).success
    other = bench.call(SetDriver, "set_driver", SetDriver.Request(driver_id="anna"))
    assert other.success, other.message
    bench.until(lambda: time.tick() or levels[-1].driver_id == "anna", "the other driver")
    wrong = bench.call(SetDriver, "set_driver", SetDriver.Request(driver_id="../etc"))
    assert not wrong.success
    assert "../etc" in wrong.message
    nothing = bench.call(Trigger, "acknowledge", Trigger.Request())
    assert nothing.success
    assert nothing.message == "nothing to silence"


def test_alert_turns_warnings_into_commands(bench: Any, time: Time) -> None:
    commands = collect(bench, ActuatorCommand, "actuators/command")
    node = time.give(AlertNode({"use_sim_time": True}))
    publisher = connect(bench, node, FatigueWarning, "warning", WARNING_QOS)
    bench.until(lambda: node.count_subscribers("actuators/command") > 0, "the bench to be heard")

    def warn(severity: int, cause: str) -> Any:
        return FatigueWarning(
            header=Header(stamp=to_stamp(START)),
            severity=severity,
            cause=cause,
            text="text",
            until=to_stamp(START + 15.0),
        )

    def lit() -> tuple[bool, bool, bool]:
        newest = commands[-1]
        return newest.yellow_led, newest.red_led, newest.buzzer_frequency > 0

    for severity, cause, lights in (
        (FatigueWarning.VISUAL, "fatigue_level", (True, False, False)),
        (FatigueWarning.ACOUSTIC, "eyes_closed", (True, True, True)),
        (FatigueWarning.NONE, "", (False, False, False)),
    ):
        publisher.publish(warn(severity, cause))
        bench.until(lambda lights=lights: commands and lit() == lights, f"{lights}")
    assert [c.sequence for c in commands] == list(range(1, len(commands) + 1))
    assert all(0.0 <= c.duration <= 2.0 for c in commands)
    # Silence of fusion is a fault of its own.
    bench.until(lambda: time.tick() or lit() == (True, False, False), "a fault light")


def test_fusion_refuses_measures_that_nobody_can_have(
    bench: Any, fusion: Callable[..., Any]
) -> None:
    levels = collect(bench, FatigueLevel, "fatigue")
    node = fusion()
    publisher = connect(bench, node, BlinkRate, "blink")
    bench.until(lambda: node.count_subscribers("fatigue") > 0, "the bench to be heard")
    play(bench, publisher, levels, [eyes_message(0.0)])
    for wrong in ({"perclos": math.inf}, {"perclos": 1.5}, {"coverage": -1.0}, {"ear": -0.1}):
        publisher.publish(eyes_message(1.0, **wrong))
    play(bench, publisher, levels, [eyes_message(2.0)])
    heard = [m.header.stamp.sec - int(START) for m in levels if m.header.frame_id]
    assert 1 not in heard
    assert not levels[-1].level > 50.0
