"""What the measures say after each frame or window; the messages carry the same fields.

NaN stands for "no value". ``valid`` says whether the window measures may be used, ``reason`` why
not; ``judged`` is about the last frame alone.
"""

import dataclasses
import math

from fatigue_ros.face import Event


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EyeState:
    """The eyelids (message BlinkRate, where each field's unit and meaning stand)."""

    stamp: float
    valid: bool = False
    reason: str = ""
    fault: str = ""
    judged: bool = False
    ear: float = math.nan
    ear_open: float = math.nan
    ear_shut: float = math.nan
    blink_depth: float = math.nan
    eyes_closed: bool = False
    closure_duration: float = 0.0
    head_down: bool = False
    blink_count: int = 0
    blink_rate: float = math.nan
    blink_duration: float = math.nan
    blink_amplitude: float = math.nan
    closing_speed: float = math.nan
    opening_speed: float = math.nan
    perclos: float = math.nan
    perclos_long: float = math.nan
    droop: float = math.nan
    droop_low: float = math.nan
    droop_window: float = 0.0
    droop_coverage: float = 0.0
    window: float = 0.0
    perclos_window: float = 0.0
    perclos_long_window: float = 0.0
    coverage: float = 0.0
    frame_rate: float = 0.0
    events: tuple[Event, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MouthState:
    """The mouth (message YawnRate)."""

    stamp: float
    valid: bool = False
    reason: str = ""
    judged: bool = False
    lip_distance: float = math.nan
    mouth_opening: float = math.nan
    mouth_open: bool = False
    opening_duration: float = 0.0
    yawn_count: int = 0
    yawn_rate: float = math.nan
    window: float = 0.0
    coverage: float = 0.0
    events: tuple[Event, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What a learned model says of the driver's face (message FaceState)."""

    stamp: float
    valid: bool = False
    reason: str = ""
    drowsy_duration: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PulseState:
    """The pulse (message HeartRate)."""

    stamp: float
    valid: bool = False
    reason: str = ""
    bpm: float = math.nan
    rmssd: float = math.nan
    quality: float = 0.0
    window: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SteeringState:
    """How the driver steers (message Steering)."""

    stamp: float
    valid: bool = False
    reason: str = ""
    reversal_rate: float = math.nan
    entropy: float = math.nan
    own_entropy: float = math.nan
    late_correction_rate: float = math.nan
    jerk: float = math.nan
    sdlp: float = math.nan
    crossings: int = 0
    steered: float = 0.0
