"""A simulated drive as it would arrive: pictures, pulse samples, speed, ignition, answers, in time.

The camera's part is a source of frames that goes on while the camera is unplugged, the rest a
sequence of things that happen beside it. The node `driver_simulator` sends both on their topics,
the command `fatigue simulate` writes them into a file.
"""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fatigue_ros.measures.steering_formulas import STEP
from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.driver_source import DriverSource
from fatigue_ros.simulator.wheel import steer
from fatigue_ros.vision.frames import Frame

SPEED_RATE = 10.0
"""[Hz] as vehicles send it."""
SAMPLE_RATE = 100.0
"""[Hz] of the pulse sensor; plenty for a pulse, and light to store."""
SAMPLES = 10
"""[1] samples in a message: ten messages a second."""
IGNITION_PERIOD = 1.0
"""[s] the ignition is said again this often, for who comes late."""

_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)


class SteadySource(DriverSource):
    """A scripted driver whose time goes on without a camera.

    For each frame that an unplugged camera does not send, there is a Frame whose image is empty,
    shape (0, 0, 3).
    """

    def read(self) -> Frame | None:
        """The next frame; None at the end."""
        moment = next(self._moments, None)
        if moment is None:
            return None
        time, face = moment
        self._index += 1
        image = _NO_PICTURE if face is None else self._driver.render(face)
        return Frame(image, time, self._index - 1)


@dataclasses.dataclass(frozen=True, slots=True)
class SpeedEvent:
    """The vehicle says how fast it is."""

    time: float
    metres_per_second: float


@dataclasses.dataclass(frozen=True, slots=True)
class PulseEvent:
    """The board sends a run of samples.

    Attributes:
        time: [s] of the last sample, when the board sends them.
        first: [s] of the first sample.
        sequence: [1] counts the messages, those that were not sent too.
        samples: shape (SAMPLES,), converter counts, 1 / SAMPLE_RATE apart.
    """

    time: float
    first: float
    sequence: int
    samples: npt.NDArray[np.uint16]


@dataclasses.dataclass(frozen=True, slots=True)
class IgnitionEvent:
    """The vehicle says whether the ignition is on."""

    time: float
    on: bool


@dataclasses.dataclass(frozen=True, slots=True)
class SteeringEvent:
    """The vehicle says how it is steered.

    Attributes:
        time: [s].
        angle: [rad] of the wheel.
        position: [m] in the lane.
        assisted: whether the vehicle holds the lane by itself.
    """

    time: float
    angle: float
    position: float
    assisted: bool


@dataclasses.dataclass(frozen=True, slots=True)
class SleepAnswer:
    """The driver answers the question about last night's sleep, grade 1 to 5."""

    time: float
    grade: int


DriveEvent = SpeedEvent | SteeringEvent | PulseEvent | IgnitionEvent | SleepAnswer


class DriveEvents:
    """All that happens beside the camera, in the order of time, each event once."""

    def __init__(self, script: DriverScript) -> None:
        self._coming = _in_order(script)
        self._next = next(self._coming, None)

    def until(self, time: float = math.inf) -> Iterator[DriveEvent]:
        """What has not been given yet and happens until then, [s]."""
        while self._next is not None and self._next.time <= time:
            event, self._next = self._next, next(self._coming, None)
            yield event


def _in_order(script: DriverScript) -> Iterator[DriveEvent]:
    duration = script.scenario.duration
    readings = script.ppg(SAMPLE_RATE)
    answers = list(script.truth.sleep_answers)
    was_on: bool | None = None
    steering = list(_steering(script))
    for second in range(math.ceil(duration)):
        end = min(second + 1.0, duration)
        found: list[DriveEvent] = []
        times = np.arange(second * SPEED_RATE, end * SPEED_RATE - 1e-9) / SPEED_RATE
        ignition = script.ignition(times)
        speeds, there = script.speed(times), script.plugged("speed", times)
        for time, speed, said, on in zip(times, speeds, there, ignition, strict=True):
            if was_on != on or (time == second and second % IGNITION_PERIOD == 0):
                was_on = bool(on)
                found.append(IgnitionEvent(float(time), was_on))
            if said:
                found.append(SpeedEvent(float(time), float(speed)))
        run = SAMPLES / SAMPLE_RATE
        for sequence in range(round(second / run), round(end / run)):
            samples = readings[sequence * SAMPLES : (sequence + 1) * SAMPLES]
            first = sequence * SAMPLES / SAMPLE_RATE
            last = first + (SAMPLES - 1) / SAMPLE_RATE
            plugged = script.plugged("board", np.array([first, last])).all()
            if len(samples) == SAMPLES and plugged:
                found.append(PulseEvent(last, first, sequence, samples))
        while steering and steering[0].time < end:
            found.append(steering.pop(0))
        while answers and answers[0][0] < end:
            found.append(SleepAnswer(*answers.pop(0)))
        yield from sorted(found, key=lambda event: event.time)


def _steering(script: DriverScript) -> Iterator[SteeringEvent]:
    """The whole drive, which is quickly done; nothing where the scenario has no wheel."""
    scenario = script.scenario
    if not scenario.profile("wheel").values.any():
        return
    times = np.arange(0.0, scenario.duration, STEP)
    tired, curve, assisted = (
        scenario.profile(name)(times) for name in ("tired_hands", "curve", "assistance")
    )
    hands = steer(tired, curve, assisted, script.speed(times), scenario.seed)
    for time, angle, position, on in zip(times, hands.angle, hands.position, assisted, strict=True):
        yield SteeringEvent(float(time), float(angle), float(position), bool(on))
