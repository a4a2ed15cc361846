"""Every constant of speed sources and buses is what the settings file says that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fatigue_ros.devices.can_settings import CanSettings
from fatigue_ros.devices.j1939_address import J1939Settings
from fatigue_ros.devices.speed import SpeedSettings
from fatigue_ros.settings.parameters import specifications


@pytest.mark.parametrize(
    ("node", "settings"),
    [
        ("vehicle_speed", SpeedSettings),
        ("vehicle_input", CanSettings),
        ("vehicle_output", CanSettings),
        ("vehicle_output", J1939Settings),
    ],
)
def test_defaults_and_ranges_are_those_of_the_settings_file(
    node: str, settings: type[Any], stated: Callable[[str], dict[str, tuple[Any, str]]]
) -> None:
    told = stated(node)
    found = specifications(settings)
    assert found
    assert {name: (s.default, s.range_text) for name, s in found.items()} == {
        name: told[name] for name in found
    }
