"""What happens in a simulated drive: the words of a scenario file.

A scenario is a YAML file with a header (``name``, ``description``, ``seed``, ``duration``,
``frame_rate``, ``portrait``), ``profiles`` (quantities over time, see ``Quantities``) and
``events`` (things that happen once, see ``EVENTS``)::

    name: nap
    duration: 20.0
    profiles:
      speed: [[0.0, 0.0], [8.0, 25.0]]    # [s, m/s], straight lines between the points
      blink_rate: 12.0                    # the same all the time
    events:
      - {at: 3.0, do: yawn, duration: 5.0}
      - {at: 12.0, do: closure, duration: 2.0}

``fatigue_ros.simulator.scenario_file`` reads it, ``fatigue_ros.simulator.driver_script`` plays it.
"""

import dataclasses
import typing
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import FatigueError
from fatigue_ros.settings.parameters import parameter, specifications

Signal = npt.NDArray[np.floating[Any]]


class ScenarioError(FatigueError):
    """A scenario file is refused; the message begins with file and line."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quantities:
    """What a profile can say, with the value it has when it says nothing."""

    blink_rate: float = parameter(
        15.0,
        "Spontaneous blinks; 14 to 17 at rest in adults (Bentivoglio et al. 1997)",
        unit="1/min",
        limits=(0.0, 60.0),
    )
    blink_duration: float = parameter(
        0.2,
        "Mean length of a blink from the first movement of the lid to the last; about 0.2 when "
        "alert, 0.3 and more when drowsy (Caffier et al. 2003)",
        unit="s",
        limits=(0.1, 0.45),
    )
    droop: float = parameter(
        0.0, "How far the resting lids hang down, 0 open to 1 shut", limits=(0.0, 1.0)
    )
    yaw: float = parameter(0.0, "Head held turned to the own left", unit="rad", limits=(-0.5, 0.5))
    pitch: float = parameter(0.0, "Head held bowed", unit="rad", limits=(-0.5, 0.5))
    roll: float = parameter(
        0.0, "Head held tilted to the own right", unit="rad", limits=(-0.5, 0.5)
    )
    head_motion: float = parameter(
        0.015, "Size (RMS) of the head's small swaying", unit="rad", limits=(0.0, 0.1)
    )
    light: float = parameter(1.0, "Brightness of the picture, 1 as the portrait", limits=(0.0, 3.0))
    side_light: float = parameter(
        0.0, "Light from the image's right (positive) or left", limits=(-1.0, 1.0)
    )
    noise: float = parameter(1.0, "Sensor noise, 1 a webcam by daylight", limits=(0.0, 20.0))
    infrared: bool = parameter(False, "Grey picture of a night camera")
    heart_rate: float = parameter(70.0, "Heart rate", unit="1/min", limits=(30.0, 220.0))
    pulse_noise: float = parameter(
        0.02, "Noise on the pulse sensor as a share of the pulse", limits=(0.0, 10.0)
    )
    speed: float = parameter(0.0, "Vehicle speed", unit="m/s", limits=(0.0, 100.0))
    ignition: bool = parameter(True, "Ignition on")
    wheel: bool = parameter(
        False, "The vehicle tells the wheel's angle and the place in the lane, from begin to end"
    )
    tired_hands: bool = parameter(
        False, "The wheel is left alone until the line is near, and then turned far"
    )
    curve: float = parameter(
        0.0, "Wheel that the road asks for, to the left", unit="rad", limits=(-6.0, 6.0)
    )
    assistance: bool = parameter(False, "The vehicle holds the lane by itself")


QUANTITIES = specifications(Quantities)


@dataclasses.dataclass(frozen=True)
class QuantityProfile:
    """A quantity over time: straight lines between points, steps for what is on or off.

    Attributes:
        times: [s] shape (N,), increasing, N >= 1; the ends are held.
        values: shape (N,), in the quantity's unit.
        step: whether a value holds until the next point.
    """

    times: Signal
    values: Signal
    step: bool = False

    def __call__(self, times: Signal) -> Signal:
        """Values at these times, same shape."""
        if self.step:
            index = np.searchsorted(self.times, times, side="right") - 1
            return np.asarray(self.values[np.maximum(index, 0)], np.float64)
        return np.asarray(np.interp(times, self.times, self.values), np.float64)


def _lasting(default: float, text: str, minimum: float, maximum: float) -> float:
    value: float = parameter(default, text, unit="s", limits=(minimum, maximum))
    return value


_HOUR = 3600.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Timed:
    """What happens at some time, by the word ``kind``."""

    kind: ClassVar[str]
    at: float = parameter(0.0, "When it begins", unit="s", limits=(0.0, None))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blink(_Timed):
    """One blink, besides those that ``blink_rate`` brings."""

    kind: ClassVar[str] = "blink"
    duration: float = _lasting(0.2, "From the lid's first movement to its last", 0.1, 0.45)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Closure(_Timed):
    """The eyes fall shut and open again; the head may nod."""

    kind: ClassVar[str] = "closure"
    duration: float = _lasting(2.0, "From the lid's first movement to its last", 0.46, _HOUR)
    nod: float = parameter(0.0, "How far the head sinks meanwhile", unit="rad", limits=(0.0, 0.5))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Yawn(_Timed):
    """A yawn; lids narrow with it."""

    kind: ClassVar[str] = "yawn"
    duration: float = _lasting(5.0, "About 4 to 6 s in people", 2.0, 12.0)
    opening: float = parameter(1.0, "Mouth at its widest", limits=(0.3, 1.0))
    lids: float = parameter(
        0.3,
        "How far the lids come down; people differ from hardly to shut. The default stays clear "
        "of usual thresholds for closed eyes, a second of shut eyes would be a closure",
        limits=(0.0, 1.0),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Talk(_Timed):
    """Speech, laughter or song: the mouth moves in syllables."""

    kind: ClassVar[str] = "talk"
    duration: float = _lasting(5.0, "Length", 0.5, _HOUR)
    opening: float = parameter(0.25, "Mouth at its widest; singing about 0.5", limits=(0.05, 0.8))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Turn(_Timed):
    """The head goes somewhere, stays and comes back: a mirror, the radio, the road again."""

    kind: ClassVar[str] = "turn"
    duration: float = _lasting(1.5, "There and back", 0.3, _HOUR)
    yaw: float = parameter(0.0, "To the own left", unit="rad", limits=(-0.5, 0.5))
    pitch: float = parameter(0.0, "Downwards", unit="rad", limits=(-0.5, 0.5))
    roll: float = parameter(0.0, "Towards the own right shoulder", unit="rad", limits=(-0.5, 0.5))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sunglasses(_Timed):
    """Dark glasses: the eyes cannot be seen."""

    kind: ClassVar[str] = "sunglasses"
    duration: float = _lasting(10.0, "How long they are worn", 0.1, _HOUR)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoverEyes(_Timed):
    """A hand over the eyes."""

    kind: ClassVar[str] = "cover_eyes"
    duration: float = _lasting(2.0, "How long", 0.1, _HOUR)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gone(_Timed):
    """Nobody in the picture."""

    kind: ClassVar[str] = "gone"
    duration: float = _lasting(5.0, "How long", 0.1, _HOUR)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unplug(_Timed):
    """A device falls silent and comes back."""

    kind: ClassVar[str] = "unplug"
    duration: float = _lasting(10.0, "How long", 0.1, _HOUR)
    device: str = parameter(
        "camera",
        "Which: the camera, the pulse board, the speed",
        choices=("camera", "board", "speed"),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnswerSleep(_Timed):
    """The driver answers the question about last night's sleep."""

    kind: ClassVar[str] = "answer_sleep"
    duration: ClassVar[float] = 0.0
    grade: int = parameter(4, "1 very bad to 5 very good", limits=(1, 5))


