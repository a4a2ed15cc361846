from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.vision.mesh.attention_mesh import INPUT, POINTS, AttentionMesh
from fatigue_ros.vision.mesh.refinement import CROP, FEATURES, Part, Refinement
from fatigue_ros.vision.mesh.region import Region, transformed

Floats = npt.NDArray[np.float32]
PARTS = [
    Part(points=range(first, first + 4), axis=(first, first + 2), scale=(1.5, 1.5), turn=0.0)
    for first in (0, 10, 20)
]


def trunk_points() -> Floats:
    """Of the input: three rhombuses, the rest in one corner."""
    points = np.full((POINTS, 3), 1.0, np.float32)
    for part, x, y in zip(PARTS, (96, 60, 130), (140, 80, 80), strict=True):
        points[list(part.points), :2] = ((x - 16, y), (x, y - 8), (x + 16, y), (x, y + 8))
    return points


def test_heads_move_their_own_points_and_bring_the_irises() -> None:
    shown: list[Floats] = []

    def trunk(picture: Floats) -> list[Floats]:
        shown.append(picture)
        features = np.zeros((1, FEATURES, FEATURES, 2), np.float32)
        return [features, trunk_points().reshape(1, 1, 1, -1), np.array([[[[2.5]]]], np.float32)]

    def heads(*crops: Floats) -> list[Floats]:
        assert [crop.shape for crop in crops] == [(1, CROP, CROP, 2)] * 3
        # All points of a part in the middle of its crop, the irises in its left top corner.
        middle = INPUT / FEATURES * CROP / 2
        return [
            *(np.full((1, 4, 2), middle, np.float32) for _ in crops),
            *(np.zeros((1, 5, 2), np.float32) for _ in crops[1:]),
        ]

    picture = np.full((300, 400, 3), 255, np.uint8)
    region = Region(200.0, 150.0, 96.0, 0.5)
    points, face = AttentionMesh(trunk, heads, Refinement(PARTS)).find(picture, region)
    assert shown[0].shape == (1, INPUT, INPUT, 3)
    assert shown[0].min() == shown[0].max() == 1.0
    assert face == 2.5
    assert points.shape == (POINTS + 10, 2)

    def in_picture(*places: tuple[float, float]) -> Floats:
        return transformed(np.array(places, np.float32), region.matrix(INPUT))

    for part, middle in zip(PARTS, in_picture((96, 140), (60, 80), (130, 80)), strict=True):
        for point in part.points:
            assert points[point] == pytest.approx(middle, abs=1e-3)
    # 1.5 times 32 wide and 16 high.
    right, left = in_picture((60 - 24, 80 - 12), (130 - 24, 80 - 12))
    assert points[POINTS : POINTS + 5] == pytest.approx(np.tile(right, (5, 1)), abs=1e-3)
    assert points[POINTS + 5 :] == pytest.approx(np.tile(left, (5, 1)), abs=1e-3)
    assert points[100] == pytest.approx(in_picture((1, 1))[0], abs=1e-3), "none of the parts"
