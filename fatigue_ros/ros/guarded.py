"""Callbacks that end nothing: whatever a wire, a service or a timer brings, the node goes on."""

from __future__ import annotations

import collections
import functools
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.parameter import Parameter

from fatigue_ros.errors import FatigueError, ParameterError, first_line

if TYPE_CHECKING:
    from fatigue_ros.ros import rclpy_types
    from fatigue_ros.ros.rclpy_types import LifecycleNode
else:
    from rclpy.lifecycle import LifecycleNode

_COMPLAINT_PERIOD = 5.0  # [s] between log lines about the same topic, service or timer
TOO_MANY, WINDOW = 3, 10.0  # faults, [s] in which so many put a node into its error state


class GuardedNode(LifecycleNode):
    """A node none of whose callbacks raises, whoever made it: rclpy makes some by itself.

    What a callback cannot take is dropped, counted and logged. A FatigueError, and what rclpy's
    own services cannot make of a request, is a refusal: whoever asked is to blame. Anything else
    is a fault of this node. See ``too_many``.

    Attributes:
        refusals: by what was refused.
        faults: by where they happened.
        last_fault: where it happened, and what.
    """

    def __init__(self, name: str, namespace: str | None, overrides: Sequence[Parameter]) -> None:
        self.refusals: collections.Counter[str] = collections.Counter()
        self.faults: collections.Counter[str] = collections.Counter()
        self.last_fault = ""
        self._faulted_at: collections.deque[float] = collections.deque(maxlen=TOO_MANY)
        self._complained_at: dict[str, float] = {}
        self._born = False
        super().__init__(
            name,
            namespace=namespace,
            parameter_overrides=overrides,
            automatically_declare_parameters_from_overrides=True,
            allow_undeclared_parameters=True,  # so that we refuse them, by name
        )
        for service in self.services:  # rclpy's own: of parameters, lifecycle and types
            service.callback = self._answering(
                service.srv_name.rpartition("/")[2], service.callback, self.refuse
            )
        self._born = True

    @property
    def too_many(self) -> bool:
        """Whether the third fault in ten seconds has happened."""
        times = self._faulted_at
        return len(times) == TOO_MANY and times[-1] - times[0] <= WINDOW

    def forget_faults(self) -> None:
        """Begin anew; the counts stay."""
        self._faulted_at.clear()

    def refuse(self, what: str, error: Exception) -> None:
        """Count what could not be taken, and say why now and then."""
        self.refusals[what] += 1
        self._complain(what, f"refused: {first_line(error)}")

    def fault(self, what: str, error: Exception) -> None:
        """Count what should not have happened, or what was refused, and say it now and then."""
        if isinstance(error, FatigueError):
            self.refuse(what, error)
            return
        self.faults[what] += 1
        self._faulted_at.append(time.monotonic())
        self.last_fault = f"{what}: {type(error).__name__}: {first_line(error)}"
        self._complain(what, "".join(traceback.format_exception(error)).rstrip())

    def guard(self, what: str, callback: Callable[..., object]) -> Callable[..., None]:
        """The callback, with its faults counted under this name instead of raised."""

        @functools.wraps(callback)
        def run(*args: Any) -> None:
            try:
                callback(*args)
            except Exception as error:  # noqa: BLE001 - whatever it is, the node goes on
                self.fault(what, error)

        return run

    def declare_parameters(
        self, namespace: str, parameters: Any, ignore_override: bool = False
    ) -> list[Parameter]:
        """Declare parameters; rclpy itself does with those that are given at start.

        Raises:
            ParameterError: one is given as an empty list, of which ROS cannot tell the type.
        """
        for name, *rest in parameters:
            if not self._born and rest and rest[0] is None:
                raise ParameterError(
                    f"{self.get_fully_qualified_name()}: parameter {name}: expected a value, "
                    "found an empty list"
                )
        return super().declare_parameters(namespace, parameters, ignore_override)

    def create_subscription(
        self,
        kind: type[object],
        topic: str,
        callback: Callable[..., object],
        qos: rclpy_types.Qos,
        **more: Any,
    ) -> object:
        """Subscribe, guarded."""
        return super().create_subscription(kind, topic, self.guard(topic, callback), qos, **more)

    def create_timer(self, period: float, callback: Callable[[], None], **more: Any) -> object:
        """A timer, guarded."""
        return super().create_timer(period, self.guard(name_of(callback), callback), **more)

    def create_service(
        self, kind: Any, name: str, callback: Callable[[Any, Any], Any], **more: Any
    ) -> object:
        """A service, guarded: it answers whatever happens."""
        if self._born:
            callback = self._answering(name, callback, self.fault)
        return super().create_service(kind, name, callback, **more)

    def _answering(
        self,
        name: str,
        callback: Callable[[Any, Any], Any],
        blame: Callable[[str, Exception], None],
    ) -> Callable[[Any, Any], Any]:
        @functools.wraps(callback)
        def answer(request: Any, response: Any) -> Any:
            try:
                return callback(request, response)
            except Exception as error:  # noqa: BLE001 - whatever was asked, the node goes on
                blame(name, error)
                return _excuse(request, response, f"{name}: {first_line(error)}")

        return answer

    def _complain(self, what: str, text: str) -> None:
        now = time.monotonic()
        if now - self._complained_at.get(what, -_COMPLAINT_PERIOD) >= _COMPLAINT_PERIOD:
            self._complained_at[what] = now
            self.get_logger().error(f"{what}: {text}")


def name_of(callback: Callable[..., object]) -> str:
    """What a timer is called after."""
    return getattr(callback, "__name__", "timer").strip("_")


def _excuse(request: Any, response: Any, reason: str) -> Any:
    """An answer that says that there is none; a caller without any would wait for ever."""
    if isinstance(request, SetParameters.Request):  # those before the odd one have been set
        refusal = SetParametersResult(successful=False, reason=reason)
        response.results += [refusal] * (len(request.parameters) - len(response.results))
        return response
    response = type(response)()
    if isinstance(request, SetParametersAtomically.Request):
        response.result.reason = reason
    if hasattr(response, "message"):
        response.message = reason
    return response
