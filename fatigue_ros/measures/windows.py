"""What measures over time need: frame times, time that counts, time and events in a window.

All times are message stamps [s]. Memory is bounded by the window length, and the work per frame
does not grow with it.
"""

import enum
import math
from collections import deque


class Step(enum.Enum):
    """How a frame follows the one before."""

    FIRST = enum.auto()
    """There was none before."""
    NEXT = enum.auto()
    """It follows closely: what held at the last frame held until this one."""
    GAP = enum.auto()
    """Too much time passed in between; what happened then is nobody's guess."""
    IGNORED = enum.auto()
    """Same stamp or a little earlier (a repeated or overtaken frame), or not a finite stamp."""
    RESTART = enum.auto()
    """Far earlier: time began anew, as when a recording loops."""


class FrameTimes:
    """Judges each frame's stamp by the one before, and knows the frame rate.

    Args:
        max_gap: [s] longest time between two frames that still belong together.
        restart: [s] a stamp that is earlier by more than this is a new beginning of time; one
            that is earlier by less is a frame that came late.
        rate_window: [s] time that the frame rate looks back over.
    """

    def __init__(self, max_gap: float, *, restart: float = 1.0, rate_window: float = 2.0) -> None:
        self._max_gap = max_gap + 1e-6
        self._restart = restart
        self._rate_window = rate_window
        self.reset()

    def reset(self) -> None:
        """Forget all stamps."""
        self.stamp = math.nan
        self.first = math.nan
        self.rate = 0.0
        self._recent: deque[float] = deque()

    def step(self, stamp: float) -> Step:
        """Take the stamp [s] of a frame. After ``RESTART`` everything before is forgotten."""
        if not math.isfinite(stamp):
            return Step.IGNORED
        passed = stamp - self.stamp
        if passed <= 0.0:
            if passed >= -self._restart:
                return Step.IGNORED
            self.reset()
            self._take(stamp)
            return Step.RESTART
        if math.isnan(passed):
            self._take(stamp)
            return Step.FIRST
        if passed > self._max_gap:
            self._recent.clear()
            self._take(stamp)
            self.rate = 1.0 / passed
            return Step.GAP
        self._take(stamp)
        recent = self._recent
        self.rate = (len(recent) - 1) / (stamp - recent[0])
        return Step.NEXT

    def _take(self, stamp: float) -> None:
        if math.isnan(self.first):
            self.first = stamp
        self.stamp = stamp
        recent = self._recent
        recent.append(stamp)
        oldest = stamp - self._rate_window
        while len(recent) > 2 and recent[0] < oldest:
            recent.popleft()


class Elapsed:
    """Adds up the time between stamps that follow each other closely.

    What happened in a gap longer than ``longest_gap`` [s] is nobody's guess, so it counts for
    nothing, as does a step back in time.
    """

    def __init__(self, longest_gap: float) -> None:
        self._longest_gap = longest_gap
        self._stamp = math.nan
        self.total = 0.0
        """[s] that counted."""

    def add(self, stamp: float) -> float:
        """Take a stamp; returns the time [s] since the one before, 0 where that does not count."""
        passed = stamp - self._stamp
        self._stamp = stamp
        if not 0.0 < passed <= self._longest_gap:
            return 0.0
        self.total += passed
        return passed

    def pause(self) -> None:
        """The time until the next stamp does not count."""
        self._stamp = math.nan

    def share(self, wanted: float) -> float:
        """[1] of a time [s] wanted, 1 once it is complete but for the rounding of stamps."""
        return 1.0 if self.total >= wanted - 1e-6 else self.total / wanted


class IntervalWindow:
    """How much of the last ``length`` seconds lies in the intervals that were added.

    Intervals come in order of time; one that touches the last one prolongs it, so that steady
    conditions cost one entry however many frames there are.
    """

    def __init__(self, length: float) -> None:
        self.length = length
        self._intervals: deque[list[float]] = deque()
        self._total = 0.0

    def clear(self) -> None:
        """Forget everything."""
        self._intervals.clear()
        self._total = 0.0

    def add(self, start: float, end: float) -> None:
        """Add [start, end] in seconds; what overlaps with the last interval counts once."""
        intervals = self._intervals
        if intervals and start <= intervals[-1][1]:
            last = intervals[-1]
            if end > last[1]:
                self._total += end - last[1]
                last[1] = end
        else:
            intervals.append([start, end])
            self._total += end - start

    def seconds(self, now: float) -> float:
        """[s] of (now - length, now] that the intervals cover."""
        oldest = now - self.length
        intervals = self._intervals
        while intervals and intervals[0][1] <= oldest:
            start, end = intervals.popleft()
            self._total -= end - start
        if not intervals:
            self._total = 0.0  # sheds what rounding has left
            return 0.0
        first = intervals[0]
        if first[0] < oldest:
            self._total -= oldest - first[0]
            first[0] = oldest
        return max(self._total, 0.0)


class EventWindow:
    """How many events ended in the last ``length`` seconds, and their mean in one figure."""

    def __init__(self, length: float) -> None:
        self.length = length
        self._events: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def clear(self) -> None:
        """Forget everything."""
        self._events.clear()
        self._total = 0.0

    def add(self, end: float, value: float) -> None:
        """Add an event that ended at ``end`` [s] and has this figure, such as its duration."""
        self._events.append((end, value))
        self._total += value

    def count(self, now: float) -> int:
        """[1] events that ended in (now - length, now]."""
        events = self._events
        while events and events[0][0] <= now - self.length:
            self._total -= events.popleft()[1]
        return len(events)

    def mean(self, now: float) -> float:
        """The mean of the figure; NaN when the window holds no event."""
        count = self.count(now)
        if not count:
            self._total = 0.0
            return math.nan
        return self._total / count
