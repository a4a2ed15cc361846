"""Blinks and closures from a series of eye aspect ratios.

Two questions are kept apart, because they need different references.

*Are the eyes closed?* asks for the driver's own open level (calibrated, or learned over many
minutes): closed below ``close_ratio`` of it, open again above ``reopen_ratio``.
P80 means that the lid covers 80 % of the pupil. With a lid gap of 9.5 mm of which 4.5 mm lie above
the centre of the pupil, and a pupil of 4 mm, the upper lid is then 1.2 mm below that centre and
40 % of the gap is left, less what the lower lid rises. The EAR of shut eyes is not 0 but about 0.15
to 0.25 of the open one, for the landmarks lie on the lids' edges; so P80 lies at 0.45 to 0.5 of
the open EAR.

*Was that a blink?* asks for what the EAR was just before. Glances move it by a third within one
frame, and many blinks are shallow; both hide in a comparison with a level of minutes. A blink is a
fast fall from the level of the last second and a return towards it in a short time. A fall that
stays is a glance down, and the level of the last second follows it; the driver's open level does
not.
"""

import bisect
import math
from collections import deque
from typing import NamedTuple

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.lid_range import Dip, LidRange

_LOCAL_WINDOW = 1.0  # [s] several saccades and fixations; shorter than the time between blinks
_JUST_BEFORE = 0.25  # [s] lids fall in less, even slow ones, down to where a blink has begun
_RELEARN_WINDOW = 0.5  # [s] of a glance down that make up the new level
_UNSEEN_REFERENCE = 0.65  # [1] of open: what eyes are measured by that were not seen before a dip
_HYSTERESIS = 0.05  # [1] of open, above the level of closing: twice the noise of landmarks
_HALF_OPEN = 0.45  # [1] of open: lids that were above this, and above that, ...
_HALF_OPEN_TIME = 0.4  # [s] ... for so long are open, though no share of their fall is regained
_NEIGHBOURS = 0.1  # [s] between frames, in which the lids move evenly
_RISEN = 0.4  # [1] of its depth that a dip regains ...
_AGAIN = 0.2  # [1] ... and falls back to: another blink, if the first was no longer than this:
_QUICK_BLINK = 0.3  # [s]

EarSample = tuple[float, float]
"""Stamp [s] and EAR [1]."""
Interval = tuple[float, float]
"""[s]"""


class Shut(NamedTuple):
    """A time with shut eyes.

    Attributes:
        since: [s] first frame.
        until: [s] first frame after it.
        level: [1] EAR before the lids fell.
    """

    since: float
    until: float
    level: float


