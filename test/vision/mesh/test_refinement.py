from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.vision.mesh.refinement import CROP, FEATURES, Part, Refinement
from fatigue_ros.vision.mesh.region import transformed

Floats = npt.NDArray[np.float32]
# A part of four points: a rhombus 12 wide and 4 high about (20, 30), its axis from left to right.
RHOMBUS = np.array(((14, 30), (20, 28), (26, 30), (20, 32)), np.float32)
PART = Part(points=(0, 1, 2, 3), axis=(0, 2), scale=(1.5, 2.0), turn=0.0)


def turned(points: Floats, angle: float, about: tuple[float, float]) -> Floats:
    cos, sin = math.cos(angle), math.sin(angle)
    away = points - np.array(about, np.float32)
    found: Floats = away @ np.array(((cos, sin), (-sin, cos)), np.float32)
    return found + np.array(about, np.float32)


def corners(matrix: Floats) -> Floats:
    return transformed(np.array(((0, 0), (CROP, 0), (CROP, CROP), (0, CROP)), np.float32), matrix)


def test_a_part_is_cut_out_with_a_margin_along_and_across_its_axis() -> None:
    (matrix,) = Refinement([PART]).matrices(RHOMBUS)
    # 1.5 times 12 wide, twice 4 high.
    assert corners(matrix) == pytest.approx(np.array(((11, 26), (29, 26), (29, 34), (11, 34))))


@pytest.mark.parametrize("degrees", [-120, -30, 10, 90])
def test_what_is_cut_out_turns_with_the_face(degrees: float) -> None:
    angle = math.radians(degrees)
    (level,) = Refinement([PART]).matrices(RHOMBUS)
    (found,) = Refinement([PART]).matrices(turned(RHOMBUS, angle, (20, 30)))
    assert corners(found) == pytest.approx(turned(corners(level), angle, (20, 30)), abs=1e-3)


def test_a_part_may_be_shown_at_an_angle() -> None:
    (matrix,) = Refinement([PART._replace(turn=math.pi / 2, scale=(1.0, 1.0))]).matrices(RHOMBUS)
    # Its axis runs down the crop.
    across, along = matrix[:, 0], matrix[:, 1]
    assert along * CROP == pytest.approx(np.array((12, 0)), abs=1e-4)
    assert across * CROP == pytest.approx(np.array((0, -4)), abs=1e-4)


def features() -> Floats:
    """Their first channel is x, their second y, the third one."""
    place = np.arange(FEATURES, dtype=np.float32) + 0.5
    x, y = np.meshgrid(place, place)
    return np.stack((x, y, np.ones_like(x)), -1)[None]


def test_samples_lie_where_the_matrix_says() -> None:
    refinement = Refinement([PART, PART])
    matrices = refinement.matrices(turned(RHOMBUS, 0.4, (20, 30)))
    crops = refinement.crops(features(), matrices)
    assert crops.shape == (2, CROP, CROP, 3)
    middle = np.arange(CROP, dtype=np.float32) + 0.5
    grid = np.stack(np.meshgrid(middle, middle), -1).reshape(-1, 2)
    expected = transformed(grid, matrices[1]).reshape(CROP, CROP, 2)
    assert crops[1, ..., :2] == pytest.approx(expected, abs=1e-3)
    assert crops[1, ..., 2] == pytest.approx(1.0, abs=1e-5)


def test_beyond_the_features_there_is_nothing() -> None:
    refinement = Refinement([PART._replace(scale=(1.0, 4.0))])
    shifted = RHOMBUS - np.array((20, 0), np.float32)  # half of it, to the left of x = 0
    (crop,) = refinement.crops(features(), refinement.matrices(shifted))
    assert (crop[:, : CROP // 2] == 0.0).all()
    assert crop[:, CROP // 2 + 1 :, 2] == pytest.approx(1.0, abs=1e-5)
