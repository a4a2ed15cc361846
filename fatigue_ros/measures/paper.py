"""Blinks and yawns by the rules of Mafteiu-Scai and Bobora (2025, sections 3.6 and 3.7).

Both are one value crossing one fixed threshold and coming back. The paper counts frames; here
they are times, so that the frame rate does not matter. A value that is not known (NaN), or a gap
between frames, ends a run without counting it.
"""

from __future__ import annotations

import math

_MAX_GAP = 0.25  # [s] longest time between frames that belong together


class _Run:
    """A run of frames that fulfil a condition."""

    def __init__(self) -> None:
        self._start = math.nan
        self._last = math.nan
        self.duration = 0.0

    def update(self, stamp: float, fulfilled: bool | None) -> float | None:
        """Take a frame; None: not known. Returns the length [s] of the run it ends, if it does."""
        if not stamp > self._last and not math.isnan(self._last):
            return None
        broken = fulfilled is None or stamp - self._last > _MAX_GAP + 1e-6
        self._last = stamp
        if broken:
            self._start = math.nan
        if fulfilled:
            if math.isnan(self._start):
                self._start = stamp
            self.duration = stamp - self._start
            return None
        self.duration = 0.0
        length = stamp - self._start
        self._start = math.nan
        return None if math.isnan(length) else length


class PaperBlinkCounter:
    """A blink is a run of frames with the EAR below EAR_THRESHOLD.

    Args:
        ear_threshold: [1] the paper prints no value; 0.2 is that of Soukupova and Cech (2016) and
            of Tan et al. (2025).
        min_duration: [s] shortest run that counts; the paper asks for "a sufficient number of
            consecutive frames" and names none.
    """

    def __init__(self, ear_threshold: float = 0.2, min_duration: float = 0.06) -> None:
        self._threshold = ear_threshold
        self._min_duration = min_duration
        self._run = _Run()
        self.count = 0
        """[1] blinks so far."""

    @property
    def closed_duration(self) -> float:
        """[s] how long the eyes have been closed, 0 when they are open or not judged.

        The paper warns when it passes ten frames (0.33 s at 30 frames/s).
        """
        return self._run.duration

    def update(self, stamp: float, ear: float) -> bool:
        """Take a frame's stamp [s] and EAR [1], NaN when not judged; whether it ends a blink."""
        length = self._run.update(stamp, None if math.isnan(ear) else ear < self._threshold)
        if length is None or length < self._min_duration - 1e-6:
            return False
        self.count += 1
        return True


class PaperYawnCounter:
    """A yawn is the lip distance rising above LIPS_DISTANCE_THRESHOLD and falling below again.

    Args:
        lip_threshold: [px] calibrated for the driver.
    """

    def __init__(self, lip_threshold: float) -> None:
        self._threshold = lip_threshold
        self._run = _Run()
        self.count = 0
        """[1] yawns so far."""

    def update(self, stamp: float, distance: float) -> bool:
        """Take a frame's stamp [s] and lip distance [px], NaN when not judged.

        Returns:
            Whether a yawn ended with this frame.
        """
        known = None if math.isnan(distance) else distance > self._threshold
        if self._run.update(stamp, known) is None:
            return False
        self.count += 1
        return True
