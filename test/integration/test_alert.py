"""The alert node over DDS: patterns, and a board that does or does not confirm."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fatigue_ros.devices.light_patterns import CHIME, Pattern
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, FatigueWarning
from fatigue_ros.nodes import alert
from fatigue_ros.nodes.alert import CONFIRMATION, AlertNode
from fatigue_ros.ros.base import ERROR, OK
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import WARNING_QOS

TICK = alert._TICK  # [s] of the node's clock between two looks at it


class Alert(AlertNode):
    """Counts how often it has looked at its clocks, which are ours."""

    ticks = 0
    wall = 0.0  # [s] what the node's clock is set to
    steady_time = 0.0  # [s]

    def steady(self) -> float:
        return self.steady_time

    def now(self) -> float:
        return self.wall

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
        self.node = bench.add(Alert(parameters))
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

    def warn(self, severity: int, cause: str = "", **fields: Any) -> None:
        stamps = {name: fields.pop(name) for name in ("since", "until") if name in fields}
        talk = fields.pop("publisher", self._warning)
        message = FatigueWarning(severity=severity, cause=cause, text="text", **fields)
        for name, stamp in stamps.items():
            setattr(message, name, to_stamp(stamp))
        before = self._count("warning")
        talk.publish(message)
        self.bench.until(lambda: self._count("warning") > before, "the warning to be heard")
        self.settle()

    def warn_for(self, seconds: float, *warning: Any, **fields: Any) -> None:
        """Repeat a warning once a second."""
        for _ in range(round(seconds)):
            self.warn(*warning, **fields)
            self.wait(1.0)

    def wait(self, seconds: float) -> None:
        """Let the node's clock go on."""
        for _ in range(round(seconds / TICK)):
            self.time += TICK
            self.node.steady_time += TICK
            ticks = self.node.ticks
            self.bench.until(lambda n=ticks: self.node.ticks > n, "the node to look at its clock")
            self.settle()

    def lights(self) -> list[tuple[bool, bool, int]]:
        return [(c.yellow_led, c.red_led, c.buzzer_frequency) for _, c in self.seen]

    def changes(self) -> list[tuple[float, tuple[bool, bool, int]]]:
        """When [s] something else was commanded than before, and what."""
        times = [at for at, _ in self.seen]
        pairs = list(zip(times, self.lights(), strict=True))
        return [pair for n, pair in enumerate(pairs) if n == 0 or pair[1] != pairs[n - 1][1]]


