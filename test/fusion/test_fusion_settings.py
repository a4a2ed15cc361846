"""Every constant of the judgement is what the settings file says that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.settings.parameters import specifications


def test_defaults_and_ranges_are_those_of_the_settings_file(
    stated: Callable[[str], dict[str, tuple[Any, str]]],
) -> None:
    told = stated("fusion")
    found = specifications(FusionSettings)
    assert len(found) > 60
    assert {name: (s.default, s.range_text) for name, s in found.items()} == {
        name: told[name] for name in found
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"OPTICAL_WARNING_THRESHOLD_L": 85.1},
        {"OPTICAL_WARNING_THRESHOLD_H": 85.002},
        {"long_blink_time": 1.0},
        {"microsleep_time": 2.0, "sleep_time": 2.0},
        {"sleep_time": 5.0, "unresponsive_time": 5.0},
    ],
)
def test_steps_that_do_not_rise_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ParameterError):
        FusionSettings(**changes)  # type: ignore[arg-type]
