"""What all nodes have in common, and all that a node's module needs of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.ros.diagnosis import ERROR, OK, STALE, WARN, Diagnosis, to_message
from fatigue_ros.ros.executable import (
    EXIT_DONE,
    EXIT_NO_SOURCE,
    EXIT_REFUSED,
    StopRequest,
    run,
    start_ros,
)
from fatigue_ros.ros.flow import Flow
from fatigue_ros.ros.lifecycle import ManagedNode
from fatigue_ros.ros.node_parameters import NodeParameters, NodeSettings, refusal

__all__ = [
    "ERROR",
    "EXIT_DONE",
    "EXIT_NO_SOURCE",
    "EXIT_REFUSED",
    "OK",
    "WARN",
    "Diagnosis",
    "FatigueNode",
    "NodeSettings",
    "StopRequest",
    "run",
    "start_ros",
]

_DIAGNOSTIC_PERIOD = 1.0  # [s] the customary rate of /diagnostics
_COMPLAINT_PERIOD = 5.0  # [s] between log lines about messages that were refused


class FatigueNode(ManagedNode):
    """Base of all nodes.

    A node states its parameters as a dataclass in ``Settings`` and overrides ``configure``,
    ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. Publishers made by ``advertise`` and
    services made by ``serve`` live from configure to cleanup, subscriptions made by ``listen`` and
    timers made by ``every`` from activate to deactivate. A message that its callback cannot take
    is refused, logged and counted; it ends no node.

    Raises:
        ParameterError: a parameter given at start is unknown, of the wrong type or out of range.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[NodeSettings]] = NodeSettings

    def __init__(
        self, overrides: Mapping[str, Any] | None = None, namespace: str | None = None
    ) -> None:
        super().__init__(
            self.name,
            namespace=namespace,
            parameter_overrides=[Parameter(k, value=v) for k, v in (overrides or {}).items()],
            automatically_declare_parameters_from_overrides=True,
            allow_undeclared_parameters=True,  # so that we refuse them, by name
        )
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
    def settings(self) -> Any:
        """The parameters as an instance of ``Settings``."""
        return self._declared.settings

    def diagnose(self) -> Diagnosis:
        """State and figures for /diagnostics while active."""
        return Diagnosis(OK, "active")

    def settings_changed(self) -> None:
        """React to live parameters that changed while the node is configured."""

    def advertise(
        self, kind: type[Any], topic: str, qos: QoSProfile | int = 10, **more: Any
    ) -> Any:
        """A publisher that speaks only while the node is active."""
        publisher: Any = self.create_lifecycle_publisher(kind, topic, qos, **more)
        flow, publish = self._flow(topic), publisher.publish

        def counted(message: Any) -> None:
            flow.tick()
            publish(message)

        publisher.publish = counted
        self._while_configured.append(lambda: self.destroy_lifecycle_publisher(publisher))
        return publisher

    def serve(self, kind: type[Any], name: str, callback: Callable[[Any, Any], Any]) -> None:
        """A service that answers while the node is configured."""
        service = self.create_service(kind, name, callback)
        self._while_configured.append(lambda: self.destroy_service(service))

    def listen(
        self,
        kind: type[Any],
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile | int = 10,
    ) -> None:
        """A subscription that ends when the node is deactivated."""
        flow = self._flow(topic)

        def take(message: Any) -> None:
            flow.tick()
            try:
                callback(message)
            except Exception as error:  # noqa: BLE001 - whatever comes on a wire, the node goes on
                self._refuse(topic, error)

        subscription = self.create_subscription(kind, topic, take, qos)
        self._while_active.append(lambda: self.destroy_subscription(subscription))

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
        return float(self.get_clock().now().nanoseconds) / 1e9

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Change parameters; what the services of the node call. See NodeParameters.convert."""
        try:
            return super().set_parameters_atomically(self._declared.convert(parameter_list))
        except ParameterError as error:
            return refusal(str(error))

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
