"""From a picture with a face to a labelled picture: the crop, and the box by YOLO's rules."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from fatigue_ros.face import Points

_MARGIN = 0.1  # [1] share of the points' extent on each side; the 68 points end at the brows


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A box as YOLO labels have it: centre and size as shares of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float

    def line(self, number: int) -> str:
        """The line of a label file for class ``number``."""
        return f"{number} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"


def square_crop(points: Points, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the largest square in the picture that has the face in its middle.

    Tan et al. crop their frames to squares of 900 px; how, they do not say.

    Args:
        points: shape (68, 2), [px].
        width: [px] of the picture.
        height: [px] of the picture.
    """
    side = min(width, height)
    x, y = (points.min(0) + points.max(0)) / 2.0
    left = int(np.clip(round(float(x) - side / 2.0), 0, width - side))
    top = int(np.clip(round(float(y) - side / 2.0), 0, height - side))
    return slice(top, top + side), slice(left, left + side)


def face_box(points: Points, width: int, height: int) -> Box | None:
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
    return Box(float(x), float(y), float(across), float(down))


def cropped(
    picture: npt.NDArray[np.uint8], points: Points
) -> tuple[npt.NDArray[np.uint8], Box | None]:
    """The square crop of a picture, and the face's box in it.

    Args:
        picture: shape (H, W, 3).
        points: shape (68, 2), [px].
    """
    rows, columns = square_crop(points, picture.shape[1], picture.shape[0])
    square = picture[rows, columns]
    shifted = points - np.array([columns.start, rows.start], np.float32)
    return square, face_box(shifted, square.shape[1], square.shape[0])
