"""Mouth: opening, yawns and yawn rate from a driver's landmarks.

A yawn is a mouth that stays wide open: yawns last about 4 to 6 s (Barbizet 1958; Provine 1986),
of which the wide phase is the middle part, while the open phases of speech last tenths of a second.
A laugh, a song or a grimace may open the mouth for as long, but not as wide for that long.
As with the eyes, what cannot be judged counts as nothing, and a yawn whose end is out of view ends
at the last judged frame.

Hidden is not shut. A hand that comes over a yawn hides it, and the landmark engine draws a shut
mouth over the hand. No mouth shuts as fast as that, so a mouth that opened without haste, was wide
and is gone at once is hidden, and not judged, until it is wide again: then all of it was one yawn.
If it is not wide again soon, or speaks, it was shut after all. Lips that speak meet several times a
second; those of a yawn part once. So how long they were apart tells more than how long they were
wide, which hangs on a limit that a yawn may only just reach before the hand comes.
"""

import dataclasses
import math

from fatigue_ros.face import Event, EventKind, Face, Points
from fatigue_ros.measures.stamp_line import StampLine
from fatigue_ros.measures.states import MouthState
from fatigue_ros.measures.view import HeadPoseWindow, ViewSettings
from fatigue_ros.measures.windows import EventWindow, FrameTimes, IntervalWindow, Step
from fatigue_ros.settings.parameters import parameter

_SHUT = 0.15  # [1] opening that engines draw over a hand, and less
_GONE_WITHIN = 0.1  # [s] from open to shut: a hand is as fast as that, no mouth is
_NEXT_WITHIN = 0.15  # [s] the same from one frame to the next, where they are few
_APART_BEFORE = 0.9  # [s] that lips are apart before a hand: speech 0.5, grimaces 0.5, a yawn 1.5
_WIDE_BESIDE = 0.3  # [s] that it is open before the hand, and after it; in a laugh never as long
_SHORTEST_HIDDEN = 1.5  # [s] a hand is not up and down sooner; between two sung notes it is less
_LONGEST_HIDDEN = 10.0  # [s] longer than any yawn
_APART = 0.25  # [1] opening with lips apart, that no engine draws over a hand for long
_MET = 0.2  # [1] opening of lips that have met again: at the limit noise parts them more than once
_LONGEST_OPENING = 2.0  # [s] from there to wide: a yawn opens in one or two
_LONGEST_SPEECH = 0.5  # [s] that they are apart behind it, in sum
_LEAST_TIME_FOR_RATE = 10.0  # [s] of judged time; a rate over less is a lottery


def lip_distance(points: Points) -> float:
    """Distance between the centres of the lips, as in Mafteiu-Scai and Bobora (2025, section 3.7).

    The paper names the indices (50, 53) and ``(61, 6_)`` for the upper lip, ``(65, 6_)`` and
    (56, 59) for the lower one, with a digit lost in print. Our reading is that of the Python
    slices which this measure is usually written with: 50:53 and 61:64, 65:68 and 56:59 (0-based,
    end left out), so that each lip is the mean of the three middle points of its outer and of its
    inner edge.

    Args:
        points: shape (68, 2), [px].

    Returns:
        [px]
    """
    lips = points[48:68].tolist()
    upper = [*lips[2:5], *lips[13:16]]
    lower = [*lips[17:20], *lips[8:11]]
    dx = sum(p[0] for p in upper) - sum(p[0] for p in lower)
    dy = sum(p[1] for p in upper) - sum(p[1] for p in lower)
    return math.hypot(dx, dy) / 6.0


