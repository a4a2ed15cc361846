"""Engines that follow one face, and now and then look for all of them.

A mesh follows a face at the cost of one small network per frame. A detector in every frame as well
would cost half as much again, so it is run now and then, to count faces and to see whether another
one is clearly larger.
"""

from __future__ import annotations

import abc

import numpy as np
import numpy.typing as npt

from fatigue_ros.face import POINT_COUNT, Points
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings
from fatigue_ros.vision.faces import REMEMBERED, Box, driver, is_driver


class FollowingEngine(LandmarkEngine):
    """Which face is followed."""

    def __init__(self, settings: LandmarkSettings) -> None:
        """Start without a face."""
        self._interval = settings.face_search_interval
        self._box: Box | None = None
        self._faces = 0
        self._followed = False
        self._last_seen = self._last_search = -np.inf
        self._pupils: Points | None = None

    def find(self, rgb: npt.NDArray[np.uint8], stamp: float) -> tuple[Points | None, int]:
        """The face that was followed so far, or the one that is most likely the driver's."""
        if not 0.0 <= stamp - self._last_seen <= REMEMBERED:
            self._box = None
        points = self._track(rgb)
        if points is None:
            self._followed = False
            return None, 0
        if not self._followed or not 0.0 <= stamp - self._last_search < self._interval:
            points = self._choose(rgb, points)
            self._last_search = stamp
        box = Box.around(points)
        self._followed = self._box is None or is_driver(box, self._box)
        if not self._followed:
            return None, self._faces
        self._box = box
        self._last_seen = stamp
        self._pupils = points[POINT_COUNT:] if len(points) > POINT_COUNT else None
        return points[:POINT_COUNT], self._faces

    def pupils(self) -> Points | None:
        """Those of the face that was found last."""
        return self._pupils

    def _choose(self, rgb: npt.NDArray[np.uint8], points: Points) -> Points:
        """Look for all faces; go over to another when it is the driver's."""
        tracked = Box.around(points)
        boxes = self._search(rgb)
        own = next((box for box in boxes if box.overlaps(tracked)), tracked)
        boxes = [own, *(box for box in boxes if not box.overlaps(tracked))]
        self._faces = len(boxes)
        chosen = driver(boxes, self._box)
        if chosen == 0:
            return points
        moved = self._move(rgb, boxes[chosen])
        return points if moved is None else moved

    @abc.abstractmethod
    def _track(self, rgb: npt.NDArray[np.uint8]) -> Points | None:
        """Points of the face that is followed or found, shape (68, 2).

        With the pupils after them, shape (70, 2), where the engine finds these.
        """

    @abc.abstractmethod
    def _search(self, rgb: npt.NDArray[np.uint8]) -> list[Box]:
        """All faces."""

    @abc.abstractmethod
    def _move(self, rgb: npt.NDArray[np.uint8], wanted: Box) -> Points | None:
        """Follow another face from here on, one of those that were found in this picture.

        Returns:
            Its points as from ``_track``; None when it is lost again.
        """
