"""Pulse samples of the last seconds on an even grid of time, with holes where samples were lost."""

import math
from collections import deque

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import SourceError

Samples = npt.NDArray[np.float32]

LOWEST_RATE, HIGHEST_RATE = 25.0, 1000.0
"""[Hz] Below, RMSSD suffers (Choi and Shin 2017, Physiol. Meas. 38); above, nothing is gained."""
LONGEST_HOLE = 1.0
"""[s] A longer gap starts the window over."""
_RESTART = 1.0  # [s] a stamp earlier by more is a new beginning of time, by less a late message
_JITTER = 0.005  # [s] of stamps without numbers; more is a hole. Ours
_NUMBERED_JITTER = 0.05  # [s] of stamps whose numbers say that nothing is missing; ours
_RATE_CHANGE = 1e-3  # [1] float32 of a rate differs from itself by less
_ANCHOR_SPACING = 0.5  # [s] between stamps kept for measuring the rate
_ENOUGH_ANCHORS = 10
_SEQUENCE = 1 << 32


class SampleWindow:
    """The newest samples, never more than ``length`` [s] of them.

    Messages are joined by their sequence numbers where they have them, else by their stamps. What
    is lost in between stays as NaN, so that time goes on but no interval is measured across it.
    """

    def __init__(self, length: float) -> None:
        self.length = length
        self._clear(math.nan)

    def _clear(self, rate: float) -> None:
        self.rate = rate
        """[Hz] as stated by the sender, NaN before the first sample."""
        self.stamp = math.nan
        """[s] end of the newest sample."""
        self.interruption = ""
        """Why the window was started over, empty for its first start."""
        self._capacity = 0 if math.isnan(rate) else max(round(self.length * rate), 1)
        self._buffer = np.empty(2 * self._capacity, np.float32)
        self._filled = 0  # end of what is in the buffer
        self._count = 0  # samples since the start, holes included
        self._last_stamp = math.nan
        self._last_length = 0
        self._last_sequence: int | None = None
        self._anchors: deque[tuple[int, float]] = deque()

    def add(
        self, stamp: float, rate: float, samples: npt.ArrayLike, sequence: int | None = None
    ) -> None:
        """Take a message.

        Args:
            stamp: [s] time of the first sample.
            rate: [Hz].
            samples: shape (N,), N at least 1, converter counts.
            sequence: number of the message, which wraps at 2**32; None when it has none.

        Raises:
            SourceError: stamp, rate or samples are not what they have to be.
        """
        values = _checked(stamp, rate, samples)
        if math.isnan(self._last_stamp):
            self._start(stamp, rate, "")
        elif abs(rate - self.rate) > _RATE_CHANGE * self.rate:
            self._start(stamp, rate, f"sample rate changed from {self.rate:g} to {rate:g} Hz")
        elif not self._join(stamp, len(values), sequence):
            return
        self._append(values)
        self._last_stamp = stamp
        self._last_length = len(values)
        self._last_sequence = sequence
        self.stamp = stamp + len(values) / self.rate

    def _start(self, stamp: float, rate: float, interruption: str) -> None:
        self._clear(rate)
        self.interruption = interruption
        self._anchors.append((0, stamp))

    def _join(self, stamp: float, length: int, sequence: int | None) -> bool:
        """Make room for what is missing before a message; False when it is an old one."""
        late = stamp - self.stamp
        step = self._step(sequence)
        if (step is None and stamp <= self._last_stamp) or (step is not None and step <= 0):
            if late < 0.0 and self._last_stamp - stamp <= _RESTART:
                return False  # seen already, or overtaken
            return self._start_over(stamp, "time or numbers of the samples began anew")
        # What gets lost is whole messages, so less than half of one is jitter of the stamps.
        half = 0.5 * min(length, self._last_length) / self.rate
        if step is None or step == 1:
            jitter = max(half, _JITTER if step is None else _NUMBERED_JITTER)
            if abs(late) <= jitter:
                self._anchor(stamp)
                return True
        if late > LONGEST_HOLE:
            return self._start_over(stamp, f"gap of {late:.1f} s in the samples")
        if late < -half:
            return self._start_over(stamp, "samples overlap: rate or stamps are wrong")
        self._append(np.full(max(round(late * self.rate), 1), np.nan, np.float32))
        self._anchor(stamp)
        return True

    def _start_over(self, stamp: float, interruption: str) -> bool:
        self._start(stamp, self.rate, interruption)
        return True

    def _step(self, sequence: int | None) -> int | None:
        """By how much this number is ahead of the last one; None where nobody numbers."""
        last = self._last_sequence
        if sequence is None or last is None or sequence == last:
            return None  # a sender that does not number leaves the number as it is
        ahead = (sequence - last) % _SEQUENCE
        return ahead if ahead < _SEQUENCE // 2 else ahead - _SEQUENCE

    def _anchor(self, stamp: float) -> None:
        anchors = self._anchors
        if stamp - anchors[-1][1] >= _ANCHOR_SPACING:
            anchors.append((self._count, stamp))
            while stamp - anchors[0][1] > self.length:
                anchors.popleft()

    def _append(self, values: Samples) -> None:
        self._count += len(values)
        values = values[-self._capacity :]
        if self._filled + len(values) > len(self._buffer):
            kept = self.values.copy()
            self._buffer[: len(kept)] = kept
            self._filled = len(kept)
        self._buffer[self._filled : self._filled + len(values)] = values
        self._filled += len(values)

    @property
    def values(self) -> Samples:
        """Shape (N,): the samples, oldest first, NaN where one was lost. A view, not a copy."""
        return self._buffer[max(self._filled - self._capacity, 0) : self._filled]

    @property
    def seconds(self) -> float:
        """[s] length of what is there."""
        return len(self.values) / self.rate if self._filled else 0.0

    @property
    def is_full(self) -> bool:
        """Whether the samples span the whole length."""
        return 0 < self._capacity <= self._filled

    @property
    def measured_rate(self) -> float:
        """[Hz] by the stamps, which know better than a board's nominal rate; NaN: too early."""
        if len(self._anchors) < _ENOUGH_ANCHORS:
            return math.nan
        counts, stamps = np.array(self._anchors).T
        times = stamps - stamps.mean()
        return float((times @ counts) / (times @ times))


def _checked(stamp: float, rate: float, samples: npt.ArrayLike) -> Samples:
    if not math.isfinite(stamp):
        raise SourceError(f"ppg: stamp is {stamp:g} s, expected the time of the first sample")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:  # NaN is neither
        raise SourceError(
            f"ppg: sample_rate is {rate:g} Hz, expected {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
        )
    values = np.asarray(samples, dtype=np.float32)
    if values.ndim != 1 or not len(values):
        raise SourceError(f"ppg: samples have shape {values.shape}, expected (N,), at least one")
    if not bool(np.isfinite(values).all()):
        raise SourceError("ppg: samples are not all finite numbers")
    return values
