"""What the LEDs and the buzzer do for each kind of warning; docs/hardware.md shows the same table.

The board itself knows only one more: when it has not heard from us for 2 s, a slow yellow blink.
"""

from __future__ import annotations

import dataclasses
import enum


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
