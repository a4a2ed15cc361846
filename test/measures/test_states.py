"""What a measure says before there is anything to say."""

from __future__ import annotations

import dataclasses
import math

import pytest

from fatigue_ros.measures.states import (
    EyeState,
    ModelState,
    MouthState,
    PulseState,
    SteeringState,
)

State = EyeState | ModelState | MouthState | PulseState | SteeringState


@pytest.mark.parametrize("kind", [EyeState, ModelState, MouthState, PulseState, SteeringState])
def test_a_state_of_nothing_but_a_time_claims_nothing(kind: type[State]) -> None:
    said = dataclasses.asdict(kind(stamp=5.0))
    assert said.pop("stamp") == 5.0
    for name, value in said.items():
        assert not value or math.isnan(value), name
