"""Bags through the production chain: the same figures from every stage, every time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.replay import Replay
from fatigue_ros.bags.topics import BagError, header, typestore
from fatigue_ros.bags.writer import START, BagWriter
from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.assessment import Assessment, FatigueState
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings
from fatigue_ros.measures.states import EyeState
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.messages import face_from_message, nanoseconds
from fatigue_ros.monitor.settings import MonitorSettings


def replay(path: Path, stage: str | None = None, **more: Any) -> dict[str, Any]:
    with Bag(path) as bag:
        summary = Replay(bag, stage, **more).run().summary()
        assert not bag.problem
    return summary


@pytest.fixture(scope="module")
def from_images(short_bag: Path) -> dict[str, Any]:
    """What is seen in the images of the short drive."""
    return replay(short_bag)


def test_what_happened_is_seen(
    short_bag: Path, from_images: dict[str, Any], summary_keys: set[str]
) -> None:
    seen = from_images
    truth = json.loads(short_bag.with_name("short.truth.json").read_text(encoding="utf-8"))
    assert set(seen) == summary_keys
    assert seen["latency_ms"] == {"p50": None, "p99": None}
    assert seen["duration_s"] == pytest.approx(14.0, abs=0.1)
    assert seen["frames"] == seen["frames_with_face"] == 330
    (closure,), (shut,) = seen["closures"], truth["closures"]
    assert closure["start_s"] == pytest.approx(shut["shut_start_s"], abs=0.15)
    assert closure["end_s"] == pytest.approx(shut["shut_end_s"], abs=0.15)
    (yawn,) = seen["yawns"]
    assert 5.0 < yawn["start_s"] < yawn["end_s"] < 9.5
    visible = [b for b in truth["blinks"] if not 9.9 < b["end_s"] < 13.1]
    assert len(seen["blinks"]) == pytest.approx(len(visible), abs=1)
    # Eyes closed for a second, then two seconds without a camera.
    asleep, blind = seen["warnings"]
    assert (asleep["severity"], asleep["cause"]) == ("acoustic", "eyes_closed")
    assert asleep["time_s"] == pytest.approx(closure["start_s"] + 1.0, abs=0.05)
    assert blind["cause"] == "system_fault"
    assert blind["time_s"] == pytest.approx(12.0, abs=0.3)


def test_twice_the_same(short_bag: Path, from_images: dict[str, Any], landmark_bag: Path) -> None:
    assert replay(short_bag) == from_images
    assert replay(landmark_bag) == replay(landmark_bag)


def test_where_stamps_are_zero_the_time_of_recording_is_taken(
    landmark_bag: Path, tmp_path: Path
) -> None:
    store, kind = typestore(), "fatigue_ros/msg/FaceLandmarks"
    with Bag(landmark_bag) as bag, BagWriter(tmp_path / "zero") as zero:
        for name, time, message in bag.messages(["face/landmarks"]):
            stamp = message.header.stamp
            time = stamp.sec * 10**9 + stamp.nanosec  # noqa: PLW2901 - it shall be no other
            message.header = header(0.0)
            zero.write_serialized(name, time, store.serialize_cdr(message, kind))
    with Bag(tmp_path / "zero") as bag:
        replayed = Replay(bag)
        assert replayed.run().summary() == replay(landmark_bag)
        assert replayed.unstamped == 330


def test_landmarks_say_what_the_images_said(
    from_images: dict[str, Any], landmark_bag: Path
) -> None:
    images, landmarks = from_images, replay(landmark_bag)
    assert landmarks["frames"] == images["frames"]
    assert len(landmarks["closures"]) == len(images["closures"]) == 1
    assert len(landmarks["yawns"]) == len(images["yawns"]) == 1
    for name in ("start_s", "end_s"):
        pair = [seen["closures"][0][name] for seen in (images, landmarks)]
        assert pair[0] == pytest.approx(pair[1], abs=0.07)


def test_measures_say_what_the_landmarks_said(landmark_bag: Path, tmp_path: Path) -> None:
    """The measures are written as the nodes would, and judged again."""
    eyes, mouth = EyeMonitor(EyeSettings()), MouthMonitor(MouthSettings())
    store = typestore()
    path = tmp_path / "measures"
    with Bag(landmark_bag) as bag, BagWriter(path) as out:
        for _, time, message in bag.messages(["face/landmarks"]):
            face = face_from_message(message)
            for name, kind, state in (
                ("yawn", "YawnRate", mouth.update(face)),
                ("blink", "BlinkRate", eyes.update(face)),
            ):
                values = {f: getattr(state, f) for f in state.__slots__}
                values.pop("stamp")
                values["events"] = [
                    store.types["fatigue_ros/msg/FaceEvent"](
                        kind=int(event.kind),
                        start=header(event.start).stamp,
                        duration=event.duration,
                        amplitude=event.amplitude,
                        closing_speed=event.closing_speed,
                        opening_speed=event.opening_speed,
                    )
                    for event in state.events
                ]
                made = store.types[f"fatigue_ros/msg/{kind}"](
                    header=header(face.stamp, "driver_camera"), **values
                )
                out.write(name, time, made)
    again = replay(path)
    assert again == replay(landmark_bag)


def test_series_are_kept_only_for_a_picture(landmark_bag: Path) -> None:
    with Bag(landmark_bag) as bag:
        log = Replay(bag, log=DriveLog()).run()
    assert len(log.ear.values) == 330
    with Bag(landmark_bag) as bag:
        slim = Replay(bag).run()
    assert not len(slim.ear.values)
    assert slim.summary() == log.summary()


def test_stages_that_are_not_there_are_refused(landmark_bag: Path) -> None:
    with Bag(landmark_bag) as bag:
        assert Replay(bag).stage == "landmarks"
        with pytest.raises(BagError, match="camera/image_raw"):
            Replay(bag, "images")
        with pytest.raises(BagError, match="expected blink"):
            Replay(bag, "measures")


def test_pictures_that_are_none_are_frames_that_nobody_judged(
    short_bag: Path, tmp_path: Path
) -> None:
    name = "camera/image_raw/compressed"
    store, damaged = typestore(), {3: b"no picture", 7: b"", 11: None}
    with Bag(short_bag) as bag, BagWriter(tmp_path / "damaged") as writer:
        for number, (_, time, message) in zip(range(15), bag.messages([name]), strict=False):
            if number in damaged:
                cut = damaged[number]
                data = message.data[: len(message.data) // 2] if cut is None else cut
                message.data = np.frombuffer(bytes(data), np.uint8)
            data = store.serialize_cdr(message, "sensor_msgs/msg/CompressedImage")
            writer.write_serialized(name, time, data)
    with Bag(tmp_path / "damaged") as bag:
        replay = Replay(bag)
        assert replay.run().frames == 12
        assert not bag.problem
    assert replay.refused == 3
    assert replay.refusal == (
        "compressed image: expected a JPEG or PNG picture, got 10 bytes marked 'jpeg' that are none"
    )


def drive(
    path: Path,
    ignition: list[tuple[float, bool]],
    levels: Sequence[tuple[float, Any]] = (),
    speed: float = 7.0,
) -> None:
    """Speed and ignition for 20 s, landmarks without a face in the first 10 s, recorded levels."""
    store = typestore()
    vector = store.types["geometry_msgs/msg/Vector3"](x=speed, y=0.0, z=0.0)
    twist = store.types["geometry_msgs/msg/Twist"](linear=vector, angular=vector)
    face: dict[str, Any] = {
        "detected": False,
        "points": np.zeros(136, np.float32),
        "head_pose_valid": False,
        "yaw": 0.0,
        "pitch": 0.0,
        "roll": 0.0,
        "eye_shade": 0.0,
        "pupils_valid": False,
        "pupils": np.zeros(4, np.float32),
        "gaze_valid": False,
        "gaze_yaw": 0.0,
        "gaze_pitch": 0.0,
        "faces": 0,
        "image_width": 640,
        "image_height": 480,
        "skipped": 0,
        "engine": "none",
    }
    messages = [(time, "fatigue", message) for time, message in levels]
    for at, on in ignition:
        kind = store.types["std_msgs/msg/Bool"]
        messages.append((START + at, "ignition", kind(data=on)))
    for number in range(200):
        time = START + 0.1 * number
        kind = store.types["geometry_msgs/msg/TwistStamped"]
        messages.append((time, "vehicle/speed", kind(header=header(time), twist=twist)))
    for number in range(300):
        time = START + number / 30.0
        kind = store.types["fatigue_ros/msg/FaceLandmarks"]
        messages.append((time, "face/landmarks", kind(header=header(time, "camera"), **face)))
    with BagWriter(path) as bag:
        for time, name, message in sorted(messages, key=lambda m: m[0]):
            bag.write(name, nanoseconds(time), message)


def test_silence_is_noticed_by_message_time(tmp_path: Path) -> None:
    drive(tmp_path / "silence", [])
    found: list[Assessment] = []
    with Bag(tmp_path / "silence") as bag:
        log = Replay(bag, watch=found.append).run()
    causes = [(w.cause, w.time) for w in log.warnings]
    assert [cause for cause, _ in causes] == ["cannot_see_driver", "system_fault"]
    assert causes[1][1] == pytest.approx(12.0, abs=0.4)
    assert found[-1].state == FatigueState.FAULT
    assert found[-1].speed == pytest.approx(7.0)
    assert found[-1].stamp - START > 19.0
    # By the frames while they come, four times a second without them.
    late = [a.stamp - START for a in found if a.stamp > START + 11.0]
    assert np.diff(late) == pytest.approx(0.25)


def test_the_ignition_ends_the_judgement(tmp_path: Path) -> None:
    drive(tmp_path / "off", [(0.0, False), (5.0, True), (9.0, False)], speed=0.0)
    found: list[Assessment] = []
    with Bag(tmp_path / "off") as bag:
        Replay(bag, watch=found.append).run()
    off = [a.stamp - START for a in found if a.state == FatigueState.OFF]
    on = [a.stamp - START for a in found if a.state != FatigueState.OFF]
    assert 5.0 <= min(on) < 5.2
    assert max(on) < 9.1
    assert max(off) > 19.0


def test_the_ignition_off_at_speed_ends_nothing(tmp_path: Path) -> None:
    drive(tmp_path / "off", [(9.0, False)])
    found: list[Assessment] = []
    with Bag(tmp_path / "off") as bag:
        Replay(bag, watch=found.append).run()
    assert not [a for a in found if a.state == FatigueState.OFF]
    assert "the ignition is off at 25 km/h" in {a.reason for a in found}


def test_the_profile_is_a_choice(landmark_bag: Path) -> None:
    found: list[Assessment] = []
    with Bag(landmark_bag) as bag:
        Replay(
            bag,
            settings=MonitorSettings(fusion=FusionSettings(profile="paper")),
            watch=found.append,
        ).run()
    assert {a.profile for a in found} == {"paper"}


def recorded_level(time: float, *, slept_well: bool) -> Any:
    """A FatigueLevel that says that grade 4 was given, or nothing yet."""
    types = typestore().types
    sleep = types["fatigue_ros/msg/MetricScore"](
        name="sleep",
        valid=slept_well,
        reason="",
        value=25.0 if slept_well else 0.0,
        unit="%",
        score=25.0 if slept_well else 0.0,
        weight=15.0,
    )
    return types["fatigue_ros/msg/FatigueLevel"](
        header=header(time),
        valid=False,
        reason="",
        level=0.0,
        kss=0,
        state=2,
        profile="evidence",
        calibration=100.0,
        driver_id="driver",
        first_drive=False,
        sleep_question_due=False,
        unresponsive=False,
        speed_valid=True,
        speed=7.0,
        metrics=[sleep],
    )


def slept(found: list[Assessment]) -> list[float | None]:
    """[%] the score of sleep in each assessment, None while it is not known."""
    metrics = [next(m for m in a.metrics if m.name == "sleep") for a in found if a.metrics]
    return [m.score if m.valid else None for m in metrics]


def test_the_answer_about_sleep_can_be_given(landmark_bag: Path) -> None:
    found: list[Assessment] = []
    with Bag(landmark_bag) as bag:
        Replay(bag, sleep_grade=2, watch=found.append).run()
    assert set(slept(found)) == {75.0}
    with (
        Bag(landmark_bag) as bag,
        pytest.raises(FatigueError, match="4, 5, got 6"),
    ):
        Replay(bag, sleep_grade=6)
    paper = MonitorSettings(fusion=FusionSettings(sleep_scale="paper"))
    with Bag(landmark_bag) as bag, pytest.raises(FatigueError, match=r"one of 1, 3, 4, 5, got 2"):
        Replay(bag, settings=paper, sleep_grade=2)


def test_the_answer_about_sleep_is_read_from_the_recorded_level(tmp_path: Path) -> None:
    times = [START + 0.5 * number for number in range(20)]
    levels = [(time, recorded_level(time, slept_well=time - START >= 4.0)) for time in times]
    drive(tmp_path / "asked", [], levels)
    found: list[Assessment] = []
    with Bag(tmp_path / "asked") as bag:
        Replay(bag, watch=found.append).run()
    told = [a.stamp - START for a, s in zip(found, slept(found), strict=True) if s is not None]
    assert told[0] == pytest.approx(4.0, abs=0.1)
    assert {s for s in slept(found) if s is not None} == {25.0}
    with Bag(tmp_path / "asked") as bag:
        Replay(bag, sleep_grade=5, watch=(again := list[Assessment]()).append).run()
    assert set(slept(again)) == {0.0}


def eyes_and_model(path: Path, *, model: bool) -> None:
    """Half closed eyes at 10 Hz, and a model that says late how long it has seen a tired driver."""
    store = typestore()
    eyes: dict[str, Any] = dataclasses.asdict(
        EyeState(
            stamp=START,
            valid=True,
            judged=True,
            ear=0.3,
            ear_open=0.3,
            perclos=0.075,
            perclos_window=60.0,
            coverage=1.0,
        )
    )
    del eyes["stamp"]
    eyes["events"] = []
    said: dict[str, Any] = {
        "valid": True,
        "reason": "",
        "classes": ["awake", "tired"],
        "probabilities": np.array([0.1, 0.9], np.float32),
        "label": "tired",
        "drowsy": 0.9,
        "drowsy_alarm": False,
        "model": "some network",
        "skipped": 0,
    }
    with BagWriter(path) as bag:
        for number in range(40):
            time = START + 0.1 * number
            kind = store.types["fatigue_ros/msg/BlinkRate"]
            bag.write("blink", nanoseconds(time), kind(header=header(time), **eyes))
            if model and number % 5 == 0 and number >= 15:
                # 1.5 s late, which must not be taken for a bag that begins again.
                kind = store.types["fatigue_ros/msg/FaceState"]
                late = header(time - 1.5)
                message = kind(header=late, drowsy_duration=time - 1.5 - START, **said)
                bag.write("face_state", nanoseconds(time), message)


def test_a_recorded_model_is_heard_where_it_has_a_weight(tmp_path: Path) -> None:
    eyes_and_model(tmp_path / "with", model=True)
    eyes_and_model(tmp_path / "without", model=False)

    def levels(name: str, weight: float) -> Any:
        found: list[Assessment] = []
        settings = MonitorSettings(fusion=FusionSettings(face_state_weight=weight))
        with Bag(tmp_path / name) as bag:
            Replay(bag, settings=settings, watch=found.append).run()
        return np.array([a.level for a in found])

    alone, unheard, heard = levels("without", 20.0), levels("with", 0.0), levels("with", 20.0)
    assert unheard.tolist() == alone.tolist()
    assert alone == pytest.approx(40.0)
    assert len(heard) == len(alone)
    assert heard[:20] == pytest.approx(40.0)
    # At the end: seen tired for 2 s of the 0.5 to 3 s that count.
    assert heard[-1] == pytest.approx(100.0 - 60.0 * (1.0 - 0.2 * 1.5 / 2.5))
