"""What the LEDs and the buzzer do for each kind of warning: the one table of it.

`alert` plays it, the page, the terminal and the annotated picture say it, docs/hardware.md prints
it (a test compares). HOST_LOST is the board's own, in firmware/uno/warning_outputs.h.
"""

import dataclasses
import enum
import itertools
import math
from collections.abc import Sequence

from fatigue_ros.devices.protocol import MIN_BUZZER_FREQUENCY

GENTLE = 0.25
"""[1] tone that belongs to a light, as a share of the alarm's frequency: two octaves below."""
CHIME = 0.3
"""[s] how long the one tone lasts with which a light begins."""
_KEPT = 2.0  # [s] a steady pattern's command lasts
_STEPS_KEPT = 3.0  # steps that a changing pattern's command lasts


@dataclasses.dataclass(frozen=True, slots=True)
class Lights:
    """What is on at one moment.

    Attributes:
        yellow: whether the yellow LED is lit.
        red: whether the red LED is lit.
        tone: [1] of the buzzer, as a share of the alarm's frequency; 0: silent.
    """

    yellow: bool = False
    red: bool = False
    tone: float = 0.0

    @property
    def leds(self) -> str:
        """Which LEDs are lit, in words."""
        return " and ".join(name for name in ("yellow", "red") if getattr(self, name)) or "dark"

    def frequency(self, alarm: int) -> int:
        """[Hz] of the tone, 0 for silence, where that of the alarm is [Hz] such."""
        return max(MIN_BUZZER_FREQUENCY, round(self.tone * alarm)) if self.tone else 0


@dataclasses.dataclass(frozen=True, slots=True)
class Cycle:
    """Lights that follow each other, over and over.

    Attributes:
        meaning: for people.
        steps: in turn; a single one is steady.
        step: [s] how long each lasts; longer than a board has time to confirm a command.
    """

    meaning: str
    steps: tuple[Lights, ...]
    step: float = 0.0

    @property
    def steady(self) -> bool:
        """Whether nothing changes."""
        return len(self.steps) == 1

    @property
    def loud(self) -> bool:
        """Whether it sounds by itself."""
        return any(lights.tone for lights in self.steps)

    @property
    def leds(self) -> str:
        """What the LEDs do, in words."""
        return self._words([lights.leds for lights in self.steps])

    def sound(self, alarm: int) -> str:
        """What the buzzer does, in words; ``alarm`` [Hz] is the alarm's frequency."""
        tones = [lights.frequency(alarm) for lights in self.steps]
        return self._words([f"{tone} Hz" if tone else "silent" for tone in tones])

    def at(self, elapsed: float) -> Lights:
        """The lights so many seconds after the first step began."""
        if self.steady:
            return self.steps[0]
        return self.steps[int(max(0.0, elapsed) / self.step) % len(self.steps)]

    def _words(self, steps: Sequence[str]) -> str:
        runs = [(what, len(list(same))) for what, same in itertools.groupby(steps)]
        if len(runs) == 1:
            return runs[0][0]
        return ", ".join(f"{what} {count * self.step:g} s" for what, count in runs)


_DARK, _YELLOW, _RED, _BOTH = Lights(), Lights(True), Lights(False, True), Lights(True, True)


def _with(lights: Lights, tone: float) -> Lights:
    return dataclasses.replace(lights, tone=tone)


class Pattern(enum.Enum):
    """Kinds of warning, told apart at a glance and by ear.

    TIRED and TIRED_LOUD have the lights of the paper (Mafteiu-Scai and Bobora 2025, section 3.2):
    yellow LED; speaker with yellow and red LED. The others have no counterpart there. What sounds
    does so from its first step on.
    """

    DARK = Cycle("no warning", (_DARK,))
    TIRED = Cycle("tired: take a break", (_YELLOW,))
    TIRED_LOUD = Cycle("tired: stop and rest", (_with(_BOTH, GENTLE), *(_YELLOW,) * 3), 0.5)
    EYES_CLOSED = Cycle("eyes closed; acknowledged, or the vehicle stands", (_RED,))
    EYES_CLOSED_LOUD = Cycle("eyes closed: wake up", (_with(_BOTH, 1.0), _with(_BOTH, 0.75)), 0.25)
    CANNOT_SEE = Cycle("the driver's eyes cannot be judged", (_YELLOW, _DARK), 0.25)
    CANNOT_SEE_LOUD = Cycle(
        "the same, of a driver who may be asleep", (_with(_BOTH, 0.5), _DARK), 0.25
    )
    FAULT = Cycle("a part of the system is gone", (_YELLOW, _RED), 0.5)
    FAULT_LOUD = Cycle(
        "the same, of a driver who may be asleep",
        (*(_with(_YELLOW, 0.5), _YELLOW) * 2, *(_RED,) * 4),
        0.25,
    )
    HOST_LOST = Cycle("the board has not heard from `alert` for 2 s", (_YELLOW, _DARK), 1.0)


_BY_CAUSE = {
    "fatigue_level": (Pattern.TIRED, Pattern.TIRED_LOUD),
    "eyes_closed": (Pattern.EYES_CLOSED, Pattern.EYES_CLOSED_LOUD),
    "cannot_see_driver": (Pattern.CANNOT_SEE, Pattern.CANNOT_SEE_LOUD),
    "system_fault": (Pattern.FAULT, Pattern.FAULT_LOUD),
}
"""For a cause in the words of FatigueWarning: by light only, and with sound."""


def pattern_of(severity: int, cause: str) -> Pattern:
    """What a warning looks and sounds like, by the numbers and words of FatigueWarning.

    A cause that is not known is shown as the most urgent one, a severity above ACOUSTIC as that.
    """
    if severity <= 0:
        return Pattern.DARK
    return _BY_CAUSE.get(cause, _BY_CAUSE["eyes_closed"])[min(severity, 2) - 1]


class PatternPlayer:
    """Follows the pattern that is on; all times in seconds by a clock that does not stand still.

    Attributes:
        pattern: what is shown.
    """

    def __init__(self) -> None:
        self.pattern = Pattern.DARK
        self._began = 0.0
        self._chime_until = -math.inf
        self._lights = Lights()

    def show(self, pattern: Pattern, now: float, *, chime: bool = False) -> bool:
        """Begin a pattern, or go on with it; whether a command is due.

        Args:
            pattern: to be shown.
            now: [s].
            chime: whether one gentle tone is to be heard now, with a pattern that is silent.
        """
        if pattern is not self.pattern:
            self.pattern, self._began, self._chime_until = pattern, now, -math.inf
        if chime and not pattern.value.loud:
            self._chime_until = now + CHIME
        return self.moved_on(now)

    def moved_on(self, now: float) -> bool:
        """Whether a command is due because something is to change."""
        return self._at(now) != self._lights

    def command(self, now: float) -> tuple[Lights, float]:
        """The lights now, and for how long [s] they may stay without another command."""
        self._lights = self._at(now)
        step = CHIME if now < self._chime_until else self.pattern.value.step
        # When the host is gone, no half of a pattern may stay as if it meant something.
        return self._lights, min(_KEPT, _STEPS_KEPT * step) if step else _KEPT

    def _at(self, now: float) -> Lights:
        lights = self.pattern.value.at(now - self._began)
        return _with(lights, GENTLE) if now < self._chime_until else lights
