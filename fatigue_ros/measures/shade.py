"""Whether dark glasses hide the eyes, in which landmark engines then see what is not there."""

import math

from fatigue_ros.face import Face

_MARGIN = 0.08  # [1] below the limit, before the eyes are believed again


class ShadeWatch:
    """Says of each face whether its eyes lie behind dark glasses.

    Args:
        limit: [1] ``Face.eye_shade`` above which they do.
        time: [s] that it must last.
        max_gap: [s] between two frames; after a longer one it begins anew.
    """

    def __init__(self, limit: float, time: float, max_gap: float) -> None:
        self._limit, self._time, self._max_gap = limit, time, max_gap
        self.reset()

    def reset(self) -> None:
        """Forget the last faces."""
        self._since = self._last = math.nan

    def refusal(self, face: Face) -> str:
        """Why the eyes of this face cannot be judged, empty when they can."""
        known = face.stamp - self._last <= self._max_gap + 1e-6
        limit = self._limit - _MARGIN if known else self._limit
        if not face.eye_shade > limit:  # an unknown shade hides nothing
            self.reset()
            return ""
        self._last = face.stamp
        if not known:
            self._since = face.stamp
        if face.stamp - self._since < self._time - 1e-6:
            return ""
        return f"dark glasses (below the eyes {100.0 * face.eye_shade:.0f} % darker than the cheek)"
