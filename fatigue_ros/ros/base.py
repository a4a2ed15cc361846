"""What all nodes have in common, and all that a node's module needs of it."""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.time_source import CLOCK_TOPIC

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.diagnosis import ERROR, FAULT, OK, STALE, WARN, Diagnosis, to_message
from fatigue_ros.ros.flow import Flow
from fatigue_ros.ros.guarded import TOO_MANY, WINDOW, name_of
from fatigue_ros.ros.lifecycle import ManagedNode
from fatigue_ros.ros.node_parameters import NodeParameters, NodeSettings, refusal
from fatigue_ros.ros.node_time import NodeTime, Repetition
from fatigue_ros.ros.rivals import Series
from fatigue_ros.settings.parameters import Value
from fatigue_ros.vision.hand_over import HandOver, Taker

if TYPE_CHECKING:
    from fatigue_ros.ros import rclpy_types

__all__ = [
    "ERROR",
    "FAULT",
    "OK",
    "STALE",
    "WARN",
    "Diagnosis",
    "FatigueNode",
    "NodeSettings",
    "Publisher",
]

S_co = TypeVar("S_co", bound=NodeSettings, covariant=True)
_WITH_INFORMATION = inspect.Signature(  # rclpy looks whether a callback takes it
    [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in ("message", "about")]
)
M = TypeVar("M")
Q = TypeVar("Q")
A = TypeVar("A")

_DIAGNOSTIC_PERIOD = 1.0  # [s] the customary rate of /diagnostics
_ANEW = 5.0  # [s] from a node's error state to its next start: the alert node misses it after three
# What has one publisher each, or the driver hears contradictions.
_ONE_VOICE = {
    "actuators/command",
    "blink",
    "face/landmarks",
    "fatigue",
    "heart_rate",
    "ignition",
    "vehicle/speed",
    "warning",
    "yawn",
}
_STANDS_BY = {"ignition"}  # where a second publisher, such as the page's, may be silent


class Publisher:
    """Speaks only while its node is active, and counts what it says."""

    def __init__(
        self,
        publisher: rclpy_types.Publisher,
        flow: Flow,
        takers: Callable[[], tuple[Taker[Any], ...]] = tuple,
    ) -> None:
        self._publisher, self._flow, self._takers = publisher, flow, takers

    def publish(self, message: rclpy_types.Message) -> None:
        """Send a message to whoever listens."""
        self._flow.tick()
        self._publisher.publish(message)

    def share(self, local: object, message: Callable[[], rclpy_types.Message]) -> None:
        """Hand something to who listens in this process; make a message of it for others."""
        self._flow.tick()
        for take in self._takers():
            take(local)
        if self._publisher.get_subscription_count():
            self._publisher.publish(message())

    def get_subscription_count(self) -> int:
        """How many listen, in this process or another."""
        return len(self._takers()) + self._publisher.get_subscription_count()


class Client:
    """Calls a service, and hands the answer to what is guarded like the node's other callbacks."""

    def __init__(self, client: rclpy_types.Client, node: ManagedNode, name: str) -> None:
        self._client, self._node, self._name = client, node, name
        self.service_is_ready = client.service_is_ready
        self.remove_pending_request = client.remove_pending_request

    def ask(
        self, request: rclpy_types.Message, take: Callable[[rclpy_types.Future], None]
    ) -> rclpy_types.Future:
        """Send a request; ``take`` is called when its future is done."""
        future = self._client.call_async(request)
        future.add_done_callback(self._node.guard(self._name, take))
        return future


