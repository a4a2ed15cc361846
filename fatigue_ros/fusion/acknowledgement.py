"""A button, or whatever asks for an acknowledgement: what counts is that it is pressed anew."""

import math

_APART = 1.0  # [s] requests closer to each other are one press, of a button that repeats itself
_STUCK = 10.0  # [s] pressed for so long: something lies on it, or a program calls for ever


class Button:
    """Tells one press from the next, and a press from a button that is stuck."""

    def __init__(self) -> None:
        self._since = self._last = math.nan

    def press(self, now: float) -> bool:
        """Take a request that came at a time [s]; whether it counts."""
        held = now - self._last < _APART
        self._last = now
        if not held:
            self._since = now
        return not held

    def fault(self, now: float) -> str:
        """In words that it stays pressed at a time [s]; empty when it does not."""
        held = self._last - self._since
        if not (now - self._last < _APART and held >= _STUCK):
            return ""
        return f"acknowledge: stays pressed for {held:.0f} s"
