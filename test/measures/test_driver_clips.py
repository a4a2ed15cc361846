"""Eyes and mouth on recordings of drivers, from the picture on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings
from fatigue_ros.measures.states import EyeState
from fatigue_ros.vision.engine import LandmarkSettings, create_engine

pytest.importorskip("ai_edge_litert", reason="the landmark engine is not installed")


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was found in a clip, and what is marked in it."""

    eyes: list[EyeState]
    events: list[Event]
    marked: dict[str, Any]

    def of(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]


def look(folder: Path, name: str) -> Seen:
    eyes, mouth = EyeMonitor(EyeSettings()), MouthMonitor(MouthSettings())
    states: list[EyeState] = []
    events: list[Event] = []
    video = cv2.VideoCapture(str(folder / name))
    rate = video.get(cv2.CAP_PROP_FPS)
    with create_engine(LandmarkSettings()) as engine:
        while True:
            found, picture = video.read()
            if not found:
                break
            rgb: Any = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            face = engine.detect(rgb, len(states) / rate)
            states.append(eyes.update(face))
            events += [*states[-1].events, *mouth.update(face).events]
    video.release()
    assert states, f"{name} cannot be read"
    told = "annotations.json" if (folder / "annotations.json").exists() else "truth.json"
    marked = json.loads((folder / told).read_text("utf-8"))[name]
    return Seen(states, events, marked)


@pytest.fixture(scope="module")
def clips(shared_data: Path) -> dict[str, Seen]:
    folder = shared_data / "driver_clips"
    return {name: look(folder, name) for name in ("1.avi", "3.avi", "4.avi", "blinks_rotated.mp4")}


def overlap(event: Event, span: list[float]) -> float:
    """Share of the union of both that they have in common."""
    common = min(event.end, span[1]) - max(event.start, span[0])
    return common / (max(event.end, span[1]) - min(event.start, span[0]))


@pytest.mark.parametrize("name", ["1.avi", "3.avi"])
def test_the_yawn_is_found_and_no_other(clips: dict[str, Seen], name: str) -> None:
    (yawn,) = clips[name].of(EventKind.YAWN)
    assert overlap(yawn, clips[name].marked["yawns"][0]) > 0.7


def test_talking_is_no_yawn(clips: dict[str, Seen]) -> None:
    assert not [e for e in clips["4.avi"].of(EventKind.YAWN) if e.start < 12.0]


@pytest.mark.parametrize("name", ["1.avi", "4.avi", "blinks_rotated.mp4"])
def test_open_eyes_are_never_closed_for_long(clips: dict[str, Seen], name: str) -> None:
    assert max(state.closure_duration for state in clips[name].eyes) < 0.5
    assert not clips[name].of(EventKind.CLOSURE)


def test_eyes_shut_in_a_yawn_are_one_closure_that_ends_with_the_turn_of_the_head(
    clips: dict[str, Seen],
) -> None:
    clip = clips["3.avi"]
    (closure,) = clip.of(EventKind.CLOSURE)
    assert overlap(closure, clip.marked["closures"][0]) > 0.85
    one_second = next(s for s in clip.eyes if s.closure_duration >= 1.0)
    assert one_second.stamp - closure.start <= 1.1
    assert one_second.stamp - clip.marked["closures"][0][0] <= 1.1
    profile = clip.marked["profile"][0]
    assert not any(
        s.eyes_closed for s in clip.eyes if profile[0] + 0.1 < s.stamp < profile[1] - 0.1
    )


def test_blinks_are_counted(clips: dict[str, Seen]) -> None:
    third = clips["3.avi"].of(EventKind.BLINK)
    assert len([b for b in third if b.start < 5.0]) == clips["3.avi"].marked["blinks_before_5s"]
    assert 9 <= len(third) <= 13
    fourth = [(b.start + b.end) / 2 for b in clips["4.avi"].of(EventKind.BLINK)]
    assert fourth == pytest.approx(clips["4.avi"].marked["blinks"], abs=0.3)
    rotated = clips["blinks_rotated.mp4"]
    assert len(rotated.of(EventKind.BLINK)) == rotated.marked["blink_count"]


# --- what looks like sleep or a yawn, and what does not


@pytest.fixture(scope="module")
def hard(shared_data: Path) -> dict[str, Seen]:
    folder = shared_data / "clips_more"
    return {file.stem: look(folder, file.name) for file in sorted(folder.glob("*.mp4"))}


def test_who_looks_down_is_not_asleep(hard: dict[str, Seen]) -> None:
    assert max(state.closure_duration for state in hard["looks_down"].eyes) < 1.0
    assert not hard["looks_down"].of(EventKind.CLOSURE)


def test_grimaces_are_neither_yawns_nor_closures(hard: dict[str, Seen]) -> None:
    assert not hard["grimaces"].of(EventKind.YAWN)
    assert max(state.closure_duration for state in hard["grimaces"].eyes) < 0.6


def test_a_yawn_behind_a_hand_is_one_and_its_shut_eyes_are_heard(hard: dict[str, Seen]) -> None:
    clip = hard["yawn_behind_hand"]
    (yawn,), (closure,) = clip.of(EventKind.YAWN), clip.of(EventKind.CLOSURE)
    assert overlap(yawn, clip.marked["yawns"][0]) > 0.7
    assert overlap(closure, clip.marked["closures"][0]) > 0.9
    assert all(s.judged for s in clip.eyes if closure.start <= s.stamp < closure.end)


def test_two_quick_blinks_are_two(hard: dict[str, Seen]) -> None:
    found = [blink.start for blink in hard["quick_blinks"].of(EventKind.BLINK)]
    assert found == pytest.approx(hard["quick_blinks"].marked["blinks"], abs=0.15)


def test_a_long_blink_is_a_blink(hard: dict[str, Seen]) -> None:
    clip = hard["long_blink"]
    (blink,) = clip.of(EventKind.BLINK)
    assert overlap(blink, clip.marked["long_blink"][0]) > 0.7
    assert not clip.of(EventKind.CLOSURE)
    assert not clip.of(EventKind.YAWN)


def test_who_sleeps_from_the_first_frame_on_is_heard_between_black_frames(
    hard: dict[str, Seen],
) -> None:
    clip = hard["asleep_one_frame_in_12_black"]
    assert next(s.stamp for s in clip.eyes if s.closure_duration >= 1.0) <= 1.1
    assert clip.eyes[-1].closure_duration > 7.0
    assert sum(not s.judged for s in clip.eyes) <= len(clip.eyes) / 12.0 + 1.0
