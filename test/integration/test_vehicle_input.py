"""The vehicle_input node over DDS: the vehicle's bus in, topics and an acknowledgement out."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import can
import cantools
import pytest
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool, Float32
from std_srvs.srv import Trigger

from fatigue_ros.fusion import controls
from fatigue_ros.nodes import vehicle_input
from fatigue_ros.ros.base import ERROR, OK, WARN
from fatigue_ros.ros.composition import create

DBC_FILE = str(Path(__file__).resolve().parents[2] / "config" / "vehicle.dbc")
SIGNALS = [
    "steering_angle=Steering.WheelAngle",
    "ignition=Body.Ignition",
    "acknowledge=Body.DriverButton",
]


@pytest.fixture
def bus() -> Iterator[Any]:
    with can.Bus(interface="virtual", channel=f"test-{uuid.uuid4()}") as opened:
        yield opened


def send(bus: Any, message: str, **values: Any) -> bool:
    database: Any = cantools.database.load_file(DBC_FILE)
    known = database.get_message_by_name(message)
    data = known.encode({s.name: 0 for s in known.signals} | values, strict=False)
    bus.send(can.Message(arbitration_id=known.frame_id, is_extended_id=False, data=data))
    return False


def test_wheel_key_and_button(bench: Any, bus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vehicle_input, "_REPEAT", 0.05)
    monkeypatch.setattr(vehicle_input, "_FRESH", 0.5)
    given = {
        "can_interface": "virtual",
        "can_channel": bus.channel_id,
        "dbc_file": DBC_FILE,
        "signals": SIGNALS,
    }
    angles: list[float] = []
    ignition: list[bool] = []
    presses: list[Any] = []
    take = bench.node.create_subscription
    take(
        Float32,
        "vehicle/steering_angle",
        lambda m: angles.append(m.data),
        qos_profile_sensor_data,
    )
    take(Bool, "ignition", lambda m: ignition.append(m.data), 10)

    def answer(_: Any, response: Any) -> Any:
        presses.append(True)
        response.success, response.message = True, "heard"
        return response

    bench.node.create_service(Trigger, "acknowledge", answer)
    node = bench.add(create("vehicle_input", given))
    assert node.start(), node.problem
    assert node.diagnose().level == WARN
    bench.until(lambda: node.count_subscribers("ignition"), "to be heard")
    bench.until(node._button._client.service_is_ready, "the service")
    bench.until(lambda: send(bus, "Steering", WheelAngle=45.0) or angles, "the wheel's angle")
    assert angles[0] == pytest.approx(math.pi / 4)
    # A button that is pressed from the begin is stuck, and no press.
    send(bus, "Body", Ignition=1, DriverButton=1)
    bench.until(lambda: ignition.count(True) >= 2, "the ignition, repeated")
    assert presses == []
    bench.until(lambda: not ignition or (ignition[-1] and _quiet(bench, ignition)), "silence")
    for _ in range(2):
        send(bus, "Body", Ignition=1, DriverButton=0)
        send(bus, "Body", Ignition=1, DriverButton=1)
        send(bus, "Body", Ignition=1, DriverButton=1)
        before = len(presses)
        bench.until(lambda n=before: len(presses) > n, "an acknowledgement")
    bench.spin(0.2)
    assert len(presses) == 2
    send(bus, "Body", Ignition=0)
    bench.until(lambda: ignition[-1] is False, "the ignition to go off")
    assert node.diagnose().level == OK


def _quiet(bench: Any, heard: list[Any]) -> bool:
    """Whether a bus that says nothing more is not repeated."""
    before = len(heard)
    bench.spin(0.2)
    return len(heard) == before


def test_what_cannot_work_leaves_it_unconfigured(bench: Any) -> None:
    node = bench.add(create("vehicle_input", {"can_interface": "virtual"}))
    assert not node.start()
    assert "dbc_file: expected a file that describes the messages" in node.problem
    other = bench.add(
        create("vehicle_input", {"dbc_file": DBC_FILE, "signals": ["key=Body.Ignition"]})
    )
    assert not other.start()
    assert "'key' is unknown" in other.problem


def test_a_bus_that_is_absent_is_waited_for(bench: Any) -> None:
    node = bench.add(
        create(
            "vehicle_input",
            {"can_interface": "serial", "can_channel": "/dev/none", "dbc_file": DBC_FILE},
        )
    )
    assert node.start()
    assert node.diagnose().level == ERROR


def test_hands_and_feet_reach_fusion(bench: Any, bus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "_APART", 0.0)
    given = {
        "can_interface": "virtual",
        "can_channel": bus.channel_id,
        "dbc_file": DBC_FILE,
        "signals": ["brake=Body.BrakePedal", "driver_door=Body.DriverDoor"],
    }
    fusion = bench.add(create("fusion", {"state_directory": "none"}))
    node = bench.add(create("vehicle_input", given))
    assert fusion.start()
    assert node.start(), node.problem
    bench.until(lambda: node.count_subscribers("vehicle/brake"), "fusion to listen")
    bench.until(lambda: fusion._monitor._judgement.active, "the begin of a session")
    heard = fusion._monitor._judgement.controls
    send(bus, "Body", BrakePedal=0)
    bench.until(lambda: "brake" in heard._on, "a foot that rests")
    assert fusion._monitor.acted == "nothing yet"
    send(bus, "Body", BrakePedal=1)
    bench.until(lambda: fusion._monitor.acted.startswith("brake"), "the brake")
    send(bus, "Body", BrakePedal=1, DriverDoor=1)
    bench.until(lambda: heard.door_open, "the door")
