"""Turns the pattern that is to be shown into commands, each of which ends by itself."""

from __future__ import annotations

import math

from fatigue_ros.devices.light_patterns import Lights, Pattern

_STEPS_KEPT = 3.0  # steps that a changing pattern's command outlasts its own


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
