"""Eyelids: blinks, closures, blink rate and PERCLOS from a driver's landmarks.

PERCLOS (P80) is the share of the judged time of its window in which the eyes were closed, blinks
left out (Wierwille et al. 1994; Dinges and Grace 1998). How "closed" follows from the eye aspect
ratio is told in :mod:`fatigue_ros.measures.lids`.

What cannot be judged counts as nothing: no closed time, no open time, no blink. A frame stands for
the time until the next one, if that comes within ``max_gap`` and can be judged too. Head turned
away, face lost, eyes too small, dark glasses, frames that never came: all the same, a gap.

A gap of up to ``join_gap`` between two frames with shut eyes belongs to the closure, for nobody
opens the eyes just while nobody looks; PERCLOS counts it as neither, and two blinks around one are
no closure that is counted. A longer one, or one that ends
with open eyes, ends the closure at the last frame before it; it is reported if it had lasted for
``long_blink`` by then.

Stamps are laid on one line of time (:mod:`fatigue_ros.measures.stamp_line`) where whoever asks has
a clock; without one, a stamp that lies far behind the last is a recording that begins again.
"""

import dataclasses
import math

from fatigue_ros.errors import ParameterError
from fatigue_ros.face import Event, EventKind, Face
from fatigue_ros.measures.doubt import LONGEST_DOUBT, LookDown
from fatigue_ros.measures.droop import RecentLids, droop, low_share, opening
from fatigue_ros.measures.eye_pair import UNLIKE, EyePair, eye_aspect_ratio
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.head import HeadDrop
from fatigue_ros.measures.lid_speed import LidSpeeds
from fatigue_ros.measures.lids import LidTracker
from fatigue_ros.measures.open_level import OpenLevel
from fatigue_ros.measures.relapse import Relapse
from fatigue_ros.measures.stamp_line import StampLine
from fatigue_ros.measures.states import EyeState
from fatigue_ros.measures.still import StillPoints
from fatigue_ros.measures.view import HeadPoseWindow, ShadeWatch
from fatigue_ros.measures.windows import EventWindow, FrameTimes, IntervalWindow, Step

__all__ = ["EyeMonitor", "EyeSettings", "eye_aspect_ratio"]

_BLINK_GAP = 0.15  # [s] between two judged frames of one blink; in a longer gap is room for two
_LEVEL = 0.15  # [rad] of the driver's usual pitch; in a head turned further the lids foreshorten
_DROOP_STEP = 1.0  # [s] between two looks at minutes
_LEAST_TIME_FOR_RATE = 10.0  # [s] of judged time; a rate over less is a lottery


