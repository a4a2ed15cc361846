"""What the judgement says: the fields of FatigueLevel and FatigueWarning, without ROS."""

import dataclasses
import enum
import math


class FatigueState(enum.IntEnum):
    """State of the judgement, numbered as in FatigueLevel."""

    OFF = 0
    CALIBRATING = 1
    ACTIVE = 2
    CANNOT_SEE = 3
    FAULT = 4


STATES = {
    FatigueState.OFF: "off",
    FatigueState.CALIBRATING: "learning the driver",
    FatigueState.ACTIVE: "judging",
    FatigueState.CANNOT_SEE: "cannot see the driver",
    FatigueState.FAULT: "fault",
}
"""For people."""


class Severity(enum.IntEnum):
    """How a warning reaches the driver, numbered as in FatigueWarning."""

    NONE = 0
    VISUAL = 1
    ACOUSTIC = 2


class Cause(str, enum.Enum):
    """Why the driver is warned, in the words of FatigueWarning."""

    NONE = ""
    FATIGUE_LEVEL = "fatigue_level"
    EYES_CLOSED = "eyes_closed"
    CANNOT_SEE_DRIVER = "cannot_see_driver"
    SYSTEM_FAULT = "system_fault"

    def __str__(self) -> str:
        return self.value


@dataclasses.dataclass(frozen=True, slots=True)
class MetricScore:
    """What one metric contributes (message MetricScore).

    Attributes:
        name: the metric.
        valid: whether it counts.
        reason: why not, empty when valid.
        value: the measured value in ``unit``; NaN when there is none.
        unit: unit of value.
        score: [%] 0 rested, 100 exhausted; 0 when not valid.
        weight: [%] profile ``paper``: share in the level; ``evidence``: the most that this
            metric alone can make of the level. 0 when not valid.
    """

    name: str
    valid: bool
    reason: str = ""
    value: float = math.nan
    unit: str = ""
    score: float = 0.0
    weight: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DriverWarning:
    """What the driver should be told now (message FatigueWarning).

    Attributes:
        severity: none, visual, or acoustic and visual.
        cause: what it is about.
        chime: whether a visual one begins with one short gentle tone.
        text: for people.
        level: [%] the fatigue level now, NaN when not valid.
        since: [s] when this warning began.
        until: [s] when it ends unless its cause goes on.
    """

    severity: Severity = Severity.NONE
    cause: Cause = Cause.NONE
    chime: bool = False
    text: str = ""
    level: float = math.nan
    since: float = 0.0
    until: float = 0.0

    @property
    def key(self) -> tuple[Severity, Cause, str, float]:
        """What makes it another warning when it changes; level and end move all the time."""
        return self.severity, self.cause, self.text, self.since


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """How tired the driver is, on what it rests, and what to tell him or her.

    Attributes:
        stamp: [s] when this was judged.
        level: [%] 0 rested, 100 exhausted; NaN when not valid. Same scale as
            ``Vehicle.Driver.FatigueLevel`` of the COVESA Vehicle Signal Specification.
        valid: whether level may be used.
        reason: why not, empty when valid.
        state: see FatigueState.
        profile: its name, such as ``evidence``.
        calibration: [%] progress; below 100 the references are population values.
        driver_id: whose references are used.
        first_drive: no earlier drive with these eyes was judged alert; where the driver looks more
            tired than the population, its values are used.
        unresponsive: latched: eyes closed for so long that the vehicle should act.
        speed_valid: whether a fresh vehicle speed is known.
        speed: [m/s] negative in reverse; NaN when not known.
        metrics: always in the same order for one profile.
        warning: what to tell the driver.
        troubles: what else is wrong without keeping the eyes from being watched.
        kss: [1] rough reading on the Karolinska Sleepiness Scale, 0 when level is not valid.
    """

    stamp: float
    level: float
    valid: bool
    reason: str
    state: FatigueState
    profile: str
    calibration: float
    driver_id: str
    unresponsive: bool
    speed_valid: bool
    speed: float
    metrics: tuple[MetricScore, ...]
    warning: DriverWarning
    kss: int
    first_drive: bool
    troubles: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What a profile makes of the measures.

    Attributes:
        level: [%] NaN when there is none.
        reason: why there is none.
        metrics: what it rests on.
        eyes_closed: by the profile's own rule the eyes are closed for so long that it warns;
            beside the closure ladder, which every profile has.
    """

    level: float
    reason: str
    metrics: tuple[MetricScore, ...] = ()
    eyes_closed: bool = False
