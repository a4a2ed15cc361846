"""For how long something has held."""

import math

_LONGEST_GAP = 1.0  # [s] after a longer one it begins anew: two moments are no proof


class Lasting:
    """Takes moments in which something holds or does not, and knows for how long it has held."""

    def __init__(self) -> None:
        self._since = self._last = math.nan

    def update(self, stamp: float, *, holds: bool) -> float:
        """Take a moment.

        Args:
            stamp: [s]
            holds: whether it holds then.

        Returns:
            [s] for how long it has held up to now.
        """
        if not holds or not 0.0 <= stamp - self._last <= _LONGEST_GAP:
            self._since = stamp
        self._last = stamp
        return stamp - self._since
