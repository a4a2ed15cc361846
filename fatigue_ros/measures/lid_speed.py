"""How fast the lids open after a blink, against the driver's own.

Tired lids open more slowly (the principle of the Johns Drowsiness Scale). The peak is that of the
eye aspect ratio over a thirtieth of a second, as a share of the open level in a second, so that
30 and 120 frames/s give about the same; where frames lie further apart than 0.05 s it is not known.
"""

import math
from collections import deque

from fatigue_ros.face import Event
from fatigue_ros.measures.states import EyeState

STEP = 0.03
"""[s] least time between the two frames of a speed; below it landmarks' noise decides."""
LONGEST_STEP = 0.05
"""[s] beyond it the peak falls between frames: 20 frames/s at least."""
SHORTEST_DEVIATION = 1.0
"""[1/s] of open; the noise of two frames alone is as much."""
_KEPT = 2.0  # [s] a blink is shorter
_MOST = 512  # [1] frames; more than that in _KEPT are none that a camera makes


class LidSpeeds:
    """Remembers the lids of the last two seconds and tells how fast a blink ended."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def add(self, state: EyeState) -> None:
        """Take a frame; one that cannot be judged leaves a gap."""
        frames = self._frames
        if frames and not frames[-1][0] < state.stamp:
            frames.clear()
        if state.judged and math.isfinite(state.ear):
            frames.append((state.stamp, state.ear))
        while frames and frames[0][0] < state.stamp - _KEPT:
            frames.popleft()

    def opening(self, blink: Event, ear_open: float) -> float:
        """[1/s] Peak speed of the lids after a blink that has just ended.

        Args:
            blink: that the last frame ended.
            ear_open: [1] EAR of this driver's open eyes.

        Returns:
            In open levels a second; NaN where frames were missing or too far apart.
        """
        if not ear_open > 0.0:
            return math.nan
        frames = [frame for frame in self._frames if frame[0] >= blink.start]
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
