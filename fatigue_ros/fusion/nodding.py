"""A head that sinks again and again: nodding off, a sign of tiredness of its own."""

import collections
import dataclasses
import math

from fatigue_ros.measures.states import EyeState
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoddingSettings:
    """When a sinking head is no glance any more."""

    nod_time: float = parameter(
        2.8,
        "Head down and eyes not seen open for this long is no glance at the radio. Ours; by the "
        "guidelines of NHTSA (2013) a device may not ask for a glance over 2 s",
        unit="s",
        limits=(0.5, 10.0),
    )
    nodding_time: float = parameter(
        10.0,
        "So much of it within nodding_window sounds. Ours; NHTSA allows 12 s for a whole task",
        unit="s",
        limits=(2.0, 60.0),
    )
    nodding_window: float = parameter(
        30.0, "Time that nodding_time looks back over", unit="s", limits=(5.0, 300.0)
    )


class NoddingWatch:
    """Adds up the time in which the head was down and the eyes were not seen open."""

    def __init__(self, settings: NoddingSettings) -> None:
        self._settings = settings
        self._nods: collections.deque[tuple[float, float]] = collections.deque(maxlen=256)
        self._since = math.nan

    def on_eyes(self, state: EyeState, now: float, *, driving: bool) -> None:
        """Take a frame that came at a time [s]; a standing driver may look down."""
        seen_open = state.judged and not state.eyes_closed
        if driving and state.head_down and not seen_open:
            if math.isnan(self._since):
                self._since = now
            return
        if now - self._since >= self._settings.nod_time:
            self._nods.append((self._since, now))
        self._since = math.nan

    def problem(self, now: float) -> str:
        """In words that the head sinks again and again at a time [s], else empty."""
        s = self._settings
        oldest = now - s.nodding_window
        while self._nods and self._nods[0][1] <= oldest:
            self._nods.popleft()
        total = sum(end - max(start, oldest) for start, end in self._nods)
        if self._nods and now - self._since >= s.nod_time:
            total += now - self._since
        return "the head sinks again and again" if total >= s.nodding_time else ""
