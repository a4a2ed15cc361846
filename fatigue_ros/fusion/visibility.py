"""Whether the driver's eyes are seen. Silence, darkness and shut eyes are never good news.

One watchdog serves all: the time since the eyes were last seen open. What else there is to see (a
closure that sounds, a source that is silent) is told by others; this one needs no reason. Beside it
the time without sight adds up, and time in sight counts back: eyes that are seen now and then are
not seen.
"""

import dataclasses
import math

from fatigue_ros.measures.states import EyeState
from fatigue_ros.settings.parameters import parameter

OPEN_PAIR = 0.1
"""[s] two frames with open eyes this far apart, and none between that shows them shut: seen open.
One frame alone may be an error of the landmarks."""
_SILENCE = 2.0  # [s] without a frame, a source is silent, and that is told as a fault
_RETURN = 1.0  # [s] that fault outlasts the silence, unless the eyes are seen open sooner
_ROUNDING = 1e-3  # [s] as many cameras round their stamps


@dataclasses.dataclass(frozen=True, kw_only=True)
class VisibilitySettings:
    """How long the eyes may be out of sight."""

    cannot_see_time: float = parameter(
        5.0,
        "Eyes not seen open for this long, and no alarm for closed eyes: state 'cannot see'. Ours: "
        "glances to a mirror or the radio are over sooner",
        unit="s",
        limits=(1.0, 10.0),
    )
    see_again_time: float = parameter(
        1.0,
        "Eyes judged again for this long, and seen open: the state 'cannot see' ends",
        unit="s",
        limits=(0.0, 10.0),
    )
    longest_gap: float = parameter(
        0.5,
        "Frames further apart than this (those in between missing or not judged) do not belong "
        "together: what happened in such a gap is not known",
        unit="s",
        limits=(0.1, 1.0),
    )
    cannot_judge_time: float = parameter(
        90.0,
        "Eye measures not valid for this long for whatever reason (frame rate, coverage): state "
        "'cannot see'. Longer than the PERCLOS window needs to fill",
        unit="s",
        limits=(10.0, 600.0),
    )


class EyeVisibility:
    """Remembers when the eyes were last seen open, and for how long."""

    def __init__(self, settings: VisibilitySettings) -> None:
        self._settings = settings
        self._judged = self._judged_at = math.nan  # stamp and arrival of the last judged frame
        self._judged_since = self._open_since = self._opened_at = math.nan
        # By the clock, as is all that measures silence.
        self._came = self._seen_at = self._returned = math.nan
        self._unseen = 0.0
        self._blind = self._alarmed = False
        self._invalid_since = math.nan
        self._reason = ""

    def on_eyes(self, state: EyeState, now: float, *, alarm: bool = False) -> None:
        """Take a frame.

        Args:
            state: the eyes.
            now: [s] when it came.
            alarm: whether the alarm for closed eyes is on: eyes in sight need no second word then.
        """
        s = self._settings
        self._alarmed = alarm and state.judged
        passed, self._came = now - self._came, now
        if math.isnan(self._seen_at):
            self._seen_at, passed = now, 0.0  # nobody was missed before the first frame
        elif passed > _SILENCE:
            self._returned = now
        seen = state.judged and passed <= s.longest_gap + _ROUNDING
        self._unseen += -passed if seen else passed
        self._unseen = min(max(self._unseen, 0.0), s.cannot_see_time)
        if state.judged:
            # Both by stamps and by the clock: either may be wrong about what lies between.
            apart = max(state.stamp - self._judged, now - self._judged_at)
            if not apart <= s.longest_gap + _ROUNDING:
                self._judged_since = self._open_since = math.nan
            if math.isnan(self._judged_since):
                self._judged_since = state.stamp
            open_for = min(state.stamp - self._open_since, now - self._opened_at)
            if state.eyes_closed:
                self._open_since = math.nan
            elif math.isnan(self._open_since):
                self._open_since, self._opened_at = state.stamp, now
            elif open_for >= OPEN_PAIR - _ROUNDING:
                self._seen_at = now
                if self.returning(now):  # it was the camera that was out of sight, not the eyes
                    self._blind, self._unseen, self._returned = False, 0.0, math.nan
                again = state.stamp - self._judged_since >= s.see_again_time - _ROUNDING
                left = s.cannot_see_time - s.see_again_time
                if again and self._unseen <= max(left, 0.0) + _ROUNDING:
                    self._blind = False
            self._judged, self._judged_at = state.stamp, now
        self._tell_time(now)
        if state.valid:
            self._invalid_since = math.nan
        elif self._blind or math.isnan(self._invalid_since):
            self._invalid_since = now  # once back in sight the windows may fill again
        self._reason = state.reason

    def open_time(self, now: float) -> float:
        """[s] for how long the eyes have been seen open up to now; 0 when they are not."""
        if math.isnan(self._open_since) or now - self._seen_at > self._settings.longest_gap:
            return 0.0
        return self._judged - self._open_since

    def returning(self, now: float) -> str:
        """In words that frames have only just come again at a time [s]; empty when not."""
        back = now - self._returned
        return f"eyes: messages again for {back:.1f} s" if back < _RETURN else ""

    def unseen_time(self, now: float) -> float:
        """[s] since the eyes were last seen open; NaN before the first frame."""
        return now - self._seen_at

    def problem(self, now: float) -> str:
        """In words why the driver cannot be seen at a time [s]; empty when he or she can."""
        self._tell_time(now)
        if self._blind:
            return self._reason or f"the eyes were not seen open for {now - self._seen_at:.0f} s"
        if now - self._invalid_since > self._settings.cannot_judge_time:
            return self._reason or "the eye measures are not valid"
        return ""

    def _tell_time(self, now: float) -> None:
        if self._alarmed:
            self._blind = False
            return
        longest = max(now - self._seen_at, self._unseen)
        if longest >= self._settings.cannot_see_time - _ROUNDING:
            self._blind = True
