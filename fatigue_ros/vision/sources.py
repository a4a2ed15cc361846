"""One way to open whatever frames come from."""

import re
import stat
from pathlib import Path

from fatigue_ros.errors import SourceError
from fatigue_ros.vision import SCENARIO
from fatigue_ros.vision.frames import CameraSettings, Frame, FrameSource
from fatigue_ros.vision.live import open_camera, open_stream, without_password
from fatigue_ros.vision.recordings import ImageFolder, VideoFile

__all__ = [
    "CameraSettings",
    "Frame",
    "FrameSource",
    "is_live",
    "open_recording",
    "open_source",
    "without_password",
]

STREAMS = frozenset({"http", "https", "rtmp", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp"})
"""Schemes of addresses that are given to FFmpeg."""


def open_source(source: str | int, settings: CameraSettings | None = None) -> FrameSource:
    """Open a camera, a video file, a folder of pictures or a stream.

    Args:
        source: a camera's number or path, a file, a folder or an address.
        settings: what to ask of it and do with its frames; `settings.source` is not looked at.

    Raises:
        SourceError: it is missing or unusable; the message says what was expected.
    """
    settings = settings or CameraSettings()
    text = str(source).strip()
    if not text:
        raise SourceError("source: is empty, expected a camera, file, folder or address")
    if text.startswith(SCENARIO):
        raise SourceError(
            f"source {text!r}: a scripted driver is played by the node driver_simulator, expected "
            "a camera, file, folder or address here"
        )
    scheme = _scheme(text)
    if scheme:
        if scheme not in STREAMS:
            raise SourceError(
                f"source: {scheme}:// is unknown, expected one of {', '.join(sorted(STREAMS))}"
            )
        return open_stream(text, settings)
    if _is_camera(text):
        return open_camera(text, settings)
    path = Path(text).expanduser()
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file or folder") from None
    except (OSError, ValueError) as error:  # a name too long or with a null byte, no permission
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"source {text[:80]!r} cannot be looked at: {reason}") from error
    if stat.S_ISDIR(mode):
        return ImageFolder(path, settings)
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path}: expected a file, a folder or a camera")
    return VideoFile(path, settings)


def open_recording(source: str, settings: CameraSettings | None = None) -> FrameSource:
    """Open a video file or a folder of pictures.

    Raises:
        SourceError: it is a camera or stream, missing or unusable.
    """
    if is_live(source):
        raise SourceError(f"{source}: expected a recording, found a camera or stream")
    return open_source(source, settings)


def is_live(source: str | int) -> bool:
    """Whether this names a camera or a stream, which may come back when it is lost."""
    text = str(source).strip()
    return bool(_scheme(text)) or _is_camera(text)


def _scheme(text: str) -> str:
    """What stands before :// in lower case, empty when nothing does."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    return found[1].lower() if found else ""


def _is_camera(text: str) -> bool:
    if text.isdecimal() or text.startswith("/dev/"):
        return True
    try:
        return Path(text).expanduser().is_char_device()
    except OSError:
        return False
