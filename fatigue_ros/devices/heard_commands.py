"""Which commands a board is told, and whether `alert` still commands.

The board shows that it is alone when it hears nothing for 2 s. So nothing may reach it that is no
sign that `alert` lives: a command that somebody repeats, or a heartbeat without commands.
"""

import collections
import math

from fatigue_ros.devices.loudest_warning import LoudestWarning

FRESH = 2.0
"""[s] that long after the newest command we beat; then the board has 2 s more."""
_KNOWN = 4  # commands whose numbers are remembered: what repeats them is not alert going on


class HeardCommands:
    """Sorts commands as they come.

    Args:
        start_up_time: [s] for so long no command need have come.
        now: [s] by a clock that never steps, as everywhere below.

    Attributes:
        repetitions: how many were refused because they said the same for ever.
        overruled: how many were refused because two command and another was louder.
    """

    def __init__(self, start_up_time: float, now: float) -> None:
        self._start_up_time = start_up_time
        self._began_at = now
        self._commanded_at = -math.inf  # when the newest command came that none before was
        self._known: collections.deque[int] = collections.deque(maxlen=_KNOWN)
        self._loudest: LoudestWarning[object] = LoudestWarning(FRESH)
        self.repetitions = 0
        self.overruled = 0

    def admit(
        self, sequence: int, loudness: tuple[int, ...], number: int, now: float, *, two: bool
    ) -> bool:
        """Whether the board is to be told a command.

        Args:
            sequence: its number, which the board confirms.
            loudness: greater is louder.
            number: that its publisher gave the message.
            now: [s].
            two: whether two are known to command.
        """
        this = object()
        if self._loudest.hear(this, loudness, number, now) is not this and two:
            self.overruled += 1  # nobody else makes dark or silent what alert shows
            return False
        if sequence not in self._known:
            self._known.append(sequence)
            self._commanded_at = now
        elif now - self._commanded_at > FRESH:
            self.repetitions += 1
            return False
        return True

    def silence(self, now: float) -> str:
        """What is to be said when alert does not command; empty while it does, or may not yet."""
        commanded = math.isfinite(self._commanded_at)
        age = now - (self._commanded_at if commanded else self._began_at)
        if age <= (FRESH if commanded else self._start_up_time):
            return ""
        return f"no command from alert for {age:.0f} s" + ("" if commanded else " since the start")
