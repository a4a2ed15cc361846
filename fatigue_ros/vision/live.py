"""Frames as they happen: a camera, or a stream over the network."""

import os
import re
from pathlib import Path
from typing import Any

import cv2

from fatigue_ros.errors import SourceError
from fatigue_ros.vision.frames import CameraSettings, Frame, FrameSource, prepared, silence_opencv


class LiveCapture(FrameSource):
    """A camera or stream that OpenCV has opened."""

    live = True

    def __init__(self, name: str, capture: Any, settings: CameraSettings) -> None:
        """Take over an open capture.

        Args:
            name: for messages.
            capture: cv2.VideoCapture.
            settings: size to scale down to, and turn.

        Raises:
            SourceError: it gives no frame.
        """
        self.name = name
        self._capture = capture
        self._settings = settings
        self._index = 0
        first = self.read()
        if first is None:
            self.close()
            raise SourceError(f"{name}: can be opened, but sends no picture")
        # The first frame only shows that there are any: by the time anybody reads, it is old.
        self._index = 0
        self.size = (first.image.shape[1], first.image.shape[0])
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = rate if 1.0 <= rate <= 240.0 else settings.frame_rate

    def read(self) -> Frame | None:
        """Wait for the next frame; None when the source is lost."""
        read, image = self._capture.read()
        if not read:
            return None
        self._index += 1
        return Frame(prepared(image, self._settings), None, self._index - 1)

    def close(self) -> None:
        """Let go of the device or connection."""
        self._capture.release()


def open_camera(device: str, settings: CameraSettings) -> LiveCapture:
    """Open a camera by its number or path.

    Args:
        device: "0", "/dev/video0" or a link to such a device.
        settings: size and rate to ask for; the camera may choose others.

    Raises:
        SourceError: there is no such camera, or it cannot be used.
    """
    silence_opencv()
    path = Path(f"/dev/video{device}") if device.isdecimal() else Path(device)
    name = f"camera {device!r}"
    if not path.exists():
        there = ", ".join(sorted(map(str, Path("/dev").glob("video*")))) or "none"
        raise SourceError(f"{name}: {path} does not exist; cameras here: {there}")
    if not os.access(path, os.R_OK | os.W_OK):
        raise SourceError(f"{name}: no permission to use {path}; is the user in the group video?")
    capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2)
    if not capture.isOpened():
        raise SourceError(f"{name}: {path} cannot be opened; is it a camera, and not in use?")
    for what, value in (
        (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
        (cv2.CAP_PROP_FPS, settings.frame_rate),
    ):
        if value:
            capture.set(what, value)
    return LiveCapture(name, capture, settings)


def open_stream(address: str, settings: CameraSettings) -> LiveCapture:
    """Open a stream over the network.

    Args:
        address: what FFmpeg takes, such as rtsp://host/path.
        settings: how long to wait, and the size to scale down to.

    Raises:
        SourceError: nothing answers in time, or what answers is no video.
    """
    silence_opencv()
    name = "stream " + without_password(address)
    wait = round(settings.stream_timeout * 1000)
    capture = cv2.VideoCapture(
        address,
        cv2.CAP_FFMPEG,
        [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait],
    )
    if not capture.isOpened():
        raise SourceError(
            f"{name}: no video to be had; expected one within {settings.stream_timeout:g} s"
        )
    return LiveCapture(name, capture, settings)


def without_password(address: str) -> str:
    """The address as it may stand in logs."""
    return re.sub(r"//[^/@]*@", "//...@", address)
