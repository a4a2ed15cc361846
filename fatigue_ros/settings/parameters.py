"""Parameters as dataclass fields that carry range, unit and description.

One declaration serves four readers: the plain-Python classes (as their settings), the
nodes (as ROS parameters with descriptors), ``config/fatigue.yaml`` and the documentation.

>>> @dataclasses.dataclass(frozen=True, kw_only=True)
... class CameraSettings:
...     frame_rate: float = parameter(30.0, "Frames per second", unit="Hz", limits=(1.0, None))
>>> from_mapping(CameraSettings, {"frame_rate": 0.5})
Traceback (most recent call last):
    ...
fatigue_ros.errors.ParameterError: frame_rate: 0.5 Hz is out of range, expected at least 1.0
"""

import dataclasses
import itertools
import math
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from fatigue_ros.errors import ParameterError
from fatigue_ros.settings.registry import Registry

T = TypeVar("T")
Value: TypeAlias = bool | int | float | str | list[int] | list[float] | list[str]
_KEY = "fatigue_ros.parameter"


@dataclasses.dataclass(frozen=True)
class Specification:
    """What is known of one parameter."""

    name: str
    kind: type[Any]
    """bool, int, float, str, or list for a list of one of them."""
    element: type[Any] | None
    """Type of a list's elements, None for a scalar."""
    default: Value
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | Registry[Any] = ()
    live: bool = False
    """Whether it may change while the node is configured."""

    @property
    def range_text(self) -> str:
        """The range in words, empty when there is none."""
        if isinstance(self.choices, Registry):  # the same whatever else is installed
            return f"{_one_of(self.choices.own)} or an entry point in {self.choices.group}"
        if self.choices:
            return _one_of(self.choices)
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum} to {self.maximum}"
        if self.minimum is not None:
            return f"at least {self.minimum}"
        return "" if self.maximum is None else f"at most {self.maximum}"


def _one_of(names: Iterable[str]) -> str:
    return "one of " + ", ".join(map(repr, names))


def parameter(
    default: Value,
    description: str,
    *,
    unit: str = "",
    limits: tuple[float | None, float | None] = (None, None),
    choices: tuple[str, ...] | Registry[Any] = (),
    live: bool = False,
) -> Any:
    """A dataclass field that is a parameter.

    Args:
        default: its value when nothing else is said; a list is copied for each instance.
        description: one or two sentences, with the source of the default where it has one.
        unit: SI unit or the one it is given in, empty for none.
        limits: lowest and highest allowed number (each element of a list), None for none.
        choices: the allowed words, for strings, or where they are registered.
        live: whether it may change while a node is configured.
    """
    extra = {
        _KEY: {
            "description": description,
            "unit": unit,
            "minimum": limits[0],
            "maximum": limits[1],
            "choices": choices,
            "live": live,
        }
    }
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=extra)
    return dataclasses.field(default=default, metadata=extra)


def specifications(settings: type[Any]) -> dict[str, Specification]:
    """The parameters of a dataclass by name, in the order they are declared."""
    hints = typing.get_type_hints(settings)
    found: dict[str, Specification] = {}
    for field in dataclasses.fields(settings):
        if _KEY not in field.metadata:
            continue
        hint = hints[field.name]
        default: Any
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        else:
            default = field.default
        found[field.name] = Specification(
            name=field.name,
            kind=typing.get_origin(hint) or hint,
            element=typing.get_args(hint)[0] if typing.get_args(hint) else None,
            default=default,
            **field.metadata[_KEY],
        )
    return found


def _scalar(spec: Specification, kind: type[Any], value: Any) -> Any:
    if type(value) is int and kind in (float, str):
        value = kind(value)  # "30" in a parameter file is as good as "30.0", a device index as "0"
    if type(value) is not kind:
        raise ParameterError(
            f"{spec.name}: expected {kind.__name__}, got {value!r} ({type(value).__name__})"
        )
    if kind is float and not math.isfinite(value):
        raise ParameterError(f"{spec.name}: expected a finite number, got {value!r}")
    unit = f" {spec.unit}" if spec.unit else ""
    if kind in (int, float) and (
        (spec.minimum is not None and value < spec.minimum)
        or (spec.maximum is not None and value > spec.maximum)
    ):
        raise ParameterError(
            f"{spec.name}: {value}{unit} is out of range, expected {spec.range_text}"
        )
    if spec.choices and value not in spec.choices:
        raise ParameterError(f"{spec.name}: {value!r} is not {_one_of(spec.choices)}")
    return value


def check(spec: Specification, value: Any) -> Any:
    """Return the value, an int made a float or str where one is wanted.

    Raises:
        ParameterError: wrong type, out of range or not one of the choices.
    """
    if spec.element is None:
        return _scalar(spec, spec.kind, value)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise ParameterError(
            f"{spec.name}: expected a list of {spec.element.__name__}, got {value!r}"
        )
    items = [_scalar(spec, spec.element, item) for item in value]
    if not items and spec.default:
        raise ParameterError(
            f"{spec.name}: expected a list of {spec.element.__name__}, found an empty one"
        )
    return items


def from_mapping(settings: type[T], values: Mapping[str, Any]) -> T:
    """Build the dataclass from values by name; what is not named keeps its default.

    Raises:
        ParameterError: a name is unknown or a value is refused.
    """
    known = specifications(settings)
    for name in values:
        if name not in known:
            raise ParameterError(f"{name}: unknown parameter, expected one of {', '.join(known)}")
    return settings(**{name: check(known[name], value) for name, value in values.items()})


def check_rising(settings: Any, *names: str, strict: bool = True) -> None:
    """See that parameters rise in this order.

    Args:
        settings: a dataclass of parameters.
        names: of the parameters.
        strict: whether two of them may not be equal.

    Raises:
        ParameterError: one is higher than the next.
    """
    for low, high in itertools.pairwise(names):
        value, limit = getattr(settings, low), getattr(settings, high)
        if value > limit or (strict and value == limit):
            wanted = "less than" if strict else "at most"
            unit = specifications(type(settings))[low].unit
            raise ParameterError(
                f"{low}: expected {wanted} {high} ({limit} {unit}), got {value} {unit}"
            )
