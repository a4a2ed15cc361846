"""The fields of messages that nodes read, with their types; a test holds them to ROS's.

The classes that ROS generates have no types. A callback names one of these instead, by the same
name: ``def _on_warning(self, message: messages.FatigueWarning)``.
"""
# ruff: noqa: D101, D102

from collections.abc import Sequence
from typing import Protocol


class Time(Protocol):
    sec: int
    nanosec: int


class Header(Protocol):
    stamp: Time
    frame_id: str


class Stamped(Protocol):
    header: Header

    @classmethod
    def get_fields_and_field_types(cls) -> dict[str, str]: ...


class Bool(Protocol):
    data: bool


class Float32(Protocol):
    data: float


class Image(Stamped, Protocol):
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Sequence[int]


class CompressedImage(Stamped, Protocol):
    format: str
    data: Sequence[int]


class RegionOfInterest(Protocol):
    width: int
    height: int


class CameraInfo(Stamped, Protocol):
    width: int
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    r: Sequence[float]
    p: Sequence[float]
    roi: RegionOfInterest


class Vector3(Protocol):
    x: float
    y: float


class Twist(Protocol):
    linear: Vector3


class TwistStamped(Stamped, Protocol):
    twist: Twist


class TwistWithCovariance(Protocol):
    twist: Twist


class Odometry(Stamped, Protocol):
    twist: TwistWithCovariance


class FaceLandmarks(Stamped, Protocol):
    detected: bool


class DriverReferences(Protocol):
    driver_id: str
    ear_open: float
    ear_shut: float
    blink_depth: float


class PpgSamples(Stamped, Protocol):
    sequence: int
    sample_rate: float
    samples: Sequence[int]


class BlinkRate(Stamped, Protocol):
    judged: bool
    eyes_closed: bool
    closure_duration: float


class HeartRate(Stamped, Protocol):
    valid: bool
    bpm: float


class FatigueLevel(Stamped, Protocol):
    valid: bool
    level: float
    kss: int
    state: int
    calibration: float
    unresponsive: bool


class FatigueWarning(Stamped, Protocol):
    severity: int
    chime: bool
    cause: str
    text: str
    since: Time
    until: Time


class ActuatorCommand(Stamped, Protocol):
    sequence: int
    yellow_led: bool
    red_led: bool
    buzzer_frequency: int
    duration: float


class ActuatorStatus(Stamped, Protocol):
    connected: bool
    acknowledged: int
    host_lost: bool
    yellow_led: bool
    red_led: bool
    buzzer_frequency: int
    firmware: str
    dropped_samples: int
    crc_errors: int


class FaceState(Stamped, Protocol):
    label: str
    reason: str
    drowsy: float


class KeyValue(Protocol):
    key: str
    value: str


class DiagnosticStatus(Protocol):
    level: bytes
    name: str
    message: str
    values: Sequence[KeyValue]


class DiagnosticArray(Protocol):
    status: Sequence[DiagnosticStatus]


class Outcome(Protocol):
    """The response of all our services, and of std_srvs/Trigger."""

    success: bool
    message: str


class Workload(Stamped, Protocol):
    mental: int
    physical: int
    temporal: int
    performance: int
    effort: int
    frustration: int
