"""A dataclass of settings on our side, ROS parameters with descriptors on the other."""

import dataclasses
from collections.abc import Callable
from typing import Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    SetParametersResult,
)
from rclpy.parameter import Parameter

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.ros.lifecycle import ManagedNode
from fatigue_ros.settings.parameters import (
    Specification,
    check,
    from_mapping,
    parameter,
    specifications,
)

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
# What the process was given for whatever node has it, see parameter_files.shared. Kept for the
# process, as rcl keeps its arguments: nodes are made in many places.
SHARED: set[str] = set()


@dataclasses.dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """Parameters that every node has; those of one node inherit from it."""

    autostart: bool = parameter(
        True, "Configure and activate at start; false leaves it to a lifecycle manager."
    )


S = TypeVar("S", bound=NodeSettings)


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
    if spec.minimum is None or spec.maximum is None:
        return text
    # Ranges are declared for scalars only: rcl refuses none, but tools draw sliders from them.
    if kind == ParameterType.PARAMETER_DOUBLE:
        text.floating_point_range = [
            FloatingPointRange(from_value=float(spec.minimum), to_value=float(spec.maximum))
        ]
    elif kind == ParameterType.PARAMETER_INTEGER:
        text.integer_range = [
            IntegerRange(from_value=int(spec.minimum), to_value=int(spec.maximum))
        ]
    return text


class NodeParameters(Generic[S]):
    """Declares a node's parameters and keeps its settings in step with them.

    Args:
        node: made with its overrides declared and undeclared parameters allowed, so that unknown
            ones are refused here, by name.
        settings: dataclass of the parameters.
        changed: called after parameters have changed while the node is configured.

    Raises:
        ParameterError: a parameter given at start is unknown, of the wrong type or out of range.
    """

    def __init__(self, node: ManagedNode, settings: type[S], changed: Callable[[], None]) -> None:
        self._node = node
        self._known = specifications(settings)
        self._changed = changed
        self.settings = self._declare(settings)
        node.add_on_set_parameters_callback(self._check)
        node.add_post_set_parameters_callback(self._take)

    def _declare(self, kind: type[S]) -> S:
        node = self._node
        given = {
            name: p.value
            for name, p in node.get_parameters_by_prefix("").items()
            if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIX)
        }
        own = {
            name: value
            for name, value in given.items()
            if name in self._known or name not in SHARED
        }
        try:
            settings = from_mapping(kind, own)
        except FatigueError as error:
            raise ParameterError(f"{node.get_fully_qualified_name()}: parameter {error}") from error
        for name in given:
            node.undeclare_parameter(name)  # declared without a descriptor, by its override
        for name, spec in self._known.items():
            node.declare_parameter(
                name, getattr(settings, name), descriptor(spec), ignore_override=True
            )
        return settings

    def convert(self, changes: list[Parameter]) -> list[Parameter]:
        """The same changes with each value in its parameter's own type, such as 3 as 3.0.

        Raises:
            ParameterError: a value is of another type or out of range. (rclpy would refuse the
                type by itself, but without the parameter's name.)
        """
        return [
            Parameter(change.name, value=check(self._known[change.name], change.value))
            if change.name in self._known
            else change
            for change in changes
        ]

    def _check(self, changes: list[Parameter]) -> SetParametersResult:
        wanted = {}
        for change in changes:
            spec = self._known.get(change.name)
            if spec is None:
                if self._node.has_parameter(change.name):
                    continue  # use_sim_time and the like
                expected = ", ".join(self._known)
                return refusal(f"{change.name}: unknown parameter, expected one of {expected}")
            try:
                value = wanted[spec.name] = check(spec, change.value)
            except ParameterError as error:
                return refusal(str(error))
            if (
                self._node.is_configured
                and not spec.live
                and value != getattr(self.settings, spec.name)
            ):
                return refusal(
                    f"{spec.name}: can change only while {self._node.get_name()} is unconfigured"
                )
        try:
            dataclasses.replace(self.settings, **wanted)  # fine each, but together?
        except FatigueError as error:
            return refusal(str(error))
        return SetParametersResult(successful=True)

    def _take(self, changes: list[Parameter]) -> None:
        changed = {
            c.name: check(self._known[c.name], c.value) for c in changes if c.name in self._known
        }
        if changed:
            self.settings = dataclasses.replace(self.settings, **changed)
            self._node.get_logger().info(", ".join(f"{k} = {v}" for k, v in changed.items()))
            if self._node.is_configured:
                self._changed()


def refusal(reason: str) -> SetParametersResult:
    """The answer to a change that cannot be made."""
    return SetParametersResult(successful=False, reason=reason)
