"""What the page shows, as plain values: collected as messages come, sent a few times a second."""

import collections
import json
import math
import threading
from typing import Any

HISTORY = 600  # points
HISTORY_STEP = 1.0  # [s] of message time between two points: ten minutes in all
_BACKWARDS = 1.0  # [s] a stamp this much older is another recording


def plain(value: Any) -> Any:
    """The value for JSON, which knows no NaN: numbers that are none become null."""
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def pack(kind: str, values: dict[str, Any]) -> str:
    """A message to a page."""
    return json.dumps({"kind": kind, **plain(values)}, allow_nan=False, separators=(",", ":"))


class Snapshot:
    """The latest of each source with the time it came, and the level's history.

    Ages are by a clock of this computer, which goes on when messages do not. One thread tells it
    what it hears, any may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, tuple[float, dict[str, Any]]] = {}
        self._history: collections.deque[tuple[float, float, int]] = collections.deque(
            maxlen=HISTORY
        )
        self._severity = 0

    def hear(self, source: str, now: float, values: dict[str, Any]) -> None:
        """Take what a source says; ``now`` in [s]."""
        with self._lock:
            self._latest[source] = (now, values)
            if source == "warning":
                self._severity = int(values["severity"])
            elif source == "fatigue":
                self._remember(values["stamp"], values["level"] if values["valid"] else math.nan)

    def _remember(self, stamp: float, level: float) -> None:
        if self._history and stamp < self._history[-1][0] - _BACKWARDS:
            self._history.clear()
        if not self._history or stamp - self._history[-1][0] >= HISTORY_STEP:
            self._history.append((stamp, level, self._severity))
        elif self._severity > self._history[-1][2]:  # a short warning must not fall between points
            self._history[-1] = (*self._history[-1][:2], self._severity)

    def state(self, now: float) -> dict[str, Any]:
        """What each source said last, with its ``age`` in [s]."""
        with self._lock:
            return {
                source: {**values, "age": max(0.0, now - heard)}
                for source, (heard, values) in self._latest.items()
            }

    def history(self) -> list[tuple[float, float, int]]:
        """Stamp [s], level [%] (NaN: not valid) and highest severity, oldest first."""
        with self._lock:
            return list(self._history)