class LidTracker:
    """Follows the lids from frame to frame; reports each blink and closure when it is over.

    A closure spans the frames in which the eyes were closed. A blink, which need not be complete,
    spans those in the lower half of the dip: its duration is that at half amplitude, as the
    literature on blinks and drowsiness reports it.
    """

    def __init__(self, settings: EyeSettings) -> None:
        self._settings = settings
        self.range = LidRange(settings.close_share, settings.blink_share)
        """How far this driver's lids move."""
        self._recent: deque[EarSample] = deque()
        self._sorted: list[float] = []
        self._open_level = math.nan
        self.reset()

    def reset(self) -> None:
        """Forget everything but the range."""
        self._recent.clear()
        self._sorted.clear()
        self._before: EarSample | None = None  # the frame before, unless the view was lost since
        self.ended: Shut | None = None
        """Eyes that were shut up to the last frame, and are not."""
        self._end_dip()

    def _end_dip(self) -> None:
        self._dip: list[EarSample] = []  # the frame before it and those in it, while it is short
        self._dip_start = math.nan
        self._reference = math.nan
        self._lowest = math.nan
        self._fallen_from = math.nan  # where the lids fell from, if not from the level before
        self._risen_since = self._peak = math.nan  # of lids that are back by _RISEN
        self._back_since = math.nan  # of lids that are back by the share that ends a dip
        self._half_since = math.nan
        self._followed: EarSample = (math.nan, math.nan)  # the last frame of a closure
        self._half_open = 0.0  # [s] that the lids were above the level of closing
        self.closed_since = math.nan
        """[s] first frame of the closure in progress, NaN when the eyes are open."""
        self.shut_since = math.nan
        """[s] the same, without what the closure was joined to."""
        self.open_since = math.nan
        """[s] first frame of a reopening that is not sure yet, NaN when there is none."""

    @property
    def closed(self) -> bool:
        """Whether the eyes are closed."""
        return not math.isnan(self.closed_since)

    @property
    def lowered(self) -> bool:
        """Whether a blink or closure is or may be going on."""
        return not math.isnan(self._dip_start)

    def closed_until(self, stamp: float) -> float:
        """[s] up to when the closure in progress is sure at a frame's stamp."""
        return stamp if math.isnan(self.open_since) else self.open_since

    def update(self, stamp: float, ear: float, open_level: float) -> Event | None:
        """Take a judged frame.

        Args:
            stamp: [s].
            ear: [1].
            open_level: [1] EAR of this driver's open eyes.

        Returns:
            The blink or closure that is over with this frame.
        """
        s = self._settings
        self.ended = None
        if math.isnan(self._dip_start):
            local = self._local_level(stamp)
            shut = ear < self._close * open_level
            if not shut and not ear < (1.0 - s.blink_onset) * local:
                self._remember(stamp, ear)
                self._before = (stamp, ear)
                return None
            self._dip_start, self._open_level = stamp, open_level
            self._dip = [] if self._before is None else [self._before]
            # After a blink within a glance down the lids return to the level of that glance only;
            # and where nothing was seen before, there may have been one.
            lowest = _UNSEEN_REFERENCE * open_level
            self._reference = lowest if math.isnan(local) else local
            self._lowest = ear
        first = self._blinked_again(stamp, ear)
        self._lowest = min(self._lowest, ear)
        # Whatever turns out to be a blink has its lowest point within this time.
        if stamp - self._dip_start <= s.partial_blink_time + s.long_blink:
            self._dip.append((stamp, ear))
        if not self.closed and ear < self._close * open_level:
            self.closed_since = self.shut_since = stamp
            self._followed = (stamp, ear)
        if self.closed:
            return self._follow_closure(stamp, ear, open_level) or first
        return self._follow_dip(stamp, ear) or first

    @property
    def _close(self) -> float:
        """[1] of open, below which this driver's eyes are closed."""
        known = self.range.close
        return self._settings.close_ratio if math.isnan(known) else known

    def cut(self, end: float) -> Event | None:
        """End what is in progress at the last judged frame [s], because the view is lost.

        A closure that has lasted long enough is a fact and is reported; what might have become a
        blink is not.
        """
        event = None
        if self.closed:
            end = self.closed_until(end)
            if end - self.closed_since >= self._settings.long_blink - 1e-6:
                event = self._event(EventKind.CLOSURE, self.closed_since, end)
        self._before = None
        self._end_dip()  # the level of the last second stays true for that second
        return event

    def shut(self, ear: float, open_level: float) -> bool:
        """Whether the eyes are still shut at an EAR [1] in the middle of a closure."""
        return ear < self._close * open_level

    def _follow_closure(self, stamp: float, ear: float, open_level: float) -> Event | None:
        s = self._settings
        (before, ear_before), self._followed = self._followed, (stamp, ear)
        passed = stamp - before
        if ear < max(self._close + _HYSTERESIS, _HALF_OPEN) * open_level:
            self._half_open = max(self._half_open - 2.0 * passed, 0.0)
        else:
            self._half_since = self._half_since if self._half_open else stamp
            self._half_open += passed
        if self.shut(ear, open_level):
            self.open_since = self._back_since = math.nan
            return None
        if math.isnan(self.open_since):
            self.open_since = stamp
        # A dip is over when a share of its own depth is regained: where the lids were low before
        # it, as in a glance down, they return there only.
        back = min(s.reopen_ratio * open_level, self._level_at(s.blink_recovery))
        back = max(back, (self._close + _HYSTERESIS) * open_level)
        if ear < back:
            self._back_since = math.nan
        elif math.isnan(self._back_since):
            # Where frames are few, the lids were back some time before this one.
            self._back_since = stamp
            if passed <= _NEIGHBOURS and ear_before < back:
                low = (before, ear_before)
                self._back_since = before + _time_below((stamp, ear), low, back)
        end, over = self.open_since, math.inf
        if not (
            ear >= s.full_open_ratio * open_level
            or stamp - self._back_since >= s.reopen_time - 1e-6
        ):
            if self._half_open < max(s.reopen_time, _HALF_OPEN_TIME) - 1e-6:
                return None
            end = over = self._half_since
        event = None
        if end - self.closed_since >= s.long_blink - 1e-6:
            event = self._event(EventKind.CLOSURE, self.closed_since, end)
        else:
            event = self._blink(over)
        ended = Shut(self.closed_since, end, self._reference)
        self._begin_anew(stamp, ear)
        self.ended = ended
        return event

    def _follow_dip(self, stamp: float, ear: float) -> Event | None:
        s = self._settings
        if stamp - self._dip_start > s.partial_blink_time:
            glance = [frame for frame in self._dip if frame[0] > stamp - _RELEARN_WINDOW]
            self.reset()
            for frame in glance:
                self._remember(*frame)
            self._before = (stamp, ear)
            return None
        if ear <= self._lowest or ear < self._level_at(s.blink_recovery):
            return None
        event = self._blink()
        self._begin_anew(stamp, ear)
        return event

    def _blinked_again(self, stamp: float, ear: float) -> Event | None:
        """End a blink whose lids came back a good way, if they fall again: two quick blinks.

        A closure goes on through such a flutter.
        """
        s = self._settings
        least = (self._close + _HYSTERESIS) * self._open_level
        if ear >= max(self._level_at(_RISEN), least):
            if math.isnan(self._risen_since):
                self._risen_since, self._peak = stamp, ear
            self._peak = max(self._peak, ear)
            return None
        if ear > self._level_at(_AGAIN):
            return None
        if not (
            self.closed
            and self._risen_since - self._dip_start <= _QUICK_BLINK
            and stamp - self._dip_start <= s.partial_blink_time
            and stamp - self._risen_since >= s.reopen_time - 1e-6
        ):
            self._risen_since = self._peak = math.nan
            return None
        top = next(i for i in reversed(range(len(self._dip))) if self._dip[i][1] == self._peak)
        again, reference, peak = self._dip[top:], self._reference, self._peak
        event = self._blink(again[0][0])
        ended = Shut(self.closed_since, self._risen_since, reference)
        self._end_dip()
        self.ended = ended
        self._dip, self._reference, self._fallen_from = again, reference, peak
        self._dip_start, self._lowest = again[-1][0], ear
        return event

    def _level_at(self, share: float) -> float:
        """[1] EAR at a share of the way back up from the lowest point."""
        return self._lowest + share * (self._reference - self._lowest)

    def _blink(self, over: float = math.inf) -> Event | None:
        """The dip that is over now as a blink, if it is deep and long enough to be no noise.

        Its length is judged at half depth and between frames: one noisy frame gives the time
        between two frames, whatever its depth; a blink that only one frame catches at the bottom
        gives more, because its flanks are caught as well.

        Args:
            over: [s] when it was over at the latest, where the lids came back but half.
        """
        frames = [frame for i, frame in enumerate(self._dip) if frame[0] <= over or i < 2]
        low = _low(frames, half := self._level_at(0.5))
        if low is None:
            return None
        first, after = low
        last = frames[after - 1] if frames[after][1] > half else frames[after]
        width = last[0] - frames[first][0]
        if first > 0:
            width += _time_below(frames[first - 1], frames[first], half)
        if last is not frames[after]:
            width += _time_below(frames[after], last, half)
        start, end = self._edges(frames)
        s, depth = self._settings, self._depth
        if depth < s.blink_depth or width < s.min_blink_duration:
            return None
        enough = depth >= self.range.least_depth
        self.range.learn(Dip(depth, self._lowest / self._open_level))
        if not enough:
            return None
        return self._event(EventKind.BLINK, start, end)

    def _edges(self, frames: list[EarSample]) -> Interval:
        """[s] from half of the way down from where the lids were to half of the way up from there.

        Those that come up by half only, to fall again, waver about half of the way to where they
        were; there the end would hang on noise.
        """
        bottom = min(range(len(frames)), key=lambda i: frames[i][1])
        down = 0.5 * (self._lowest + min(self._reference, self._fallen_from))  # NaN: the first
        up = 0.5 * (self._lowest + min(self._reference, max(ear for _, ear in frames[bottom:])))
        first, _ = _low(frames, down) or (bottom, 0)
        _, after = _low(frames[bottom:], up) or (0, 0)
        return frames[min(first, bottom)][0], frames[bottom + after][0]

    @property
    def _depth(self) -> float:
        return 1.0 - self._lowest / self._reference

    def _event(self, kind: EventKind, start: float, end: float) -> Event:
        return Event(kind, start, end - start, min(max(self._depth, 0.0), 1.0))

    def _begin_anew(self, stamp: float, ear: float) -> None:
        """After a dip the old level says little: many blinks come with a change of gaze."""
        self.reset()
        self._remember(stamp, ear)
        self._before = (stamp, ear)

    def _remember(self, stamp: float, ear: float) -> None:
        self._recent.append((stamp, ear))
        bisect.insort(self._sorted, ear)

    def _local_level(self, stamp: float) -> float:
        """[1] EAR of the open eyes just before, NaN where they were not seen for a second."""
        recent, ordered = self._recent, self._sorted
        while recent and recent[0][0] < stamp - _LOCAL_WINDOW:
            del ordered[bisect.bisect_left(ordered, recent.popleft()[1])]
        if not ordered:
            return math.nan
        # Lids that have just come down further, as in a glance, are measured from there.
        highest = 0.0
        for at, ear in reversed(recent):
            if at < stamp - _JUST_BEFORE:
                break
            highest = max(highest, ear)
        middle = ordered[len(ordered) // 2]
        return min(middle, highest) if highest > 0.0 else middle


def _low(frames: list[EarSample], level: float) -> tuple[int, int] | None:
    """Index of the first frame at or below a level, and of the one after the last, if any is."""
    low = [i for i, (_, ear) in enumerate(frames) if ear <= level]
    return (low[0], min(low[-1] + 1, len(frames) - 1)) if low else None


def _time_below(high: EarSample, low: EarSample, level: float) -> float:
    """[s] that the line between two neighbouring frames spends below a level between them."""
    return abs(high[0] - low[0]) * (level - low[1]) / (high[1] - low[1])
