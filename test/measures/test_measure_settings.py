"""Every constant of the measures is what the settings file says that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.mouth import MouthSettings
from fatigue_ros.measures.pulse import PulseSettings
from fatigue_ros.measures.steering import SteeringSettings
from fatigue_ros.settings.parameters import specifications


@pytest.mark.parametrize(
    ("node", "settings"),
    [
        ("blink", EyeSettings),
        ("yawn", MouthSettings),
        ("heart_rate", PulseSettings),
        ("steering", SteeringSettings),
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