NONE, VISUAL, ACOUSTIC = (getattr(FatigueWarning, name) for name in ("NONE", "VISUAL", "ACOUSTIC"))
LEVEL, EYES = FatigueWarning.CAUSE_FATIGUE_LEVEL, FatigueWarning.CAUSE_EYES_CLOSED
UNSEEN, FAULT = FatigueWarning.CAUSE_CANNOT_SEE_DRIVER, FatigueWarning.CAUSE_SYSTEM_FAULT
Y, R, BOTH, DARK = (True, False), (False, True), (True, True), (False, False)


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
    ("severity", "cause", "steps", "step"),
    [
        (ACOUSTIC, LEVEL, [(*BOTH, 675), (*Y, 0)], [0.5, 1.5]),
        (ACOUSTIC, EYES, [(*BOTH, 2700), (*BOTH, 2025)], [0.25, 0.25]),
        (VISUAL, UNSEEN, [(*Y, 0), (*DARK, 0)], [0.25, 0.25]),
        (ACOUSTIC, UNSEEN, [(*BOTH, 1350), (*DARK, 0)], [0.25, 0.25]),
        (VISUAL, FAULT, [(*Y, 0), (*R, 0)], [0.5, 0.5]),
        (ACOUSTIC, FAULT, [(*Y, 1350), (*Y, 0), (*Y, 1350), (*Y, 0), (*R, 0)], [*[0.25] * 4, 1.0]),
    ],
)
def test_changing_patterns(
    make: Callable[..., Lamp], severity: int, cause: str, steps: list[Any], step: list[float]
) -> None:
    lamp = make(board=True)
    lamp.seen.clear()
    lamp.node._flows["actuators/command"]._count = 0
    lamp.warn_for(4.0, severity, cause)
    changes = lamp.changes()
    if changes[0][1] == (*DARK, 0):  # a command of before that came late
        changes.pop(0)
    times, lights = zip(*changes, strict=True)
    again = -(-len(lights) // len(steps))
    assert list(lights) == (steps * again)[: len(lights)]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert gaps == pytest.approx((step * again)[: len(gaps)], abs=1.5 * TICK)
    assert sum(gaps) == pytest.approx(sum((step * again)[: len(gaps)]), abs=1.5 * TICK)
    # A pattern that stands still would mean something else.
    assert all(c.duration <= 2.0 for _, c in lamp.seen)
    lamp.warn(NONE)
    assert lamp.lights()[-1] == (*DARK, 0)
    count = len(lamp.changes())
    lamp.wait(2.0)
    assert len(lamp.changes()) == count


def test_a_step_lasts_longer_than_a_confirmation_is_waited_for() -> None:
    """Else a board that does not confirm would never be found while a pattern changes."""
    steps = [pattern.value.step for pattern in Pattern if not pattern.value.steady]
    assert min(steps) >= CONFIRMATION + TICK


@pytest.mark.parametrize("before", [None, (VISUAL, LEVEL), (ACOUSTIC, FAULT), (VISUAL, EYES)])
def test_the_alarm_sounds_with_its_warning(make: Callable[..., Lamp], before: Any) -> None:
    """Not with the next step of what was shown before."""
    lamp = make(board=True)
    if before is not None:
        lamp.warn(*before, chime=True)
        lamp.wait(0.35)
    now = lamp.time
    lamp.warn(ACOUSTIC, EYES)
    assert lamp.changes()[-1] == (now, (*BOTH, 2700))


@pytest.mark.parametrize(("cause", "led"), [(LEVEL, Y), (EYES, R)])
def test_a_light_begins_with_one_tone_where_it_is_asked_for(
    make: Callable[..., Lamp], cause: str, led: tuple[bool, bool]
) -> None:
    lamp = make(board=True)
    lamp.warn_for(3.0, VISUAL, cause, chime=True, since=5.0)
    assert [what for _, what in lamp.changes()][-2:] == [(*led, 675), (*led, 0)]
    began, ended = (at for at, _ in lamp.changes()[-2:])
    assert ended - began == pytest.approx(CHIME, abs=1.5 * TICK)
    lamp.warn_for(2.0, ACOUSTIC, EYES, since=8.0)
    count = len(lamp.changes())
    lamp.warn_for(2.0, VISUAL, cause, chime=True, since=8.0 if cause == EYES else 5.0)
    assert [what for _, what in lamp.changes()][count:] == [(*led, 0)]  # the same one goes on
    lamp.warn_for(2.0, VISUAL, cause, chime=True, since=9.0)
    assert [what for _, what in lamp.changes()][count + 1 :] == [(*led, 675), (*led, 0)]
    lamp.warn(NONE)
    lamp.warn_for(1.0, VISUAL, cause, since=12.0)
    assert [what for _, what in lamp.changes()][count + 3 :] == [(*DARK, 0), (*led, 0)]


@pytest.mark.parametrize("since", [0.0, 7.0])
@pytest.mark.parametrize("until", [0.0, 1e-9, 0.1, 1.0, 2e9])
@pytest.mark.parametrize(("severity", "cause"), [(VISUAL, LEVEL), (ACOUSTIC, EYES)])
def test_no_stamp_shortens_a_warning(
    make: Callable[..., Lamp], severity: int, cause: str, until: float, since: float
) -> None:
    """It is shown until it is over, and until fusion is taken for broken."""
    lamp = make(board=True)
    lamp.warn_for(2.0, severity, cause, since=since, until=until)
    began = next(at for at, what in lamp.changes() if what != (*DARK, 0))
    shown = [(at, c) for at, c in lamp.seen if at >= began]
    assert all(c.yellow_led or c.red_led for _, c in shown)
    assert all((c.buzzer_frequency > 0) == (severity == ACOUSTIC) for _, c in shown)
    for (at, command), (after, _) in itertools.pairwise(shown):
        assert at + command.duration > after  # the board never goes dark in between
    lamp.warn(NONE, until=until)
    assert lamp.changes()[-1] == (lamp.time, (*DARK, 0))


def test_it_commands_twice_a_second_darkness_too(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.wait(4.0)
    numbers = [c.sequence for _, c in lamp.seen]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert set(lamp.lights()) == {(*DARK, 0)}
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(lamp.seen)]
    assert len(gaps) >= 7
    assert max(gaps) == pytest.approx(0.5, abs=1.5 * TICK)
    lamp.warn_for(3.0, VISUAL, LEVEL)
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(lamp.seen)]
    assert max(gaps) == pytest.approx(0.5, abs=1.5 * TICK)


