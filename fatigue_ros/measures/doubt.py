"""Shut eyes that may be something else: a look down at the instruments.

The upper lid follows the gaze down until it hangs as low as that of a shut eye; from the 68
points of a face the two cannot be told apart. Who looks down at something turns the head along:
eyes and head set off together. Who falls asleep shuts the eyes first, and the head sinks when the
neck gives way. So lids that fall together with the head are doubtful, for as long as a look down
lasts and the head stays there. After that it matters little: nobody has watched the road.
"""

import math
from collections import deque

LONGEST_DOUBT = 3.0
"""[s] eyes that look shut for this long are shut: a long look away from the road (Euro NCAP driver
state monitoring: long distraction, 3 s)."""
_DECIDED = 0.5  # [s] after the lids fell: the head has set off by then, and a blink is over
_BEFORE = 0.8  # [s] before they fell: where the head came from
_TURNED = 0.08  # [rad] further down than it was; noise of the pose is 0.02
_RETURNED = 0.04  # [rad] of it: the head is up again


class LookDown:
    """Follows the pitch of the head around the moment at which the lids fall."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last faces."""
        self._pitches: deque[tuple[float, float]] = deque()
        self._closed_since = math.nan
        self._from = math.nan  # [rad] where the head came from

    def update(self, stamp: float, pitch: float) -> None:
        """Take the pitch [rad] of a face; NaN where the engine knows none."""
        if math.isnan(pitch):
            return
        self._pitches.append((stamp, pitch))
        while stamp - self._pitches[0][0] > _BEFORE + _DECIDED + 0.2:
            self._pitches.popleft()

    def doubt(self, closed_since: float, until: float) -> str:
        """Why eyes that look shut may not be; empty when they are.

        Args:
            closed_since: [s] first frame in which they do; NaN when they do not.
            until: [s] last frame in which they do.
        """
        since = until - closed_since
        if not _DECIDED - 1e-6 <= since < LONGEST_DOUBT - 1e-6 or not self._pitches:
            return ""
        if closed_since != self._closed_since:  # decided once for each closure
            self._closed_since = closed_since
            before = [p for t, p in self._pitches if closed_since - _BEFORE <= t <= closed_since]
            self._from = min(before, default=math.nan)
            if not self._pitches[-1][1] - self._from >= _TURNED:
                self._from = math.nan
        if not self._pitches[-1][1] - self._from >= _RETURNED:
            self._from = math.nan
            return ""
        return "looking down or eyes shut, which cannot be told"
