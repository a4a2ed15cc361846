"""Pictures in files, and their size."""

from pathlib import Path

import cv2
import numpy as np

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LARGEST_PICTURE, check_file
from fatigue_ros.vision.frames import silence_opencv
from fatigue_ros.vision.images import Picture

_QUALITY = 95  # of JPEG


class PictureError(FatigueError):
    """A picture cannot be read or written."""


def decoded(path: Path) -> Picture | None:
    """A picture as RGB; None: it cannot be decoded."""
    silence_opencv()
    try:
        check_file(path, LARGEST_PICTURE)
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # no file, or too many pixels
        picture = None
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), "u1")


def read(path: Path) -> Picture:
    """A picture as RGB.

    Raises:
        PictureError: it cannot be decoded.
    """
    picture = decoded(path)
    if picture is None:
        found = "one that cannot be decoded" if path.is_file() else "no such file"
        raise PictureError(f"{path}: expected a picture, found {found}")
    return picture


def write(path: Path, picture: Picture) -> None:
    """Write an RGB picture in the format that its file's name says; makes its folder.

    Raises:
        OSError: the folder cannot be made.
        PictureError: the picture cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    blue_green_red = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), blue_green_red, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)):
        raise PictureError(f"{path}: the picture cannot be written")


def resized(picture: Picture, size: int) -> Picture:
    """Brought to size x size pixels, its shape not kept, as the papers do."""
    shrinks = min(picture.shape[:2]) > size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size, size), interpolation=interpolation), np.uint8)
