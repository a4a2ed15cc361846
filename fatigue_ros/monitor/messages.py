"""Our messages read into the words of the measures, whether rclpy made them or the library of bags.

Only the fields' names are relied on.
"""

import dataclasses
import functools
import math
from typing import Any, TypeVar

import numpy as np

from fatigue_ros.errors import MessageError
from fatigue_ros.face import POINT_COUNT, Event, EventKind, Face
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState

State = TypeVar("State", EyeState, MouthState, PulseState, ModelState, SteeringState)

NANOSECONDS = 1_000_000_000

# What a body or a share can be at all; NaN stands for no value.
_POSSIBLE = {
    "ear": (0.0, 10.0),
    "ear_open": (0.0, 10.0),
    "ear_shut": (0.0, 10.0),
    "blink_depth": (0.0, 1.0),
    "closure_duration": (0.0, math.inf),
    "blink_rate": (0.0, 1000.0),
    "blink_duration": (0.0, 10.0),
    "blink_amplitude": (0.0, 1.0),
    "closing_speed": (0.0, 1000.0),
    "opening_speed": (0.0, 1000.0),
    "droop": (0.0, 1.0),
    "droop_low": (0.0, 1.0),
    "droop_coverage": (0.0, 1.001),
    "perclos": (0.0, 1.0),
    "perclos_long": (0.0, 1.0),
    "coverage": (0.0, 1.001),  # a float32 share of a whole window
    "yawn_rate": (0.0, 1000.0),
    "mouth_opening": (0.0, 100.0),
    "bpm": (0.0, 400.0),
    "rmssd": (0.0, 10.0),
    "quality": (0.0, 1.001),
    "drowsy_duration": (0.0, math.inf),
    "entropy": (0.0, 1.001),
    "own_entropy": (0.0, 1.001),
    "late_correction_rate": (0.0, 1000.0),
}


# Fields that bags recorded before they were there do not have, with what they say then.
_NEW: dict[str, Any] = {
    "fault": "",
    "head_down": False,
    "droop_window": 0.0,
    "droop_coverage": 0.0,
    **dict.fromkeys(
        (
            "ear_shut",
            "blink_depth",
            "blink_amplitude",
            "closing_speed",
            "opening_speed",
            "droop",
            "droop_low",
        ),
        math.nan,
    ),
}


def nanoseconds(time: float) -> int:
    """[s] as whole nanoseconds, as far as a float is exact."""
    fraction, whole = math.modf(time)  # apart, or the product would be rounded to 256 ns
    return int(whole) * NANOSECONDS + round(fraction * NANOSECONDS)


def seconds(stamp: Any) -> float:
    """A Time message as [s], exact to a quarter of a microsecond."""
    return float(stamp.sec) + float(stamp.nanosec) / NANOSECONDS


def face_from_message(message: Any) -> Face:
    """FaceLandmarks as a Face; the points are not copied.

    A point that is no number makes the whole face unusable, not the eyes closed.
    """
    points = None
    if message.detected:
        points = np.asarray(message.points, dtype=np.float32).reshape(POINT_COUNT, 2)
        if not np.isfinite(points).all():
            points = None
    posed = message.head_pose_valid
    # Bags recorded before these fields were there tell nothing of them.
    looks = getattr(message, "gaze_valid", False)
    pupils = None
    if points is not None and getattr(message, "pupils_valid", False):
        pupils = np.asarray(message.pupils, dtype=np.float32).reshape(2, 2)
    return Face(
        stamp=seconds(message.header.stamp),
        points=points,
        yaw=message.yaw if posed else math.nan,
        pitch=message.pitch if posed else math.nan,
        roll=message.roll if posed else math.nan,
        eye_shade=getattr(message, "eye_shade", math.nan),
        pupils=pupils,
        gaze_yaw=message.gaze_yaw if looks else math.nan,
        gaze_pitch=message.gaze_pitch if looks else math.nan,
        faces=message.faces,
        width=message.image_width,
        height=message.image_height,
    )


def face_fields(face: Face) -> dict[str, Any]:
    """What FaceLandmarks says of a Face: all but header, engine and count of skipped frames."""
    pose = (face.yaw, face.pitch, face.roll)
    posed = face.detected and all(map(math.isfinite, pose))
    yaw, pitch, roll = pose if posed else (0.0, 0.0, 0.0)
    points = np.zeros(2 * POINT_COUNT) if face.points is None else face.points.reshape(-1)
    pupils = np.zeros(4) if face.pupils is None else face.pupils.reshape(-1)
    gaze = (face.gaze_yaw, face.gaze_pitch)
    looks = face.detected and all(map(math.isfinite, gaze))
    gaze_yaw, gaze_pitch = gaze if looks else (0.0, 0.0)
    return {
        "detected": face.detected,
        "points": np.ascontiguousarray(points, np.float32),
        "head_pose_valid": posed,
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "eye_shade": face.eye_shade,
        "pupils_valid": face.detected and face.pupils is not None,
        "pupils": np.ascontiguousarray(pupils, np.float32),
        "gaze_valid": looks,
        "gaze_yaw": gaze_yaw,
        "gaze_pitch": gaze_pitch,
        "faces": face.faces,
        "image_width": face.width,
        "image_height": face.height,
    }


def event_from_message(message: Any) -> Event:
    """A FaceEvent as Event.

    Raises:
        MessageError: its kind is none that there is.
    """
    try:
        kind = EventKind(message.kind)
    except ValueError:
        known = ", ".join(f"{kind.value} ({kind.name})" for kind in EventKind)
        raise MessageError(f"events: kind {message.kind}, expected one of {known}") from None
    return Event(
        kind,
        seconds(message.start),
        message.duration,
        message.amplitude,
        getattr(message, "closing_speed", math.nan),
        getattr(message, "opening_speed", math.nan),
    )


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, ...], bool]:
    """Names of a state's plain fields, and whether it has events."""
    names = [field.name for field in dataclasses.fields(kind)]
    return tuple(name for name in names if name not in ("stamp", "events")), "events" in names


def state_from_message(kind: type[State], message: Any) -> State:
    """The state (EyeState, MouthState, PulseState) that a message was filled from.

    Raises:
        MessageError: a value is none that such a measure can have.
    """
    names, has_events = _fields(kind)  # type: ignore[arg-type] # classes can be hashed
    values = {
        name: getattr(message, name, _NEW[name]) if name in _NEW else getattr(message, name)
        for name in names
    }
    for name in names:
        if name in _POSSIBLE:
            low, high = _POSSIBLE[name]
            if values[name] < low or values[name] > high:
                raise MessageError(f"{name}: expected {low:g} to {high:g}, got {values[name]:g}")
    if has_events:
        values["events"] = tuple(event_from_message(event) for event in message.events)
    return kind(stamp=seconds(message.header.stamp), **values)