def mouth_opening(points: Points) -> float:
    """Gap between the inner lips over the width of the mouth.

    The gap is the mean of the three distances 61-67, 62-66 and 63-65, the width that between the
    corners 48 and 54 (0-based).

    Args:
        points: shape (68, 2), [px].

    Returns:
        [1] about 0 when shut, 0.6 to 1 in a yawn; NaN when the corners coincide.
    """
    lips = points[48:68].tolist()
    width = math.dist(lips[0], lips[6])
    if not width > 0.0:
        return math.nan
    gap = sum(math.dist(lips[above], lips[32 - above]) for above in (13, 14, 15))
    return gap / (3.0 * width)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MouthSettings(ViewSettings):
    """How yawns are told from the opening of the mouth."""

    yawn_opening: float = parameter(
        0.5,
        "Gap between the lips over mouth width from which the mouth is open as in a yawn; speech "
        "stays under 0.4",
        limits=(0.1, 1.5),
    )
    yawn_hysteresis: float = parameter(
        0.1,
        "The mouth is no longer open when the opening is this much below yawn_opening",
        limits=(0.0, 0.5),
    )
    min_yawn_duration: float = parameter(
        2.0,
        "Mouth open wide for at least this long: a yawn (whole yawns last 4 to 6 s)",
        unit="s",
        limits=(0.5, 10.0),
    )
    wide_opening: float = parameter(
        0.6,
        "Opening of the widest part of a yawn; laughing and grimacing mouths reach it for moments",
        limits=(0.1, 1.5),
    )
    min_wide_time: float = parameter(
        2.0,
        "A yawn is that wide for at least this long in all, or open without a break for as long. "
        "Yawns of two people were that wide for 2.3 s and longer, grimaces for 1.5 s and less",
        unit="s",
        limits=(0.0, 10.0),
    )
    max_yawn_dip: float = parameter(
        0.4, "A mouth that closes for less than this goes on yawning", unit="s", limits=(0.0, 2.0)
    )
    window: float = parameter(
        300.0,
        "Time that the yawn rate looks back over (TIME_FOR_COUNTING_YAWNING of Mafteiu-Scai and "
        "Bobora 2025)",
        unit="s",
        limits=(10.0, 3600.0),
    )


class _Yawn:
    """A mouth that is open wide, from its first frame on.

    Attributes:
        start: [s] when it was wide.
        parted: [s] when the lips parted for it, where an event begins: how soon a mouth that opens
            slowly is wide hangs on noise.
        largest: [1] opening.
        wide: [s] that it was as wide as in a yawn.
        steady: [s] longest time that it was open without a break.
        whole_since: [s] since when it has not been shut, not even for a moment.
        after: [s] longest time without such a moment after a hand.
        apart: [s] longest time that the lips were apart before they came near each other.
        low_since: [s] first frame with a mouth that may be shut; NaN when it is open.
        gone: whether it shut faster than mouths do.
        hidden: [s] how long it was behind a hand and wide afterwards.
        speech: [s] that it moved as in speech behind the hand.
    """

    def __init__(self, start: float, opening: float, parted: float, whole_since: float) -> None:
        self.start = start
        self.parted = max(parted, start - _LONGEST_OPENING)
        self.largest = opening
        self.wide = self.steady = self.apart = self.hidden = self.speech = self.after = 0.0
        self.open_since, self.whole_since = start, whole_since
        self.low_since = self.hidden_since = self.out_since = math.nan
        self.gone = False

    def came_out(self, stamp: float) -> None:
        """It is wide again at a stamp [s], after a hand hid it."""
        if math.isnan(self.hidden_since):
            self.hidden_since = self.low_since
        self.hidden += stamp - self.low_since
        self.out_since = self.open_since = stamp
        self.gone = False

    def unbroken(self, stamp: float) -> None:
        """It has been open up to a stamp [s], or is open again."""
        if not math.isnan(self.low_since):
            self.whole_since = stamp
        if not math.isnan(self.out_since):
            self.after = max(self.after, stamp - self.whole_since)

    def end(self, stamp: float) -> float:
        """[s] where it ends if nothing more comes after a frame's stamp."""
        return stamp if math.isnan(self.low_since) else self.low_since


def _since(before: float, now: float, holds: bool) -> float:
    """[s] first frame of those in a row in which something holds; NaN when it does not."""
    return (now if math.isnan(before) else before) if holds else math.nan


