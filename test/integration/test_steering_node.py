"""The steering node over DDS: the vehicle in, how the driver steers out, shown by fusion."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Float32

from fatigue_ros.fusion.steering_references import SteeringStore
from fatigue_ros.msg import BlinkRate, DriverReferences, FatigueLevel, Steering
from fatigue_ros.nodes import steering
from fatigue_ros.nodes.steering import SteeringNode
from fatigue_ros.ros.base import OK, WARN
from fatigue_ros.ros.composition import create
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import LATCHED

TICK = 0.05  # [s] of the node's clock from one angle to the next


class Node(SteeringNode):
    """Its clock is ours."""

    time_now = 1_000.0

    def steady(self) -> float:
        return self.time_now


def test_a_drive(bench: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(steering, "_PERIOD", 0.05)
    node = bench.add(
        Node(
            {
                "least_steering": 10.0,
                "own_steering_time": 30.0,
                "state_directory": str(tmp_path),
            }
        )
    )
    assert node.start(), node.problem
    sensor = qos_profile_sensor_data
    angle = bench.node.create_publisher(Float32, "vehicle/steering_angle", sensor)
    place = bench.node.create_publisher(Float32, "vehicle/lateral_position", sensor)
    speed = bench.node.create_publisher(TwistStamped, "vehicle/speed", sensor)
    assistance = bench.node.create_publisher(Bool, "vehicle/assistance", 10)
    driver = bench.node.create_publisher(DriverReferences, "references", LATCHED)
    level = bench.node.create_publisher(FatigueLevel, "fatigue", 10)
    said: list[Any] = []
    bench.node.create_subscription(Steering, "steering", said.append, 10)
    for talk in (angle, place, speed, assistance, driver, level):
        bench.until(talk.get_subscription_count, "the node to listen")
    heard = node._flows
    driver.publish(DriverReferences(driver_id="ann"))
    bench.until(lambda: node._driver == "ann", "the driver")
    level.publish(FatigueLevel(valid=True, level=10.0))
    bench.until(lambda: node._rested, "a rested driver")
    fast = TwistStamped()
    fast.twist.linear.x = 30.0
    bench.until(lambda: said and not said[-1].valid, "a word")
    assert said[-1].reason == "steering: no angle of the wheel"
    assert node.diagnose().level == WARN
    for index in range(900):
        node.time_now += TICK
        angle.publish(Float32(data=0.02 * math.sin(index / 5.0) + 0.002 * (index * 7 % 5)))
        place.publish(Float32(data=0.2 * math.sin(index / 40.0)))
        if index % 10 == 0:
            speed.publish(fast)
        count = index + 1
        bench.until(
            lambda n=count: (
                heard["vehicle/steering_angle"]._count >= n
                and heard["vehicle/lateral_position"]._count >= n
                and heard["vehicle/speed"]._count >= (n + 9) // 10
            ),
            "all to be heard",
        )
    bench.until(lambda: said[-1].valid and math.isfinite(said[-1].entropy), "a measure")
    bench.until(lambda: said[-1].steered > 35.0, "the last second, of which the node spoke later")
    last = said[-1]
    assert 0.1 < last.sdlp < 0.16  # 0.2 / sqrt(2)
    assert last.reversal_rate == 0.0  # a sine of 0.02 rad turns by less than the gap
    assert last.entropy == last.own_entropy or 0.0 < last.entropy < 1.0
    bench.until(lambda: said[-1].header.stamp == to_stamp(node.time_now), "the node's time")
    assert node.diagnose().level == OK
    # The begin of a rested drive is kept, and known from the begin of the next one.
    [kept] = SteeringStore(tmp_path).load("ann")
    assert kept[1] == pytest.approx(last.own_entropy)
    driver.publish(DriverReferences(driver_id="ben"))
    bench.until(lambda: node._driver == "ben", "another driver")
    driver.publish(DriverReferences(driver_id="ann"))
    bench.until(lambda: node._driver == "ann", "the first again")
    assert node._drives == (kept,)
    assert node.diagnose().values["drives it rests on"] == 1
    assert node._monitor._own["ann"] == kept
    assert node._monitor.learnt is None
    assistance.publish(Bool(data=True))
    node.time_now += 3.0
    bench.until(lambda: not said[-1].valid, "that nobody steers by hand")


def _steering(stamp: float, late: float) -> Any:
    message = Steering(
        valid=True, entropy=0.5, own_entropy=0.5, late_correction_rate=late, steered=60.0
    )
    message.header.stamp = to_stamp(stamp)
    return message


def test_fusion_shows_it_and_counts_it_only_when_asked_to(bench: Any) -> None:
    said: dict[str, list[Any]] = {"": [], "/weighed": []}
    talks = []
    for name, weight in (("", 0.0), ("/weighed", 10.0)):
        node = create("fusion", {"state_directory": "none", "steering_weight": weight}, name or "/")
        assert bench.add(node).start()
        bench.node.create_subscription(FatigueLevel, f"{name}/fatigue", said[name].append, 10)
        pair = [
            bench.node.create_publisher(kind, f"{name}/{topic}", 10)
            for kind, topic in ((BlinkRate, "blink"), (Steering, "steering"))
        ]
        for talk in pair:
            bench.until(talk.get_subscription_count, "fusion to listen")
        talks.append(pair)
    eyes = BlinkRate(valid=True, judged=True, perclos=0.01, coverage=1.0, ear=0.3, ear_open=0.3)
    clock = bench.node.get_clock()
    turns = itertools.count()

    def shown() -> bool:
        if next(turns) % 5 == 0:
            for blink, wheel in talks:
                eyes.header.stamp = clock.now().to_msg()
                blink.publish(eyes)
                wheel.publish(_steering(clock.now().nanoseconds / 1e9, late=3.0))
        return all(
            levels and any(m.name == "steering" and m.valid for m in levels[-1].metrics)
            for levels in said.values()
        )

    bench.until(shown, "the metric")
    metrics = [{m.name: m for m in levels[-1].metrics}["steering"] for levels in said.values()]
    assert [m.weight for m in metrics] == [0.0, 10.0]
    assert [m.score for m in metrics] == [100.0, 100.0]
    assert said[""][-1].level < said["/weighed"][-1].level
    names = [m.name for m in said[""][-1].metrics]
    assert names[-1] == "steering"  # behind those that are always there
