"""When the page asks for studies: only of a driver who is watched, and in traffic never."""

from __future__ import annotations

from typing import Any

import pytest

from fatigue_ros.dashboard.questions import SleepinessQuestion, WorkloadQuestion

OFF, ACTIVE = 0, 2


def refusal(question: SleepinessQuestion, now: float = 100.0, **changes: Any) -> str:
    level = {"age": 0.1, "state": ACTIVE, "speed_valid": True, "speed": 0.0}
    asked: dict[str, Any] = {"interval": 300.0, "driving": False}
    asked |= {name: changes.pop(name) for name in list(changes) if name in asked}
    return question.refusal(level | changes, now, off=OFF, **asked)


@pytest.mark.parametrize("speed", [0.0, 0.29, -0.29])
def test_it_is_asked_while_the_vehicle_stands(speed: float) -> None:
    assert refusal(SleepinessQuestion(), speed=speed) == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"interval": 0.0}, "not asked for"),
        ({"age": 2.1}, "nobody watches"),
        ({"state": OFF}, "nobody watches"),
        ({"speed": 0.31}, "while the vehicle stands"),
        ({"speed": -0.31}, "while the vehicle stands"),
        ({"speed_valid": False}, "while the vehicle stands"),
    ],
)
def test_why_it_is_not(changes: dict[str, Any], expected: str) -> None:
    assert expected in refusal(SleepinessQuestion(), **changes)


def test_on_a_test_track_it_is_asked_while_driving() -> None:
    assert refusal(SleepinessQuestion(), speed=30.0, driving=True) == ""


def test_nobody_was_heard_yet() -> None:
    question = SleepinessQuestion()
    said = question.refusal(None, 1.0, off=OFF, interval=300.0, driving=True)
    assert "nobody watches" in said


def test_an_answer_is_asked_for_again_after_the_interval() -> None:
    question = SleepinessQuestion()
    question.answered(100.0)
    assert "just now" in refusal(question, 399.9)
    assert refusal(question, 400.0) == ""


@pytest.mark.parametrize(
    ("changes", "asked", "expected"),
    [
        ({}, False, "parameter ask_workload"),
        ({"age": 2.1}, True, "nobody knows"),
        ({"speed": 0.31}, True, "while the vehicle stands"),
        ({"speed_valid": False}, True, "while the vehicle stands"),
        ({}, True, ""),
        ({"state": OFF, "speed_valid": False}, True, ""),
    ],
)
def test_who_may_say_how_hard_it_was(changes: dict[str, Any], asked: bool, expected: str) -> None:
    level = {"age": 0.1, "state": ACTIVE, "speed_valid": True, "speed": 0.0}
    said = WorkloadQuestion().refusal(level | changes, off=OFF, asked=asked)
    assert expected in said
    assert bool(said) == bool(expected)


def test_workload_is_due_after_a_drive_and_no_more_once_answered() -> None:
    question = WorkloadQuestion()
    question.see({"speed_valid": True, "speed": 0.1})
    question.see({"speed_valid": False, "speed": 30.0})
    assert not question.driven
    question.see({"speed_valid": True, "speed": 30.0})
    question.see({"speed_valid": True, "speed": 0.0})
    assert question.driven
    question.answered()
    assert not question.driven
