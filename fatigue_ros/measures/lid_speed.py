"""How fast the lids close and open in a blink.

Tired lids open more slowly (the principle of the Johns Drowsiness Scale). The peak is that of the
eye aspect ratio over a thirtieth of a second, as a share of the open level in a second, so that
30 and 120 frames/s give about the same; where frames lie further apart than 0.05 s it is not known.
"""

import math
from collections import deque

from fatigue_ros.face import Event

STEP = 0.03
"""[s] least time between the two frames of a speed; below it landmarks' noise decides."""
LONGEST_STEP = 0.05
"""[s] beyond it the peak falls between frames: 20 frames/s at least."""
SHORTEST_DEVIATION = 1.0
"""[1/s] of open; the noise of two frames alone is as much."""
_BEFORE = 0.15  # [s] the lids fall in less, down to half of a blink's depth
_KEPT = 2.0  # [s] a blink is shorter
_MOST = 512  # [1] frames; more than that in _KEPT are none that a camera makes

_Frames = list[tuple[float, float]]


class LidSpeeds:
    """Remembers the lids of the last two seconds and tells how fast a blink began and ended."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last frames."""
        self._frames: deque[tuple[float, float]] = deque(maxlen=_MOST)
        self._over = -math.inf  # [s] end of the blink before

    def add(self, stamp: float, ear: float) -> None:
        """Take the EAR [1] of a judged frame, later [s] than the last; others leave a gap."""
        frames = self._frames
        frames.append((stamp, ear))
        while frames[0][0] < stamp - _KEPT:
            frames.popleft()

    def of(self, blink: Event, ear_open: float) -> tuple[float, float]:
        """[1/s] Peak speeds of the lids in a blink that has just ended: closing and opening.

        Args:
            blink: that the last frame ended.
            ear_open: [1] EAR of this driver's open eyes.

        Returns:
            In open levels a second; NaN where frames were missing or too far apart.
        """
        begin, self._over = max(blink.start - _BEFORE, self._over), blink.end
        frames = [frame for frame in self._frames if frame[0] >= begin - 1e-6]
        after = [frame for frame in frames if frame[0] >= blink.start - 1e-6]
        if not (after and ear_open > 0.0):
            return math.nan, math.nan
        bottom = min(after, key=lambda frame: frame[1])[0]
        falling = [(stamp, -ear) for stamp, ear in frames if stamp <= bottom]
        return _steepest(falling, ear_open), _steepest(after, ear_open)


def _steepest(frames: _Frames, ear_open: float) -> float:
    """[1/s] Steepest rise over STEP; NaN where frames are too few or too far apart."""
    peak, first = math.nan, 0
    for i, (stamp, ear) in enumerate(frames):
        if i and stamp - frames[i - 1][0] > LONGEST_STEP:
            return math.nan
        while first + 1 < i and stamp - frames[first + 1][0] >= STEP - 1e-6:
            first += 1
        passed = stamp - frames[first][0]
        if passed >= STEP - 1e-6:
            speed = (ear - frames[first][1]) / passed / ear_open
            peak = speed if math.isnan(peak) else max(speed, peak)
    return peak
