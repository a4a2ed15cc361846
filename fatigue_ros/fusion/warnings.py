"""When the driver is warned, how loudly and for how long.

Five matters, each with its own memory; the loudest is shown. None of them flickers: each lasts a
while once it has begun, needs a clear end, and pauses before it comes back.

The alarm for closed eyes ends by open eyes alone, or, quieter, by an answer or a vehicle that
stands: that the eyes are out of sight, that time jumps or a source begins anew ends nothing. An
answer quiets what is not known to be over for a while only; so there is always a way to make it
stop, and never one that lasts while nobody knows.
"""

import dataclasses
import math

from fatigue_ros.fusion.assessment import Cause, DriverWarning, Severity
from fatigue_ros.settings.parameters import parameter

_BREAK, _REST = "take a break", "stop and rest"
_OPEN_TIME = 0.5  # [s] seen open for so long, the eyes are open: fluttering lids are not


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
    answered_time: float = parameter(
        30.0,
        "For this long after an acknowledgement an alarm is light only, unless eyes that are seen "
        "shut say more; then it sounds again until it is over. Ours",
        unit="s",
        limits=(3.0, 300.0),
    )
    standing_time: float = parameter(
        10.0,
        "A vehicle that stands for this long turns a sound that began before into light. Ours: a "
        "driver asleep may roll to a stop and on again",
        unit="s",
        limits=(0.0, 60.0),
    )
    unseen_sound_time: float = parameter(
        10.0,
        "Eyes not seen open for this long sound when the head was seen sinking, a closure had "
        "begun or the level was raised; without such a sign it stays with the light. Ours",
        unit="s",
        limits=(5.0, 60.0),
    )
    raised_level: float = parameter(
        60.0,
        "From this level on eyes that are lost from sight are a sign of sleep. Ours",
        unit="%",
        limits=(1.0, 100.0),
    )
    chime_pause: float = parameter(
        60.0,
        "Shortest time between two tones that say the driver cannot be seen or a fault. Ours",
        unit="s",
        limits=(10.0, 3600.0),
    )
    closure_warning_time: float = parameter(
        3.0,
        "Shortest warning for closed eyes; it goes on until they are seen open. Ours",
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
        open_time: [s] for how long the eyes have been seen open up to now.
        sleeping: seen closed for so long that an answer does not count for long.
        lost: that the eyes went out of sight in the middle of a microsleep, empty when not.
        cannot_see: why the driver cannot be seen, empty when he or she can.
        asleep: why eyes that are not seen are probably asleep, empty when nothing says so.
        fault: what is broken that is needed, empty when nothing is.
        trouble: what else does not work, empty when all does.
        standing: the vehicle is known to stand: nothing begins to sound.
        level_visual: the level may warn by light only.
        level_chimes: a light for the level begins with a tone.
        level_plain: the level warns by its thresholds alone, see Profile.plain_warnings.
    """

    level: float = math.nan
    eyes_closed: bool = False
    open_time: float = 0.0
    sleeping: bool = False
    lost: str = ""
    cannot_see: str = ""
    asleep: str = ""
    fault: str = ""
    trouble: str = ""
    standing: bool = False
    level_visual: bool = False
    level_chimes: bool = True
    level_plain: bool = False


class _Channel:
    """One matter's warning: on from ``since`` to ``until``."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        self.on = False
        self.severity = Severity.NONE
        self.text = ""
        self.chime = False
        self.since = math.nan
        self.until = math.nan
        self.answered = math.nan
        """[s] when the driver answered, NaN when not."""

    def start(self, now: float, severity: Severity, until: float, text: str) -> None:
        """Begin, or go on: neither quieter nor shorter than before, and in the same words."""
        if not self.on:
            self.on, self.answered, self.text, self.chime = True, math.nan, text, False
            self.since, self.until, self.severity = now, until, severity
        self.until = max(self.until, until)
        self.severity = max(self.severity, severity)

    def expire(self, now: float) -> bool:
        """End when the time is over; True when it ended just now."""
        ended = self.on and now >= self.until - 1e-6  # stamps are rounded
        self.on = self.on and not ended
        return ended


class WarningPolicy:
    """Turns the situation into one warning.

    Args:
        settings: thresholds and times.
        alarm: begin with the alarm for closed eyes, as before a recording began again.
    """

    def __init__(self, settings: WarningSettings, *, alarm: bool = False) -> None:
        self._settings = settings
        self._eyes = _Channel(Cause.EYES_CLOSED)
        self._fault = _Channel(Cause.SYSTEM_FAULT)
        self._unseen = _Channel(Cause.CANNOT_SEE_DRIVER)
        self._level = _Channel(Cause.FATIGUE_LEVEL)
        self._trouble = _Channel(Cause.SYSTEM_FAULT)
        # In this order: of two equally loud ones the first is shown.
        self._channels = (self._eyes, self._fault, self._unseen, self._level, self._trouble)
        self.alarm = alarm
        """Whether the eyes were closed for long enough to warn and not seen open since."""
        self._band = Severity.NONE
        self._ignored = 0
        self._answered = False
        self._answered_at = -math.inf
        self._next_visual = -math.inf
        self._next_acoustic = -math.inf
        self._quiet_until = -math.inf
        self._quiet_since = math.nan
        self._closed = False
        self._standing_since = math.nan
        self._chimed: dict[Cause, float] = {}

    def acknowledge(self, now: float) -> bool:
        """The driver answers: sounds stop, lights stay. Returns whether there was a warning."""
        shown = [channel for channel in self._channels if channel.on]
        for channel in shown:
            channel.answered = now
        self._answered_at = now
        if self._level.on:
            self._answered = True
            self._ignored = 0
            self._quiet_until = now + self._settings.acknowledged_time
        return bool(shown)

    def update(self, now: float, situation: Situation) -> DriverWarning:
        """The warning at a time [s]."""
        if not situation.standing:
            self._standing_since = math.nan
        elif math.isnan(self._standing_since):
            self._standing_since = now
        self._update_eyes(now, situation)
        self._update_states(now, situation)
        self._update_level(now, situation)
        shown = [(self._audible(c, now, situation), c) for c in self._channels if c.on]
        if not shown:
            if math.isnan(self._quiet_since):
                self._quiet_since = now
            since = self._quiet_since
            return DriverWarning(level=situation.level, since=since, until=since)
        self._quiet_since = math.nan
        severity, channel = max(shown, key=lambda pair: pair[0])
        silent = situation.standing or not math.isnan(channel.answered)
        return DriverWarning(
            severity=severity,
            cause=channel.cause,
            chime=channel.chime and severity is Severity.VISUAL and not silent,
            text=channel.text,
            level=situation.level,
            since=channel.since,
            until=channel.until,
        )

    def _audible(self, channel: _Channel, now: float, situation: Situation) -> Severity:
        """How loud a matter is now."""
        s = self._settings
        quiet = not math.isnan(channel.answered)
        if channel is self._level and situation.level_plain:
            return min(channel.severity, Severity.VISUAL) if quiet else channel.severity
        if channel is self._level:
            quiet = quiet or situation.standing or situation.level_visual
        elif quiet:  # nobody knows that it is over
            quiet = now - channel.answered < s.answered_time
            if channel is self._eyes and situation.sleeping:
                quiet = quiet and now - channel.answered < s.closure_warning_time
        if situation.standing:
            stands = now - self._standing_since
            quiet = quiet or channel.since >= self._standing_since or stands >= s.standing_time
        return min(channel.severity, Severity.VISUAL) if quiet else channel.severity

    def _update_eyes(self, now: float, situation: Situation) -> None:
        eyes, before, self._closed = self._eyes, self._closed, situation.eyes_closed
        if self._closed:
            if not before:
                eyes.answered = math.nan  # what was answered was the closure before
            self.alarm = True
        elif situation.open_time >= _OPEN_TIME - 1e-6:
            self._answered_at = -math.inf  # that is over
            if self.alarm:
                self.alarm = False
                self._unseen.until = min(self._unseen.until, now)  # what it hid is over as well
                eyes.until = max(eyes.since + self._settings.closure_warning_time, now)
        if self.alarm:
            begun = eyes.since if eyes.on else now
            until = max(begun + self._settings.closure_warning_time, now + _OPEN_TIME)
            eyes.start(now, Severity.ACOUSTIC, until, "")
            eyes.text = "Asleep: wake up" if situation.sleeping else "Eyes closed"
            if situation.lost or situation.cannot_see or situation.fault:
                eyes.text = "Eyes closed, then lost from sight: wake up"
        eyes.expire(now)

    def _update_states(self, now: float, situation: Situation) -> None:
        hold = now + self._settings.state_warning_time
        asleep = situation.lost or situation.asleep
        severity = Severity.ACOUSTIC if asleep else Severity.VISUAL
        if situation.fault:
            self._tell(self._fault, now, severity, f"System fault: {situation.fault}")
        elif reason := situation.cannot_see or situation.lost or situation.asleep:
            self._tell(self._unseen, now, severity, f"Cannot see the driver: {reason}")
        if situation.trouble:
            text = f"System fault: {situation.trouble}"
            self._trouble.start(now, Severity.VISUAL, hold, text)
        for channel in (self._fault, self._unseen, self._trouble):
            channel.expire(now)

    def _tell(self, channel: _Channel, now: float, severity: Severity, text: str) -> None:
        """Go on with what cannot be seen or is broken; a tone now and then when it begins."""
        louder = channel.on and severity > channel.severity
        if louder:
            channel.on = False  # a louder warning begins anew
        begins = not channel.on
        channel.start(now, severity, now + self._settings.state_warning_time, text)
        if begins and now - self._answered_at < self._settings.answered_time:
            channel.answered = self._answered_at  # another word for what was answered
        pause = self._settings.chime_pause
        if begins and now - self._chimed.get(channel.cause, -math.inf) >= pause:
            channel.chime = True
            self._chimed[channel.cause] = now

    def _update_level(self, now: float, situation: Situation) -> None:
        s, channel, level = self._settings, self._level, situation.level
        if situation.level_plain:
            self._update_plainly(now, level)
            return
        self._band = self._band_of(level)
        if self._band is Severity.NONE and not math.isnan(level):
            self._ignored = 0
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
        advice = _REST if acoustic else _BREAK
        sounds = channel.on and channel.severity is Severity.ACOUSTIC
        if acoustic and now >= self._next_acoustic and not sounds:
            self._warn_of_level(now, level, Severity.ACOUSTIC, advice)
        elif not channel.on and now >= self._next_visual:
            self._warn_of_level(now, level, Severity.VISUAL, advice)
            channel.chime = situation.level_chimes and not situation.level_visual

    def _update_plainly(self, now: float, level: float) -> None:
        """Algorithm 1: every cycle asks the thresholds; what has begun lasts its time."""
        s, channel = self._settings, self._level
        channel.expire(now)
        sounds = channel.on and channel.severity is Severity.ACOUSTIC
        if level >= s.ACUSTICAL_WARNING_THRESHOLD and not sounds:
            self._warn_of_level(now, level, Severity.ACOUSTIC, _REST)
        elif level >= s.OPTICAL_WARNING_THRESHOLD_L and not channel.on:
            self._warn_of_level(now, level, Severity.VISUAL, _BREAK)

    def _warn_of_level(self, now: float, level: float, severity: Severity, advice: str) -> None:
        s = self._settings
        loud = severity is Severity.ACOUSTIC
        lasts = s.TIME_FOR_ACUSTICAL_WARNING if loud else s.TIME_FOR_OPTICAL_WARNING
        self._level.on = False  # a louder warning begins anew
        self._level.start(now, severity, now + lasts, f"Fatigue level {level:.0f} %: {advice}")

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
