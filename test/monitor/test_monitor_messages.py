"""Our own messages read into the words of the measures, and what no measure can say is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fatigue_ros.errors import MessageError
from fatigue_ros.face import EventKind, Face
from fatigue_ros.measures.states import (
    EyeState,
    ModelState,
    MouthState,
    PulseState,
    SteeringState,
)
from fatigue_ros.monitor.message_clock import MessageClock
from fatigue_ros.monitor.messages import (
    event_from_message,
    face_fields,
    face_from_message,
    nanoseconds,
    seconds,
    state_from_message,
)
from fatigue_ros.msg import (
    BlinkRate,
    FaceEvent,
    FaceLandmarks,
    FaceState,
    HeartRate,
    Steering,
    YawnRate,
)

MESSAGES: dict[Any, Any] = {
    EyeState: BlinkRate,
    MouthState: YawnRate,
    PulseState: HeartRate,
    ModelState: FaceState,
    SteeringState: Steering,
}


def face_message(**changes: Any) -> Any:
    message = FaceLandmarks()
    points = np.arange(136, dtype=np.float32)
    fields = {
        "detected": True,
        "points": points,
        "head_pose_valid": True,
        "yaw": 0.25,
        "pitch": 0.5,
        "roll": -0.25,
        "eye_shade": 0.125,
        "pupils_valid": True,
        "pupils": np.arange(4, dtype=np.float32),
        "gaze_valid": True,
        "gaze_yaw": 0.75,
        "gaze_pitch": -0.5,
        "faces": 2,
        "image_width": 640,
        "image_height": 480,
    }
    for name, value in {**fields, **changes}.items():
        setattr(message, name, value)
    message.header.stamp.sec, message.header.stamp.nanosec = 1_700_000_000, 250_000_000
    return message


def test_times_are_exact() -> None:
    stamp = face_message().header.stamp
    assert seconds(stamp) == 1_700_000_000.25
    assert nanoseconds(1_700_000_000.25) == 1_700_000_000_250_000_000
    assert nanoseconds(-1.5) == -1_500_000_000
    assert nanoseconds(1.000000001) == 1_000_000_001


def test_a_face() -> None:
    face = face_from_message(face_message())
    assert (face.stamp, face.faces, face.width, face.height) == (1_700_000_000.25, 2, 640, 480)
    assert (face.yaw, face.pitch, face.roll, face.eye_shade) == (0.25, 0.5, -0.25, 0.125)
    assert face.points is not None
    assert face.points[67].tolist() == [134.0, 135.0]
    old = face_message()

    assert face.pupils is not None
    assert face.pupils.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert (face.gaze_yaw, face.gaze_pitch) == (0.75, -0.5)

    class Older:  # of a bag recorded before the fields were there
        def __getattr__(self, name: str) -> Any:
            if name == "eye_shade" or name.startswith(("gaze", "pupils")):
                raise AttributeError(name)
            return getattr(old, name)

    older = face_from_message(Older())
    assert all(map(math.isnan, (older.eye_shade, older.gaze_yaw, older.gaze_pitch)))
    assert older.pupils is None


def test_what_is_no_face_has_no_points_and_what_is_no_pose_no_angles() -> None:
    assert face_from_message(face_message(detected=False)).points is None
    for wrong in (math.nan, math.inf):
        points = np.arange(136, dtype=np.float32)
        points[7] = wrong
        assert face_from_message(face_message(points=points)).points is None
    turned = face_from_message(face_message(head_pose_valid=False))
    assert turned.points is not None
    assert [math.isnan(x) for x in (turned.yaw, turned.pitch, turned.roll)] == [True] * 3
    shut = face_from_message(face_message(gaze_valid=False))
    assert shut.pupils is not None
    assert [math.isnan(x) for x in (shut.gaze_yaw, shut.gaze_pitch)] == [True] * 2
    assert face_from_message(face_message(pupils_valid=False)).pupils is None
    assert face_from_message(face_message(detected=False)).pupils is None


def test_a_face_comes_back_from_its_fields() -> None:
    face = face_from_message(face_message())
    fields = face_fields(face)
    again = face_from_message(face_message(**fields))
    assert again.points is not None
    assert face.points is not None
    assert np.array_equal(again.points, face.points)
    assert (again.yaw, again.pitch, again.roll) == (0.25, 0.5, -0.25)
    assert (again.faces, again.width, again.height, again.eye_shade) == (2, 640, 480, 0.125)
    assert again.pupils is not None
    assert face.pupils is not None
    assert np.array_equal(again.pupils, face.pupils)
    assert (again.gaze_yaw, again.gaze_pitch) == (0.75, -0.5)
    nobody = face_fields(Face(stamp=0.0, yaw=0.1, pitch=0.1, roll=0.1))
    assert (nobody["detected"], nobody["head_pose_valid"]) == (False, False)
    assert (nobody["yaw"], nobody["pitch"], nobody["roll"]) == (0.0, 0.0, 0.0)
    assert nobody["points"].tolist() == [0.0] * 136
    assert (nobody["pupils_valid"], nobody["pupils"].tolist()) == (False, [0.0] * 4)
    assert (nobody["gaze_valid"], nobody["gaze_yaw"], nobody["gaze_pitch"]) == (False, 0.0, 0.0)
    points = np.zeros((68, 2), np.float32)
    for unknown in ("yaw", "pitch", "roll"):
        pose: dict[str, Any] = {"yaw": 0.1, "pitch": 0.1, "roll": 0.1, unknown: math.nan}
        assert not face_fields(Face(stamp=0.0, points=points, **pose))["head_pose_valid"]


@pytest.mark.parametrize(
    ("kind", "name", "most"),
    [
        (EyeState, "ear", 10.0),
        (EyeState, "ear_open", 10.0),
        (EyeState, "blink_rate", 1000.0),
        (EyeState, "blink_duration", 10.0),
        (EyeState, "perclos", 1.0),
        (EyeState, "perclos_long", 1.0),
        (EyeState, "coverage", 1.0),
        (EyeState, "ear_shut", 10.0),
        (EyeState, "blink_depth", 1.0),
        (EyeState, "blink_amplitude", 1.0),
        (EyeState, "closing_speed", 1000.0),
        (EyeState, "opening_speed", 1000.0),
        (EyeState, "droop", 1.0),
        (EyeState, "droop_low", 1.0),
        (EyeState, "droop_coverage", 1.0),
        (EyeState, "closure_duration", math.inf),
        (MouthState, "yawn_rate", 1000.0),
        (MouthState, "mouth_opening", 100.0),
        (MouthState, "coverage", 1.0),
        (PulseState, "bpm", 400.0),
        (PulseState, "rmssd", 10.0),
        (PulseState, "quality", 1.0),
        (ModelState, "drowsy_duration", math.inf),
        (SteeringState, "entropy", 1.0),
        (SteeringState, "own_entropy", 1.0),
        (SteeringState, "late_correction_rate", 1000.0),
    ],
)
def test_what_a_measure_can_be(kind: Any, name: str, most: float) -> None:
    for value in (0.0, most, math.nan):
        message = MESSAGES[kind](**{name: value})
        assert getattr(state_from_message(kind, message), name) == pytest.approx(value, nan_ok=True)
    for wrong in (-0.01, most * 1.01):
        if wrong < 0.0 or math.isfinite(most):
            with pytest.raises(MessageError, match=rf"^{name}: expected 0 to .*, got {wrong:.6g}"):
                state_from_message(kind, MESSAGES[kind](**{name: wrong}))


def test_a_share_of_a_whole_window_may_be_rounded_up() -> None:
    shares: list[tuple[Any, str]] = [
        (EyeState, "coverage"),
        (EyeState, "droop_coverage"),
        (MouthState, "coverage"),
        (PulseState, "quality"),
        (SteeringState, "entropy"),
        (SteeringState, "own_entropy"),
    ]
    for kind, name in shares:
        state_from_message(kind, MESSAGES[kind](**{name: 1.0009}))
        with pytest.raises(MessageError):
            state_from_message(kind, MESSAGES[kind](**{name: 1.002}))


def test_events_come_with_their_state() -> None:
    message = BlinkRate(judged=True, eyes_closed=True, fault="frozen", head_down=True)
    event = FaceEvent(kind=2, duration=0.75, amplitude=0.5)
    event.start.sec = 5
    message.events = [event]
    message.header.stamp.sec = 6
    state = state_from_message(EyeState, message)
    assert (state.stamp, state.judged, state.eyes_closed) == (6.0, True, True)
    assert (state.fault, state.head_down) == ("frozen", True)
    (found,) = state.events
    assert (found.kind, found.start, found.duration) == (EventKind.CLOSURE, 5.0, 0.75)
    assert (found.amplitude, found.end) == (0.5, 5.75)
    with pytest.raises(MessageError, match=r"kind 9, expected one of 1 \(BLINK\), 2 \(CLOSURE\)"):
        event_from_message(FaceEvent(kind=9))


def test_fields_that_are_newer_than_a_bag_say_nothing() -> None:
    message = BlinkRate(ear=0.3)

    class Older:
        def __getattr__(self, name: str) -> Any:
            if name in ("fault", "head_down", *ranges, *lids, *speeds):
                raise AttributeError(name)
            return getattr(message, name)

    ranges = ("droop_window", "droop_coverage")
    lids = ("ear_shut", "blink_depth", "blink_amplitude", "droop", "droop_low")
    speeds = ("closing_speed", "opening_speed")
    state = state_from_message(EyeState, Older())
    assert (state.fault, state.head_down) == ("", False)
    assert [getattr(state, name) for name in ranges] == [0.0, 0.0]
    assert all(math.isnan(getattr(state, name)) for name in (*lids, *speeds))


def test_between_two_messages_their_time_goes_on() -> None:
    passed = [100.0]
    clock = MessageClock(lambda: passed[0])
    assert clock.now() == 100.0
    clock.tick(7.0)
    passed[0] += 2.5
    assert clock.now() == 9.5
    clock.tick(20.0)
    assert clock.now() == 20.0
