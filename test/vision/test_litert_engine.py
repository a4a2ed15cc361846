"""The networks without MediaPipe against MediaPipe itself, and where they run alone."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.errors import EngineError
from fatigue_ros.face import Event, Points
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings, create_engine

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed")

Picture = npt.NDArray[np.uint8]
LITERT = LandmarkSettings(engine="litert")


@pytest.fixture
def engine() -> Iterator[LandmarkEngine]:
    with create_engine(LITERT) as made:
        yield made


@pytest.fixture
def oracle() -> Iterator[LandmarkEngine]:
    pytest.importorskip("mediapipe", reason="MediaPipe, which tells what is right, is missing")
    with create_engine(LandmarkSettings(engine="mediapipe")) as made:
        yield made


def points_of(engine: LandmarkEngine, picture: Picture, stamp: float = 0.0) -> Points | None:
    return engine.detect(picture, stamp).points


def turned(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8)


def small(picture: Picture, share: float) -> Picture:
    """The picture in the middle of a cabin, 640x480."""
    cabin = np.full((480, 640, 3), 90, np.uint8)
    side = round(480 * share)
    top, left = (480 - side) // 2, (640 - side) // 2
    shrunk = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    cabin[top : top + side, left : left + side] = shrunk
    return cabin


def dim(picture: Picture, share: float) -> Picture:
    return np.asarray(np.round(picture * share), np.uint8)


CASES = {
    **{f"turned by {d}": (turned, d) for d in (-90, -70, -45, -20, 20, 45, 70, 90)},
    **{f"of {s:.0%} of the height": (small, s) for s in (0.6, 0.4, 0.25, 0.17, 0.12)},
    **{f"with {s:.0%} of the light": (dim, s) for s in (0.5, 0.25, 0.1, 0.05)},
}


@pytest.mark.parametrize("case", CASES)
def test_hard_pictures_as_mediapipe_sees_them(
    engine: LandmarkEngine, oracle: LandmarkEngine, portrait: Picture, case: str
) -> None:
    change, amount = CASES[case]
    picture = change(portrait, amount)
    expected, found = points_of(oracle, picture), points_of(engine, picture)
    if expected is None:
        return  # better is allowed
    assert found is not None
    eyes = float(np.linalg.norm(expected[45] - expected[36]))
    assert np.abs(found - expected).max() < 0.05 * eyes
    assert np.abs(found - expected).mean() < 0.01 * eyes


def test_a_head_that_falls_to_the_side_is_followed(
    engine: LandmarkEngine, portrait: Picture
) -> None:
    for degrees in range(0, 91, 6):
        face = engine.detect(turned(portrait, degrees), degrees / 60.0)
        assert face.points is not None
        assert face.roll == pytest.approx(np.radians(degrees), abs=0.15)


def test_points_pupils_lids_and_blinks_of_a_driver_are_those_of_mediapipe(
    engine: LandmarkEngine, oracle: LandmarkEngine, shared_data: Path
) -> None:
    capture = cv2.VideoCapture(str(shared_data / "driver_clips" / "4.avi"))
    off, wide, ears = [], [], []
    eyes = [EyeMonitor(EyeSettings()) for _ in range(2)]
    events: list[list[Event]] = [[], []]
    for number in range(75):  # with a blink at 1.7 s
        rgb = np.asarray(cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB), np.uint8)
        faces = [e.detect(rgb, number / 30.0) for e in (engine, oracle)]
        states = [monitor.update(face) for monitor, face in zip(eyes, faces, strict=True)]
        for told, state in zip(events, states, strict=True):
            told.extend(state.events)
        found, expected = (np.append(f.points, f.pupils, 0) for f in faces)  # type: ignore[arg-type]
        off.append(np.linalg.norm(found - expected, axis=1))
        wide.append(np.linalg.norm(expected[45] - expected[36]))
        ears.append([state.ear for state in states])
    assert np.mean(off) < 0.01 * np.mean(wide)
    assert np.percentile(off, 99) < 0.04 * np.mean(wide)
    ours, theirs = np.array(ears).T
    assert np.abs(ours - theirs).mean() < 0.01
    (blink,), (expected_blink,) = events
    assert blink.start == pytest.approx(expected_blink.start, abs=1.01 / 30.0)
    assert blink.duration == pytest.approx(expected_blink.duration, abs=1.01 / 30.0)
    assert blink.amplitude == pytest.approx(expected_blink.amplitude, abs=0.1)


def test_neither_mediapipe_nor_what_it_asks_for_is_loaded(tmp_path: Path) -> None:
    create_engine(LITERT).close()  # or there is nothing to see
    program = (
        "import sys, numpy as np\n"
        "from fatigue_ros.vision.engine import LandmarkSettings, create_engine\n"
        "with create_engine(LandmarkSettings(engine='litert')) as engine:\n"
        "    engine.detect(np.zeros((48, 64, 3), np.uint8), 0.0)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "ai_edge_litert" in loaded
    assert not loaded & {"mediapipe", "flatbuffers", "google", "tqdm", "ml_dtypes", "tensorflow"}


def test_missing_networks_are_said_with_what_to_call(tmp_path: Path) -> None:
    settings = dataclasses.replace(LITERT, mesh_models=str(tmp_path))
    with pytest.raises(EngineError, match=r"expected the networks .* run: fatigue models"):
        create_engine(settings)


def test_a_closed_engine_finds_nothing(engine: LandmarkEngine, portrait: Picture) -> None:
    engine.close()
    with pytest.raises(EngineError, match="is closed"):
        engine.detect(portrait, 0.0)
