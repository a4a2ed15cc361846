"""What the LEDs and the buzzer do for each kind of warning; docs/hardware.md shows the same table.

The board itself knows only one more: when it has not heard from us for 2 s, a slow yellow blink.
"""

import dataclasses
import enum
import math

_STEPS_KEPT = 3.0  # steps that a changing pattern's command outlasts its own


@dataclasses.dataclass(frozen=True, slots=True)
class Lights:
    """What is on at one moment."""

    yellow: bool = False
    red: bool = False
    sound: bool = False

    def __str__(self) -> str:
        names = [field.name for field in dataclasses.fields(self) if getattr(self, field.name)]
        return " and ".join(names) or "dark"


@dataclasses.dataclass(frozen=True, slots=True)
class Cycle:
    """Lights that follow each other, over and over.

    Attributes:
        steps: in turn; a single one is steady.
        step: [s] how long each lasts.
    """

    steps: tuple[Lights, ...]
    step: float = 0.0

    @property
    def steady(self) -> bool:
        """Whether nothing changes."""
        return len(self.steps) == 1

    def at(self, elapsed: float) -> Lights:
        """The lights so many seconds after the first step began."""
        if self.steady:
            return self.steps[0]
        return self.steps[int(max(0.0, elapsed) / self.step) % len(self.steps)]


_YELLOW, _RED = Lights(yellow=True), Lights(red=True)


class Pattern(enum.Enum):
    """Kinds of warning, told apart at a glance.

    VISUAL and ACOUSTIC are the paper's (Mafteiu-Scai and Bobora 2025, section 3.2): yellow LED;
    speaker with yellow and red LED. The others have no counterpart there.
    """

    DARK = Cycle((Lights(),))
    VISUAL = Cycle((_YELLOW,))
    ACOUSTIC = Cycle((Lights(yellow=True, red=True, sound=True),))
    CANNOT_SEE = Cycle((_YELLOW, Lights()), 0.25)
    FAULT = Cycle((_YELLOW, _RED), 0.5)


class PatternPlayer:
    """Follows the pattern that is on; all times in seconds by a clock that does not stand still.

    Attributes:
        pattern: what is shown.
    """

    def __init__(self) -> None:
        self.pattern = Pattern.DARK
        self._began = 0.0
        self._until = -math.inf
        self._lights: Lights | None = None

    def show(self, pattern: Pattern, duration: float, now: float) -> bool:
        """Begin a pattern, or go on with it; whether a command is due.

        Args:
            pattern: to be shown.
            duration: [s].
            now: [s].
        """
        self._until = now + duration
        if pattern is self.pattern:
            return pattern.value.steady  # the steps of the others go on
        self.pattern, self._began = pattern, now
        return True

    def moved_on(self, now: float) -> bool:
        """Whether a command is due because the pattern has come to its next step."""
        if now >= self._until:
            self.pattern = Pattern.DARK  # the board has put it out by itself
            return False
        cycle = self.pattern.value
        return not cycle.steady and cycle.at(now - self._began) != self._lights

    def command(self, now: float) -> tuple[Lights, float]:
        """The lights now, and for how long [s] they may stay without another command."""
        cycle = self.pattern.value
        self._lights = cycle.at(now - self._began)
        left = max(0.0, self._until - now)
        # When the host is gone, no half of a pattern may stay as if it meant something.
        return self._lights, left if cycle.steady else min(left, _STEPS_KEPT * cycle.step)
