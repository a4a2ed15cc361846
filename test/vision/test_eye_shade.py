"""Dark glasses are told from the light on skin, in any light; on made-up and on real faces."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.eye_shade import eye_shade
from fatigue_ros.vision.head_pose import FACE_MODEL
from fatigue_ros.vision.sources import CameraSettings, open_source

LIMIT = EyeSettings().max_eye_shade
SKIN = np.array([190, 140, 120])
# Drivers with dark glasses among the pictures, by number: first and last of a run.
GLASSES = {
    "no_yawn": (
        *((24, 40), (312, 336), (436, 448), (509, 529)),
        *((788, 793), (987, 1004), (1038, 1050), (1172, 1178)),
    ),
    "yawn": (
        *((43, 43), (70, 76), (168, 170), (204, 209), (217, 220)),
        *((279, 283), (328, 335), (339, 343), (362, 365)),
    ),
}


def face(
    *, angle: float = 0.0, size: float = 1.0, lens: float = 1.0
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any]]:
    """A picture of even skin, with what a lens lets through around the eyes, and its points."""
    turn = size * np.array(
        [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
    )
    points = FACE_MODEL[:, :2] @ turn + (320.0, 240.0)
    picture = np.empty((480, 640, 3), np.uint8)
    picture[:] = SKIN
    for eye in (points[36:42], points[42:48]):
        middle = tuple(round(float(v)) for v in eye.mean(axis=0))
        shade = tuple(float(v) for v in SKIN * lens)
        cv2.circle(picture, middle, round(24 * size), shade, -1)
    return picture, points


@given(
    angle=st.floats(-0.6, 0.6),
    size=st.floats(0.5, 1.6),
    lens=st.floats(0.0, 1.0),
    light=st.floats(0.35, 1.3),
    mirrored=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_it_is_the_share_that_the_lens_takes_in_any_light(
    angle: float, size: float, lens: float, light: float, mirrored: bool
) -> None:
    picture, points = face(angle=angle, size=size, lens=lens)
    lit = np.clip(picture * light, 0.0, 255.0).astype(np.uint8)
    if mirrored:
        lit = np.ascontiguousarray(lit[:, ::-1])
        order = [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)]
        order += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, *range(48, 68)]
        points = ((639.0, 0.0) + points * (-1.0, 1.0))[order]
    assume(light < 1.25 or SKIN.max() * light < 255.0)
    assert eye_shade(lit, points) == pytest.approx(1.0 - lens, abs=0.03)


@given(st.integers(0, 30), st.floats(0.0, 1.0), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_the_dark_says_nothing(level: int, lens: float, seed: int) -> None:
    picture, points = face(lens=lens)
    dark = (picture.astype(np.float64) / SKIN * level).astype(np.int64)
    noisy = dark + np.random.default_rng(seed).integers(-8, 9, dark.shape)
    shade = eye_shade(np.clip(noisy - 2, 0, 255).astype(np.uint8), points)
    assert math.isnan(shade)


@pytest.mark.parametrize("shift", [(-400.0, 0.0), (400.0, 0.0), (0.0, -300.0), (0.0, 210.0)])
def test_a_face_half_out_of_the_picture_says_nothing(shift: tuple[float, float]) -> None:
    picture, points = face(lens=0.1)
    assert math.isnan(eye_shade(picture, points + shift))


def test_points_that_are_none_say_nothing() -> None:
    picture, points = face()
    assert math.isnan(eye_shade(picture, points * math.nan))
    assert math.isnan(eye_shade(picture, points * 0.0))


@pytest.mark.parametrize("name", ["1.avi", "3.avi", "4.avi", "blinks_rotated.mp4"])
def test_drivers_without_glasses_are_never_taken_for_hidden(shared_data: Path, name: str) -> None:
    path = str(shared_data / "driver_clips" / name)
    shades = []
    with (
        open_source(path, CameraSettings(source=path)) as source,
        create_engine(LandmarkSettings()) as engine,
    ):
        while (frame := source.read()) is not None:
            if frame.index % 3 == 0:
                rgb = np.ascontiguousarray(frame.image[:, :, ::-1])
                shades.append(engine.detect(rgb, frame.time or 0.0).eye_shade)
    assert len(shades) > 20
    assert np.nanmax(shades) < LIMIT - 0.05


def test_pictures_of_drivers(shared_data: Path) -> None:
    """Every fourth picture: nobody without dark glasses is taken for hidden, most with are."""
    found: dict[bool, list[float]] = {True: [], False: []}
    with create_engine(LandmarkSettings()) as engine:
        for kind, runs in GLASSES.items():
            files = (shared_data / "drowsiness_images" / kind).glob("*.jpg")
            for file in sorted(files, key=lambda f: int(f.stem))[::4]:
                picture = cv2.imread(str(file))
                assert picture is not None
                rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
                time = 10.0 * len(found[True] + found[False])
                engine.detect(np.zeros_like(rgb), time)  # the person before has gone
                engine.detect(rgb, time + 0.03)
                seen = engine.detect(rgb, time + 0.06)
                dark = any(first <= int(file.stem) <= last for first, last in runs)
                found[dark].append(seen.eye_shade)
    with_glasses, without = np.array(found[True]), np.array(found[False])
    assert len(with_glasses) > 20
    assert len(without) > 150
    assert not (without > LIMIT).any()
    assert (with_glasses > LIMIT).mean() > 0.5
