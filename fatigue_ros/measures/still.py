"""Landmarks that do not move at all: a stream that is frozen, and no driver who sits still.

Where the picture itself is at hand, :mod:`fatigue_ros.vision.still` is sooner sure.
"""

from fatigue_ros.face import Face
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
        self._points: bytes | None = None
        self._same = Lasting()

    def fault(self, face: Face) -> str:
        """Why no face of this stream can be trusted, empty when they can."""
        points = None if face.points is None else face.points.tobytes()
        before, self._points = self._points, points
        same = points is not None and points == before
        passed = self._same.update(face.stamp, holds=same)
        if passed < STILL_TIME:
            return ""
        return f"the landmarks have not moved at all for {passed:.0f} s"
