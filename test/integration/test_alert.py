"""The alert node over DDS: patterns, and a board that does or does not confirm."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, FatigueWarning
from fatigue_ros.nodes import alert
from fatigue_ros.nodes.alert import CONFIRMATION, MOST_TRIES, AlertNode
from fatigue_ros.ros.base import ERROR, OK
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import WARNING_QOS

TICK = alert._TICK  # [s] of the node's clock between two looks at it


class Alert(AlertNode):
    """Counts how often it has looked at its clock."""

    ticks = 0

    def _on_tick(self) -> None:
        super()._on_tick()
        self.ticks += 1


class Lamp:
    """The other end of the alert node: what it commands, with times, and a board's answers.

    The node's clock is ours, so that it goes on only when all that was said has been heard.
    """

    def __init__(self, bench: Any, board: bool, **parameters: Any) -> None:
        self.bench = bench
        self.answers = True
        self.time = 1000.0  # [s]
        self.seen: list[tuple[float, Any]] = []
        self._said = 0
        bench.node.create_subscription(ActuatorCommand, "actuators/command", self._take, 100)
        self._status = (
            bench.node.create_publisher(ActuatorStatus, "actuators/status", 10) if board else None
        )
        # On simulated time without a /clock fusion is never silent for too long.
        self.node = bench.add(Alert({"use_sim_time": True, **parameters}))
        assert self.node.start(), self.node.problem
        self._warning = bench.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
        bench.until(self._warning.get_subscription_count, "the alert node")
        bench.until(lambda: self.node.count_subscribers("actuators/command"), "to be heard")
        if self._status is not None:
            status = self._status
            bench.until(status.get_subscription_count, "a listener for the board")
            bench.until(lambda: self.node.count_publishers("actuators/status"), "the board")

    def _take(self, command: Any) -> None:
        self.seen.append((self.time, command))
        if self.answers:
            self.say(acknowledged=command.sequence)

    def say(self, **fields: Any) -> None:
        if self._status is not None:
            self._said += 1
            self._status.publish(ActuatorStatus(**({"connected": True} | fields)))

    def _count(self, topic: str) -> int:
        return int(self.node._flows[topic]._count)

    def settle(self) -> None:
        """Until each has heard what the other has said."""
        self.bench.until(
            lambda: (
                len(self.seen) == self._count("actuators/command")
                and self._said == self._count("actuators/status")
            ),
            "all to be heard",
        )

    def warn(self, severity: int, cause: str = "", duration: float = 15.0) -> None:
        message = FatigueWarning(severity=severity, cause=cause, text="text")
        message.until = to_stamp(duration)
        before = self._count("warning")
        self._warning.publish(message)
        self.bench.until(lambda: self._count("warning") > before, "the warning to be heard")
        self.settle()

    def wait(self, seconds: float) -> None:
        """Let the node's clock go on."""
        for _ in range(round(seconds / TICK)):
            self.time += TICK
            ticks = self.node.ticks
            self.bench.until(lambda n=ticks: self.node.ticks > n, "the node to look at its clock")
            self.settle()

    def lights(self) -> list[tuple[bool, bool, bool]]:
        return [(c.yellow_led, c.red_led, c.buzzer_frequency > 0) for _, c in self.seen]


VISUAL, ACOUSTIC = FatigueWarning.VISUAL, FatigueWarning.ACOUSTIC


@pytest.fixture
def make(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lamp]:
    """Makes the node's other end."""
    lamps: list[Lamp] = []
    clock = SimpleNamespace(monotonic=lambda: lamps[0].time if lamps else 1000.0)
    monkeypatch.setattr(alert, "time", clock)
    monkeypatch.setattr(alert, "_TICK", 0.1 * TICK)  # [s] of ours, for one of the node's TICK

    def build(board: bool, **parameters: Any) -> Lamp:
        lamps.append(Lamp(bench, board, **parameters))
        return lamps[0]

    return build


