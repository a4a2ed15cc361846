"""Which of several faces is the driver's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fatigue_ros.face import Points

CLEARLY_LARGER = 1.3
"""[1] How many times the size of the driver's face another one needs to be taken instead. The
driver sits nearest to the camera, and a face's measured size wavers by some 10 %."""

SAME_FACE_OVERLAP = 0.2
"""[1] Intersection over union from which two boxes are taken for the same face."""

REMEMBERED = 2.0
"""[s] How long nobody else is taken for the driver once the driver's face is lost: a glance over
the shoulder must not hand over to the passenger."""


class Box(NamedTuple):
    """A rectangle around a face, [px]."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, points: Points) -> Box:
        """The smallest box that holds these points, shape (N, 2)."""
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return cls(left, top, right, bottom)

    @property
    def area(self) -> float:
        """[px^2]."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def size(self) -> float:
        """[px] side of the square of the same area."""
        return math.sqrt(self.area)

    def overlaps(self, other: Box) -> bool:
        """Whether both are taken for the same face."""
        shared = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        ).area
        return shared > SAME_FACE_OVERLAP * (self.area + other.area - shared)

    def grown(self, share: float) -> Box:
        """The box with this share of its width and height added on each side."""
        dx, dy = share * (self.right - self.left), share * (self.bottom - self.top)
        return Box(self.left - dx, self.top - dy, self.right + dx, self.bottom + dy)


def driver(boxes: Sequence[Box], previous: Box | None) -> int:
    """Index of the driver's face: the largest, unless the previous one is nearly as large.

    Raises:
        ValueError: there is no box.
    """

    def weight(box: Box) -> float:
        known = previous is not None and box.overlaps(previous)
        return box.size * (CLEARLY_LARGER if known else 1.0)

    return max(range(len(boxes)), key=lambda index: weight(boxes[index]))


def is_driver(box: Box, previous: Box) -> bool:
    """Whether this is the same face as before, or clearly larger and so taken instead."""
    return box.overlaps(previous) or box.size >= CLEARLY_LARGER * previous.size
