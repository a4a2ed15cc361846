"""Pictures in files, and their size."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LARGEST_PICTURE, read_bytes
from fatigue_ros.vision.frames import silence_opencv
from fatigue_ros.vision.images import Picture, check_size

_QUALITY = 95  # of JPEG
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"  # what files of the kind begin with
_SCAN = 0xDA  # marker before a JPEG's pixels
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of segments with its size
_PNG_SIZE = slice(16, 24)  # where a PNG has its own
_HALF = "the file ends in the middle of the picture"
_TRAILER = 4096  # [bytes] that some programs leave behind a PNG's last chunk

LEAST_SIDE = 16
"""[px] A picture that is smaller shows no face, and no eye."""
LONGEST_SHAPE = 4.0
"""[1] Longer side over shorter one: a picture beyond it is a strip, whatever it is squeezed to."""


class PictureError(FatigueError):
    """A picture cannot be read or written."""


def unreadable(path: Path) -> str:
    """In words why `decoded` makes nothing of a file that is there."""
    with suppress(OSError):
        if _ends_early(read_bytes(path, LARGEST_PICTURE)):
            return _HALF
    return "cannot be read as a picture"


def decoded(path: Path) -> Picture | None:
    """A picture as RGB; None: it cannot be decoded, or not all of it is there."""
    try:
        content = read_bytes(path, LARGEST_PICTURE)
    except OSError:  # no file
        return None
    return None if _ends_early(content) else _pixels(content)


def uploaded(content: bytes) -> Picture:
    """A picture that somebody sends, as RGB: JPEG or PNG.

    Raises:
        PictureError: it is none, not whole, or of a size or shape that shows no face.
        ImageError: it has more pixels than anybody should hold; it has not been decoded then.
    """
    width, height = _declared(content)
    if _ends_early(content):
        raise PictureError(_HALF)
    check_size(width, height, "a picture of")
    if reason := misshapen(width, height):
        raise PictureError(reason)
    picture = _pixels(content)
    if picture is None:
        raise PictureError("cannot be read as a picture")
    return picture


def misshapen(width: int, height: int) -> str:
    """Why a picture of this size [px] shows nothing that could be learnt or judged; else empty."""
    if min(height, width) < LEAST_SIDE:
        return f"{width} x {height} pixels are too few, expected {LEAST_SIDE} at least"
    if max(height, width) > LONGEST_SHAPE * min(height, width):
        return f"{width} x {height} pixels: one side is over {LONGEST_SHAPE:g} times the other"
    return ""


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


def _pixels(content: bytes) -> Picture | None:
    silence_opencv()
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # nothing at all, or too many pixels
        return None
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), "u1")


def _declared(content: bytes) -> tuple[int, int]:
    """Width and height [px] that a JPEG or PNG says it has, before anything is decoded."""
    if content.startswith(_PNG) and len(content) >= _PNG_SIZE.stop:
        width, height = struct.unpack(">II", content[_PNG_SIZE])
        return int(width), int(height)
    for marker, place in _segments(content):
        if marker in _FRAMES and place + 9 <= len(content):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return int(width), int(height)
    if content.startswith((_JPEG, _PNG)):
        raise PictureError(_HALF)
    raise PictureError("expected a JPEG or PNG picture")


def _ends_early(content: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end: decoders fill up the rest with grey and say nothing."""
    if content.startswith(_PNG):
        return b"IEND" not in content[-_TRAILER:]
    if not content.startswith(_JPEG):
        return False
    for marker, place in _segments(content):
        if marker == _SCAN:
            # Within a scan FF is followed by 0 or a restart, so that this is no data.
            return b"\xff\xd9" not in content[place:]
    return True


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of a JPEG's segments, up to its pixels or its end."""
    place = len(_JPEG) - 1
    while content.startswith(_JPEG) and content[place : place + 1] == b"\xff":
        if place + 4 > len(content):
            return
        yield content[place + 1], place
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")


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
