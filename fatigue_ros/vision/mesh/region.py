"""Squares of a picture that a network is shown, and what else lies in the plane of a picture."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

MARGIN = 1.5
"""[1] Side of the region around a face over the longer side of its box. The networks were trained
with it."""
STEADY, AWAY = 0.2, 0.02
"""[1] The share of a motion that a region follows when it is hardly one, and how large one is, over
the side, that it follows in full. A trembling point moves the region, which moves all points:
undamped, one grey level of noise became a blink more or less (docs/performance.md, "Noise"). As the
share grows by the square, a head that turns or nods is followed at once, and the lids with it;
growing in a straight line it had to begin at 0.3, and split a closure in two."""


class Region(NamedTuple):
    """A square of a picture, which may be turned and may reach beyond the picture.

    Attributes:
        x, y: [px] its middle.
        side: [px].
        angle: [rad] of its upper edge; positive: clockwise as one looks at it.
    """

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def around(cls, low: Floats, high: Floats, angle: float) -> Region:
        """The region for a face.

        Args:
            low: [px] left and top of the face's box, shape (2,).
            high: [px] right and bottom.
            angle: [rad] of the line between its eyes.
        """
        (left, top), (right, bottom) = low.tolist(), high.tolist()
        side = MARGIN * max(right - left, bottom - top)
        return cls((left + right) / 2, (top + bottom) / 2, side, angle)

    def towards(self, seen: Region) -> Region:
        """The next region: where the face was seen, or on the way there if it hardly moved.

        Args:
            seen: the region around the points that were found in this one.
        """
        turn = math.remainder(seen.angle - self.angle, 2.0 * math.pi)
        growth = seen.side - self.side
        across, down = seen.x - self.x, seen.y - self.y
        motion = (math.hypot(across, down) + abs(growth) / 2.0) / self.side + abs(turn) / 2.0
        share = min(1.0, STEADY + (motion / AWAY) ** 2)
        return Region(
            self.x + share * across,
            self.y + share * down,
            self.side + share * growth,
            self.angle + share * turn,
        )

    def matrix(self, size: int) -> npt.NDArray[np.float64]:
        """From pixels of a crop of this size to pixels of the picture, shape (2, 3)."""
        scale, half = self.side / size, size / 2
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        return np.array(
            (
                (cos, -sin, self.x - half * (cos - sin)),
                (sin, cos, self.y - half * (sin + cos)),
            )
        )

    def crop(self, rgb: Picture, size: int, border: int) -> Picture:
        """What the region shows.

        Args:
            rgb: shape (H, W, 3).
            size: [px] of the crop.
            border: what lies beyond the picture, one of OpenCV's ``BORDER_`` modes.

        Returns:
            Shape (size, size, 3).
        """
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = self.matrix(size)
        return np.asarray(
            cv2.warpAffine(rgb, matrix, (size, size), flags=flags, borderMode=border), np.uint8
        )


def transformed(points: Floats, matrix: npt.NDArray[np.floating]) -> Floats:
    """Points, shape (N, 2), through a matrix, shape (2, 3)."""
    matrix = matrix.astype(np.float32)
    moved: Floats = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def angle_between(first: Floats, second: Floats) -> float:
    """[rad] Angle of the line from one point to another, shape (2,) each."""
    (x0, y0), (x1, y1) = first.tolist(), second.tolist()
    return math.atan2(y1 - y0, x1 - x0)


def logit(share: float) -> float:
    """The logit of a confidence, from 0 (which all exceed) to 1 (which none does)."""
    if share <= 0.0:
        return -math.inf
    return math.inf if share >= 1.0 else math.log(share / (1.0 - share))
