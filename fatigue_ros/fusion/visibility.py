"""Whether the driver's eyes can be seen at all. Silence and darkness are never good news."""

import dataclasses
import math

from fatigue_ros.measures.states import EyeState
from fatigue_ros.settings.parameters import parameter

_LONGEST_GAP = 0.5  # [s] between frames; of a longer gap no more than this counts


@dataclasses.dataclass(frozen=True, kw_only=True)
class VisibilitySettings:
    """How long the eyes may be out of sight."""

    cannot_see_time: float = parameter(
        5.0,
        "Eyes not judged for this long (time in sight counts back): state 'cannot see'. Ours: "
        "glances to a mirror or the radio are over sooner",
        unit="s",
        limits=(1.0, 10.0),
    )
    see_again_time: float = parameter(
        1.0,
        "Eyes judged again for this long: the state 'cannot see' ends",
        unit="s",
        limits=(0.0, 10.0),
    )
    cannot_judge_time: float = parameter(
        90.0,
        "Eye measures not valid for this long for whatever reason (frame rate, coverage): state "
        "'cannot see'. Longer than the PERCLOS window needs to fill",
        unit="s",
        limits=(10.0, 600.0),
    )


class EyeVisibility:
    """Adds up time while the eyes are not judged, and takes it back while they are."""

    def __init__(self, settings: VisibilitySettings) -> None:
        self._settings = settings
        self._unseen = 0.0
        self._blind = False
        self._stamp = math.nan
        self._invalid_since = math.nan
        self._reason = ""

    def on_eyes(self, state: EyeState) -> None:
        """Take a frame."""
        s = self._settings
        passed = 0.0 if math.isnan(self._stamp) else state.stamp - self._stamp
        gap = min(max(passed, 0.0), _LONGEST_GAP)
        self._stamp = state.stamp
        self._unseen += -gap if state.judged else gap
        self._unseen = min(max(self._unseen, 0.0), s.cannot_see_time)
        if self._unseen >= s.cannot_see_time - 1e-9:
            self._blind = True
        elif self._unseen <= max(s.cannot_see_time - s.see_again_time, 0.0) + 1e-9:
            self._blind = False
        if state.valid:
            self._invalid_since = math.nan
        elif self._blind or math.isnan(self._invalid_since) or passed > s.cannot_judge_time:
            # Once back in sight, or after the clock was set, the windows may fill again.
            self._invalid_since = state.stamp
        self._reason = state.reason

    def problem(self, now: float) -> str:
        """In words why the driver cannot be seen at a time [s]; empty when he or she can."""
        if self._blind:
            return self._reason or "the eyes cannot be judged"
        if now - self._invalid_since > self._settings.cannot_judge_time:
            return self._reason or "the eye measures are not valid"
        return ""
