"""One grey level of noise must not become motion, nor may what steadies the points lag behind.

The figures of docs/performance.md: ``pytest test/vision/test_steadiness.py -rP``.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.console import say
from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.mesh.region import Region

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed")

SEEDS = range(1, 6)
FRAME = 1.0 / 30.0
"""[s] of the clips."""


@dataclasses.dataclass
class Seen:
    """What the eyes did."""

    ear: npt.NDArray[np.float64]
    closed: npt.NDArray[np.bool_]
    events: list[Event]

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.events]


def look(pictures: list[npt.NDArray[np.uint8]], seed: int = 0) -> Seen:
    """At a piece of a clip, with one grey level of noise for all seeds but 0."""
    random = np.random.default_rng(seed)
    eyes = EyeMonitor(EyeSettings())
    states = []
    with create_engine(LandmarkSettings(engine="litert")) as engine:
        for number, picture in enumerate(pictures):
            shown = picture.astype(np.int16)
            if seed:
                shown += random.integers(-1, 2, shown.shape, np.int16)
            rgb = np.clip(shown, 0, 255).astype(np.uint8)
            states.append(eyes.update(engine.detect(rgb, number * FRAME)))
    return Seen(
        np.array([state.ear for state in states]),
        np.array([state.eyes_closed for state in states]),
        [event for state in states for event in state.events],
    )


def piece(clip: Path, count: int) -> list[npt.NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(clip))
    frames = [np.asarray(capture.read()[1], np.uint8) for _ in range(count)]
    return [np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8) for frame in frames]


def beginnings(seen: Seen) -> list[int]:
    """Frames in which the eyes begin to be closed."""
    found: list[int] = np.flatnonzero(np.diff(seen.closed.astype(np.int8), prepend=0) == 1).tolist()
    return found


@pytest.mark.parametrize(
    ("clip", "frames", "blinks", "aim"),
    [("1", 45, 0, 0.005), ("3", 105, 4, 0.003), ("4", 66, 1, 0.001)],
)
def test_noise_hardly_moves_the_lids_and_changes_no_event(
    shared_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    clip: str,
    frames: int,
    blinks: int,
    aim: float,
) -> None:
    pictures = piece(shared_data / "driver_clips" / f"{clip}.avi", frames)
    clean = look(pictures)
    noisy = [look(pictures, seed) for seed in SEEDS]
    change = np.mean([np.nanmean(np.abs(seen.ear - clean.ear)) for seen in noisy])
    with monkeypatch.context() as patch:
        patch.setattr(Region, "towards", lambda _, seen: seen)
        undamped = look(pictures)
    depth, sharp_depth = (
        np.mean([event.amplitude for event in seen.events] or [math.nan])
        for seen in (clean, undamped)
    )
    say(f"clip {clip}: EAR changed by {change:.4f}; depth {depth:.3f}, undamped {sharp_depth:.3f}")
    assert clean.kinds() == [EventKind.BLINK] * blinks
    assert all(seen.kinds() == clean.kinds() for seen in noisy)
    assert change <= aim
    assert undamped.kinds() == clean.kinds()
    for damped, sharp in zip(beginnings(clean), beginnings(undamped), strict=True):
        assert damped <= sharp + 1
    assert not depth < 0.97 * sharp_depth
