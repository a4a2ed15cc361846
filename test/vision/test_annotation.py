"""What is drawn on a picture: bars, the level in a line, and what is not valid and why."""

from __future__ import annotations

import dataclasses
import math
import types
from typing import Any

import numpy as np
import pytest

from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import STATES, FatigueState, Severity
from fatigue_ros.measures.states import EyeState, MouthState
from fatigue_ros.vision.annotation import describe

FACE = Face(stamp=1.0, points=np.zeros((68, 2), np.float32), yaw=0.0, pitch=0.0, roll=0.0, faces=1)
EYES = EyeState(stamp=1.0, valid=True, judged=True, ear=0.2, ear_open=0.3)
MOUTH = MouthState(stamp=1.0, valid=True, judged=True, mouth_opening=0.1)


def level(**values: Any) -> Any:
    """The fields of Assessment that matter here."""
    settings = {
        "valid": True,
        "reason": "",
        "level": 42.0,
        "kss": 6,
        "state": FatigueState.ACTIVE,
        "metrics": (),
    }
    return types.SimpleNamespace(**settings | values)


def test_what_was_not_heard_is_said() -> None:
    assert describe(None, None, None, None, None).notes == (
        "face: no landmarks come",
        "eyes, mouth, level: no message",
    )


def test_all_is_well() -> None:
    found = describe(FACE, EYES, MOUTH, level(), None, state="judging")
    assert found.notes == ()
    assert (found.severity, found.warning) == (0, "")
    assert found.headline == "fatigue 42 %, KSS about 6: judging"
    ear, mar = found.bars
    assert (ear.value, ear.mark, mar.value) == (0.2, 0.3, 0.1)


def test_what_is_not_valid_says_why_and_has_no_bar() -> None:
    eyes = dataclasses.replace(EYES, judged=False, reason="head turned away")
    mouth = dataclasses.replace(MOUTH, judged=False)
    metrics = (
        types.SimpleNamespace(name="heart_rate", valid=False, reason="pulse: no message yet"),
        types.SimpleNamespace(name="perclos", valid=False, reason="eyes: head turned away"),
        types.SimpleNamespace(name="sleep", valid=True, reason=""),
    )
    judged = level(
        valid=False, reason="too few frames", state=FatigueState.CALIBRATING, metrics=metrics
    )
    found = describe(FACE, eyes, mouth, judged, None, state=STATES[FatigueState.CALIBRATING])
    assert found.notes == (
        "eyes, perclos: head turned away",  # what shares a reason shares a line
        "mouth: not judged in this frame",
        "level: too few frames",
        "heart rate: no message yet",
    )
    assert found.headline == "fatigue unknown: learning the driver"
    assert all(math.isnan(bar.value) for bar in found.bars)


@pytest.mark.parametrize(
    ("face", "note"),
    [
        (dataclasses.replace(FACE, points=None), "face: none found"),
        (dataclasses.replace(FACE, yaw=math.nan), "head pose: cannot be told"),
    ],
)
def test_faces_that_are_no_use(face: Face, note: str) -> None:
    assert describe(face, EYES, MOUTH, level(), None).notes == (note,)


def test_alarms_are_marked() -> None:
    eyes = dataclasses.replace(EYES, eyes_closed=True)
    mouth = dataclasses.replace(MOUTH, mouth_open=True)
    warning = types.SimpleNamespace(
        text="eyes closed", severity=Severity.ACOUSTIC, cause="eyes_closed"
    )
    found = describe(FACE, eyes, mouth, level(), warning)
    assert (found.severity, found.warning, found.cause) == (2, "eyes closed", "eyes_closed")
    assert all(bar.alarming for bar in found.bars)


def test_every_state_has_a_name() -> None:
    assert set(STATES) == set(FatigueState)