def test_the_start_is_no_fault_before_its_time(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True, start_up_time=6.0)
    lamp.wait(5.8)
    assert lamp.node.diagnose().level == OK
    assert set(lamp.lights()) == {(*DARK, 0)}
    lamp.wait(0.4)
    assert lamp.node.diagnose().message == "no word from fusion for 6 s since the start"
    assert lamp.node.diagnose().level == ERROR
    assert lamp.lights()[-1] == (*Y, 0)
    lamp.warn(NONE)
    assert lamp.node.diagnose().level == OK
    assert lamp.lights()[-1] == (*DARK, 0)
    lamp.wait(2.8)
    assert lamp.node.diagnose().level == OK
    lamp.wait(0.4)
    assert lamp.node.diagnose().message == "no word from fusion for 3 s"
    assert lamp.lights()[-1] == (*Y, 0)


@pytest.mark.parametrize("heard", [False, True])
def test_a_pause_of_its_own_is_no_silence_of_fusion(make: Callable[..., Lamp], heard: bool) -> None:
    """As while landmarks loads its models in the same process, or when the process was stopped."""
    lamp = make(board=True, start_up_time=6.0)
    if heard:
        lamp.warn(NONE)
    lamp.time += 20.0
    lamp.node.steady_time += 20.0
    lamp.wait(1.5)
    assert lamp.node.diagnose().level == OK
    assert set(lamp.lights()) == {(*DARK, 0)}
    lamp.wait(2.0)
    assert ("no word from fusion" in lamp.node.diagnose().message) is heard
    lamp.wait(2.0)
    assert "no word from fusion" in lamp.node.diagnose().message


@pytest.mark.parametrize("step", [-1e9, -3600.0, -10.0, 10.0, 3600.0, 1e9])
def test_no_step_of_a_clock_raises_or_hides_silence(make: Callable[..., Lamp], step: float) -> None:
    """Of the wall's, or of simulated time that begins or goes back."""
    lamp = make(board=True)
    lamp.warn(NONE)
    lamp.wait(1.0)
    lamp.node.wall += step
    lamp.node.steady_time += step
    lamp.wait(1.0)
    lamp.node.wall += step
    lamp.wait(0.8)
    assert lamp.node.diagnose().level == OK
    lamp.wait(0.4)
    assert "no word from fusion" in lamp.node.diagnose().message