class EyeMonitor:
    """Turns faces with stamps into the state of the eyes, frame by frame.

    Args:
        settings: thresholds and windows.
        ear_open: [1] calibrated open level of this driver, held fast; None: learn it on the way.

    Raises:
        ParameterError: ear_open is no possible eye aspect ratio.
    """

    def __init__(self, settings: EyeSettings, ear_open: float | None = None) -> None:
        self._settings = settings
        self._times = FrameTimes(settings.max_gap)
        self._pose = HeadPoseWindow(settings)
        self._line = StampLine()
        self._shade = ShadeWatch(settings.max_eye_shade, settings.shade_time, settings.join_gap)
        self._head = HeadDrop()
        self._look_down = LookDown()
        self._still = StillPoints()
        self._eyes = EyePair(settings.min_eye_width)
        self._lids = LidTracker(settings)
        self._relapse = Relapse(settings.long_blink)
        self._level = OpenLevel()
        self._countable = IntervalWindow(settings.window)
        self._blinks = EventWindow(settings.window)
        self._amplitudes = EventWindow(settings.window)
        self._closing = EventWindow(settings.window)
        self._opening = EventWindow(settings.window)
        self._speeds = LidSpeeds()
        self._recent_lids = RecentLids(settings.droop_window)
        self._judged = IntervalWindow(settings.perclos_window)
        self._closed = IntervalWindow(settings.perclos_window)
        self._judged_long = IntervalWindow(settings.perclos_long_window)
        self._closed_long = IntervalWindow(settings.perclos_long_window)
        self._ear_shut = self._blink_depth = math.nan
        self.ear_open = ear_open
        self.reset()

    def reset(self) -> None:
        """Begin anew, as at activation; a calibrated open level stays, a learned one goes."""
        self._times.reset()
        self._line.reset()
        self._level.reset()
        self._forget()
        self.ignored_frames = 0
        """[1] frames whose stamp was not later than the one before."""

    def _forget(self) -> None:
        """Forget all but the learned level."""
        self._pose.reset()
        self._shade.reset()
        self._head.reset()
        self._look_down.reset()
        self._still.reset()
        self._eyes.reset()
        self._lids.reset()
        self._lids.range.reset()
        self._relapse.reset()
        self._speeds.reset()
        self._recent_lids.reset()
        self._droop = self._droop_low = self._droop_coverage = math.nan
        self._droop_due = -math.inf  # [s] when to look at it again
        for window in (
            self._countable,
            self._blinks,
            self._amplitudes,
            self._closing,
            self._opening,
            self._judged,
            self._closed,
            self._judged_long,
            self._closed_long,
        ):
            window.clear()
        self._stamp = self._last_judged = math.nan
        self._in_view = False  # whether the last frame was judged
        self._pieces: list[tuple[float, float]] = []  # of the closure, between its gaps
        self._piece_start = math.nan
        self._counted = False  # whether the closure in progress is one already
        self._doubt = ""  # why the closure in progress may be none
        self._agreed = 0  # [1] frames of the closure in which both eyes looked shut, less others
        self._alike = False  # whether both eyes were seen shut in it
        self._sure_until = math.nan  # [s] that it was one before that
        self._blink_count = 0
        self._refusal = ""
        self._state = EyeState(
            stamp=0.0,
            reason="no frame yet",
            window=self._settings.window,
            perclos_window=self._settings.perclos_window,
            perclos_long_window=self._settings.perclos_long_window,
        )

    @property
    def state(self) -> EyeState:
        """The state after the last frame."""
        return self._state

    @property
    def ear_open(self) -> float | None:
        """[1] the calibrated open level, None while it is learned on the way."""
        return self._ear_open

    @ear_open.setter
    def ear_open(self, value: float | None) -> None:
        if value is not None and not 0.05 <= value <= 1.0:
            raise ParameterError(
                f"ear_open: expected an eye aspect ratio of 0.05 to 1.0, got {value!r}"
            )
        self._ear_open = value

    def refer(
        self, ear_open: float, ear_shut: float = math.nan, blink_depth: float = math.nan
    ) -> None:
        """Take what is known of the driver at the wheel; NaN: learn it on the way.

        Args:
            ear_open: [1] EAR of open eyes.
            ear_shut: [1] EAR of shut eyes; needs the other two.
            blink_depth: [1] amplitude that four in five blinks reach.

        Raises:
            ParameterError: ear_open is no possible eye aspect ratio.
        """
        before = self._ear_open
        self.ear_open = None if math.isnan(ear_open) else ear_open
        if before is not None and self._ear_open != before:
            self._recent_lids.reset()  # another driver's
            self._droop_due = -math.inf
        if _same(ear_shut, self._ear_shut) and _same(blink_depth, self._blink_depth):
            return
        self._ear_shut, self._blink_depth = ear_shut, blink_depth
        self._lids.range.know(ear_shut / ear_open, min(blink_depth, 1.0))

    def update(self, face: Face, clock: float | None = None) -> EyeState:
        """Take a face, or a frame without one.

        Args:
            face: of a frame.
            clock: [s] when it came, by a clock that never steps; None: stamps are all there is.
        """
        stamp = self._accept(face.stamp, clock)
        if stamp is None:
            return self._state
        if stamp != face.stamp:
            face = dataclasses.replace(face, stamp=stamp)
        refusal = self._pose.refusal(face) or self._shade.refusal(face)
        ear = math.nan
        if not refusal and face.points is not None:
            ear, refusal = self._eyes.combine(face.points, self._near(), self._open_level)
        self._head.update(face, seen=not refusal and not self._doubt)
        self._look_down.update(stamp, face.pitch)
        return self._judge(ear, refusal, face.fault or self._still.fault(face))

    def update_ear(self, stamp: float, ear: float, clock: float | None = None) -> EyeState:
        """Take the EAR [1] at a stamp [s] from elsewhere; NaN when there is none."""
        if self._accept(stamp, clock) is None:
            return self._state
        possible = 0.0 <= ear < math.inf
        return self._judge(ear if possible else math.nan, "" if possible else "no EAR value", "")

    @property
    def _open_level(self) -> float:
        return self._level.level if self._ear_open is None else self._ear_open

    def _accept(self, stamp: float, clock: float | None) -> float | None:
        """Take the stamp of a frame; its time, or None when the frame is to be ignored."""
        placed = self._line.follow(stamp, clock)
        step = Step.IGNORED if placed is None else self._times.step(placed)
        if step is Step.IGNORED:
            self.ignored_frames += 1
            self._state = dataclasses.replace(self._state, events=())
            return None
        if step is Step.RESTART:
            self._level.reset()
            self._forget()
        self._stamp = stamp
        return placed

    def _watched(self) -> float:
        """[s] from the last frame to this one if that was judged and is near enough, else 0."""
        if not self._in_view:
            return 0.0
        passed = self._times.stamp - self._last_judged
        return passed if passed <= self._settings.max_gap + 1e-6 else 0.0

    def _near(self) -> float:
        """[s] the same, where frames are few: of a longer gap that joins, ``max_gap`` counts."""
        passed = self._times.stamp - self._last_judged
        if not self._in_view or passed > self._settings.join_gap + 1e-6:
            return 0.0
        return min(passed, self._settings.max_gap)

    def _judge(self, ear: float, refusal: str, fault: str) -> EyeState:
        now = self._times.stamp
        judged = not refusal
        watched = self._watched() if judged else 0.0
        near = self._near()
        events: list[Event] = []
        if not watched and not self._joins(now, ear):
            event = self._note(self._lids.cut(self._last_judged))
            self._tell([*self._relapse.release(), *([event] if event else [])], events)
        if judged:
            if now - self._last_judged > self._settings.forget_after:
                self._level.loosen()
                self._eyes.reset()
                self._lids.range.reset()
                self._recent_lids.reset()
            if not self._doubt:  # else the time since the last frame is of neither kind
                if watched:
                    self._count_time(now - watched, now)
                elif self._lids.closed:  # so is the gap, which belongs to the closure
                    self._pieces.append((self._piece_start, self._last_judged))
                    self._piece_start = now
            self._speeds.add(now, ear)
            event = self._note(self._lids.update(now, ear, self._open_level))
            since = self._lids.closed_since
            shut = self._lids.shut(ear, self._open_level)
            self._tell(self._relapse.follow(now, ear, self._lids, event, shut=shut), events)
            if self._lids.closed_since < since:  # NaN: there is none
                self._pieces.append((self._lids.closed_since, self._relapse.until))
            if near and not self._lids.lowered:
                self._level.learn(ear, near)
            self._follow_doubt(now)
            if self._lids.closed and not self._doubt:
                if math.isnan(self._piece_start):
                    self._piece_start = self._lids.closed_since
                self._count_closure(self._lids.closed_until(now))
            if not (self._lids.closed or self._doubt or abs(self._head.turned) > _LEVEL):
                self._recent_lids.add(now, ear)
            self._last_judged = now
        else:
            self._refusal = refusal
        self._in_view = judged
        self._state = self._report(math.nan if self._doubt else ear, tuple(events), fault)
        return self._state

    def _follow_doubt(self, now: float) -> None:
        """Decide whether the closure in progress may be something else: then it is not judged."""
        before, closed_since = self._doubt, self._lids.shut_since
        until = self._lids.closed_until(now)
        self._doubt = self._look_down.doubt(closed_since, until)
        # The far eye wavers: what most frames of the closure say counts.
        if not self._lids.closed:
            self._agreed = 0
        else:
            self._agreed += -1 if self._eyes.doubt else 1
            self._alike = self._alike or not self._eyes.doubt
        if self._agreed < 0 and until - closed_since < LONGEST_DOUBT - 1e-6:
            self._doubt = self._doubt or UNLIKE
        self._refusal = self._doubt or self._refusal
        if self._doubt and not before:
            if not math.isnan(self._piece_start):
                self._pieces.append((self._piece_start, self._last_judged))
            self._sure_until = max(self._last_judged, closed_since)
        elif before and not self._doubt:
            self._piece_start = now if self._lids.closed else math.nan

    def _joins(self, now: float, ear: float) -> bool:
        """Whether what is in progress goes on across the gap that this frame ends or prolongs."""
        passed = now - self._last_judged
        if self._lids.lowered and passed <= _BLINK_GAP + 1e-6:
            return True  # a frame that fails in a blink takes nothing from it
        if not self._lids.closed or passed > self._settings.join_gap + 1e-6:
            return False
        return math.isnan(ear) or self._lids.shut(ear, self._open_level)

    def _count_time(self, start: float, end: float) -> None:
        self._judged.add(start, end)
        self._judged_long.add(start, end)
        if self._times.rate >= self._settings.min_frame_rate:
            self._countable.add(start, end)

    def _count_closure(self, end: float) -> bool:
        """Count what was watched of a closure up to its end [s], once it is long enough to be one.

        A gap in it is no closed time, so it makes no closure of two blinks either.
        """
        pieces = (*self._pieces, (self._piece_start, end))
        if sum(b - a for a, b in pieces) < self._settings.long_blink - 1e-6 and not self._counted:
            return False
        for piece in pieces:
            self._closed.add(*piece)
            self._closed_long.add(*piece)
        self._pieces.clear()
        self._counted = True
        return True

    def _note(self, event: Event | None) -> Event | None:
        """Take what is over with this frame, whether or not it is told yet; None: it is nothing."""
        if self._doubt and not (self._doubt is UNLIKE and self._blinked(event)):
            event = None  # nobody knows what it was
        if event is not None and event.kind is EventKind.CLOSURE:
            event = event if self._count_closure(event.end) else None
        elif event is not None and self._times.rate >= self._settings.min_frame_rate:
            closing, opening = self._speeds.of(event, self._open_level)
            event = dataclasses.replace(event, closing_speed=closing, opening_speed=opening)
        else:
            event = None
        if not self._lids.closed:
            self._pieces.clear()
            self._piece_start = math.nan
            self._counted = self._alike = False
            if not self._lids.lowered:
                self._doubt = ""
        return event

    def _blinked(self, event: Event | None) -> bool:
        """Whether it is a blink in which both eyes were seen shut, if only in one frame."""
        return event is not None and event.kind is EventKind.BLINK and self._alike

    def _tell(self, certain: list[Event], events: list[Event]) -> None:
        """Count and report what is over and will be joined to nothing."""
        for event in certain:
            events.append(event)
            if event.kind is EventKind.CLOSURE:
                continue
            self._blink_count += 1
            self._blinks.add(event.end, event.duration)
            self._amplitudes.add(event.end, event.amplitude)
            for window, speed in (
                (self._closing, event.closing_speed),
                (self._opening, event.opening_speed),
            ):
                if math.isfinite(speed):
                    window.add(event.end, speed)

    def _follow_droop(self, now: float) -> None:
        """Compare the lids of the last minutes with the driver's own."""
        if now < self._droop_due:
            return
        self._droop_due = now + _DROOP_STEP
        values, own = self._recent_lids.values(now), self._ear_open or math.nan
        self._droop_coverage = self._recent_lids.coverage(now)
        self._droop = droop(opening(values), own)
        self._droop_low = low_share(values, own) if own > 0.0 else math.nan

    def _report(self, ear: float, events: tuple[Event, ...], fault: str) -> EyeState:
        s, now, lids = self._settings, self._times.stamp, self._lids
        shut = lids.range.shut
        judged = self._judged.seconds(now)
        judged_long = self._judged_long.seconds(now)
        countable = self._countable.seconds(now)
        coverage = min(judged / s.perclos_window, 1.0)
        long_known = (
            judged_long >= s.min_coverage * s.perclos_long_window
            and self._age >= s.perclos_long_window
        )
        reason = self._invalid(coverage, countable)
        self._follow_droop(now)
        seen = self._sure_until if self._doubt else lids.closed_until(self._last_judged)
        judged_now = self._in_view and not self._doubt
        shift = self._line.shift
        if shift:
            events = tuple(dataclasses.replace(e, start=e.start - shift) for e in events)
        return EyeState(
            stamp=self._stamp,
            valid=not reason,
            reason=reason,
            fault=fault or self._line.fault(),
            judged=judged_now,
            ear=ear,
            ear_open=self._open_level,
            ear_shut=math.nan if math.isnan(shut) else shut * self._open_level,
            blink_depth=lids.range.depth,
            eyes_closed=judged_now and lids.closed,
            closure_duration=seen - lids.closed_since if lids.closed else 0.0,
            head_down=self._head.down,
            blink_count=self._blink_count,
            blink_rate=(
                60.0 * self._blinks.count(now) / countable
                if countable >= _LEAST_TIME_FOR_RATE - 1e-6
                else math.nan
            ),
            blink_duration=self._blinks.mean(now),
            blink_amplitude=self._amplitudes.mean(now),
            closing_speed=self._closing.mean(now),
            opening_speed=self._opening.mean(now),
            perclos=min(self._closed.seconds(now) / judged, 1.0) if judged > 0.0 else math.nan,
            perclos_long=(
                min(self._closed_long.seconds(now) / judged_long, 1.0) if long_known else math.nan
            ),
            droop=self._droop,
            droop_low=self._droop_low,
            droop_window=s.droop_window,
            droop_coverage=self._droop_coverage,
            window=s.window,
            perclos_window=s.perclos_window,
            perclos_long_window=s.perclos_long_window,
            coverage=coverage,
            frame_rate=self._times.rate,
            events=events,
        )

    @property
    def _age(self) -> float:
        """[s] since the first frame, with room for rounding in stamps."""
        return self._times.stamp - self._times.first + 1e-6

    def _invalid(self, coverage: float, countable: float) -> str:
        """Why the window measures must not be used, empty when they may be."""
        s = self._settings
        needed = max(s.window, s.perclos_window)
        if self._age < needed:
            warming_up = f"warming up: watched for {self._age:.0f} s of {needed:.0f} s"
            return (
                warming_up
                if self._in_view and not self._doubt
                else f"{self._refusal}, {warming_up}"
            )
        if coverage < s.min_coverage:
            why = f", last refused: {self._refusal}" if self._refusal else ""
            return (
                f"eyes judged in {100 * coverage:.0f} % of the last {s.perclos_window:.0f} s, "
                f"need {100 * s.min_coverage:.0f} %{why}"
            )
        if self._times.rate < s.min_frame_rate:
            return (
                f"{self._times.rate:.1f} frames/s, blinks need {s.min_frame_rate:.0f} "
                "(closures are still seen)"
            )
        if countable < s.min_coverage * s.window:
            return (
                f"blinks countable in {countable:.0f} s of the last {s.window:.0f} s, "
                f"need {s.min_coverage * s.window:.0f} s"
            )
        return ""


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))
