"""Frames from files: a video, or a folder of pictures."""

import abc
import os
import re
from pathlib import Path
from typing import Any

import cv2

from fatigue_ros.console import note
from fatigue_ros.errors import SourceError
from fatigue_ros.files import LARGEST_PICTURE, check_file
from fatigue_ros.vision.frames import CameraSettings, Frame, FrameSource, prepared, silence_opencv
from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.timeline import Timeline

PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Endings of the files in a folder that are taken for pictures, whatever their case."""

STREAMS = frozenset({".264", ".265", ".avc", ".h264", ".h265", ".hevc", ".m1v", ".m2v", ".mjpeg"})
"""Endings of video without a container: nothing in it says when a frame was taken."""
_ASSUMED_RATE = 25.0  # [Hz] what FFmpeg says of those that say nothing


class Recording(FrameSource):
    """What files have in common: they begin at time 0, and can be started over."""

    live = False
    _problem = ""

    def __init__(self, path: Path, settings: CameraSettings) -> None:
        """Open it and look at its first frame.

        Raises:
            SourceError: there is no frame to be had; the message says why.
        """
        silence_opencv()
        self.name = str(path)
        self.frame_rate = settings.frame_rate
        self._path = path
        self._settings = settings
        self._index = 0
        self._offset = self._time = 0.0
        self._closed = False
        self._start()
        first = self._next()
        if first is None:
            raise SourceError(self._nothing())
        self._waiting: tuple[Picture, float] | None = first
        self.size = (first[0].shape[1], first[0].shape[0])

    def read(self) -> Frame | None:
        """The next frame; None at the end, unless it is to start over.

        Raises:
            SourceError: it is to start over, but cannot be opened any more.
        """
        if self._closed:
            return None
        found, self._waiting = self._waiting or self._next(), None
        if found is None and self._settings.loop:
            self._start()
            self._offset = self._time + 1.0 / self.frame_rate
            found = self._next()
        if found is None:
            return None
        self._time = self._offset + found[1]
        self._index += 1
        return Frame(found[0], self._time, self._index - 1)

    @property
    def problem(self) -> str:
        """That it ended early or holds what cannot be read, once that is known."""
        return self._problem

    def close(self) -> None:
        """Let go of the file; reading afterwards gives None."""
        self._closed = True

    @abc.abstractmethod
    def _start(self) -> None:
        """Go to the beginning."""

    @abc.abstractmethod
    def _next(self) -> tuple[Picture, float] | None:
        """The next picture and its time since the beginning."""

    @abc.abstractmethod
    def _nothing(self) -> str:
        """Why there is no frame."""


class VideoFile(Recording):
    """A video file, by its own time stamps."""

    def _start(self) -> None:
        self._capture: Any = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            allowed = os.access(self._path, os.R_OK)
            reason = "no video can be found in it" if allowed else "it is gone or may not be read"
            raise SourceError(f"{self.name}: expected a video file, but {reason}")
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        # Containers without a constant rate may claim 1000 or 90000.
        self.frame_rate = rate if 1.0 <= rate <= 240.0 else self._settings.frame_rate
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        # The count is reckoned from the length by the rate that is claimed, absurd or not.
        self._duration = count / rate if 0 < count < 1e9 and rate > 0.0 else 0.0
        self._timeless = self._path.suffix.lower() in STREAMS
        if self._timeless:
            if rate == _ASSUMED_RATE:
                self.frame_rate = self._settings.frame_rate
            self._duration = 0.0
            if not self._index:  # once, and not each time that it starts over
                note(
                    f"{self.name}: a stream without times, taken as {self.frame_rate:g} frames/s "
                    "(the camera's frame_rate, where it does not say)"
                )
        self._timeline = Timeline(self.frame_rate, self._duration)
        self._last = self._reached = 0.0

    def _next(self) -> tuple[Picture, float] | None:
        read, image = self._capture.read()
        if not read:
            # Two frames may be missing where the container's figures were rounded.
            if self._reached + 2.0 / self.frame_rate < 0.98 * self._duration:
                self._problem = (
                    f"{self.name}: ended after {self._reached:.1f} s of {self._duration:.1f} s,"
                    " cut short or damaged"
                )
            return None
        position = 0.0 if self._timeless else self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        time = self._timeline.next(position)
        shown = max(1.0 / self.frame_rate, time - self._last)  # as long as the one before
        self._last, self._reached = time, time + shown
        return prepared(image, self._settings), time

    def _nothing(self) -> str:
        return f"{self.name}: the video holds no frame that can be read"

    def close(self) -> None:
        """Let go of the file; reading afterwards gives None."""
        super().close()
        self._capture.release()


class ImageFolder(Recording):
    """Pictures in the order of their names, where 10 comes after 9, at the rate in the settings.

    Sub-folders are not looked into. A picture that cannot be read leaves a gap in the times.
    """

    def _start(self) -> None:
        self._files = pictures_in(self._path)
        self._position = 0
        self._unreadable = 0

    def _next(self) -> tuple[Picture, float] | None:
        while self._position < len(self._files):
            file = self._files[self._position]
            self._position += 1
            try:
                check_file(file, LARGEST_PICTURE)
                image = cv2.imread(str(file), cv2.IMREAD_COLOR)
            except (OSError, cv2.error):  # no file, or too many pixels
                image = None
            if image is not None:
                time = (self._position - 1) / self.frame_rate
                return prepared(image, self._settings), time
            self._unreadable += 1
            self._problem = (
                f"{self.name}: {self._unreadable} of {len(self._files)} pictures cannot be read,"
                f" the last of them {file.name}"
            )
        return None

    def _nothing(self) -> str:
        if not self._files:
            endings = " ".join(sorted(PICTURES))
            return f"{self.name}: expected pictures ({endings}) in the folder, found none"
        return f"{self.name}: none of the {len(self._files)} pictures in the folder can be read"


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder in the order of their names, where 10 comes after 9.

    Raises:
        SourceError: the folder cannot be read.
    """
    try:
        files = [file for file in folder.iterdir() if file.suffix.lower() in PICTURES]
    except OSError as error:
        raise SourceError(f"{folder}: the folder cannot be read: {error.strerror}") from error
    return sorted(files, key=_natural)


def _natural(file: Path) -> tuple[list[str | int], str]:
    """Sorts numbers in names by value: split gives text and digits by turns."""
    parts = re.split(r"([0-9]+)", file.name.lower())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], file.name