def test_the_louder_of_two_publishers(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    other = lamp.bench.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
    lamp.bench.until(lambda: lamp.node.count_publishers("warning") == 2, "the other publisher")
    lamp.bench.until(other.get_subscription_count, "the alert node")
    assert lamp.node.diagnose().level == OK  # it only exists
    for number in range(3):  # they speak by turns
        lamp.warn(ACOUSTIC, EYES)
        lamp.wait(0.5)
        if number:
            lamp.warn(NONE, publisher=other)
        lamp.wait(0.25)
        if number:
            lamp.warn(VISUAL, LEVEL, publisher=other, chime=True)
        lamp.wait(0.25)
    began = next(at for at, what in lamp.changes() if what != (*DARK, 0))
    shown = {what for at, what in lamp.changes() if at >= began}
    assert shown == {(*BOTH, 2700), (*BOTH, 2025)}
    assert "several publishers of warning speak" in lamp.node.diagnose().message
    assert lamp.node.diagnose().level == ERROR
    lamp.warn(NONE)  # the louder one's own word
    assert lamp.lights()[-1] == (*Y, 675)
    lamp.warn(ACOUSTIC, EYES)
    for _ in range(3):  # it falls silent
        assert lamp.lights()[-1][2] > 0
        lamp.warn(VISUAL, LEVEL, publisher=other)
        lamp.wait(1.0)
    lamp.warn_for(3.0, VISUAL, LEVEL, publisher=other)
    assert lamp.lights()[-1] == (*Y, 0)
    assert lamp.node.diagnose().level == OK


def test_a_flood_of_quiet_warnings_ends_no_alarm(make: Callable[..., Lamp]) -> None:
    """Though the node comes to look at them only now and then."""
    lamp = make(board=True)
    other = lamp.bench.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
    lamp.bench.until(other.get_subscription_count, "the alert node")
    lamp.warn(NONE, publisher=other)
    lamp.warn(ACOUSTIC, EYES)
    count = len(lamp.seen)
    quiet = [(other, FatigueWarning())] * 40
    for _ in range(5):
        said = [*quiet, (lamp._warning, FatigueWarning(severity=ACOUSTIC, cause=EYES)), *quiet]
        due = lamp._count("warning") + len(said)
        for publisher, message in said:
            publisher.publish(message)
        lamp.bench.until(lambda n=due: lamp._count("warning") == n, "all of it")
        lamp.settle()
        lamp.wait(1.0)
    assert all(c.buzzer_frequency > 0 for _, c in lamp.seen[count:])


def test_a_severity_that_does_not_exist_is_refused(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.warn(VISUAL, LEVEL)
    lamp.warn(255, LEVEL)
    assert lamp.node.refusals == {"warning": 1}
    assert lamp.lights()[-1] == (*Y, 0)


def test_confirmed_commands_are_not_repeated(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.warn(VISUAL, LEVEL)
    before = lamp.node.diagnose().values["confirmed"]
    lamp.wait(4.0 * CONFIRMATION)
    numbers = [c.sequence for _, c in lamp.seen]
    assert len(set(numbers)) == len(numbers)
    assert lamp.node.diagnose().level == OK
    assert lamp.node.diagnose().values["confirmed"] > before > 0
    assert lamp.node.diagnose().values["confirmation_delay"] < CONFIRMATION


def test_unconfirmed_commands_are_repeated_and_said_so(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.answers = False
    lamp.say()
    lamp.warn(VISUAL, LEVEL)
    count = len(lamp.seen)
    lamp.wait(1.5 * CONFIRMATION)
    (first, command), (second, again) = lamp.seen[count - 1 :]
    assert again.sequence == command.sequence
    assert again.yellow_led
    assert again.duration == pytest.approx(2.0 - (second - first), abs=1e-6)
    assert second - first == pytest.approx(CONFIRMATION, abs=1.5 * TICK)
    assert lamp.node.diagnose().level == ERROR
    assert "did not confirm" in lamp.node.diagnose().message
    lamp.wait(1.0)
    assert "did not confirm" in lamp.node.diagnose().message
    lamp.answers = True
    lamp.wait(1.0)
    assert lamp.node.diagnose().level == OK  # trusted again
    count = len({c.sequence for _, c in lamp.seen})
    lamp.wait(0.5)
    assert len({c.sequence for _, c in lamp.seen}) == count + 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"connected": False}, "not connected"), ({"host_lost": True}, "does not hear us")],
)
def test_a_board_in_trouble(make: Callable[..., Lamp], fields: dict[str, bool], words: str) -> None:
    lamp = make(board=True)
    lamp.answers = False
    lamp.settle()
    lamp.say(**fields)
    lamp.settle()
    assert words in lamp.node.diagnose().message
    assert lamp.node.diagnose().level == ERROR


def test_a_board_that_falls_silent(make: Callable[..., Lamp]) -> None:
    lamp = make(board=True)
    lamp.answers = False
    lamp.settle()
    lamp.say()
    lamp.wait(alert.STATUS_SILENCE - 2.0 * TICK)
    assert "no word from the board" not in lamp.node.diagnose().message
    lamp.wait(4.0 * TICK)
    assert "no word from the board" in lamp.node.diagnose().message


def test_a_desk_without_a_board(make: Callable[..., Lamp]) -> None:
    """Nobody confirms and nobody is missed; the commands go out for whoever watches."""
    lamp = make(board=False)
    lamp.warn(ACOUSTIC, EYES)
    lamp.wait(3.0 * CONFIRMATION)
    numbers = [c.sequence for _, c in lamp.seen]
    assert len(set(numbers)) == len(numbers) > 1
    assert lamp.node.diagnose().level == OK
    assert lamp.node.diagnose().values["output"] == "console"


def test_a_board_that_must_be_there(make: Callable[..., Lamp]) -> None:
    lamp = make(board=False, output="board")
    lamp.warn(ACOUSTIC, EYES)
    lamp.wait(2.0 * CONFIRMATION)
    assert len(lamp.seen) > len({c.sequence for _, c in lamp.seen})
    assert lamp.node.diagnose().level == ERROR
