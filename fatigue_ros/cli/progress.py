"""A progress bar on standard error, where that is a terminal."""

import math
import sys

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """Shows how much of a known amount is done; a context manager.

    Args:
        title: what is being worked on.
        total: how much there is to do, NaN or 0 when that is not known.
        unit: of it.
    """

    def __init__(self, title: str, total: float, unit: str) -> None:
        known = total if math.isfinite(total) and total > 0.0 else None
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn(f"{{task.completed:.0f}} {unit}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task(title, total=known)

    def update(self, done: float) -> None:
        """So much is done."""
        self._bar.update(self._task, completed=done)

    def expect(self, total: float) -> None:
        """So much there is to do."""
        self._bar.update(self._task, total=total)

    def advance(self) -> None:
        """One more is done."""
        self._bar.advance(self._task)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
