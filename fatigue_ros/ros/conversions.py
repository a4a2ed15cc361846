"""Between messages and the plain-Python words of the measures."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import CameraInfo

from fatigue_ros.face import Event, Face
from fatigue_ros.fusion.assessment import Assessment, DriverWarning
from fatigue_ros.monitor.messages import (
    NANOSECONDS,
    face_fields,
    face_from_message,
    nanoseconds,
    seconds,
    state_from_message,
)
from fatigue_ros.msg import FaceEvent, FaceLandmarks, FatigueLevel, FatigueWarning, MetricScore
from fatigue_ros.ros import messages
from fatigue_ros.vision.camera_model import CameraModel
from fatigue_ros.vision.head_pose import HeadPlace, quaternion

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "camera_info",
    "event_to_message",
    "face_from_message",
    "face_to_message",
    "filled",
    "level_to_message",
    "plain_values",
    "pose_message",
    "seconds",
    "state_from_message",
    "to_stamp",
    "warning_to_message",
]

M = TypeVar("M")
_NOT_TOLD = {"stamp", "state", "metrics", "warning", "troubles"}  # as they are
_SAME_CLOCK = 1.0  # [s] of delay that a frame may have


def to_stamp(time: float) -> Time:
    """[s] as a Time message; times before the epoch (no time known) become 0."""
    if not math.isfinite(time) or time <= 0.0:
        return Time()
    whole, rest = divmod(nanoseconds(time), NANOSECONDS)
    return Time(sec=whole, nanosec=rest)


def face_to_message(face: Face, header: messages.Header) -> FaceLandmarks:
    """A Face as FaceLandmarks, without engine name and count of skipped frames."""
    return FaceLandmarks(header=header, **face_fields(face))


def camera_info(model: CameraModel, header: messages.Header) -> CameraInfo:
    """What is known of a camera, beside the picture with this header."""
    return CameraInfo(
        header=header,
        width=model.width,
        height=model.height,
        distortion_model=model.distortion_model,
        d=model.distortion,
        k=model.matrix,
        r=model.rectification,
        p=model.projection,
    )


def pose_message(place: HeadPlace, header: messages.Header) -> PoseStamped:
    """Where the head is, in the frame of the picture with this header."""
    message = PoseStamped(header=header)
    point, turn = message.pose.position, message.pose.orientation
    point.x, point.y, point.z = place.position
    turn.x, turn.y, turn.z, turn.w = quaternion(place.rotation)
    return message


def event_to_message(event: Event) -> FaceEvent:
    """An Event as FaceEvent."""
    return FaceEvent(
        kind=int(event.kind),
        start=to_stamp(event.start),
        duration=event.duration,
        amplitude=event.amplitude,
        closing_speed=event.closing_speed,
        opening_speed=event.opening_speed,
    )


def filled(kind: type[M], state: DataclassInstance, /, **more: Any) -> M:
    """A message with the values of a state's fields in its own of the same names, and more.

    ``stamp`` is left out: the header of the source message stands for it.
    """
    values = {name: getattr(state, name) for name in _names(type(state))}
    if "events" in values:
        values["events"] = [event_to_message(event) for event in values["events"]]
    return kind(**values, **more)


@functools.cache
def _names(state: Any) -> tuple[str, ...]:
    """The fields of a state that are those of its message too."""
    other = {"stamp"} if state is not Assessment else _NOT_TOLD
    return tuple(field.name for field in dataclasses.fields(state) if field.name not in other)


def level_to_message(found: Assessment, header: messages.Header) -> FatigueLevel:
    """An Assessment as FatigueLevel; whether the sleep question is due, it does not know."""
    metrics = [filled(MetricScore, metric) for metric in found.metrics]
    return filled(FatigueLevel, found, header=header, state=int(found.state), metrics=metrics)


def warning_to_message(
    warning: DriverWarning, header: messages.Header, now: float
) -> FatigueWarning:
    """A DriverWarning as FatigueWarning.

    Args:
        warning: of a time ``now`` [s].
        header: of the message; its stamp is of another clock after that one was set.
        now: [s].
    """
    later = seconds(header.stamp) - now
    if abs(later) < _SAME_CLOCK:
        later = 0.0
    return FatigueWarning(
        header=header,
        severity=int(warning.severity),
        chime=warning.chime,
        cause=warning.cause.value,
        text=warning.text,
        level=warning.level,
        since=to_stamp(warning.since + later),
        until=to_stamp(warning.until + later),
    )


def plain_values(message: messages.Stamped, left_out: Collection[str] = ()) -> dict[str, Any]:
    """A message's fields as plain values, for those who know no ROS.

    Args:
        message: times in it become [s].
        left_out: names of fields.

    Returns:
        By name of field, and ``stamp``, [s] of the header.
    """
    found: dict[str, Any] = {"stamp": seconds(message.header.stamp)}
    for name in message.get_fields_and_field_types():
        value = getattr(message, name)
        if name == "metrics":
            value = [
                {n: getattr(metric, n) for n in metric.get_fields_and_field_types()}
                for metric in value
            ]
        elif name == "since":
            value = seconds(value)
        if name not in left_out:
            found[name] = value
    return found
