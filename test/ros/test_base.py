"""Parameters, lifecycle and diagnostics of the common base, on real rclpy."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Float32

from fatigue_ros.errors import ParameterError, SourceError
from fatigue_ros.ros.base import ERROR, OK, Diagnosis, FatigueNode, NodeSettings
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class EchoSettings(NodeSettings):
    gain: float = parameter(2.0, "Factor.", unit="1", limits=(0.0, 10.0), live=True)
    device: str = parameter("", "What to open.")
    mode: str = parameter("plain", "How.", choices=("plain", "fancy"))
    steps: list[int] = parameter([1, 2], "Some numbers.", limits=(0, None))


class Echo(FatigueNode[EchoSettings]):
    name = "echo"
    Settings = EchoSettings

    def configure(self) -> None:
        if self.settings.device == "missing":
            raise SourceError("device 'missing': expected something that exists")
        if self.settings.device == "broken":
            raise ZeroDivisionError("a bug")
        self.out = self.advertise(Float32, "out")

    def activate(self) -> None:
        self.listen(Float32, "in", self._echo)

    def _echo(self, message: Any) -> None:
        if message.data < 0.0:
            raise SourceError("in: expected a number from 0, found a message from nowhere")
        self.out.publish(Float32(data=message.data * self.settings.gain))

    def diagnose(self) -> Diagnosis:
        return Diagnosis(OK, "echoing", {"gain": self.settings.gain})


@pytest.fixture
def echo(bench: Any) -> Any:
    return bench.add(Echo())


def _set(bench: Any, name: str, value: Any) -> Any:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return bench.call(SetParameters, "echo/set_parameters", request).results[0]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"gian": 1.0}, ["gian", "unknown", "gain"]),
        ({"gain": 11.0}, ["gain", "11.0", "0.0 to 10.0"]),
        ({"gain": "loud"}, ["gain", "float", "loud"]),
        ({"mode": "odd"}, ["mode", "odd", "'plain', 'fancy'"]),
        ({"steps": [1, -1]}, ["steps", "-1"]),
    ],
)
def test_refused_at_start_by_name(bench: Any, overrides: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ParameterError) as refusal:
        Echo(overrides)
    assert all(word in str(refusal.value) for word in ["/echo", *words])


def test_whole_numbers_serve_as_floats_and_device_names(bench: Any) -> None:
    node = bench.add(Echo({"gain": 3, "device": 0}))
    assert node.settings.gain == 3.0
    assert node.settings.device == "0"
    assert node.get_parameter("device").value == "0"


def test_runtime_changes(bench: Any, echo: Echo) -> None:
    assert _set(bench, "gain", 5.0).successful
    assert echo.settings.gain == 5.0
    refused = _set(bench, "gain", 50.0)
    assert not refused.successful
    assert "gain" in refused.reason
    assert echo.settings.gain == 5.0
    unknown = _set(bench, "gian", 5.0)
    assert not unknown.successful
    assert "gian" in unknown.reason
    assert _set(bench, "device", "a").successful
    assert echo.start()
    fixed = _set(bench, "device", "b")
    assert not fixed.successful
    assert "device" in fixed.reason
    assert "unconfigured" in fixed.reason
    assert _set(bench, "gain", 1.0).successful
    wrong = _set(bench, "gain", "loud")
    assert not wrong.successful
    assert all(word in wrong.reason for word in ["gain", "float", "loud"])
    assert _set(bench, "gain", 3).successful
    assert echo.settings.gain == echo.get_parameter("gain").value == 3.0


def test_descriptors_carry_range_unit_and_description(bench: Any, echo: Echo) -> None:
    request = DescribeParameters.Request(names=["gain", "mode"])
    gain, mode = bench.call(DescribeParameters, "echo/describe_parameters", request).descriptors
    assert gain.description == "[1] Factor."
    assert gain.floating_point_range[0].to_value == 10.0
    assert "'fancy'" in mode.additional_constraints


def test_flow_follows_the_lifecycle(bench: Any, echo: Echo) -> None:
    heard: list[Any] = []
    bench.node.create_subscription(Float32, "out", heard.append, 10)
    talk = bench.node.create_publisher(Float32, "in", 10)
    assert echo.start()
    bench.until(lambda: talk.publish(Float32(data=2.0)) or heard, "an echo")
    assert heard[0].data == 4.0
    echo.trigger_deactivate()
    assert not bench.node.count_subscribers("in") or bench.until(
        lambda: bench.node.count_subscribers("in") == 0, "the subscription to end"
    )
    heard.clear()
    echo.trigger_activate()
    bench.until(lambda: talk.publish(Float32(data=2.0)) or heard, "an echo after reactivation")
    echo.stop()
    assert not echo.is_configured
    bench.until(lambda: bench.node.count_publishers("out") == 0, "the publisher to end")


@pytest.mark.parametrize(("device", "words"), [("missing", "exists"), ("broken", "a bug")])
def test_failed_configure_leaves_it_unconfigured_and_says_why(
    bench: Any, echo: Echo, device: str, words: str
) -> None:
    assert _set(bench, "device", device).successful
    assert not echo.start()
    assert words in echo.problem
    heard: list[Any] = []
    bench.node.create_subscription(DiagnosticArray, "/diagnostics", heard.append, 10)
    bench.until(lambda: heard, "a diagnosis")
    assert words in heard[-1].status[0].message
    assert _set(bench, "device", "fine").successful
    assert echo.start()


def test_messages_that_cannot_be_taken_are_counted_and_end_nothing(bench: Any, echo: Echo) -> None:
    heard: list[Any] = []
    told: list[Any] = []
    bench.node.create_subscription(Float32, "out", heard.append, 10)
    bench.node.create_subscription(DiagnosticArray, "/diagnostics", told.append, 10)
    talk = bench.node.create_publisher(Float32, "in", 10)
    assert echo.start()

    def refused() -> Any:
        values = {v.key: v.value for t in told[-1:] for v in t.status[0].values}
        return int(values.get("in: messages refused", 0))

    bench.until(lambda: talk.publish(Float32(data=-1.0)) or refused() > 9, "ten refusals")
    bench.until(lambda: talk.publish(Float32(data=2.0)) or heard, "an echo after them")
    assert all(message.data == 4.0 for message in heard)
    assert echo.is_active


def test_a_transition_that_there_is_not_is_refused_and_ends_nothing(bench: Any, echo: Echo) -> None:
    assert echo.start()
    for transition in (
        Transition(id=Transition.TRANSITION_ACTIVATE),
        Transition(id=200),
        Transition(label="fly"),
    ):
        request = ChangeState.Request(transition=transition)
        assert not bench.call(ChangeState, "echo/change_state", request).success
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    assert bench.call(ChangeState, "echo/change_state", request).success
    assert not echo.is_active


def test_diagnostics_name_node_and_figures(bench: Any, echo: Echo) -> None:
    heard: list[Any] = []
    bench.node.create_subscription(DiagnosticArray, "/diagnostics", heard.append, 10)
    bench.until(lambda: heard, "a diagnosis")
    assert heard[-1].status[0].message == "unconfigured"
    echo.start()
    bench.until(lambda: heard[-1].status[0].message == "echoing", "an active diagnosis")
    status = heard[-1].status[0]
    assert status.level == OK
    assert status.name == "fatigue_ros: /echo"
    figures = {v.key: v.value for v in status.values}
    assert figures["gain"] == "2"
    assert (figures["in [Hz]"], figures["in: age [s]"]) == ("0", "nothing yet")
    talk = bench.node.create_publisher(Float32, "in", 10)

    def rate(topic: str) -> float:
        return float({v.key: v.value for v in heard[-1].status[0].values}[f"{topic} [Hz]"])

    bench.until(lambda: talk.publish(Float32(data=2.0)) or rate("out") > 0.0, "a rate")
    assert rate("in") > 0.0
    assert echo._flows["in"]._count == echo._flows["out"]._count
    assert float({v.key: v.value for v in heard[-1].status[0].values}["in: age [s]"]) >= 0.0
    assert rclpy.ok(context=bench.node.context)


def test_diagnostics_in_simulated_time(bench: Any) -> None:
    node = bench.add(Echo({"use_sim_time": True}))
    assert node.start()
    heard: list[Any] = []
    bench.node.create_subscription(DiagnosticArray, "/diagnostics", heard.append, 100)
    clock = bench.node.create_publisher(Clock, "/clock", 10)
    talk = bench.node.create_publisher(Float32, "in", 10)
    bench.until(lambda: clock.get_subscription_count() and talk.get_subscription_count(), "echo")
    bench.until(lambda: heard and heard[-1].status[0].level == ERROR, "the missing /clock")
    assert heard[-1].status[0].message == "use_sim_time is set and no /clock came"
    standing = len(heard)
    time = 1_700_000_000.0
    figures: list[dict[str, str]] = []
    while len(figures) < 5:  # ten messages a second of simulated time, played as fast as it goes
        time += 0.1
        clock.publish(Clock(clock=to_stamp(time)))
        bench.until(lambda t=time: node.now() == pytest.approx(t, abs=0.01), "the time")
        before = node._flows["in"]._count
        talk.publish(Float32(data=1.0))
        bench.until(lambda n=before: node._flows["in"]._count > n, "the message")
        figures = [
            {v.key: v.value for v in array.status[0].values} for array in heard[standing + 2 :]
        ]
    last = figures[-1]
    assert float(last["in [Hz]"]) == pytest.approx(10.0, rel=0.2)
    assert last["in [Hz]"] == last["out [Hz]"]
    assert float(last["in: age [s]"]) == float(last["out: age [s]"]) <= 0.11
    stamp = heard[-1].header.stamp
    assert stamp.sec + stamp.nanosec / 1e9 == pytest.approx(time, abs=1.0)
