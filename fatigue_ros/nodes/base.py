"""What all nodes have in common: parameters from a dataclass, lifecycle, diagnostics, a main."""

from __future__ import annotations

import dataclasses
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    SetParametersResult,
)
from rclpy.experimental import EventsExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.nodes.flow import Flow
from fatigue_ros.parameters import Specification, check, from_mapping, parameter, specifications

OK: bytes = DiagnosticStatus.OK
WARN: bytes = DiagnosticStatus.WARN
ERROR: bytes = DiagnosticStatus.ERROR
STALE: bytes = DiagnosticStatus.STALE

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_REFUSED = 2
EXIT_NO_SOURCE = 3

_DIAGNOSTIC_PERIOD = 1.0  # [s] the customary rate of /diagnostics
_COMPLAINT_PERIOD = 5.0  # [s] between log lines about messages that were refused
_SPIN = 0.1  # [s] the EventsExecutor needs a timeout to return to Python, where signals arrive
_SCALAR = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
}
_LIST = {
    int: ParameterType.PARAMETER_INTEGER_ARRAY,
    float: ParameterType.PARAMETER_DOUBLE_ARRAY,
    str: ParameterType.PARAMETER_STRING_ARRAY,
}
# Parameters that rclpy itself declares or reads.
_FOREIGN = ("use_sim_time", "start_type_description_service")
_FOREIGN_PREFIX = "qos_overrides."


@dataclasses.dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """Parameters that every node has; those of one node inherit from it."""

    autostart: bool = parameter(
        True, "Configure and activate at start; false leaves it to a lifecycle manager."
    )


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What a node says about itself once a second.

    Attributes:
        level: OK, WARN, ERROR or STALE.
        message: the state in a few words.
        values: figures by name.
    """

    level: bytes
    message: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


def descriptor(spec: Specification) -> ParameterDescriptor:
    """A parameter's ROS descriptor: type, range, and a description that names the unit."""
    kind = _SCALAR[spec.kind] if spec.element is None else _LIST[spec.element]
    notes = [f"[{spec.unit}]" if spec.unit else "", spec.description]
    if not spec.live:
        notes.append("(only while unconfigured)")
    text = ParameterDescriptor(
        name=spec.name,
        type=kind,
        description=" ".join(note for note in notes if note),
        additional_constraints=spec.range_text,
    )
    bounded = spec.minimum is not None and spec.maximum is not None
    # Ranges are declared for scalars only: rcl refuses none, but tools draw sliders from them.
    if bounded and kind == ParameterType.PARAMETER_DOUBLE:
        text.floating_point_range = [
            FloatingPointRange(
                from_value=float(spec.minimum or 0), to_value=float(spec.maximum or 0)
            )
        ]
    elif bounded and kind == ParameterType.PARAMETER_INTEGER:
        text.integer_range = [
            IntegerRange(from_value=int(spec.minimum or 0), to_value=int(spec.maximum or 0))
        ]
    return text


