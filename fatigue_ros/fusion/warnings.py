"""When the driver is warned, how loudly and for how long.

Four causes, each with its own memory; the loudest is shown. None of them flickers: each lasts a
while once it has begun, needs a clear end, and pauses before it comes back.
"""

import dataclasses
import math

from fatigue_ros.fusion.assessment import Cause, DriverWarning, Severity
from fatigue_ros.settings.parameters import parameter

_OPEN_TIME = 1.0  # [s] the warning for closed eyes outlasts them, so that fluttering lids are one


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarningSettings:
    """Thresholds and times; those in upper case have the names of Mafteiu-Scai and Bobora 2025."""

    OPTICAL_WARNING_THRESHOLD_L: float = parameter(
        75.0,
        "Level from which the light warns (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="%",
        limits=(1.0, 100.0),
    )
    OPTICAL_WARNING_THRESHOLD_H: float = parameter(
        85.0,
        "Level up to which only the light warns (Algorithm 1; section 3.2 prints 5). Between it "
        "and ACUSTICAL_WARNING_THRESHOLD the warning stays what it was",
        unit="%",
        limits=(1.0, 100.0),
    )
    ACUSTICAL_WARNING_THRESHOLD: float = parameter(
        85.001,
        "Level from which light and sound warn (Mafteiu-Scai and Bobora 2025, section 3.2, whose "
        "spelling this is)",
        unit="%",
        limits=(1.0, 100.0),
    )
    TIME_FOR_OPTICAL_WARNING: float = parameter(
        20.0,
        "How long the light warns (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        limits=(1.0, 600.0),
    )
    TIME_FOR_ACUSTICAL_WARNING: float = parameter(
        15.0,
        "How long light and sound warn (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        limits=(1.0, 600.0),
    )
    level_hysteresis: float = parameter(
        5.0,
        "How far below OPTICAL_WARNING_THRESHOLD_L the level must fall for the matter to be over; "
        "ours",
        unit="%",
        limits=(0.0, 50.0),
    )
    warning_pause: float = parameter(
        40.0,
        "Pause before the level warns again; a louder warning does not wait. Ours: one light a "
        "minute does not nag",
        unit="s",
        limits=(0.0, 3600.0),
    )
    escalation_count: int = parameter(
        3,
        "Light warnings in a row that nobody acknowledged, after which the next one sounds; ours",
        unit="1",
        limits=(1, 100),
    )
    escalated_pause: float = parameter(
        10.0,
        "Pause after a sounding level warning that nobody acknowledged; ours",
        unit="s",
        limits=(0.0, 3600.0),
    )
    acknowledged_time: float = parameter(
        120.0,
        "For this long after an acknowledgement the level warns by light only; ours",
        unit="s",
        limits=(0.0, 3600.0),
    )
    closure_warning_time: float = parameter(
        3.0,
        "Shortest warning for closed eyes; it goes on while they are closed. Ours",
        unit="s",
        limits=(0.5, 60.0),
    )
    state_warning_time: float = parameter(
        2.0,
        "Shortest warning that the driver cannot be seen or that a source is silent. Ours",
        unit="s",
        limits=(0.1, 60.0),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the warnings are decided on.

    Attributes:
        level: [%] NaN when not valid.
        eyes_closed: the eyes have been closed for long enough to warn.
        sleeping: closed for so long that nobody can have meant to silence the warning.
        lost: that the eyes went out of sight in the middle of a microsleep, empty when not.
        cannot_see: why the driver cannot be seen, empty when he or she can.
        fault: which required source is silent, empty when none is.
        standing: the vehicle is known to stand: nothing sounds.
        level_visual: the level may warn by light only.
    """

    level: float = math.nan
    eyes_closed: bool = False
    sleeping: bool = False
    lost: str = ""
    cannot_see: str = ""
    fault: str = ""
    standing: bool = False
    level_visual: bool = False


class _Channel:
    """One cause's warning: on from ``since`` to ``until``."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        self.on = False
        self.severity = Severity.NONE
        self.text = ""
        self.since = math.nan
        self.until = math.nan
        self.silenced = False

    def start(self, now: float, severity: Severity, until: float, text: str) -> None:
        """Begin, or go on: neither quieter nor shorter than before, and in the same words."""
        if not self.on:
            self.on, self.silenced, self.text = True, False, text
            self.since, self.until, self.severity = now, until, severity
        self.until = max(self.until, until)
        self.severity = max(self.severity, severity)

    def expire(self, now: float) -> bool:
        """End when the time is over; True when it ended just now."""
        ended = self.on and now >= self.until
        self.on = self.on and not ended
        return ended


class WarningPolicy:
    """Turns the situation into one warning."""

    def __init__(self, settings: WarningSettings) -> None:
        self._settings = settings
        self._eyes = _Channel(Cause.EYES_CLOSED)
        self._fault = _Channel(Cause.SYSTEM_FAULT)
        self._unseen = _Channel(Cause.CANNOT_SEE_DRIVER)
        self._level = _Channel(Cause.FATIGUE_LEVEL)
        # In this order: of two equally loud ones the first is shown.
        self._channels = (self._eyes, self._fault, self._unseen, self._level)
        self._band = Severity.NONE
        self._ignored = 0
        self._answered = False
        self._next_visual = -math.inf
        self._next_acoustic = -math.inf
        self._quiet_until = -math.inf
        self._quiet_since = math.nan
        self._closed = False

    def acknowledge(self, now: float) -> bool:
        """The driver answers: sounds stop, lights stay. Returns whether there was a warning.

        Closed eyes for the time of sleep cannot be acknowledged away, nor those that close again.
        """
        shown = [channel for channel in self._channels if channel.on]
        for channel in shown:
            channel.silenced = True
        if self._level.on:
            self._answered = True
            self._ignored = 0
            self._quiet_until = now + self._settings.acknowledged_time
        return bool(shown)

    def update(self, now: float, situation: Situation) -> DriverWarning:
        """The warning at a time [s]."""
        self._update_eyes(now, situation)
        self._update_states(now, situation)
        self._update_level(now, situation.level)
        shown = [(self._audible(c, situation), c) for c in self._channels if c.on]
        if not shown:
            if math.isnan(self._quiet_since):
                self._quiet_since = now
            since = self._quiet_since
            return DriverWarning(level=situation.level, since=since, until=since)
        self._quiet_since = math.nan
        severity, channel = max(shown, key=lambda pair: pair[0])
        return DriverWarning(
            severity=severity,
            cause=channel.cause,
            text=channel.text,
            level=situation.level,
            since=channel.since,
            until=channel.until,
        )

    def _audible(self, channel: _Channel, situation: Situation) -> Severity:
        quiet = channel.silenced and not (channel is self._eyes and situation.sleeping)
        if quiet or situation.standing or (channel is self._level and situation.level_visual):
            return min(channel.severity, Severity.VISUAL)
        return channel.severity

    def _update_eyes(self, now: float, situation: Situation) -> None:
        eyes, before, self._closed = self._eyes, self._closed, situation.eyes_closed
        if self._closed:
            if not before:
                eyes.silenced = False  # what was answered was the closure before
            begun = eyes.since if eyes.on else now
            until = max(begun + self._settings.closure_warning_time, now + _OPEN_TIME)
            eyes.start(now, Severity.ACOUSTIC, until, "")
            eyes.text = "Asleep: wake up" if situation.sleeping else "Eyes closed"
        eyes.expire(now)

    def _update_states(self, now: float, situation: Situation) -> None:
        hold = now + self._settings.state_warning_time
        severity = Severity.ACOUSTIC if situation.lost else Severity.VISUAL
        if situation.fault:
            self._fault.start(now, severity, hold, f"System fault: {situation.fault}")
        elif reason := situation.cannot_see or situation.lost:
            self._unseen.start(now, severity, hold, f"Cannot see the driver: {reason}")
        self._fault.expire(now)
        self._unseen.expire(now)

    def _update_level(self, now: float, level: float) -> None:
        s, channel = self._settings, self._level
        self._band = self._band_of(level)
        if self._band is Severity.NONE and not math.isnan(level):
            self._ignored = 0
            self._answered = False
        if channel.expire(now):
            loud = channel.severity is Severity.ACOUSTIC
            pause = s.escalated_pause if loud and not self._answered else s.warning_pause
            self._ignored += not self._answered
            self._answered = False
            self._next_visual = now + pause
            if loud:
                self._next_acoustic = now + pause
        if not level >= s.OPTICAL_WARNING_THRESHOLD_L:
            return
        # The sound that follows ignored lights comes when the next light would.
        escalated = self._ignored >= s.escalation_count and now >= self._next_visual
        acoustic = self._band is Severity.ACOUSTIC or escalated
        if now < self._quiet_until:
            acoustic = False
        advice = "stop and rest" if acoustic else "take a break"
        text = f"Fatigue level {level:.0f} %: {advice}"
        sounds = channel.on and channel.severity is Severity.ACOUSTIC
        if acoustic and now >= self._next_acoustic and not sounds:
            channel.on = False  # a louder warning begins anew
            channel.start(now, Severity.ACOUSTIC, now + s.TIME_FOR_ACUSTICAL_WARNING, text)
        elif not channel.on and now >= self._next_visual:
            channel.start(now, Severity.VISUAL, now + s.TIME_FOR_OPTICAL_WARNING, text)

    def _band_of(self, level: float) -> Severity:
        s = self._settings
        if level >= s.ACUSTICAL_WARNING_THRESHOLD:
            return Severity.ACOUSTIC
        if level > s.OPTICAL_WARNING_THRESHOLD_H:
            return max(self._band, Severity.VISUAL)
        if level >= s.OPTICAL_WARNING_THRESHOLD_L:
            return Severity.VISUAL
        if level >= s.OPTICAL_WARNING_THRESHOLD_L - s.level_hysteresis:
            return min(self._band, Severity.VISUAL)
        return Severity.NONE
