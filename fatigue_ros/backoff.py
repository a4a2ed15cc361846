"""How long to wait before trying again."""


class Backoff:
    """Waiting times that double with each failure, up to a limit.

    >>> backoff = Backoff()
    >>> [backoff.next() for _ in range(6)]
    [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    >>> backoff.reset()
    >>> backoff.next()
    0.5
    """

    def __init__(self, initial: float = 0.5, maximum: float = 10.0) -> None:
        """Start without failures.

        Args:
            initial: [s] to wait after the first failure.
            maximum: [s] never longer than this.
        """
        self._initial = initial
        self._maximum = maximum
        self._wait = min(initial, maximum)

    def next(self) -> float:
        """How long to wait after one more failure, [s]."""
        wait = self._wait
        self._wait = min(2.0 * wait, self._maximum)
        return wait

    def reset(self) -> None:
        """Note a success: the next failure counts as the first."""
        self._wait = min(self._initial, self._maximum)