class FatigueNode(ManagedNode, Generic[S_co]):
    """Base of all nodes.

    A node states its parameters as a dataclass, in brackets and in ``Settings``, and overrides
    ``configure``, ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. Publishers made by
    ``advertise``, services made by ``serve`` and what calls them made by ``client`` live from
    configure to cleanup, subscriptions made by ``listen`` and timers made by ``every`` from
    activate to deactivate. Their callbacks are guarded, see GuardedNode. The third fault in ten
    seconds leaves the node unconfigured, with an error in its diagnostics; with ``autostart`` it
    starts anew five seconds later, else whoever manages it may.

    Attributes:
        time: of the node, see ``now`` and ``steady``.
        in_process: what nodes of one process hand to each other; Composition gives all the same.

    Raises:
        ParameterError: a parameter given at start is unknown, of the wrong type or out of range.
    """

    name: ClassVar[str]
    Settings: type[S_co]

    def __init__(
        self, overrides: Mapping[str, Value] | None = None, namespace: str | None = None
    ) -> None:
        given = [Parameter(name, value=value) for name, value in (overrides or {}).items()]
        self.time = NodeTime(
            lambda: int(self.get_clock().now().nanoseconds),
            lambda: self.get_clock().ros_time_is_active,
        )
        self.in_process: HandOver[Any] = HandOver()
        self._flows: dict[str, Flow] = {}
        self._repeated: list[Repetition] = []
        self._series: dict[str, Series] = {}
        self._overheard: dict[str, object] = {}
        self._advertised: dict[str, tuple[type[object], rclpy_types.Qos]] = {}
        self._anew_at = math.inf
        super().__init__(self.name, namespace, given)
        try:
            self._declared = NodeParameters(
                self, self.Settings, self.guard("settings_changed", self.settings_changed)
            )
        except FatigueError:
            self.destroy_node()
            raise
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_timer(_DIAGNOSTIC_PERIOD, self._look_after_itself, clock=_steady_clock())

    @property
    def settings(self) -> S_co:
        """The parameters as an instance of ``Settings``."""
        return self._declared.settings

    def diagnose(self) -> Diagnosis:
        """State and figures for /diagnostics while active."""
        return Diagnosis(OK, "active")

    def settings_changed(self) -> None:
        """React to live parameters that changed while the node is configured."""

    def advertise(
        self,
        kind: type[object],
        topic: str,
        qos: rclpy_types.Qos = 10,
        *,
        shared: bool = False,
    ) -> Publisher:
        """A publisher that speaks only while the node is active.

        Args:
            kind: of message.
            topic: relative to the node's namespace.
            qos: what it offers.
            shared: what it says is handed over in memory to nodes of this process that listen
                with ``shared``, see Publisher.share.
        """
        publisher = self.create_lifecycle_publisher(kind, topic, qos)
        self._while_configured.append(lambda: self.destroy_lifecycle_publisher(publisher))
        self._advertised[topic] = kind, qos
        if not shared:
            return Publisher(publisher, self._flow(topic))
        name = self.resolve_topic_name(topic)
        self._while_configured.append(self.in_process.offer(name))
        takers = functools.partial(self.in_process.takers, name)
        return Publisher(publisher, self._flow(topic), takers)

    def serve(self, kind: type[object], name: str, callback: Callable[[Q, A], A]) -> None:
        """A service that answers while the node is configured."""
        service = self.create_service(kind, name, callback)
        self._while_configured.append(lambda: self.destroy_service(service))

    def client(self, kind: type[object], name: str) -> Client:
        """A way to call a service while the node is configured."""
        client = self.create_client(kind, name)
        self._while_configured.append(lambda: self.destroy_client(client))
        return Client(client, self, name)

    def listen(
        self,
        kind: type[object],
        topic: str,
        callback: Callable[..., None],
        qos: rclpy_types.Qos = 10,
        *,
        raw: bool = False,
        numbered: bool = False,
        shared: bool = False,
    ) -> Callable[[], None]:
        """A subscription that ends when the node is deactivated.

        Args:
            kind: of message.
            topic: relative to the node's namespace.
            callback: takes each message.
            qos: what must fit the publisher's.
            raw: the callback takes the messages' bytes.
            numbered: the callback also takes the number that its publisher gave each message; its
                count here where the middleware does not tell.
            shared: where a node of this process advertises the topic, what it shares is taken
                from it in memory, in its thread, and the middleware is not asked.

        Returns:
            What ends it earlier.
        """
        flow = self._flow(topic)
        counted = itertools.count(1)

        def take(message: Any, number: int | None) -> None:
            flow.tick()
            count = next(counted)
            callback(message, *([number or count] if numbered else []))

        def end() -> None:
            if end in self._while_active:  # what ends early leaves no figures behind
                self._while_active.remove(end)
                self._flows.pop(topic, None)
                self._series.pop(topic, None)
            hang_up()

        name = self.resolve_topic_name(topic)
        hang_up: Callable[[], object]
        if shared and self.in_process.offered(name):
            self._series[topic] = Series(time.monotonic)  # in which nothing gets lost
            alone = self.guard(topic, functools.partial(take, number=None))
            hang_up = self.in_process.take(name, alone)
        else:
            subscription = self._subscribe(kind, topic, take, qos, raw=raw)
            hang_up = functools.partial(self.destroy_subscription, subscription)
        self._while_active.append(end)
        return end

    def every(self, period: float, callback: Callable[[], None], *, steady: bool = False) -> None:
        """A timer that ends when the node is deactivated.

        It follows a steady clock, and simulated time while that runs.

        Args:
            period: [s].
            callback: what to do.
            steady: by the steady clock, whatever time is simulated.
        """
        turn = callback
        if not steady:
            repetition = Repetition(period, self.guard(name_of(callback), callback), self.time)
            self._repeated.append(repetition)
            self._while_active.append(lambda: self._repeated.remove(repetition))
            turn = repetition.tick
        timer = self.create_timer(period, turn, clock=_steady_clock())
        self._while_active.append(lambda: self.destroy_timer(timer))

    def now(self) -> float:
        """[s] the node's clock: the wall clock, or /clock with use_sim_time."""
        return self.time.now()

    def steady(self) -> float:
        """[s] a clock that never steps: what the wall showed at the start, and the seconds since.

        With use_sim_time it is the node's clock, and goes on by itself where /clock stops.
        """
        return self.time.steady()

    @property
    def rivals(self) -> dict[str, str]:
        """Topics that have one publisher, where several speak now, and who they are."""
        return {
            topic: f"{topic}: several publishers speak: {self._who_publishes(topic)}"
            for topic, series in self._series.items()
            if topic in _ONE_VOICE and series.rivals
        }

    def create_subscription(
        self,
        kind: type[object],
        topic: str,
        callback: Callable[..., object],
        qos: rclpy_types.Qos,
        **more: Any,
    ) -> object:
        """Subscribe, guarded; rclpy itself does to /clock, when the node is to follow it."""
        if topic == CLOCK_TOPIC:
            self.time.await_clock()
            callback = functools.partial(self._follow, callback)
        return super().create_subscription(kind, topic, callback, qos, **more)

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Change parameters; what the services of the node call. See NodeParameters.convert."""
        try:
            return super().set_parameters_atomically(self._declared.convert(parameter_list))
        except ParameterError as error:
            return refusal(str(error))

    def _follow(self, set_clock: Callable[[Any], object], message: Any) -> None:
        self.time.hear(message.clock)
        set_clock(message)
        for repetition in self._repeated.copy():
            repetition.reach()

    def _flow(self, topic: str) -> Flow:
        flow = self._flows[topic] = Flow(self.steady)
        return flow

    def _look_after_itself(self) -> None:
        """Once a second: end what has too many faults, start it anew, and say how it is."""
        if self.too_many:
            self.forget_faults()
            self.stop()
            self.problem = f"{TOO_MANY} faults in {WINDOW:g} s, the last: {self.last_fault}"
            self.get_logger().error(f"stopped: {self.problem}")
            if self.settings.autostart:
                self._anew_at = time.monotonic() + _ANEW
        elif time.monotonic() >= self._anew_at:
            self._anew_at = math.inf
            if not self.is_configured and not self.start():
                self._anew_at = time.monotonic() + _ANEW
        if self.is_active:
            self._overhear()
        self._publish_diagnosis()

    def _subscribe(
        self,
        kind: type[object],
        topic: str,
        callback: Callable[[Any, int | None], None],
        qos: rclpy_types.Qos,
        *,
        raw: bool,
    ) -> object:
        """Subscribe, and follow the numbers that the publishers give their messages."""
        series = self._series[topic] = Series(time.monotonic)

        def take(*got: Any) -> None:
            # Jazzy's events executor hands over message and information as one pair.
            message, about = got if len(got) > 1 else got[0]
            number = about["publication_sequence_number"]
            series.hear(number)
            callback(message, number)

        take.__signature__ = _WITH_INFORMATION  # type: ignore[attr-defined]
        return self.create_subscription(kind, topic, take, qos, raw=raw)

    def _overhear(self) -> None:
        """Listen to what this node alone should say, while somebody else could."""
        for topic in _ONE_VOICE & self._advertised.keys():
            alone = self.count_publishers(topic) < 2
            if alone and topic in self._overheard:
                self._end_overhearing(topic)
            elif not alone and topic not in self._overheard:
                kind, qos = self._advertised[topic]
                self._overheard[topic] = self._subscribe(kind, topic, _pass, qos, raw=True)

    def _end_overhearing(self, topic: str) -> None:
        self.destroy_subscription(self._overheard.pop(topic))
        del self._series[topic]

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``deactivate``."""
        for topic in list(self._overheard):
            self._end_overhearing(topic)
        return super().on_deactivate(state)

    def _who_publishes(self, topic: str) -> str:
        """Their names."""
        found = self.get_publishers_info_by_topic(self.resolve_topic_name(topic))
        return ", ".join(f"{it.node_namespace.rstrip('/')}/{it.node_name}" for it in found)

    def _own_diagnosis(self) -> Diagnosis:
        if self.is_active:
            try:
                return self.diagnose()
            except Exception as error:  # noqa: BLE001 - one that says nothing looks like a dead one
                self.fault("diagnose", error)
                return Diagnosis(ERROR, self.last_fault)
        if self.problem:
            return Diagnosis(ERROR, self.problem)
        return Diagnosis(STALE, "inactive" if self.is_configured else "unconfigured")

    def _troubles(self) -> Iterator[tuple[bytes, str]]:
        """What is wrong around the node, whatever it does."""
        if self.time.trouble:
            yield ERROR, self.time.trouble
        if not self.is_active:
            return
        rivals = self.rivals
        for text in rivals.values():
            yield ERROR, text
        for topic in sorted(_ONE_VOICE & (self._series.keys() | self._advertised.keys())):
            if topic not in {*rivals, *_STANDS_BY} and self.count_publishers(topic) > 1:
                yield WARN, f"{topic}: several publishers: {self._who_publishes(topic)}"

    def _publish_diagnosis(self) -> None:
        found = self._own_diagnosis()
        level, texts = found.level, [found.message]
        for worse, text in self._troubles():
            texts = [text] if level == OK else [*texts, text]
            level = worse if level in (OK, STALE) else max(level, worse)
        values = dict(found.values)
        values |= {f"{what}: messages refused": count for what, count in self.refusals.items()}
        values |= {f"{what}: faults": count for what, count in self.faults.items()}
        if self.is_active:
            for topic, flow in self._flows.items():
                values |= flow.figures(topic)
            for topic, series in self._series.items():
                values[f"{topic}: messages lost"] = series.lost
        told = Diagnosis(level, "; ".join(texts), values)
        stamp = to_stamp(self.steady())
        self._diagnostics.publish(to_message(told, self.get_fully_qualified_name(), stamp))


def _pass(*_: object) -> None:
    """What comes is heard for its number alone."""


def _steady_clock() -> Clock:
    return Clock(clock_type=ClockType.STEADY_TIME)
