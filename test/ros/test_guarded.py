"""Whatever a wire, a service, a timer or a clock brings: the node goes on, and says it."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from rclpy.parameter import Parameter as RclpyParameter
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool, Float32
from std_srvs.srv import SetBool, Trigger

from fatigue_ros.ros.base import ERROR, OK, WARN, Diagnosis, FatigueNode, NodeSettings
from fatigue_ros.ros.composition import Composition
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class FragileSettings(NodeSettings):
    break_at: str = parameter("", "What raises.", live=True)


class Fragile(FatigueNode[FragileSettings]):
    """Raises where its parameter says so."""

    name = "fragile"
    Settings = FragileSettings

    def configure(self) -> None:
        self.starts = getattr(self, "starts", 0) + 1
        self.out = self.advertise(Float32, "warning")
        self.serve(Trigger, "touch", self._touch)
        self.serve(SetBool, "switch", self._touch)
        self.trigger = self.client(Trigger, "touch")

    def activate(self) -> None:
        self.ticks = 0
        self.listen(Float32, "face/landmarks", lambda _: self._break("message"))
        self.listen(Bool, "ignition", lambda _: None)
        self.every(0.05, self._tick)

    def settings_changed(self) -> None:
        self._break("change")

    def diagnose(self) -> Diagnosis:
        self._break("diagnosis")
        return Diagnosis(OK, "whole")

    def _tick(self) -> None:
        self.ticks += 1
        self._break("tick")

    def _touch(self, _: Any, response: Any) -> Any:
        self._break("service")
        response.success = True
        return response

    def answered(self, _: Any) -> None:
        self._break("answer")

    def _break(self, where: str) -> None:
        if self.settings.break_at == where:
            raise ZeroDivisionError(f"a bug in a {where}")


class Watch:
    """A fragile node, and what it says of itself."""

    def __init__(self, bench: Any, overrides: dict[str, Any]) -> None:
        self.bench = bench
        self.node = bench.add(Fragile(overrides))
        self.told: list[Any] = []
        bench.node.create_subscription(DiagnosticArray, "/diagnostics", self._hear, 10)

    def _hear(self, message: Any) -> None:
        self.told += [s for s in message.status if s.name.endswith("/fragile")]

    def figure(self, name: str) -> int:
        return int({v.key: v.value for t in self.told[-1:] for v in t.values}.get(name, 0))

    def until_told(self, level: bytes, words: str) -> Any:
        def found() -> bool:
            return bool(self.told) and self.told[-1].level == level and words in self.last

        self.bench.until(found, f"{words!r} at level {level!r}")
        return self.told[-1]

    @property
    def last(self) -> str:
        return str(self.told[-1].message)

    def break_at(self, where: str) -> None:
        self.node.set_parameters([RclpyParameter("break_at", value=where)])


@pytest.fixture
def watch(bench: Any) -> Watch:
    made = Watch(bench, {"autostart": False})
    assert made.node.start()
    return made


def test_the_third_fault_in_ten_seconds_stops_the_node_and_by_hand_it_starts_again(
    bench: Any, watch: Watch
) -> None:
    watch.break_at("tick")
    watch.until_told(ERROR, "3 faults in 10 s, the last: tick: ZeroDivisionError: a bug in a tick")
    assert watch.figure("tick: faults") >= 3
    assert not watch.node.is_configured
    assert bench.node.count_publishers("warning") == 0
    watch.break_at("")
    for step in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        request = ChangeState.Request(transition=Transition(id=step))
        assert bench.call(ChangeState, "fragile/change_state", request).success
    watch.until_told(OK, "whole")
    assert watch.node.starts == 2


def test_with_autostart_it_starts_anew_by_itself(bench: Any) -> None:
    watch = Watch(bench, {})
    assert watch.node.start()
    watch.break_at("tick")
    watch.until_told(ERROR, "3 faults")
    watch.break_at("")
    watch.until_told(OK, "whole")
    assert watch.node.starts == 2
    assert watch.figure("tick: faults") >= 3


def test_faults_in_messages(bench: Any, watch: Watch) -> None:
    watch.break_at("message")
    talk = bench.node.create_publisher(Float32, "face/landmarks", 10)
    bench.until(talk.get_subscription_count, "the listener")
    for count in (1, 2):
        bench.send(talk, Float32(), lambda n=count: watch.node.faults["face/landmarks"] >= n, "it")
    watch.break_at("")
    ticks = watch.node.ticks
    bench.until(lambda: watch.node.ticks > ticks, "a tick")
    assert watch.node.is_active


def test_a_service_that_breaks_answers_all_the_same(bench: Any, watch: Watch) -> None:
    watch.break_at("service")
    for kind, name in ((Trigger, "touch"), (SetBool, "switch")):
        answer = bench.call(kind, name, kind.Request())
        assert not answer.success
        assert f"{name}: a bug in a service" in answer.message
    watch.break_at("")
    assert bench.call(Trigger, "touch", Trigger.Request()).success


def test_answers_and_changes_and_diagnoses_that_break(bench: Any, watch: Watch) -> None:
    watch.break_at("answer")
    bench.until(watch.node.trigger.service_is_ready, "the service")
    future = watch.node.trigger.ask(Trigger.Request(), watch.node.answered)
    bench.until(future.done, "the answer")
    bench.until(lambda: watch.node.faults["touch"], "the fault")
    watch.node.forget_faults()
    watch.break_at("change")
    assert watch.node.faults["settings_changed"]
    assert watch.node.settings.break_at == "change"
    watch.node.forget_faults()
    watch.node._declared._changed = lambda: None
    watch.break_at("diagnosis")
    watch.until_told(ERROR, "diagnose: ZeroDivisionError: a bug in a diagnosis")


ODD_NAMES = ["", "a\0b", "/", ".", "ä" * 300, "break_at\n", "use_sim_time.", "\ud7ff"]
ODD_PARAMETERS = [
    Parameter(name=name, value=ParameterValue(type=kind))
    for name in ("break_at", "use_sim_time", "start_type_description_service", *ODD_NAMES)
    for kind in (0, 1, 3, 4, 5, 9, 10, 255)
]


def test_odd_service_requests_are_refused_and_end_nothing(bench: Any, watch: Watch) -> None:
    calls: list[tuple[Any, str, Any]] = [
        (kind, f"fragile/{name}", kind.Request(parameters=[odd]))
        for odd in ODD_PARAMETERS
        for kind, name in (
            (SetParameters, "set_parameters"),
            (SetParametersAtomically, "set_parameters_atomically"),
        )
    ]
    for names in (ODD_NAMES, ["break_at"] * 5_000, []):
        calls += [
            (DescribeParameters, "fragile/describe_parameters", names),
            (GetParameters, "fragile/get_parameters", names),
            (GetParameterTypes, "fragile/get_parameter_types", names),
        ]
    calls += [
        (ListParameters, "fragile/list_parameters", ListParameters.Request(prefixes=p, depth=d))
        for p in ([], ODD_NAMES)
        for d in (0, 2**64 - 1)
    ]
    calls += [
        (ChangeState, "fragile/change_state", ChangeState.Request(transition=Transition(**odd)))
        for odd in ({"id": 0}, {"id": 200}, {"id": 255}, {"label": "fly"}, {"label": "a\0b"})
    ]
    clients: dict[str, Any] = {}
    for kind, name, request in calls:
        asked = kind.Request(names=request) if isinstance(request, list) else request
        client = clients.setdefault(name, bench.node.create_client(kind, name))
        bench.until(client.service_is_ready, name)
        future = client.call_async(asked)
        bench.until(future.done, f"an answer of {name} to {asked}")
        if kind is SetParameters:
            assert len(future.result().results) == 1
    assert watch.node.is_active
    assert not watch.node.faults
    assert watch.node.refusals["set_parameters"]
    ticks = watch.node.ticks
    bench.until(lambda: watch.node.ticks > ticks, "a tick after all that")


def test_an_odd_value_type_is_refused_with_a_reason(bench: Any, watch: Watch) -> None:
    odd = Parameter(name="break_at", value=ParameterValue(type=10))
    fine = RclpyParameter("break_at", value="").to_parameter_msg()
    request = SetParameters.Request(parameters=[fine, odd, fine])
    results = bench.call(SetParameters, "fragile/set_parameters", request).results
    assert [result.successful for result in results] == [True, False, False]
    assert "set_parameters" in results[1].reason
    watch.until_told(OK, "whole")
    bench.until(lambda: watch.figure("set_parameters: messages refused") == 1, "the count")


def test_a_clock_that_tells_no_time_is_refused_and_one_that_stops_is_told(bench: Any) -> None:
    watch = Watch(bench, {"use_sim_time": True})
    assert watch.node.start()
    begin = time.monotonic()
    watch.until_told(ERROR, "use_sim_time is set and no /clock came")
    ticks = watch.node.ticks
    bench.until(lambda: watch.node.ticks > ticks, "a tick by the steady clock")
    clock = bench.node.create_publisher(Clock, "/clock", 10)
    odd = Clock()
    odd.clock.sec = -5
    bench.until(lambda: clock.publish(odd) or watch.node.refusals["/clock"] > 3, "the refusals")
    good = Clock()

    def fine() -> bool:
        good.clock.sec = 100 + int(time.monotonic() - begin)
        clock.publish(good)
        return bool(watch.told[-1].level == OK)

    bench.until(fine, "simulated time to run")
    assert watch.node.now() < 1_000_000.0
    assert watch.node.steady() == pytest.approx(watch.node.now(), abs=10.0)
    watch.until_told(ERROR, "/clock stopped")
    assert watch.node.steady() > watch.node.now() + 1.0


def test_a_second_publisher_is_a_warning_and_an_error_once_it_speaks(
    bench: Any, watch: Watch
) -> None:
    first, second = (bench.node.create_publisher(Float32, "face/landmarks", 10) for _ in range(2))
    key = bench.node.create_publisher(Bool, "ignition", 10)
    bench.node.create_publisher(Bool, "ignition", 10)
    bench.until(key.get_subscription_count, "the listener")
    told = watch.until_told(WARN, "face/landmarks: several publishers: /bench, /bench")
    assert "ignition" not in told.message  # the page has a key too
    assert not watch.node.rivals
    bench.until(
        lambda: first.publish(Float32()) or second.publish(Float32()) or watch.node.rivals,
        "the rivals",
    )
    assert list(watch.node.rivals) == ["face/landmarks"]
    watch.until_told(ERROR, "face/landmarks: several publishers speak")
    bench.node.destroy_publisher(second)
    watch.until_told(OK, "whole")
    assert not watch.node.rivals


def test_who_speaks_in_a_nodes_own_name_is_overheard(bench: Any, watch: Watch) -> None:
    stranger = bench.node.create_publisher(Float32, "warning", 10)
    watch.until_told(WARN, "warning: several publishers: ")
    bench.until(
        lambda: (
            watch.node.out.publish(Float32()) or stranger.publish(Float32()) or watch.node.rivals
        ),
        "the stranger to be heard",
    )
    assert "/bench" in watch.node.rivals["warning"]
    bench.node.destroy_publisher(stranger)
    watch.until_told(OK, "whole")
    assert not watch.node._overheard


def test_messages_lost_are_counted(bench: Any, watch: Watch) -> None:
    talk = bench.node.create_publisher(Float32, "face/landmarks", 10)
    bench.until(talk.get_subscription_count, "the listener")
    bench.send(talk, Float32(), lambda: watch.node._flows["face/landmarks"]._count, "one")
    for _ in range(100):  # nobody spins meanwhile; ten are kept
        talk.publish(Float32())
    bench.until(lambda: watch.figure("face/landmarks: messages lost") >= 80, "the lost ones")


def test_what_is_raised_outside_of_callbacks_is_counted_and_ends_nothing() -> None:
    import rclpy  # noqa: PLC0415

    rclpy.init(args=[])
    with Composition() as nodes:
        node = Fragile()
        nodes.add(node)
        rest = iter([RuntimeError("a message that nobody can read")] * 3)

        class Executor:
            def spin_once(self, timeout_sec: float) -> None:
                for error in rest:
                    raise error
                executor.spin_once(timeout_sec=timeout_sec)

            def __getattr__(self, name: str) -> Any:
                return getattr(executor, name)

        executor, nodes.executor = nodes.executor, Executor()
        assert not nodes.start()
        nodes.spin(lambda: node.ticks > 3)
        assert node.refusals["executor"] == 3
    rclpy.shutdown()