class FatigueNode(LifecycleNode):
    """Base of all nodes.

    A node states its parameters as a dataclass in ``Settings`` and overrides ``configure``,
    ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. The hooks may raise FatigueError,
    which is logged as one line and makes the transition fail. Publishers made by ``advertise`` and
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
        self.problem = ""
        """Why the last transition failed, empty when it did not."""
        self._configured = False
        self._active = False
        self._while_active: list[Callable[[], Any]] = []
        self._while_configured: list[Callable[[], Any]] = []
        self._flows: dict[str, Flow] = {}
        self._refusals: dict[str, int] = {}
        self._answer_lifecycle = self._service_change_state.callback
        self._service_change_state.callback = self._change_state
        try:
            self.settings: Any = self._declare()
        except FatigueError:
            self.destroy_node()
            raise
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._take_parameters)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_timer(_DIAGNOSTIC_PERIOD, self._publish_diagnosis)

    # Hooks -------------------------------------------------------------------------------------

    def configure(self) -> None:
        """Open devices, load models, advertise topics."""

    def activate(self) -> None:
        """Start the flow."""

    def deactivate(self) -> None:
        """Stop the flow."""

    def cleanup(self) -> None:
        """Let go of everything; also called after a failed configure."""

    def diagnose(self) -> Diagnosis:
        """State and figures for /diagnostics while active."""
        return Diagnosis(OK, "active")

    def settings_changed(self) -> None:
        """React to live parameters that changed while the node is configured."""

    # Services to the nodes ---------------------------------------------------------------------

    @property
    def is_configured(self) -> bool:
        """Whether the node is inactive or active."""
        return self._configured

    @property
    def is_active(self) -> bool:
        """Whether the flow is on."""
        return self._active

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

    def _flow(self, topic: str) -> Flow:
        flow = self._flows[topic] = Flow(self.now)
        return flow

    def every(self, period: float, callback: Callable[[], None]) -> None:
        """A timer on the node's clock, period in [s], that ends when the node is deactivated."""
        timer = self.create_timer(period, callback)
        self._while_active.append(lambda: self.destroy_timer(timer))

    def now(self) -> float:
        """[s] the node's clock: the wall clock, or /clock with use_sim_time."""
        return float(self.get_clock().now().nanoseconds) / 1e9

    def start(self) -> bool:
        """Configure and activate; on failure ``problem`` says why."""
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != TransitionCallbackReturn.SUCCESS:
                return False
        return True

    def stop(self) -> None:
        """Back to unconfigured, from any state."""
        if self._active:
            self.trigger_deactivate()
        if self._configured:
            self.trigger_cleanup()

    # Parameters --------------------------------------------------------------------------------

    def _declare(self) -> Any:
        known = specifications(self.Settings)
        given = {
            name: p.value
            for name, p in self.get_parameters_by_prefix("").items()
            if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIX)
        }
        try:
            settings = from_mapping(self.Settings, given)
        except FatigueError as error:
            raise ParameterError(f"{self.get_fully_qualified_name()}: parameter {error}") from error
        for name in given:
            self.undeclare_parameter(name)  # declared without a descriptor, by its override
        for name, spec in known.items():
            self.declare_parameter(
                name, getattr(settings, name), descriptor(spec), ignore_override=True
            )
        return settings

    def _check_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        known = specifications(self.Settings)
        wanted = {}
        for change in changes:
            spec = known.get(change.name)
            if spec is None:
                if self.has_parameter(change.name):
                    continue  # use_sim_time and the like
                reason = f"{change.name}: unknown parameter, expected one of {', '.join(known)}"
                return SetParametersResult(successful=False, reason=reason)
            try:
                value = wanted[spec.name] = check(spec, change.value)
            except ParameterError as error:
                return SetParametersResult(successful=False, reason=str(error))
            if self._configured and not spec.live and value != getattr(self.settings, spec.name):
                reason = f"{spec.name}: can change only while {self.name} is unconfigured"
                return SetParametersResult(successful=False, reason=reason)
        try:
            dataclasses.replace(self.settings, **wanted)  # fine each, but together?
        except FatigueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _take_parameters(self, changes: list[Parameter]) -> None:
        known = specifications(self.Settings)
        changed = {c.name: check(known[c.name], c.value) for c in changes if c.name in known}
        if changed:
            self.settings = dataclasses.replace(self.settings, **changed)
            self.get_logger().info(", ".join(f"{k} = {v}" for k, v in changed.items()))
            if self._configured:
                self.settings_changed()

    # Lifecycle ---------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``configure``."""
        self.problem = ""
        result = self._attempt(self.configure, lambda: super(FatigueNode, self).on_configure(state))
        self._configured = result == TransitionCallbackReturn.SUCCESS
        if not self._configured:
            self._release()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``activate``."""
        self._active = True  # callbacks may come before activate() returns
        # Publishers first: what activate() starts may publish at once.
        result = self._attempt(lambda: super(FatigueNode, self).on_activate(state), self.activate)
        self._active = result == TransitionCallbackReturn.SUCCESS
        if self._active:
            self.get_logger().info("active")
        else:
            self._silence()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``deactivate``."""
        self._active = False
        self._silence()
        result = self._attempt(
            self.deactivate, lambda: super(FatigueNode, self).on_deactivate(state)
        )
        self.get_logger().info("inactive")
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``cleanup``."""
        self._configured = False
        return self._attempt(self._release, lambda: super(FatigueNode, self).on_cleanup(state))

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback: deactivates and cleans up first."""
        if self._active:
            self.on_deactivate(state)
        self._configured = False
        return self._attempt(self._release, lambda: super(FatigueNode, self).on_shutdown(state))

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback: lets go of everything and returns to unconfigured."""
        self._active = self._configured = False
        self._silence()
        self._attempt(self._release)
        return super().on_error(state)

    def _attempt(self, *steps: Callable[[], Any]) -> TransitionCallbackReturn:
        try:
            for step in steps:
                result = step()
                if isinstance(result, TransitionCallbackReturn) and (
                    result != TransitionCallbackReturn.SUCCESS
                ):
                    return result
        except FatigueError as error:
            self.problem = str(error)
            self.get_logger().error(self.problem)
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # noqa: BLE001 - rclpy would swallow it without a word
            self.problem = f"{type(error).__name__}: {error}"
            self.get_logger().error(traceback.format_exc())
            return TransitionCallbackReturn.ERROR
        return TransitionCallbackReturn.SUCCESS

    def _change_state(self, request: Any, response: Any) -> Any:
        """Answer a lifecycle service call; rclpy raises where the state has no such transition."""
        try:
            return self._answer_lifecycle(request, response)
        except Exception as error:  # noqa: BLE001 - rcl's own classes are private
            wanted = request.transition.label or request.transition.id
            reason = str(error).partition(", at ")[0]
            self.get_logger().error(f"lifecycle: transition {wanted} refused: {reason}")
            response.success = False
            return response

    def _refuse(self, topic: str, error: Exception) -> None:
        """Count a message that could not be taken, and say why now and then."""
        self._refusals[topic] = self._refusals.get(topic, 0) + 1
        mendable = isinstance(error, FatigueError)
        reason = str(error) if mendable else traceback.format_exc().rstrip()
        self.get_logger().error(
            f"{topic}: message refused: {reason}", throttle_duration_sec=_COMPLAINT_PERIOD
        )

    def _silence(self) -> None:
        while self._while_active:
            self._while_active.pop()()

    def _release(self) -> None:
        try:
            self.cleanup()
        finally:
            while self._while_configured:
                self._while_configured.pop()()

    # Diagnostics -------------------------------------------------------------------------------

    def _publish_diagnosis(self) -> None:
        if self._active:
            found = self.diagnose()
        elif self.problem:
            found = Diagnosis(ERROR, self.problem)
        else:
            found = Diagnosis(STALE, "inactive" if self._configured else "unconfigured")
        values = dict(found.values)
        values |= {f"{topic}: messages refused": count for topic, count in self._refusals.items()}
        for flow_topic, flow in self._flows.items() if self._active else ():
            values |= flow.figures(flow_topic)
        array = DiagnosticArray()
        array.header.stamp = self.get_clock().now().to_msg()
        array.status = [
            DiagnosticStatus(
                level=found.level,
                name=f"fatigue_ros: {self.get_fully_qualified_name()}",
                hardware_id="",
                message=found.message,
                values=[KeyValue(key=k, value=_text(v)) for k, v in values.items()],
            )
        ]
        self._diagnostics.publish(array)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class StopRequest:
    """Set by Ctrl-C or SIGTERM, so that nodes are stopped while the context still lives."""

    def __init__(self) -> None:
        self._set = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, *_: object) -> None:
        self._set = True

    def __bool__(self) -> bool:
        return self._set


def start_ros(args: list[str] | None) -> None:
    """Start rclpy, which leaves signals to StopRequest.

    Raises:
        ParameterError: ROS refuses an argument, such as a parameter file that is not there.
    """
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # rcl's own classes are private
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ParameterError(f"ROS arguments: {reason}") from error


def run(node_class: type[FatigueNode], args: list[str] | None = None) -> int:
    """Run one node until it is asked to end; the ``main`` of every node's executable.

    Returns:
        EXIT_DONE after Ctrl-C or SIGTERM, EXIT_REFUSED when a parameter or a ROS argument was
        refused.
    """
    stop = StopRequest()
    try:
        start_ros(args)
        node = node_class()
    except FatigueError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for people; there is no node to log with
        rclpy.try_shutdown()
        return EXIT_REFUSED
    executor = EventsExecutor()
    executor.add_node(node)
    if node.settings.autostart:
        node.start()
    while rclpy.ok() and not stop:
        executor.spin_once(timeout_sec=_SPIN)
    node.stop()
    executor.remove_node(node)
    node.destroy_node()
    executor.shutdown()
    rclpy.shutdown()
    return EXIT_DONE