@pytest.mark.parametrize(
    ("cause", "steps", "step"),
    [
        (FatigueWarning.CAUSE_CANNOT_SEE_DRIVER, [(True, False), (False, False)], 0.25),
        (FatigueWarning.CAUSE_SYSTEM_FAULT, [(True, False), (False, True)], 0.5),
    ],
)
def test_changing_patterns(
    make: Callable[..., Lamp], cause: str, steps: list[Any], step: float
) -> None:
    lamp = make(board=True)
    lamp.warn(VISUAL, cause, duration=10.0)
    lamp.wait(6.0 * step)
    assert [light[:2] for light in lamp.lights()[:6]] == steps * 3
    assert not any(sound for *_, sound in lamp.lights())
    gaps = [b - a for (a, _), (b, _) in zip(lamp.seen[:5], lamp.seen[1:6], strict=True)]
    assert gaps == pytest.approx([step] * 5, abs=1.5 * TICK)
    assert sum(gaps) == pytest.approx(5 * step, abs=1.5 * TICK)
    # A pattern that stands still would mean something else.
    assert all(c.duration <= 4.0 * step for _, c in lamp.seen)
    lamp.warn(FatigueWarning.NONE, duration=0.0)
    assert lamp.lights()[-1] == (False, False, False)
    count = len(lamp.seen)
    lamp.wait(3.0 * step)
    assert len(lamp.seen) == count


def test_a_loud_warning_looks_the_same_whatever_its_cause(make: Callable[..., Lamp]) -> None:
    lamp = make(board=False)
    for cause in (FatigueWarning.CAUSE_CANNOT_SEE_DRIVER, FatigueWarning.CAUSE_SYSTEM_FAULT):
        lamp.warn(ACOUSTIC, cause)
        assert lamp.lights()[-1] == (True, True, True)
    assert len(lamp.seen) == 2


def test_a_pattern_ends_with_its_warning(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.warn(VISUAL, FatigueWarning.CAUSE_SYSTEM_FAULT, duration=1.2)
    lamp.wait(1.4)
    count = len(lamp.seen)
    assert count > 0
    lamp.wait(0.8)
    assert len(lamp.seen) == count
    assert lamp.node.diagnose().values["shown"] == "dark"


def test_confirmed_commands_are_not_repeated(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.warn(VISUAL, FatigueWarning.CAUSE_FATIGUE_LEVEL)
    assert lamp.node.diagnose().values["confirmed"] == 1
    lamp.wait(2.0 * CONFIRMATION)
    assert len(lamp.seen) == 1
    assert lamp.node.diagnose().level == OK
    assert lamp.node.diagnose().values["confirmation_delay"] < CONFIRMATION


def test_unconfirmed_commands_are_repeated_and_said_so(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.answers = False
    lamp.say()
    lamp.warn(VISUAL, FatigueWarning.CAUSE_FATIGUE_LEVEL, duration=15.0)
    lamp.wait(4.0 * CONFIRMATION)
    assert len(lamp.seen) == 3
    (first, command), (second, again), *_ = lamp.seen
    assert again.sequence == command.sequence
    assert again.yellow_led
    assert again.duration == pytest.approx(15.0 - (second - first), abs=1e-6)
    assert second - first == pytest.approx(CONFIRMATION, abs=1.5 * TICK)
    assert lamp.node.diagnose().level == ERROR
    assert "did not confirm" in lamp.node.diagnose().message
    lamp.answers = True
    lamp.wait(1.0)
    assert lamp.node.diagnose().level == OK  # trusted again
    count = len(lamp.seen)
    assert count <= MOST_TRIES
    lamp.wait(1.0)
    assert len(lamp.seen) == count


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"connected": False}, "not connected"), ({"host_lost": True}, "does not hear us")],
)
def test_a_board_in_trouble(make: Callable[..., Lamp], fields: dict[str, bool], words: str) -> None:
    lamp = make(board=True)
    lamp.say(**fields)
    lamp.settle()
    assert words in lamp.node.diagnose().message
    assert lamp.node.diagnose().level == ERROR


def test_a_board_that_falls_silent(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.say()
    lamp.wait(alert.STATUS_SILENCE - 2.0 * TICK)
    assert lamp.node.diagnose().level == OK
    lamp.wait(4.0 * TICK)
    assert "no word from the board" in lamp.node.diagnose().message


def test_a_desk_without_a_board(make: Callable[..., Lamp]) -> None:
    """Nobody confirms and nobody is missed; the commands go out for whoever watches."""
    lamp = make(board=False)
    lamp.warn(ACOUSTIC, FatigueWarning.CAUSE_EYES_CLOSED)
    lamp.wait(3.0 * CONFIRMATION)
    assert len(lamp.seen) == 1
    assert lamp.node.diagnose().level == OK
    assert lamp.node.diagnose().values["output"] == "console"


def test_a_board_that_must_be_there(make: Callable[..., Lamp]) -> None:
    lamp = make(board=False, output="board")
    lamp.warn(ACOUSTIC, FatigueWarning.CAUSE_EYES_CLOSED)
    lamp.wait(2.0 * CONFIRMATION)
    assert len(lamp.seen) > 1
    assert lamp.node.diagnose().level == ERROR
