"""The typed fields of messages are those that ROS's classes have."""

from __future__ import annotations

import importlib
import re
import typing
from typing import Any

import pytest
from std_srvs.srv import Trigger

from fatigue_ros.ros import messages
from fatigue_ros.srv import Calibrate, SetDriver, SetSleepQuality

PACKAGES = [
    importlib.import_module(f"{name}.msg")
    for name in (
        *("fatigue_ros", "builtin_interfaces", "std_msgs", "sensor_msgs", "geometry_msgs"),
        *("nav_msgs", "diagnostic_msgs"),
    )
]
PLAIN = {bool: "boolean", bytes: "octet", int: r"u?int\d+", float: "float|double", str: "string"}
NAMES = sorted(
    name
    for name, kind in vars(messages).items()
    if getattr(kind, "__module__", "") == messages.__name__ and name not in ("Stamped", "Outcome")
)


def ros_type(hint: Any) -> str:
    """What a field of this type is in ROS, as a regular expression."""
    arguments = typing.get_args(hint)
    if arguments:
        inner = ros_type(arguments[0])
        return rf"sequence<({inner}).*>|({inner})\[\d+\]"
    return PLAIN.get(hint) or rf"\w+/{hint.__name__}"


@pytest.mark.parametrize("name", NAMES)
def test_fields(name: str) -> None:
    kind = next(getattr(package, name) for package in PACKAGES if hasattr(package, name))
    there = kind.get_fields_and_field_types()
    for field, hint in typing.get_type_hints(getattr(messages, name)).items():
        assert re.fullmatch(ros_type(hint), there[field]), field


@pytest.mark.parametrize("service", [Calibrate, SetDriver, SetSleepQuality, Trigger])
def test_outcome(service: Any) -> None:
    there = service.Response.get_fields_and_field_types()
    for field, hint in typing.get_type_hints(messages.Outcome).items():
        assert re.fullmatch(ros_type(hint), there[field]), field
