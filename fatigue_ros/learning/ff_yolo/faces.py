"""The box of a face, by YOLO's rules.

Tan et al. crop their frames to squares of 900 px, how they do not say. Here pictures stay whole, as
the camera gives them when the network is used.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fatigue_ros.face import Points

_MARGIN = 0.1  # [1] share of the points' extent on each side; the 68 points end at the brows


@dataclasses.dataclass(frozen=True, slots=True)
class YoloBox:
    """A box as YOLO labels have it: centre and size as shares of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float

    def line(self, number: int) -> str:
        """The line of a label file for class ``number``."""
        return f"{number} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"


def face_box(points: Points, width: int, height: int) -> YoloBox | None:
    """The box of a face, as far as it lies in the picture.

    Tan et al. do not say what their boxes hold; here it is all 68 points and a tenth more on
    each side.

    Args:
        points: shape (68, 2), [px].
        width: [px] of the picture.
        height: [px] of the picture.

    Returns:
        None when nothing of it lies in the picture.
    """
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    margin = _MARGIN * (high - low)
    size = np.array([width, height], np.float64)
    low, high = np.clip((low - margin) / size, 0, 1), np.clip((high + margin) / size, 0, 1)
    if not np.all(high > low):
        return None
    (x, y), (across, down) = (low + high) / 2.0, high - low
    return YoloBox(float(x), float(y), float(across), float(down))
