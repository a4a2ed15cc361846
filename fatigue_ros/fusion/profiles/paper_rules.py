"""Blinks and yawns by the rules of Mafteiu-Scai and Bobora (2025, sections 3.6 and 3.7).

Both are one value crossing one fixed threshold and coming back. The paper counts frames; here
they are times, so that the frame rate does not matter. A value that is not known (NaN), or a gap
between frames, ends a run without counting it.
"""

from __future__ import annotations

import math

_MAX_GAP = 0.25  # [s] longest time between frames that belong together
_ROUNDING = 1e-6  # [s] of stamps


class _Run:
    """A run of frames that fulfil a condition."""

    def __init__(self) -> None:
        self._start = math.nan
        self._last = math.nan
        self._duration = 0.0

    def duration(self, now: float) -> float:
        """[s] of the run in progress at a time [s], 0 when there is none or no frame comes."""
        return self._duration if now - self._last <= _MAX_GAP + _ROUNDING else 0.0

    def update(self, stamp: float, fulfilled: bool | None) -> float | None:
        """Take a frame; None: not known. Returns the length [s] of the run it ends, if it does."""
        if not stamp > self._last and not math.isnan(self._last):
            return None
        broken = fulfilled is None or stamp - self._last > _MAX_GAP + _ROUNDING
        self._last = stamp
        if broken:
            self._start = math.nan
        if fulfilled:
            if math.isnan(self._start):
                self._start = stamp
            self._duration = stamp - self._start
            return None
        self._duration = 0.0
        length = stamp - self._start
        self._start = math.nan
        return None if math.isnan(length) else length


class PaperBlinks:
    """A blink is a run of frames with the EAR below EAR_THRESHOLD.

    Args:
        ear_threshold: [1].
        shortest: [s] shortest run that counts.
    """

    def __init__(self, ear_threshold: float, shortest: float) -> None:
        self._threshold = ear_threshold
        self._shortest = shortest
        self._run = _Run()

    def closed_time(self, now: float) -> float:
        """[s] how long the eyes have been closed at a time [s]; 0 when open or not judged."""
        return self._run.duration(now)

    def update(self, stamp: float, ear: float) -> float | None:
        """Take a frame's stamp [s] and EAR [1], NaN when not judged.

        Returns:
            [s] length of the blink that ends with this frame, None when none does.
        """
        length = self._run.update(stamp, None if math.isnan(ear) else ear < self._threshold)
        return None if length is None or length < self._shortest - _ROUNDING else length


class PaperYawns:
    """A yawn is the lip distance rising above LIPS_DISTANCE_THRESHOLD and falling below again."""

    def __init__(self) -> None:
        self._run = _Run()

    def update(self, stamp: float, distance: float, threshold: float) -> bool:
        """Take a frame's stamp [s], lip distance and threshold [px]; NaN where not known.

        Returns:
            Whether a yawn ends with this frame.
        """
        known = not (math.isnan(distance) or math.isnan(threshold))
        return self._run.update(stamp, distance > threshold if known else None) is not None
