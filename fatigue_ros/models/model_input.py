"""What a network sees of a camera's picture; `pictures.resized` brings it to the size."""

import numpy as np
import numpy.typing as npt

from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture

_FACE_MARGIN = 0.25  # [1] of the box on each side: the 68 points end at the brows
_GREY = 114  # [1] of the bars beside a picture, as ultralytics trains its networks


def face_square(box: Box, picture: Picture) -> Box | None:
    """The square around a face, as far as it lies in the picture, in whole pixels.

    Args:
        box: around the 68 points of the face.
        picture: the one that the face is in.

    Returns:
        None when nothing of it lies in the picture.
    """
    height, width = picture.shape[:2]
    half = (0.5 + _FACE_MARGIN) * max(box.right - box.left, box.bottom - box.top)
    x, y = (box.left + box.right) / 2.0, (box.top + box.bottom) / 2.0
    left, right = (min(max(round(edge), 0), width) for edge in (x - half, x + half))
    top, bottom = (min(max(round(edge), 0), height) for edge in (y - half, y + half))
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def squared(picture: Picture) -> tuple[Picture, tuple[int, int]]:
    """The picture in the middle of a grey square: a detector's boxes keep their shape.

    Returns:
        The square, and where in it the picture begins (x, y), [px].
    """
    height, width = picture.shape[:2]
    side = max(height, width)
    x, y = (side - width) // 2, (side - height) // 2
    square = np.full((side, side, 3), _GREY, np.uint8)
    square[y : y + height, x : x + width] = picture
    return square, (x, y)


def as_input(square: Picture) -> npt.NDArray[np.float32]:
    """A picture of the network's size as its input: float32 [1, 3, H, W], 0 to 1."""
    batch = square.transpose(2, 0, 1)[None]
    return np.ascontiguousarray(batch, dtype=np.float32) / np.float32(255.0)
