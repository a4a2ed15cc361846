"""What all nodes have in common, and all that a node's module needs of it."""

from __future__ import annotations

import inspect
import itertools
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter
from rclpy.time_source import CLOCK_TOPIC

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.ros.diagnosis import ERROR, OK, STALE, WARN, Diagnosis, to_message
from fatigue_ros.ros.flow import Flow
from fatigue_ros.ros.lifecycle import ManagedNode
from fatigue_ros.ros.node_parameters import NodeParameters, NodeSettings, refusal
from fatigue_ros.ros.node_time import NodeTime
from fatigue_ros.settings.parameters import Value

if TYPE_CHECKING:
    from fatigue_ros.ros import rclpy_types

__all__ = ["ERROR", "OK", "WARN", "Diagnosis", "FatigueNode", "NodeSettings", "Publisher"]

S_co = TypeVar("S_co", bound=NodeSettings, covariant=True)
M = TypeVar("M")
Q = TypeVar("Q")
A = TypeVar("A")

_DIAGNOSTIC_PERIOD = 1.0  # [s] the customary rate of /diagnostics
_TWO = inspect.Signature(
    [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in ("message", "info")]
)
"""By which rclpy knows that a callback wants to be told of each message's information."""
_COMPLAINT_PERIOD = 5.0  # [s] between log lines about messages that were refused


def _numbered(take: Callable[[Any, int], None]) -> Callable[..., None]:
    """A callback of a subscription that is told each message's number by its publisher.

    It counts by itself where the middleware does not tell.
    """
    counted = itertools.count(1)

    def with_information(*given: Any) -> None:
        # One of rclpy's executors hands over message and information, the other a pair of them.
        message, information = given if len(given) == 2 else given[0]
        count = next(counted)
        take(message, information["publication_sequence_number"] or count)

    with_information.__signature__ = _TWO  # type: ignore[attr-defined]
    return with_information


class Publisher:
    """Speaks only while its node is active, and counts what it says."""

    def __init__(self, publisher: rclpy_types.Publisher, flow: Flow) -> None:
        self._publisher, self._flow = publisher, flow

    def publish(self, message: rclpy_types.Message) -> None:
        """Send a message to whoever listens."""
        self._flow.tick()
        self._publisher.publish(message)

    def get_subscription_count(self) -> int:
        """How many listen."""
        return self._publisher.get_subscription_count()


