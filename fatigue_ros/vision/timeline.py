"""Times that never stand still, from the time stamps that video containers give."""

import math

LONGEST_GAP = 10.0
"""[s] A longer leap between two frames is a pause where the file is long enough for it, else the
container is broken."""


class Timeline:
    """Turns each frame's position in its file into seconds since the first one.

    Variable frame rates come through as they are. Where the positions do not advance (containers
    without time stamps give 0 or repeat them) one nominal interval is assumed, so that the times
    increase strictly and keep to the file's own as soon as it has any.
    """

    def __init__(self, frame_rate: float, duration: float = 0.0) -> None:
        """Start with nothing.

        Args:
            frame_rate: [Hz] nominal, positive.
            duration: [s] of the whole file, 0 where it does not say.
        """
        self._end = duration + 1.0 / frame_rate
        self._interval = 1.0 / frame_rate
        self._origin = math.nan
        self._last = math.nan

    def next(self, position: float) -> float:
        """Time of the next frame.

        Args:
            position: [s] what the container says, not trusted.

        Returns:
            [s] since the first frame, which has 0; always larger than the one before.
        """
        if math.isnan(self._last):
            self._origin = position if math.isfinite(position) else 0.0
            self._last = 0.0
            return 0.0
        time = position - self._origin
        expected = self._last + self._interval
        if math.isfinite(time) and time > max(self._last + LONGEST_GAP, self._end):
            self._origin = position - expected
            time = expected
        self._last = time if math.isfinite(time) and time > self._last else expected
        return self._last
