"""The vehicle_speed node over DDS, with every kind of source."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import can
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Float32

from fatigue_ros.nodes.vehicle_speed import VehicleSpeedNode
from fatigue_ros.ros.base import ERROR, OK, WARN
from fatigue_ros.ros.conversions import seconds

DBC_FILE = str(Path(__file__).resolve().parents[2] / "config" / "vehicle.dbc")


class Listener:
    """What the node under test publishes."""

    def __init__(self, bench: Any, **parameters: Any) -> None:
        self.bench = bench
        self.messages: list[Any] = []
        self.node = bench.add(VehicleSpeedNode(parameters))
        bench.node.create_subscription(
            TwistStamped, "vehicle/speed", self.messages.append, qos_profile_sensor_data
        )

    def start(self) -> Listener:
        assert self.node.start(), self.node.problem
        return self

    @property
    def speeds(self) -> list[float]:
        return [message.twist.linear.x for message in self.messages]

    def diagnosis(self, words: str, say: Callable[[], Any] = lambda: None) -> Any:
        """What the node says of itself, once it says this; ``say`` is done until then."""

        def found() -> Any:
            say()
            said = self.node.diagnose()
            return said if words in said.message else None

        return self.bench.until(found, f"the diagnosis {words!r}")


@pytest.fixture
def listen(bench: Any) -> Callable[..., Listener]:
    return lambda **parameters: Listener(bench, **parameters)


def _stamped(x: float, y: float = 0.0, sec: int = 0) -> Any:
    message = TwistStamped()
    message.header.stamp.sec = sec
    message.twist.linear.x, message.twist.linear.y = x, y
    return message


def _twist(x: float) -> Any:
    message = Twist()
    message.linear.x = x
    return message


def _odometry(x: float) -> Any:
    message = Odometry()
    message.twist.twist.linear.x = x
    return message


@pytest.mark.parametrize(
    ("parameters", "message", "expected"),
    [
        ({"source": "twist_stamped"}, _stamped(25.0), 25.0),
        ({"source": "twist_stamped"}, _stamped(3.0, 4.0), 5.0),  # east and north
        ({"source": "twist_stamped"}, _stamped(-3.0, 4.0), 5.0),  # west is no reverse gear
        ({"source": "twist"}, _twist(-2.5), -2.5),
        ({"source": "odometry"}, _odometry(13.9), 13.9),
        ({"source": "odometry"}, _odometry(-1.5), -1.5),
        ({"source": "float32", "input_unit": "km/h"}, Float32(data=90.0), 25.0),
        ({"source": "float32", "input_unit": "mph"}, Float32(data=100.0), 44.704),
    ],
)
def test_speed_from_a_topic(
    bench: Any, listen: Any, parameters: dict[str, Any], message: Any, expected: float
) -> None:
    heard = listen(**parameters).start()
    before = heard.node.now()
    talk = bench.node.create_publisher(type(message), "vehicle/speed_input", 10)
    bench.until(lambda: talk.publish(message) or heard.messages, "a speed")
    found = heard.messages[0]
    assert found.twist.linear.x == pytest.approx(expected, rel=1e-6)
    assert found.header.frame_id == "base_link"
    assert before <= seconds(found.header.stamp) <= heard.node.now()  # the input had none


def test_stamp_of_the_source_is_kept_and_its_distance_told(bench: Any, listen: Any) -> None:
    heard = listen(source="twist_stamped", timeout=5.0).start()
    talk = bench.node.create_publisher(TwistStamped, "vehicle/speed_input", 10)
    message = _stamped(20.0, sec=1_000_000)
    message.header.stamp.nanosec = 123_456_789
    bench.until(lambda: talk.publish(message) or heard.messages, "a speed")
    assert heard.messages[0].header.stamp == message.header.stamp
    status = heard.diagnosis("20.0 m/s, but its stamps are", lambda: talk.publish(message))
    assert status.level == WARN


def test_silence_is_silence_and_is_reported(bench: Any, listen: Any) -> None:
    heard = listen(source="twist", timeout=0.2).start()
    assert heard.diagnosis("no speed yet").level == WARN
    talk = bench.node.create_publisher(Twist, "vehicle/speed_input", 10)
    bench.until(lambda: talk.publish(_twist(8.0)) or heard.messages, "a speed")
    bench.spin(0.3)
    heard.messages.clear()
    said: list[Any] = []
    bench.node.create_subscription(DiagnosticArray, "/diagnostics", said.append, 10)
    bench.until(lambda: said, "a diagnosis")
    status = said[0].status[0]
    assert status.name == "fatigue_ros: /vehicle_speed"
    assert "no speed for" in status.message
    assert status.level == WARN
    assert heard.messages == []
    bench.until(lambda: talk.publish(_twist(9.0)) or heard.messages, "speed again")
    assert heard.speeds[-1] == 9.0


@pytest.mark.parametrize("speed", [math.nan, math.inf, 500.0])
def test_implausible_speed_is_refused_and_said(bench: Any, listen: Any, speed: float) -> None:
    heard = listen(source="twist").start()
    talk = bench.node.create_publisher(Twist, "vehicle/speed_input", 10)
    bench.until(
        lambda: talk.publish(_twist(speed)) or heard.node.diagnose().level == ERROR, "a refusal"
    )
    assert heard.diagnosis("not plausible").level == ERROR
    assert heard.messages == []
    assert heard.diagnosis("9.0 m/s", lambda: talk.publish(_twist(9.0))).level == OK
    assert set(heard.speeds) <= {9.0}


def test_two_senders_of_a_speed(bench: Any, listen: Any) -> None:
    """One of them says that the vehicle stands: it does when both say so."""
    heard = listen(source="twist").start()
    talk = [bench.node.create_publisher(Twist, "vehicle/speed_input", 10) for _ in range(2)]
    bench.until(lambda: talk[0].publish(_twist(25.0)) or heard.messages, "a speed")

    def both() -> None:
        talk[0].publish(_twist(25.0))
        talk[1].publish(_twist(0.0))

    assert heard.diagnosis("25.0 m/s, but speeds contradict", both).level == WARN
    assert set(heard.speeds) == {25.0}
    bench.until(lambda: talk[1].publish(_twist(0.0)) or heard.speeds[-1] == 0.0, "standing")
    assert heard.diagnosis("0.0 m/s", lambda: talk[1].publish(_twist(0.0))).values


def test_fixed_speed_follows_its_parameter(bench: Any, listen: Any) -> None:
    heard = listen(source="fixed", fixed_speed_kmh=36.0, simulated_rate=50.0).start()
    bench.until(lambda: len(heard.messages) >= 3, "three speeds")
    assert heard.speeds[:3] == pytest.approx([10.0] * 3)
    result = heard.node.set_parameters([Parameter("fixed_speed_kmh", value=72.0)])[0]
    assert result.successful
    bench.until(lambda: heard.speeds[-1] == pytest.approx(20.0), "the new speed")
    assert heard.diagnosis("20.0 m/s").level == OK
    heard.node.trigger_deactivate()
    bench.spin(0.1)
    heard.messages.clear()
    bench.spin(0.1)
    assert heard.messages == []


def test_profile_runs_from_activation(bench: Any, listen: Any) -> None:
    heard = listen(
        source="profile",
        profile_times=[0.0, 0.4],
        profile_speeds_kmh=[36.0, 72.0],
        simulated_rate=50.0,
    ).start()
    bench.until(lambda: heard.speeds and heard.speeds[-1] == pytest.approx(20.0), "the end")
    assert heard.speeds == sorted(heard.speeds)
    for message in heard.messages:
        since = (
            message.header.stamp.sec
            - heard.messages[0].header.stamp.sec
            + (message.header.stamp.nanosec - heard.messages[0].header.stamp.nanosec) / 1e9
        )
        expected = min(heard.speeds[0] + since / 0.4 * 10.0, 20.0)
        assert message.twist.linear.x == pytest.approx(expected, abs=0.01)


def test_no_source_publishes_nothing_and_is_no_fault(bench: Any, listen: Any) -> None:
    heard = listen().start()
    assert heard.diagnosis("no speed source chosen").level == OK
    assert heard.messages == []


def test_speed_from_can(bench: Any, listen: Any) -> None:
    channel = f"test-{uuid.uuid4()}"
    heard = listen(
        source="can",
        can_interface="virtual",
        can_channel=channel,
        dbc_file=DBC_FILE,
        can_message="VehicleMotion",
        can_signal="VehicleSpeed",
        can_reverse="Gearbox.Gear=R",
        timeout=0.5,
    ).start()
    with can.Bus(interface="virtual", channel=channel) as vehicle:

        def send(data: str, message: int = 0x120) -> None:
            vehicle.send(
                can.Message(arbitration_id=message, is_extended_id=False, data=bytes.fromhex(data))
            )

        send("2823000000000000")
        bench.until(lambda: heard.messages, "a speed")
        assert heard.speeds == pytest.approx([25.0])
        heard.messages.clear()
        send("FFFF000000000000")
        status = heard.diagnosis("marked as not available")
        assert status.values["speeds marked not available"] == "1"
        assert heard.messages == []
        heard.node.trigger_deactivate()
        send("2823000000000000")
        assert heard.node.trigger_activate()
        bench.spin(0.1)
        assert heard.messages == []  # what was on the bus meanwhile is of the past
        send("1027000000000000")
        bench.until(lambda: heard.messages, "speed again")
        assert heard.speeds == pytest.approx([100.0 / 3.6])
        heard.messages.clear()
        send("0100", 0x126)  # into reverse
        send("1027000000000000")
        bench.until(lambda: heard.messages, "a speed in reverse")
        assert heard.speeds == pytest.approx([-100.0 / 3.6])


def test_speed_from_obd(bench: Any, listen: Any) -> None:
    channel = f"test-{uuid.uuid4()}"
    heard = listen(
        source="obd", can_interface="virtual", can_channel=channel, obd_request_rate=20.0
    ).start()
    answer = can.Message(
        arbitration_id=0x7E8, is_extended_id=False, data=bytes.fromhex("03410D5AAAAAAAAA")
    )
    with can.Bus(interface="virtual", channel=channel) as vehicle:

        def respond() -> bool:
            if vehicle.recv(0) is not None:
                vehicle.send(answer)
            return len(heard.messages) >= 3

        bench.until(respond, "three speeds")
        assert heard.speeds[:3] == pytest.approx([25.0] * 3)
        assert heard.diagnosis("no speed for").level == ERROR  # nobody answers any more


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"source": "can"}, "dbc_file: expected a file"),
        ({"source": "can", "dbc_file": "absent.dbc"}, "absent.dbc cannot be read"),
        (
            {"source": "can", "dbc_file": DBC_FILE, "can_message": "VehicleMotion"},
            "can_signal: message VehicleMotion",
        ),
        ({"source": "obd", "can_interface": "pigeon"}, "can_interface: 'pigeon' is unknown"),
        ({"source": "profile", "profile_times": [1.0, 0.0]}, "profile_times"),
    ],
)
def test_what_cannot_work_leaves_it_unconfigured(
    bench: Any, listen: Any, parameters: dict[str, Any], words: str
) -> None:
    heard = listen(**parameters)
    assert not heard.node.start()
    assert words in heard.node.problem
    assert not heard.node.is_configured


def test_bus_that_is_absent_is_waited_for(bench: Any, listen: Any) -> None:
    heard = listen(
        source="obd", can_interface="serial", can_channel="/dev/fatigue_ros_absent"
    ).start()
    status = heard.diagnosis("no speed yet: CAN bus serial /dev/fatigue_ros_absent is lost")
    assert status.level == ERROR
    assert status.values["bus open"] == "no"
