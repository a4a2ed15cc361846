"""What lies between the trunk of the attention mesh and its heads: lips and eyes are cut out.

MediaPipe adds three operators to TensorFlow Lite for it (Grishchenko et al. 2020,
arXiv:2006.10962): where lips and eyes are, by the trunk's own points; what the features show
there; and back from there. This is the same in NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fatigue_ros.vision.mesh.region import Floats, angle_between

FEATURES = 48
"""[px] Side of the map of features."""
CROP = 16
"""[px] Side of what is cut out of it."""


class Part(NamedTuple):
    """A part of the face that has a head of its own: lips, right eye, left eye.

    Attributes:
        points: where in the mesh its points lie, which its head finds anew.
        axis: two points of the mesh, the line between which is made level.
        scale: [1] size of what is cut out over that of the part, along and across the axis.
        turn: [rad] angle of the axis in what is cut out.
    """

    points: Sequence[int]
    axis: tuple[int, int]
    scale: tuple[float, float]
    turn: float


class Refinement:
    """Cuts the parts of a face out of the features."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        steps = np.arange(CROP, dtype=np.float32) + 0.5
        ones = np.ones(CROP * CROP, np.float32)
        self._grid = np.stack([np.tile(steps, CROP), steps.repeat(CROP), ones])

    def matrices(self, mesh: Floats) -> Floats:
        """Where the parts are.

        Args:
            mesh: [px of the features] points, shape (468, 2).

        Returns:
            From pixels of the crops to pixels of the features, shape (parts, 2, 3).
        """
        return np.stack([_matrix(mesh, part) for part in self.parts])

    def crops(self, features: Floats, matrices: Floats) -> Floats:
        """Bilinear samples of the features, zero outside.

        Args:
            features: shape (1, 48, 48, channels).
            matrices: of the parts.

        Returns:
            Shape (parts, 16, 16, channels).
        """
        where = matrices @ self._grid - np.float32(0.5)  # (parts, 2, samples)
        inside = ((where >= 0.0) & (where <= FEATURES - 1)).all(1)
        where = where.clip(0.0, FEATURES - 1)
        corner = np.minimum(where.astype(np.int32), FEATURES - 2)
        right, down = (where - corner.astype(np.float32)).transpose(1, 0, 2)
        right *= inside
        left, up = inside - right, 1.0 - down
        flat = features.reshape(FEATURES * FEATURES, -1)
        first = corner[:, 1] * FEATURES + corner[:, 0]
        total: Floats = flat[first] * (left * up)[..., None]
        total += flat[first + 1] * (right * up)[..., None]
        total += flat[first + FEATURES] * (left * down)[..., None]
        total += flat[first + FEATURES + 1] * (right * down)[..., None]
        return total.reshape(len(matrices), CROP, CROP, -1)


def _matrix(mesh: Floats, part: Part) -> Floats:
    first, second = part.axis
    angle = angle_between(mesh[first], mesh[second]) - part.turn
    cos, sin = math.cos(angle), math.sin(angle)
    # The part's box in its own axes, its middle there, and that middle in the mesh's.
    own = mesh[list(part.points)] @ np.array(((cos, -sin), (sin, cos)), np.float32)
    (left, top), (right, bottom) = own.min(0).tolist(), own.max(0).tolist()
    u, v = (left + right) / 2, (top + bottom) / 2
    x, y = u * cos - v * sin, u * sin + v * cos
    along, across = part.scale[0] * (right - left) / CROP, part.scale[1] * (bottom - top) / CROP
    half = CROP / 2
    return np.array(
        (
            (cos * along, -sin * across, x - half * (cos * along - sin * across)),
            (sin * along, cos * across, y - half * (sin * along + cos * across)),
        ),
        np.float32,
    )
