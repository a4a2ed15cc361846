"""What a profile is: the rules that make a fatigue level of the measures."""
# ruff: noqa: ARG002 - a profile need not use all that it is given

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from fatigue_ros.fusion.assessment import MetricScore, Verdict
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.session import Speed
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState
from fatigue_ros.settings.registry import Registry

if TYPE_CHECKING:
    from fatigue_ros.fusion.settings import FusionSettings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known beside the measures when one of them comes or a level is asked for.

    Attributes:
        now: [s] message time.
        speed: of the vehicle.
        references: the driver's own, NaN where they are not known.
        sleep_score: [%] of last night, None when not given; this and what follows is for a level.
        hour: [h] local time of day, NaN when not known.
        driven: [h] at the wheel since the last break.
        closure: [s] length of the eye closure in progress.
        silent: why a source (``mouth``, ``pulse``, ``face_state``...) cannot be used now; those
            that can are left out.
    """

    now: float
    speed: Speed
    references: References
    sleep_score: float | None = None
    hour: float = math.nan
    driven: float = 0.0
    closure: float = 0.0
    silent: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Profile(abc.ABC):
    """How measures become a level.

    One is made at every start: of the program, a drive, a driver, a recording played again. It
    takes each message as it comes and is asked for a level after each frame. Only ``assess`` has
    to be written; the newest states are kept for it here.

    A profile of another package is named by an entry point in the group ``fatigue_ros.profiles``.
    Its constants stand in its own module, since the parameters of the node ``fusion``, which it
    is given, are the same for all profiles.

    Attributes:
        calibration_kind: names the files of references. Profiles whose references come from the
            same rules share it; one that counts blinks by another rule needs one of its own.
        over_drives: whether references are medians over drives judged alert, and those of a first
            drive no calmer than the population's (fusion/alert_drives.py); else learnt once.
        level_chimes: whether a light for the level begins with a short gentle tone, as
            regulations ask (drowsiness is told to two senses); a profile to the letter of a paper
            that has only the light does without.
        plain_warnings: whether the level warns by its two thresholds alone, as in Mafteiu-Scai and
            Bobora 2025, Algorithm 1. The alarm for closed eyes and all others are as ever.
        eyes, mouth, pulse, model, steering: the newest states.
    """

    calibration_kind: ClassVar[str] = "calibration"
    over_drives: ClassVar[bool] = True
    level_chimes: ClassVar[bool] = True
    plain_warnings = False

    def __init__(self, settings: FusionSettings) -> None:
        """Start with nothing measured."""
        self.settings = settings
        self.eyes = EyeState(stamp=math.nan, reason="eyes: no message yet")
        self.mouth = MouthState(stamp=math.nan, reason="mouth: no message yet")
        self.pulse = PulseState(stamp=math.nan, reason="pulse: no message yet")
        self.model = ModelState(stamp=math.nan, reason="face_state: no message yet")
        self.steering = SteeringState(stamp=math.nan, reason="steering: no message yet")

    def on_eyes(self, state: EyeState, context: Context) -> EyeState:
        """Take a frame.

        Returns:
            What calibration is to learn from: the state itself, or with the events as this
            profile counts them.
        """
        self.eyes = state
        return state

    def on_mouth(self, state: MouthState, context: Context) -> None:
        """Take a frame."""
        self.mouth = state

    def on_pulse(self, state: PulseState, context: Context) -> None:
        """Take a window of pulse."""
        self.pulse = state

    def on_model(self, state: ModelState, context: Context) -> None:
        """Take what a learned model says of a frame."""
        self.model = state

    def on_steering(self, state: SteeringState, context: Context) -> None:
        """Take how the driver steers."""
        self.steering = state

    def may_calibrate(self, context: Context) -> bool:
        """Whether the driver's references may be learnt now."""
        return True

    def start_level(self, context: Context, verdict: Verdict) -> float:
        """[%] The level that tells whether a drive began alert; NaN when there is none.

        A profile leaves out what rests on how earlier drives were, or alert drives could not change
        that.
        """
        return verdict.level

    @abc.abstractmethod
    def assess(self, context: Context) -> Verdict:
        """The level now, each metric's share in it, and whether closed eyes are to be warned of.

        The metrics always come in the same order.
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name and unit, of which its scores are made."""

    name: str
    unit: str

    def invalid(self, reason: str, value: float = math.nan) -> MetricScore:
        """It does not count, and why."""
        return MetricScore(self.name, False, reason, value, self.unit)

    def scored(self, value: float, score: float, weight: float = 0.0) -> MetricScore:
        """It counts: its value in its unit, score [%] and weight [%]."""
        return MetricScore(self.name, True, "", value, self.unit, score, weight)


def sleep_metric(score: float | None, weight: float = 0.0) -> MetricScore:
    """The driver's word on last night: score [%], None when not given, and weight [%]."""
    sleep = Metric("sleep", "%")
    if score is None:
        return sleep.invalid("sleep quality not given today")
    return sleep.scored(score, score, weight)


PROFILES = Registry(
    "profile",
    "fatigue_ros.profiles",
    Profile,
    {
        "evidence": "fatigue_ros.fusion.profiles.evidence:EvidenceProfile",
        "paper": "fatigue_ros.fusion.profiles.paper:PaperProfile",
    },
)
"""Every profile that can be chosen."""
