"""The alert node over DDS: patterns, and a board that does or does not confirm."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, FatigueWarning
from fatigue_ros.nodes.alert import CONFIRMATION, MOST_TRIES, AlertNode
from fatigue_ros.ros.base import ERROR, OK
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import WARNING_QOS


class Lamp:
    """The other end of the alert node: what it commands, with times, and a board's answers."""

    def __init__(self, bench: Any, board: bool, **parameters: Any) -> None:
        self.bench = bench
        self.answers = True
        self.seen: list[tuple[float, Any]] = []
        bench.node.create_subscription(ActuatorCommand, "actuators/command", self._take, 100)
        self._status = (
            bench.node.create_publisher(ActuatorStatus, "actuators/status", 10) if board else None
        )
        self.node = bench.add(AlertNode(parameters))
        assert self.node.start(), self.node.problem
        self._warning = bench.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
        bench.until(self._warning.get_subscription_count, "the alert node")
        bench.until(lambda: self.node.count_subscribers("actuators/command"), "to be heard")
        if self._status is not None:
            status = self._status
            bench.until(status.get_subscription_count, "a listener for the board")

    def _take(self, command: Any) -> None:
        self.seen.append((time.monotonic(), command))
        if self.answers:
            self.say(acknowledged=command.sequence)

    def say(self, **fields: Any) -> None:
        if self._status is not None:
            self._status.publish(ActuatorStatus(**({"connected": True} | fields)))

    def warn(self, severity: int, cause: str = "", duration: float = 15.0) -> None:
        now = self.node.now()
        message = FatigueWarning(severity=severity, cause=cause, text="text")
        message.header.stamp = to_stamp(now)
        message.until = to_stamp(now + duration)
        self._warning.publish(message)

    def lights(self) -> list[tuple[bool, bool, bool]]:
        return [(c.yellow_led, c.red_led, c.buzzer_frequency > 0) for _, c in self.seen]


VISUAL, ACOUSTIC = FatigueWarning.VISUAL, FatigueWarning.ACOUSTIC


@pytest.mark.parametrize(
    ("cause", "steps", "step"),
    [
        (FatigueWarning.CAUSE_CANNOT_SEE_DRIVER, [(True, False), (False, False)], 0.25),
        (FatigueWarning.CAUSE_SYSTEM_FAULT, [(True, False), (False, True)], 0.5),
    ],
)
def test_changing_patterns(bench: Any, cause: str, steps: list[Any], step: float) -> None:
    lamp = Lamp(bench, board=True)
    lamp.warn(VISUAL, cause, duration=10.0)
    bench.until(lambda: len(lamp.seen) >= 6, "six steps")
    assert [light[:2] for light in lamp.lights()[:6]] == steps * 3
    assert not any(sound for *_, sound in lamp.lights())
    gaps = [b - a for (a, _), (b, _) in zip(lamp.seen[:5], lamp.seen[1:6], strict=True)]
    assert sum(gaps) == pytest.approx(5 * step, abs=0.15)
    # A pattern that stands still would mean something else.
    assert all(c.duration <= 4.0 * step for _, c in lamp.seen)
    lamp.warn(FatigueWarning.NONE, duration=0.0)
    bench.until(lambda: lamp.lights()[-1] == (False, False, False), "darkness")
    count = len(lamp.seen)
    bench.spin(3.0 * step)
    assert len(lamp.seen) - count <= 1


def test_a_loud_warning_looks_the_same_whatever_its_cause(bench: Any) -> None:
    lamp = Lamp(bench, board=False)
    for cause in (FatigueWarning.CAUSE_CANNOT_SEE_DRIVER, FatigueWarning.CAUSE_SYSTEM_FAULT):
        lamp.warn(ACOUSTIC, cause)
        bench.until(lambda: lamp.seen, "a command")
        assert lamp.lights()[-1] == (True, True, True)
        lamp.seen.clear()


def test_a_pattern_ends_with_its_warning(bench: Any) -> None:
    lamp = Lamp(bench, board=True)
    lamp.warn(VISUAL, FatigueWarning.CAUSE_SYSTEM_FAULT, duration=1.2)
    bench.until(lambda: lamp.seen, "a command")
    bench.spin(1.4)
    count = len(lamp.seen)
    bench.spin(0.8)
    assert len(lamp.seen) == count
    assert lamp.node.diagnose().values["shown"] == "dark"


def test_confirmed_commands_are_not_repeated(bench: Any) -> None:
    lamp = Lamp(bench, board=True)
    lamp.warn(VISUAL, FatigueWarning.CAUSE_FATIGUE_LEVEL)
    bench.until(lambda: lamp.node.diagnose().values["confirmed"] == 1, "the confirmation")
    bench.spin(2.0 * CONFIRMATION)
    assert len(lamp.seen) == 1
    assert lamp.node.diagnose().level == OK
    assert lamp.node.diagnose().values["confirmation_delay"] < CONFIRMATION


def test_unconfirmed_commands_are_repeated_and_said_so(bench: Any) -> None:
    lamp = Lamp(bench, board=True)
    lamp.answers = False
    lamp.say()
    lamp.warn(VISUAL, FatigueWarning.CAUSE_FATIGUE_LEVEL, duration=15.0)
    bench.until(lambda: len(lamp.seen) >= 3, "repetitions")
    (first, command), (second, again), *_ = lamp.seen
    assert again.sequence == command.sequence
    assert again.yellow_led
    assert again.duration == pytest.approx(15.0 - (second - first), abs=0.1)
    assert second - first == pytest.approx(CONFIRMATION, abs=0.15)
    assert lamp.node.diagnose().level == ERROR
    assert "did not confirm" in lamp.node.diagnose().message
    lamp.answers = True
    bench.until(lambda: lamp.node.diagnose().level == OK, "trust again")
    count = len(lamp.seen)
    assert count <= MOST_TRIES
    bench.spin(1.0)
    assert len(lamp.seen) == count


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"connected": False}, "not connected"), ({"host_lost": True}, "does not hear us")],
)
def test_a_board_in_trouble(bench: Any, fields: dict[str, bool], words: str) -> None:
    lamp = Lamp(bench, board=True)
    lamp.say(**fields)
    bench.until(lambda: words in lamp.node.diagnose().message, words)
    assert lamp.node.diagnose().level == ERROR


def test_a_board_that_falls_silent(bench: Any) -> None:
    lamp = Lamp(bench, board=True)
    lamp.say()
    bench.until(lambda: "no word from the board" in lamp.node.diagnose().message, "the complaint")


def test_a_desk_without_a_board(bench: Any) -> None:
    """Nobody confirms and nobody is missed; the commands go out for whoever watches."""
    lamp = Lamp(bench, board=False)
    lamp.warn(ACOUSTIC, FatigueWarning.CAUSE_EYES_CLOSED)
    bench.until(lambda: lamp.seen, "a command")
    bench.spin(3.0 * CONFIRMATION)
    assert len(lamp.seen) == 1
    assert lamp.node.diagnose().level == OK
    assert lamp.node.diagnose().values["output"] == "console"


def test_a_board_that_must_be_there(bench: Any) -> None:
    lamp = Lamp(bench, board=False, output="board")
    lamp.warn(ACOUSTIC, FatigueWarning.CAUSE_EYES_CLOSED)
    bench.until(lambda: len(lamp.seen) > 1, "a repetition")
    assert lamp.node.diagnose().level == ERROR
