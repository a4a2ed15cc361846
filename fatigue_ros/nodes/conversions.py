"""Between messages and the plain-Python words of the measures."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time

from fatigue_ros.errors import MessageError
from fatigue_ros.face import POINT_COUNT, Event, EventKind, Face
from fatigue_ros.msg import FaceEvent, FaceLandmarks

NANOSECONDS = 1_000_000_000

# What a body or a share can be at all; NaN stands for no value.
_POSSIBLE = {
    "ear": (0.0, 10.0),
    "ear_open": (0.0, 10.0),
    "closure_duration": (0.0, math.inf),
    "blink_rate": (0.0, 1000.0),
    "blink_duration": (0.0, 10.0),
    "perclos": (0.0, 1.0),
    "perclos_long": (0.0, 1.0),
    "coverage": (0.0, 1.001),  # a float32 share of a whole window
    "yawn_rate": (0.0, 1000.0),
    "mouth_opening": (0.0, 100.0),
    "bpm": (0.0, 400.0),
    "rmssd": (0.0, 10.0),
    "quality": (0.0, 1.001),
}


def seconds(stamp: Any) -> float:
    """A Time message as [s], exact to a quarter of a microsecond."""
    return float(stamp.sec) + float(stamp.nanosec) / NANOSECONDS


def to_stamp(time: float) -> Any:
    """[s] as a Time message; times before the epoch (no time known) become 0."""
    if not math.isfinite(time) or time <= 0.0:
        return Time()
    fraction, whole = math.modf(time)  # apart, or the product would be rounded to 256 ns
    nanoseconds = round(fraction * NANOSECONDS)
    return Time(sec=int(whole) + nanoseconds // NANOSECONDS, nanosec=nanoseconds % NANOSECONDS)


def face_from_message(message: Any) -> Face:
    """FaceLandmarks as a Face; the points are not copied."""
    pose = (
        (message.yaw, message.pitch, message.roll) if message.head_pose_valid else (math.nan,) * 3
    )
    points = np.asarray(message.points, dtype=np.float32).reshape(POINT_COUNT, 2)
    return Face(
        stamp=seconds(message.header.stamp),
        # A point that is no number makes the whole face unusable, not the eyes closed.
        points=points if message.detected and bool(np.isfinite(points).all()) else None,
        yaw=pose[0],
        pitch=pose[1],
        roll=pose[2],
        faces=message.faces,
        width=message.image_width,
        height=message.image_height,
    )


def face_to_message(face: Face, header: Any) -> Any:
    """A Face as FaceLandmarks, without engine name and count of skipped frames."""
    message = FaceLandmarks(
        header=header,
        detected=face.detected,
        faces=face.faces,
        image_width=face.width,
        image_height=face.height,
    )
    if face.points is not None:
        message.points = np.ascontiguousarray(face.points, dtype=np.float32).reshape(-1)
        pose = (face.yaw, face.pitch, face.roll)
        if all(math.isfinite(angle) for angle in pose):
            message.head_pose_valid = True
            message.yaw, message.pitch, message.roll = pose
    return message


def event_to_message(event: Event) -> Any:
    """An Event as FaceEvent."""
    return FaceEvent(
        kind=int(event.kind),
        start=to_stamp(event.start),
        duration=event.duration,
        amplitude=event.amplitude,
    )


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
    return Event(kind, seconds(message.start), message.duration, message.amplitude)


def fill(message: Any, state: Any) -> Any:
    """Copy a state's fields into the message that has fields of the same names.

    ``stamp`` is left out: the header is copied from the source message instead.
    """
    for field in dataclasses.fields(state):
        value = getattr(state, field.name)
        if field.name == "events":
            message.events = [event_to_message(event) for event in value]
        elif field.name != "stamp":
            setattr(message, field.name, value)
    return message


def state_from_message(kind: type[Any], message: Any) -> Any:
    """The state (EyeState, MouthState, PulseState) that a message was filled from.

    Raises:
        MessageError: a value is none that such a measure can have.
    """
    values = {
        field.name: getattr(message, field.name)
        for field in dataclasses.fields(kind)
        if field.name not in ("stamp", "events")
    }
    for name, (low, high) in _POSSIBLE.items():
        value = values.get(name, math.nan)
        if value < low or value > high:
            raise MessageError(f"{name}: expected {low:g} to {high:g}, got {value:g}")
    if hasattr(message, "events"):
        values["events"] = tuple(event_from_message(event) for event in message.events)
    return kind(stamp=seconds(message.header.stamp), **values)
