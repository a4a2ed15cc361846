"""Every constant of the speed sources is what the settings file says that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fatigue_ros.devices.speed import SpeedSettings
from fatigue_ros.settings.parameters import specifications


def test_defaults_and_ranges_are_those_of_the_settings_file(
    stated: Callable[[str], dict[str, tuple[Any, str]]],
) -> None:
    told = stated("vehicle_speed")
    found = specifications(SpeedSettings)
    assert {name: (s.default, s.range_text) for name, s in found.items()} == {
        name: told[name] for name in found
    }
