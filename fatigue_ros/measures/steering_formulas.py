"""What the angle of the steering wheel says of whoever holds it: formulas on pieces of a drive.

A piece is a run of samples at equal steps in which the driver steers by hand on a straight road.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal  # type: ignore[import-untyped]

Signal = npt.NDArray[np.floating[Any]]

STEP = 0.05
"""[s] between two samples of the wheel."""
_ENTROPY_STEP = 3  # samples, 0.15 s: a hand corrects no faster (Nakayama et al. 1999)
_CUTOFF, _ORDER = 0.6, 2  # [Hz], [1] of the filter before reversals (Markkula and Engstroem 2006)
_BINS = np.array([-5.0, -2.5, -1.0, -0.5, 0.5, 1.0, 2.5, 5.0])  # [alpha] (Nakayama et al. 1999)
_OF_ALPHA = 90.0  # [%] of errors that lie within alpha (Nakayama et al. 1999)
SHORTEST = 80
"""[samples] a piece that is shorter is left out: the filter needs a few periods."""


def low_pass(angles: Signal) -> Signal:
    """The slow part of the wheel's movement, without delay."""
    sections = signal.butter(_ORDER, _CUTOFF, fs=1.0 / STEP, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, angles), np.float64)


def reversals(angles: Signal, gap: float) -> int:
    """How often the wheel turned back by a gap or more, either way.

    Markkula and Engstroem (2006), A steering wheel reversal rate metric for assessing effects of
    visual and cognitive secondary task load, 13th ITS World Congress: from one stationary point to
    a later one by at least the gap, upwards and downwards added.

    Args:
        angles: [rad] shape (N,), filtered.
        gap: [rad].
    """
    turns = np.diff(np.sign(np.diff(angles)))
    points = angles[np.concatenate(([0], np.flatnonzero(turns) + 1, [len(angles) - 1]))]
    return _rises(points, gap) + _rises(-points, gap)


def _rises(points: Signal, gap: float) -> int:
    found, lowest = 0, points[0]
    for point in points[1:]:
        if point - lowest >= gap:
            found += 1
            lowest = point
        elif point < lowest:
            lowest = point
    return found


def prediction_errors(angles: Signal) -> Signal:
    """[rad] How far the wheel is from where its own movement would have taken it.

    Nakayama, Futami, Nakamura and Boer (1999), Development of a steering entropy method for
    evaluating driver workload, SAE 1999-01-0892: means of 0.15 s, each predicted from the three
    before it by a Taylor expansion of second order.

    Args:
        angles: [rad] shape (N,), at STEP.
    """
    whole = len(angles) - len(angles) % _ENTROPY_STEP
    mean = angles[:whole].reshape(-1, _ENTROPY_STEP).mean(axis=1)
    if len(mean) < 4:
        return np.zeros(0)
    first = mean[2:-1] - mean[1:-2]
    second = first - (mean[1:-2] - mean[:-3])
    return np.asarray(mean[3:] - (mean[2:-1] + first + second / 2.0))


def alpha(errors: Signal) -> float:
    """[rad] Within which nine of ten errors of a rested driver lie; NaN without any."""
    return float(np.percentile(np.abs(errors), _OF_ALPHA)) if len(errors) else math.nan


def entropy(errors: Signal, own_alpha: float) -> float:
    """[1] How hard the driver's steering is to predict, 0 not at all, 1 as hard as can be.

    Nakayama et al. (1999): the entropy, to the base of nine, of the errors in nine bins whose
    edges are 0.5, 1, 2.5 and 5 times the driver's own alpha.
    """
    if not len(errors) or not own_alpha > 0.0:
        return math.nan
    counts = np.bincount(np.digitize(errors, _BINS * own_alpha), minlength=len(_BINS) + 1)
    shares = counts[counts > 0] / len(errors)
    return max(0.0, float(-(shares * np.log(shares)).sum() / math.log(len(_BINS) + 1)))


def jerks(angles: Signal) -> Signal:
    """[rad/s^3] Third derivative of the wheel's angle, on means of 0.15 s."""
    whole = len(angles) - len(angles) % _ENTROPY_STEP
    mean = angles[:whole].reshape(-1, _ENTROPY_STEP).mean(axis=1)
    return np.diff(mean, 3) / (_ENTROPY_STEP * STEP) ** 3


def late_corrections(angles: Signal, quiet: float, band: float, jump: float) -> int:
    """How often the wheel was left alone, and then turned far at once.

    The micro-corrections of a driver who is awake are missing, then the drift that follows is
    caught (Thiffault and Bergeron 2003, Accident Analysis and Prevention 35). The numbers are ours.

    Args:
        angles: [rad] shape (N,), at STEP.
        quiet: [s] for which the wheel lay still.
        band: [rad] within which it does.
        jump: [rad] that it turns, from where it lay, within half a second.
    """
    length, within = round(quiet / STEP), round(0.5 / STEP)
    if len(angles) < length + within:
        return 0
    before = np.lib.stride_tricks.sliding_window_view(angles[:-within], length)
    after = np.lib.stride_tricks.sliding_window_view(angles[length:], within)
    lay = before.mean(axis=1)
    turned = np.maximum(after.max(axis=1) - lay, lay - after.min(axis=1))
    found, free = 0, 0
    for index in np.flatnonzero((np.ptp(before, axis=1) <= band) & (turned >= jump)):
        if index >= free:
            found += 1
            free = index + length  # what follows is the same correction
    return found


def spread(pieces: Iterable[Signal]) -> float:
    """[unit of the samples] Standard deviation about each piece's own mean; NaN for too few.

    Of lateral positions it is SDLP (O'Hanlon et al. 1982; Verster and Roth 2011). Each piece has
    a mean of its own, since between two of them the lane may have changed.
    """
    squares, free = 0.0, 0
    for piece in pieces:
        squares += float(np.square(piece - piece.mean()).sum())
        free += len(piece) - 1
    return math.sqrt(squares / free) if free > 0 else math.nan


def crossings(positions: Signal, limit: float) -> int:
    """How often a wheel went over the line.

    Args:
        positions: [m] shape (N,), of the vehicle's middle in its lane.
        limit: [m] from which on a wheel is over it.
    """
    out = np.abs(positions) > limit
    return int(np.count_nonzero(out[1:] & ~out[:-1]))


def together(parts: Sequence[Signal]) -> Signal:
    """All parts one behind the other."""
    return np.concatenate(parts) if parts else np.zeros(0)