class MouthMonitor:
    """Turns faces with stamps into the state of the mouth, frame by frame."""

    def __init__(self, settings: MouthSettings) -> None:
        self._settings = settings
        self._times = FrameTimes(settings.max_gap)
        self._line = StampLine()
        self._pose = HeadPoseWindow(settings)
        self._judged = IntervalWindow(settings.window)
        self._yawns = EventWindow(settings.window)
        self.reset()

    def reset(self) -> None:
        """Begin anew, as at activation."""
        self._times.reset()
        self._line.reset()
        self._forget()
        self.ignored_frames = 0
        """[1] frames whose stamp was not later than the one before."""

    def _forget(self) -> None:
        self._pose.reset()
        self._judged.clear()
        self._yawns.clear()
        self._yawn: _Yawn | None = None
        self._was_open = math.nan  # when the mouth was last open
        self._apart_since = math.nan  # first frame with lips apart; NaN when they are not
        self._parted = math.nan  # the same, but that lips which waver at the limit have not met
        self._open_since = math.nan  # first frame with an open mouth
        self._opening = 0.0  # in the judged frame before
        self._yawn_count = 0
        self._stamp = self._last_judged = math.nan
        self._in_view = False
        self._refusal = ""
        self._state = MouthState(stamp=0.0, reason="no frame yet", window=self._settings.window)

    @property
    def state(self) -> MouthState:
        """The state after the last frame."""
        return self._state

    def update(self, face: Face, clock: float | None = None) -> MouthState:
        """Take a face, or a frame without one.

        Args:
            face: of a frame.
            clock: [s] when it came, by a clock that never steps; None: stamps are all there is.
        """
        placed = self._line.follow(face.stamp, clock)
        step = Step.IGNORED if placed is None else self._times.step(placed)
        if step is Step.IGNORED:
            self.ignored_frames += 1
            self._state = dataclasses.replace(self._state, events=())
            return self._state
        if step is Step.RESTART:
            self._forget()
        now = self._times.stamp
        self._stamp = face.stamp
        if now != face.stamp:
            face = dataclasses.replace(face, stamp=now)
        refusal = self._pose.refusal(face)
        distance = opening = math.nan
        if not refusal and face.points is not None:
            distance, opening = lip_distance(face.points), mouth_opening(face.points)
            if not (math.isfinite(distance) and math.isfinite(opening)):
                refusal = "the mouth has no possible shape"
                distance = opening = math.nan
        event = None
        watched = self._in_view and now - self._last_judged <= self._settings.max_gap + 1e-6
        if self._in_view and (refusal or not watched):
            event = self._finish(self._last_judged)
            self._apart_since = self._parted = self._open_since = math.nan
        if refusal:
            self._refusal = refusal
        else:
            if watched and not self._hidden:
                self._judged.add(self._last_judged, now)
            event = self._follow(now, opening, now - self._last_judged if watched else 0.0) or event
            self._last_judged = now
        self._in_view = not refusal
        if self._hidden:
            self._refusal = "the mouth is hidden"
            distance = opening = math.nan
        self._state = self._report(distance, opening, event)
        return self._state

    @property
    def _hidden(self) -> bool:
        """Whether a hand seems to cover a yawn."""
        yawn, s = self._yawn, self._settings
        if yawn is None or not yawn.gone:
            return False
        return self._times.stamp - yawn.low_since >= s.max_yawn_dip - 1e-6

    def _follow(self, now: float, opening: float, passed: float) -> Event | None:
        """Take an opening [1] and the time [s] since the one before."""
        s = self._settings
        yawn, before, self._opening = self._yawn, self._opening, opening
        apart = now - self._apart_since
        least = s.yawn_opening - s.yawn_hysteresis
        self._apart_since = _since(self._apart_since, now, opening > _APART)
        limit = _APART if math.isnan(self._parted) else _MET
        self._parted = _since(self._parted, now, opening > limit)
        self._open_since = _since(self._open_since, now, opening >= least)
        if yawn is None:
            if opening >= s.yawn_opening:
                self._yawn = _Yawn(now, opening, self._parted, self._open_since)
            return None
        if self._hidden and opening < s.yawn_opening:
            yawn.speech += passed if opening > _APART else 0.0
            too_long = now - yawn.low_since > _LONGEST_HIDDEN
            return self._finish(now) if too_long or yawn.speech > _LONGEST_SPEECH else None
        if opening >= least:
            if self._hidden and now - yawn.low_since < _SHORTEST_HIDDEN - 1e-6:
                event, self._yawn = (
                    self._finish(now),
                    _Yawn(now, opening, now, now),
                )  # who sings pauses
                return event
            if self._hidden:  # it is wide again, and was so behind the hand if it stays that
                yawn.came_out(now)
            yawn.unbroken(now)
            yawn.gone = False
            yawn.low_since = math.nan
            yawn.largest = max(yawn.largest, opening)
            yawn.wide += passed if before >= s.wide_opening else 0.0
            yawn.open_since = now if opening < s.yawn_opening else yawn.open_since
            yawn.steady = max(yawn.steady, now - yawn.open_since)
            self._was_open = now
            return None
        if math.isnan(yawn.low_since):
            yawn.unbroken(now)
            yawn.low_since = now
            yawn.apart = max(yawn.apart, apart)
            yawn.wide += passed if before >= s.wide_opening else 0.0
            if before >= s.yawn_opening:
                yawn.steady = max(yawn.steady, now - yawn.open_since)
        within = _NEXT_WITHIN if now - passed <= self._was_open else _GONE_WITHIN
        shut_at_once = opening <= _SHUT and now - self._was_open <= within + 1e-6
        wide_for = yawn.low_since - yawn.whole_since
        if shut_at_once and min(yawn.apart - _APART_BEFORE, wide_for - _WIDE_BESIDE) >= -1e-6:
            yawn.gone = not self._complete(yawn, yawn.low_since)
        if now - yawn.low_since < s.max_yawn_dip - 1e-6 or yawn.gone:
            return None
        return self._finish(now)

    def _complete(self, yawn: _Yawn, end: float) -> bool:
        """Whether it has the shape of a yawn if it ends at a time [s]."""
        s = self._settings
        wide = max(yawn.wide + yawn.hidden, yawn.steady)
        long = end - yawn.start >= s.min_yawn_duration - 1e-6
        return long and wide >= s.min_wide_time - 1e-6

    def _finish(self, stamp: float) -> Event | None:
        """End the yawn in progress; the event if it had the shape of one."""
        yawn, self._yawn = self._yawn, None
        if yawn is None:
            return None
        end = yawn.end(stamp)
        if yawn.hidden and yawn.after < _WIDE_BESIDE - 1e-6:  # the hand went away from a shut mouth
            end, yawn.hidden = yawn.hidden_since, 0.0
        if not self._complete(yawn, end):
            return None
        self._parted = max(self._parted, end)  # where the next one may begin, or NaN
        self._yawn_count += 1
        self._yawns.add(end, end - yawn.start)
        return Event(EventKind.YAWN, yawn.parted, end - yawn.parted, yawn.largest)

    def _report(self, distance: float, opening: float, event: Event | None) -> MouthState:
        s, now, yawn = self._settings, self._times.stamp, self._yawn
        judged_now = self._in_view and not self._hidden
        judged = self._judged.seconds(now)
        coverage = min(judged / s.window, 1.0)
        shift = self._line.shift
        if event is not None and shift:
            event = dataclasses.replace(event, start=event.start - shift)
        age = now - self._times.first + 1e-6
        reason = ""
        if age < s.window:
            reason = f"warming up: watched for {age:.0f} s of {s.window:.0f} s"
        elif coverage < s.min_coverage:
            why = f", last refused: {self._refusal}" if self._refusal else ""
            reason = (
                f"mouth judged in {100 * coverage:.0f} % of the last {s.window:.0f} s, "
                f"need {100 * s.min_coverage:.0f} %{why}"
            )
        return MouthState(
            stamp=self._stamp,
            valid=not reason,
            reason=reason,
            judged=judged_now,
            lip_distance=distance,
            mouth_opening=opening,
            mouth_open=yawn is not None and judged_now,
            opening_duration=yawn.end(now) - yawn.start if yawn and judged_now else 0.0,
            yawn_count=self._yawn_count,
            yawn_rate=(
                60.0 * self._yawns.count(now) / judged
                if judged >= _LEAST_TIME_FOR_RATE - 1e-6
                else math.nan
            ),
            window=s.window,
            coverage=coverage,
            events=() if event is None else (event,),
        )
