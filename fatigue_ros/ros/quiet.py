"""How long nobody has spoken to a node, told apart from a pause of the node itself."""

import operator
from collections.abc import Callable

_LONGEST_TURN = 1.0
"""[s] what a turn that comes later counts for: the node had no processor, or was stopped, and what
was said meanwhile still waits to be heard. Half of the shortest silence that is told (2 s)."""


class Quiet:
    """How long it has been quiet, as far as the node was awake to hear anything.

    Args:
        clocks: [s] what tells the time; the one that went on least counts, since simulated time
            may begin, step or crawl.
    """

    def __init__(self, *clocks: Callable[[], float]) -> None:
        self._clocks = clocks
        self.hear()

    def hear(self) -> None:
        """Somebody has spoken."""
        self._seconds = 0.0
        self._turn = [clock() for clock in self._clocks]

    def seconds(self) -> float:
        """[s] of quiet, up to this turn of the node."""
        turn = [clock() for clock in self._clocks]
        gone = min(map(operator.sub, turn, self._turn))
        self._turn = turn
        if gone > 0.0:
            self._seconds += min(gone, _LONGEST_TURN)
        return self._seconds
