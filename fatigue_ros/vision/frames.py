"""What every source of frames has in common, and the settings that all of them share."""

import abc
import contextlib
import dataclasses
import os
from typing import Any

import cv2
import numpy as np

from fatigue_ros.errors import ParameterError
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vision.images import Picture

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclasses.dataclass(frozen=True, kw_only=True)
class CameraSettings:
    """Where frames come from and what is done to them before anybody sees them."""

    source: str = parameter(
        "0",
        "A camera (its number or a path like /dev/video0), a video file, a folder of pictures or"
        " the address of a stream (rtsp://, http://, udp:// ...).",
    )
    frame_rate: float = parameter(
        30.0,
        "Asked of a camera; the rate of a folder of pictures; of a video file only where the file"
        " says nothing sensible, as a stream without a container.",
        unit="Hz",
        limits=(1.0, 240.0),
    )
    width: int = parameter(
        0,
        "Asked of a camera; files and streams are scaled down to fit, never up. Before rotation."
        " 0: as it comes.",
        unit="px",
        limits=(0, 8192),
    )
    height: int = parameter(
        0, "The same for the height. 0: as it comes.", unit="px", limits=(0, 8192)
    )
    rotation: int = parameter(
        0,
        "Turn the picture clockwise by 0, 90, 180 or 270, for cameras mounted on their side.",
        unit="deg",
        limits=(0, 270),
    )
    loop: bool = parameter(False, "Start a file or folder over at its end; the times go on.")
    stream_timeout: float = parameter(
        5.0,
        "How long to wait for a stream to open or to send a frame.",
        unit="s",
        limits=(0.1, 600.0),
    )

    def __post_init__(self) -> None:
        """Refuse turns that are no quarter turns.

        Raises:
            ParameterError: rotation is none.
        """
        if self.rotation not in (0, *_TURNS):
            raise ParameterError(f"rotation: {self.rotation} deg is not one of 0, 90, 180, 270")


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    Attributes:
        image: shape (H, W, 3), blue, green, red.
        time: [s] since the source's first frame, by the source's own clock; None for a live
            source, whose frames are stamped when they are read.
        index: [1] counts the frames of this source from 0.
    """

    image: Picture
    time: float | None
    index: int


class FrameSource(contextlib.AbstractContextManager["FrameSource"]):
    """Frames one after another. Not thread-safe: one thread opens, reads and closes it.

    Attributes:
        name: what it is called in messages.
        live: whether frames come as they happen, and None from `read` means the source is lost.
        frame_rate: [Hz] nominal.
        size: [px] width and height of the first frame, as it is handed out.
    """

    name: str
    live: bool
    frame_rate: float
    size: tuple[int, int]

    @abc.abstractmethod
    def read(self) -> Frame | None:
        """The next frame; None at the end of a recording or when a live source is lost.

        Waits for a live source's next frame; a recording comes as fast as it is read.
        Its picture is not touched again: others may still be looking at it.

        Raises:
            SourceError: a recording that is to start over cannot be opened any more.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of the device or file; reading afterwards gives None."""

    @property
    def problem(self) -> str:
        """What was wrong with the source though it could be used, empty when nothing was."""
        return ""

    def __exit__(self, *_: object) -> None:
        self.close()


def prepared(image: Any, settings: CameraSettings) -> Picture:
    """Scale the picture down to the size in the settings and turn it."""
    height, width = image.shape[:2]
    scale = min(
        1.0,
        settings.width / width if settings.width else 1.0,
        settings.height / height if settings.height else 1.0,
    )
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if settings.rotation:
        image = cv2.rotate(image, _TURNS[settings.rotation])
    return np.asarray(image, np.uint8)


def silence_opencv() -> None:
    """Keep OpenCV and FFmpeg from printing what becomes a SourceError here anyway."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
    # OpenCV 4.6, which distributions ship, has it at the top; the wheels have it in utils.logging.
    set_level: Any = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    set_level(0)  # LOG_LEVEL_SILENT
