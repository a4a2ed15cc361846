"""A dark face is lit for the engine, and a bright one left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fatigue_ros.face import Points
from fatigue_ros.vision.light import ENOUGH, MOST, FaceLight

FACE: Points = np.array([(20.0, 10.0), (43.0, 37.0)], np.float32)


def picture(face: int, around: int = 200) -> Any:
    image = np.full((48, 64, 3), around, np.uint8)
    image[10:38, 20:44] = face
    return image


@pytest.mark.parametrize(
    ("face", "lit"), [(20, ENOUGH), (79, ENOUGH), (80, 80), (81, 81), (200, 200), (5, 5 * MOST)]
)
def test_a_face_is_as_bright_as_is_enough(face: int, lit: float) -> None:
    light, dark = FaceLight(), picture(face)
    assert np.array_equal(light.lit(dark), dark), "nothing is known yet"
    light.learn(dark, FACE)
    assert light.lit(dark)[12, 22, 0] == pytest.approx(lit, abs=0.5)
    assert dark[12, 22, 0] == face, "the picture itself is not changed"


def test_what_is_brighter_than_white_is_white() -> None:
    light, dark = FaceLight(), picture(10)
    light.learn(dark, FACE)
    assert light.lit(dark)[0, 0].tolist() == [255, 255, 255]


def test_it_follows_the_light() -> None:
    light = FaceLight()
    light.learn(picture(10), FACE)
    light.learn(picture(120), FACE)
    assert light.lit(picture(120))[12, 22, 0] == 120


@pytest.mark.parametrize("points", [FACE + 500.0, FACE * np.nan, FACE - 500.0])
def test_a_face_that_lies_nowhere_tells_nothing(points: Points) -> None:
    light = FaceLight()
    light.learn(picture(40), FACE)
    light.learn(picture(10), points)
    assert light.lit(picture(40))[12, 22, 0] == ENOUGH


def test_a_face_at_the_edge_counts_with_what_is_seen_of_it() -> None:
    light = FaceLight()
    light.learn(picture(40, around=40), FACE - 25.0)
    assert light.lit(picture(40))[12, 22, 0] == ENOUGH
