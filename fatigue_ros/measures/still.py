"""Landmarks that do not move at all: a stream that is frozen, and no driver who sits still.

Where the picture itself is at hand, :mod:`fatigue_ros.vision.still` is sooner sure.
"""

import numpy as np

from fatigue_ros.face import Face, Points
from fatigue_ros.lasting import Lasting

STILL_TIME = 10.0
"""[s] the same numbers, bit by bit. Ours: nobody goes without a blink and without a pixel's noise
for so long, but a drawn face may for a few seconds."""


class StillPoints:
    """Says of each face whether its landmarks have been the same, bit by bit, for too long."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last faces."""
        self._points: Points | None = None
        self._same = Lasting()

    def fault(self, face: Face) -> str:
        """Why no face of this stream can be trusted, empty when they can."""
        before, self._points = self._points, face.points
        same = (
            before is not None
            and face.points is not None
            and bool(np.array_equal(before, face.points))
        )
        passed = self._same.update(face.stamp, holds=same)
        if passed < STILL_TIME:
            return ""
        return f"the landmarks have not moved at all for {passed:.0f} s"
