"""Pictures in files, and their size."""

from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LARGEST_PICTURE, read_bytes
from fatigue_ros.vision.frames import silence_opencv
from fatigue_ros.vision.images import Picture

_QUALITY = 95  # of JPEG
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"  # what files of the kind begin with
_SCAN = 0xDA  # marker before a JPEG's pixels
_TRAILER = 4096  # [bytes] that some programs leave behind a PNG's last chunk


class PictureError(FatigueError):
    """A picture cannot be read or written."""


def unreadable(path: Path) -> str:
    """In words why `decoded` makes nothing of a file that is there."""
    with suppress(OSError):
        if _ends_early(read_bytes(path, LARGEST_PICTURE)):
            return "the file ends in the middle of the picture"
    return "cannot be read as a picture"


def decoded(path: Path) -> Picture | None:
    """A picture as RGB; None: it cannot be decoded, or not all of it is there."""
    silence_opencv()
    try:
        content = read_bytes(path, LARGEST_PICTURE)
        if not content or _ends_early(content):
            return None
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # no file, or too many pixels
        return None
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


def _ends_early(content: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end: decoders fill up the rest with grey and say nothing."""
    if content.startswith(_PNG):
        return b"IEND" not in content[-_TRAILER:]
    if not content.startswith(_JPEG):
        return False
    place = len(_JPEG) - 1
    while content[place : place + 1] == b"\xff" and place + 4 <= len(content):
        if content[place + 1] == _SCAN:
            # Within a scan FF is followed by 0 or a restart, so that this is no data.
            return b"\xff\xd9" not in content[place:]
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return True


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
