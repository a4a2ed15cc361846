"""The same recording filmed otherwise: what is compared, and that it says the same."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import numpy as np
import pytest

from fatigue_ros.evaluation.observation import Observation, WarningSpan
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.variants import (
    VARIANTS,
    Difference,
    Varied,
    compare,
    compare_variants,
    play_variants,
)
from fatigue_ros.face import Event, EventKind
from fatigue_ros.vision.frames import Frame, FrameSource
from fatigue_ros.vision.sources import CameraSettings, open_recording

MOVED = 0.15  # [s] no event may move further
KNOWN_TO_MOVE = {("driver_clips/blinks_rotated.mp4", "noise")}  # a dark face of 200 px


class Grey(FrameSource):
    """Three seconds of a picture that is brighter at the left."""

    name, live, frame_rate, size = "grey", False, 30.0, (64, 480)

    def __init__(self) -> None:
        self.index = 0

    def read(self) -> Frame | None:
        if self.index == 90:
            return None
        row = np.linspace(200, 20, 64, dtype=np.uint8)
        image = np.broadcast_to(row[None, :, None], (480, 64, 3)).copy()
        self.index += 1
        return Frame(image, (self.index - 1) / 30.0, self.index - 1)

    def close(self) -> None:
        self.index = 90


def frames(name: str, until: float = math.inf) -> list[Frame]:
    found = []
    with Varied(Grey(), VARIANTS[name](), until) as source:
        while (frame := source.read()) is not None:
            found.append(frame)
    return found


def test_each_variant_changes_what_it_says() -> None:
    (first,) = frames("240 lines", until=0.01)
    assert first.image.shape == (240, 32, 3)
    assert frames("a quarter of the light")[0].image[0, 0].tolist() == [50, 50, 50]
    left, right = frames("mirrored")[0].image[0, [0, -1], 0].tolist()
    assert (left, right) == (20, 200)
    assert np.std(frames("noise")[0].image[:, 32]) == pytest.approx(12.0, abs=0.5)
    assert np.ptp(frames("JPEG 20")[0].image[:, 32].astype(float)) < 12.0
    assert frames("grey")[0].image[0, 0].tolist() == [200, 200, 200]


@pytest.mark.parametrize(("name", "count"), [("15 frames/s", 45), ("10 frames/s", 30)])
def test_fewer_frames(name: str, count: int) -> None:
    times = [frame.time or 0.0 for frame in frames(name)]
    assert len(times) == count
    assert np.diff(times) == pytest.approx(3.0 / count)


def test_drops_and_jitter_begin_with_the_first_frame_and_repeat() -> None:
    times = [frame.time or 0.0 for frame in frames("drops and jitter")]
    assert times[0] == 0.0
    assert 75 <= len(times) <= 87
    assert np.all(np.diff(times) > 0.0)
    assert times == [frame.time or 0.0 for frame in frames("drops and jitter")]


def test_the_nearest_belong_together() -> None:
    before = [(1.0, 1.2), (2.0, 2.2), (5.0, 6.0)]
    assert Difference.between(before, before) == Difference(0, 0, 0.0)
    found = Difference.between(before, [(1.25, 1.3), (2.1, 2.25), (9.0, 9.5)])
    assert (found.lost, found.new) == (1, 1)
    assert found.moved == pytest.approx(0.25)


def observation(events: list[Event], warnings: list[WarningSpan]) -> Observation:
    seen = Observation()
    seen.events, seen.warning_spans = events, warnings
    return seen


def test_eyes_yawns_and_warnings_are_compared_apart() -> None:
    blink = Event(EventKind.BLINK, 1.0, 0.48, 0.9)
    closure = Event(EventKind.CLOSURE, 1.05, 0.52, 0.9)
    alarm = WarningSpan(3.0, 4.0, "alarm", "eyes_closed")
    one = observation([blink, Event(EventKind.YAWN, 5.0, 3.0, 0.9)], [alarm])
    other = observation([closure], [WarningSpan(3.2, 9.0, "alarm", "eyes_closed")])
    found = compare(one, other)
    assert (found.eyes.lost, found.eyes.new) == (0, 0)
    assert found.eyes.moved == pytest.approx(0.09)
    assert found.yawns == Difference(1, 0, 0.0)
    assert (found.warnings.lost, found.warnings.new) == (0, 0)
    assert found.warnings.moved == found.moved == pytest.approx(0.2)
    assert compare(one, other, blinks=False).eyes == Difference(0, 1, 0.0)
    louder = observation([], [WarningSpan(3.0, 4.0, "acoustic", "eyes_closed")])
    assert compare(one, louder).warnings == Difference(1, 1, 0.0)


@pytest.mark.parametrize(
    ("clip", "rotation", "until"),
    [
        ("clips_more/asleep_one_frame_in_12_black.mp4", 0, 1.5),
        ("driver_clips/blinks_rotated.mp4", 90, 2.2),
    ],
)
def test_two_clips_say_the_same_however_they_are_filmed(
    shared_data: Path, clip: str, rotation: int, until: float
) -> None:
    """All variants of all clips: ``fatigue variants``; docs/measures.md has the table."""
    path = str(shared_data / clip)
    play = functools.partial(open_recording, path, CameraSettings(rotation=rotation))
    seen = play_variants(play, ObserveSettings(), until=until)
    for name, found in compare_variants(seen).items():
        assert (found.warnings.lost, found.warnings.new) == (0, 0), name
        assert (found.yawns.lost, found.yawns.new) == (0, 0), name
        if (clip, name) not in KNOWN_TO_MOVE:
            assert (found.eyes.lost, found.eyes.new) == (0, 0), name
            assert found.moved <= MOVED + 1e-6, name