ScenarioEvent = (
    Blink | Closure | Yawn | Talk | Turn | Sunglasses | CoverEyes | Gone | Unplug | AnswerSleep
)
EVENTS: dict[str, type[ScenarioEvent]] = {
    kind.kind: kind for kind in typing.get_args(ScenarioEvent)
}


def occupies(event: ScenarioEvent) -> str:
    """What an event moves; two events may not move the same at the same time."""
    if isinstance(event, (Blink, Closure)):
        return "the lids"
    if isinstance(event, (Yawn, Talk)):
        return "the mouth"
    if isinstance(event, Unplug):
        return f"the {event.device}"
    return event.kind


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """A simulated drive."""

    name: str = parameter("", "Short name, as on the command line")
    description: str = parameter("", "One sentence: who drives, what happens")
    seed: int = parameter(0, "Of everything that is left to chance", limits=(0, 2**32 - 1))
    duration: float = parameter(60.0, "Length of the drive", unit="s", limits=(0.1, 12 * _HOUR))
    frame_rate: float = parameter(30.0, "Camera frames per second", unit="Hz", limits=(1.0, 120.0))
    portrait: str = parameter(
        "", "Photograph of the driver, from the scenario's folder; empty for the usual test card"
    )
    profiles: dict[str, QuantityProfile] = dataclasses.field(default_factory=dict)
    """By the names of ``Quantities``; what is missing keeps its default."""
    events: tuple[ScenarioEvent, ...] = ()
    """In the order of time."""
    path: Path | None = None
    """The file it was read from."""

    def profile(self, name: str) -> QuantityProfile:
        """A quantity over time, constant at its default when the scenario does not say."""
        if name in self.profiles:
            return self.profiles[name]
        specification = QUANTITIES[name]
        return QuantityProfile(np.zeros(1), np.array([float(specification.default)]))  # type: ignore[arg-type]

    @property
    def portrait_file(self) -> Path | None:
        """The photograph, None for the default."""
        if not self.portrait:
            return None
        return (self.path.parent if self.path else Path()) / self.portrait