class FatigueNode(ManagedNode, Generic[S_co]):
    """Base of all nodes.

    A node states its parameters as a dataclass, in brackets and in ``Settings``, and overrides
    ``configure``, ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. Publishers made by
    ``advertise``, services made by ``serve`` and what calls them made by ``client`` live from
    configure to cleanup, subscriptions made by ``listen`` and timers made by ``every`` from
    activate to deactivate. A message that its callback cannot take
    is refused, logged and counted; it ends no node.

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
        super().__init__(self.name, namespace, given)
        self._flows: dict[str, Flow] = {}
        self._refusals: dict[str, int] = {}
        try:
            self._declared = NodeParameters(self, self.Settings, self.settings_changed)
        except FatigueError:
            self.destroy_node()
            raise
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_timer(_DIAGNOSTIC_PERIOD, self._publish_diagnosis)

    @property
    def settings(self) -> S_co:
        """The parameters as an instance of ``Settings``."""
        return self._declared.settings

    def diagnose(self) -> Diagnosis:
        """State and figures for /diagnostics while active."""
        return Diagnosis(OK, "active")

    def settings_changed(self) -> None:
        """React to live parameters that changed while the node is configured."""

    def advertise(self, kind: type[object], topic: str, qos: rclpy_types.Qos = 10) -> Publisher:
        """A publisher that speaks only while the node is active."""
        publisher = self.create_lifecycle_publisher(kind, topic, qos)
        self._while_configured.append(lambda: self.destroy_lifecycle_publisher(publisher))
        return Publisher(publisher, self._flow(topic))

    def serve(self, kind: type[object], name: str, callback: Callable[[Q, A], A]) -> None:
        """A service that answers while the node is configured."""
        service = self.create_service(kind, name, callback)
        self._while_configured.append(lambda: self.destroy_service(service))

    def client(self, kind: type[object], name: str) -> rclpy_types.Client:
        """A way to call a service while the node is configured."""
        client = self.create_client(kind, name)
        self._while_configured.append(lambda: self.destroy_client(client))
        return client

    def listen(
        self,
        kind: type[object],
        topic: str,
        callback: Callable[..., None],
        qos: rclpy_types.Qos = 10,
        *,
        raw: bool = False,
        numbered: bool = False,
    ) -> Callable[[], None]:
        """A subscription that ends when the node is deactivated.

        Args:
            kind: of message.
            topic: relative to the node's namespace.
            callback: takes each message.
            qos: what must fit the publisher's.
            raw: the callback takes the messages' bytes.
            numbered: the callback also takes the number that its publisher gave each message.

        Returns:
            What ends it earlier.
        """
        flow = self._flow(topic)

        def take(message: M, *number: int) -> None:
            flow.tick()
            try:
                callback(message, *number)
            except Exception as error:  # noqa: BLE001 - whatever comes on a wire, the node goes on
                self._refuse(topic, error)

        def end() -> None:
            if end in self._while_active:  # what ends early leaves no figures behind
                self._while_active.remove(end)
                self._flows.pop(topic, None)
            self.destroy_subscription(subscription)

        taking = _numbered(take) if numbered else take
        subscription = self.create_subscription(kind, topic, taking, qos, raw=raw)
        self._while_active.append(end)
        return end

    def every(self, period: float, callback: Callable[[], None], *, steady: bool = False) -> None:
        """A timer that ends when the node is deactivated.

        Args:
            period: [s].
            callback: what to do.
            steady: by a clock that always goes on, and not by the node's.
        """
        clock = Clock(clock_type=ClockType.STEADY_TIME) if steady else None
        timer = self.create_timer(period, callback, clock=clock)
        self._while_active.append(lambda: self.destroy_timer(timer))

    def now(self) -> float:
        """[s] the node's clock: the wall clock, or /clock with use_sim_time."""
        return self.time.now()

    def steady(self) -> float:
        """[s] a clock that never steps: what the wall showed at the start, and the seconds since.

        With use_sim_time it is the node's clock, and goes on by itself where /clock stops.
        """
        return self.time.steady()

    def create_subscription(
        self,
        kind: type[object],
        topic: str,
        callback: Callable[[M], None],
        qos: rclpy_types.Qos,
        **more: Any,
    ) -> object:
        """Subscribe; rclpy itself does to /clock, when the node is to follow it."""
        if topic == CLOCK_TOPIC:
            self.time.await_clock()
            return super().create_subscription(kind, topic, self._follow(callback), qos, **more)
        return super().create_subscription(kind, topic, callback, qos, **more)

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Change parameters; what the services of the node call. See NodeParameters.convert."""
        try:
            return super().set_parameters_atomically(self._declared.convert(parameter_list))
        except ParameterError as error:
            return refusal(str(error))

    def _follow(self, callback: Callable[[M], None]) -> Callable[[M], None]:
        def take(message: M) -> None:
            clock: Any = message
            try:
                self.time.hear(clock.clock)
            except FatigueError as error:
                self._refuse(CLOCK_TOPIC, error)
            else:
                callback(message)

        return take

    def _flow(self, topic: str) -> Flow:
        flow = self._flows[topic] = Flow(self.now)
        return flow

    def _refuse(self, topic: str, error: Exception) -> None:
        """Count a message that could not be taken, and say why now and then."""
        self._refusals[topic] = self._refusals.get(topic, 0) + 1
        mendable = isinstance(error, FatigueError)
        reason = str(error) if mendable else traceback.format_exc().rstrip()
        self.get_logger().error(
            f"{topic}: message refused: {reason}", throttle_duration_sec=_COMPLAINT_PERIOD
        )

    def _publish_diagnosis(self) -> None:
        if self.is_active:
            found = self.diagnose()
        elif self.problem:
            found = Diagnosis(ERROR, self.problem)
        else:
            found = Diagnosis(STALE, "inactive" if self.is_configured else "unconfigured")
        values = dict(found.values)
        values |= {f"{topic}: messages refused": count for topic, count in self._refusals.items()}
        for topic, flow in self._flows.items() if self.is_active else ():
            values |= flow.figures(topic)
        told = Diagnosis(found.level, found.message, values)
        stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(to_message(told, self.get_fully_qualified_name(), stamp))
