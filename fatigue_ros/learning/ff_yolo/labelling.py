"""Drowsy or Non-Drowsy, minute by minute, as Tan et al. label their recordings (section 3.1.2).

A minute is Drowsy when its PERCLOS is above 30 % and the person's NASA-TLX is 7 or more. Eyes are
closed where the EAR is below 0.2. The paper takes one frame a second; PERCLOS of all frames stands
beside it here, since 60 frames are few: one more closed one moves it by 1.7 %.

The EAR and whether it can be judged come from :class:`fatigue_ros.measures.eyes.EyeMonitor`. A
frame that cannot be judged (no face, head turned away) is neither closed nor counted.
"""

import csv
import dataclasses
import io
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Face
from fatigue_ros.files import read_text
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.workload import WEIGHTS, Workload

CLOSED_EAR = 0.2
"""[1] below it an eye is closed: "P80" in the paper's reading."""

DROWSY_PERCLOS = 0.3
"""[1] above it the person counts as objectively fatigued."""

FATIGUED = 7.0
"""[1] from this evaluation on the person counts as subjectively fatigued (section 3.1.2)."""

MINUTE = 60.0
"""[s] over which PERCLOS is taken (eq. 4: F = 60 frames)."""

SAMPLE_PERIOD = 1.0
"""[s] between the paper's frames."""

LEAST_JUDGED = 0.5
"""[1] share of a minute's frames that must be judged for a label; ours, as ``min_coverage`` of the
eye measures. The paper counts frames whose landmarks failed with the others."""

_COMPARED = ["rater", "first", "second", "chosen"]
_ROUNDING = 1e-3  # [s] of frame times in containers


def compared(chosen: Sequence[str]) -> dict[str, float]:
    """The weights that pairwise comparisons give, as section 3.1.1 derives them.

    How often a dimension was chosen as the more important of two, over the number of comparisons,
    cut off after two decimals; then the smallest are raised by 0.01 until the sum is 1.

    Args:
        chosen: of each pair of dimensions, by each rater, the one that counts more.
    """
    counts = {name: list(chosen).count(name) for name in WEIGHTS}
    hundredths = {name: 100 * count // len(chosen) for name, count in counts.items()}
    smallest = sorted(hundredths, key=lambda name: hundredths[name])
    for name in smallest[: 100 - sum(hundredths.values())]:
        hundredths[name] += 1
    return {name: value / 100.0 for name, value in hundredths.items()}


def read_comparisons(path: Path) -> dict[str, float]:
    """Weights by a CSV file with the columns rater, first, second, chosen.

    Raises:
        FatigueError: it cannot be read, or a rater has not compared each pair once; the message
            names the line or the rater.
    """
    text = read_text(path, FatigueError).removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text, newline=""))
    head = next(rows, [])
    if head != _COMPARED:
        raise FatigueError(f"{path}:1: expected {','.join(_COMPARED)}, got {','.join(head)}")
    chosen: dict[str, dict[frozenset[str], str]] = {}
    for row in filter(None, rows):
        where = f"{path}:{rows.line_num}"
        pair = frozenset(row[1:3])
        if len(row) != len(_COMPARED) or len(pair & WEIGHTS.keys()) != 2 or row[3] not in pair:
            raise FatigueError(
                f"{where}: expected a rater, two of {', '.join(WEIGHTS)}, and one of the two; got "
                f"{','.join(row)}"
            )
        mine = chosen.setdefault(row[0], {})
        if pair in mine:
            raise FatigueError(f"{where}: {row[0]} has compared {row[1]} and {row[2]} before")
        mine[pair] = row[3]
    for rater, mine in chosen.items():
        for one, other in itertools.combinations(WEIGHTS, 2):
            if frozenset({one, other}) not in mine:
                raise FatigueError(f"{path}: {rater}: expected {one} compared with {other}")
    if not chosen:
        raise FatigueError(f"{path}: expected comparisons, found none")
    return compared([name for mine in chosen.values() for name in mine.values()])


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """What one frame says of the eyes.

    Attributes:
        stamp: [s].
        closed: whether they are closed; None when that cannot be judged.
        sampled: whether it is one of the paper's frames, one a second.
    """

    stamp: float
    closed: bool | None
    sampled: bool


class Watcher:
    """Turns the faces of a recording, in order of time, into looks."""

    def __init__(self) -> None:
        self._eyes = EyeMonitor(EyeSettings())
        self._next_sample = -math.inf

    def look(self, face: Face) -> Look:
        """Judge a frame."""
        state = self._eyes.update(face)
        sampled = face.stamp >= self._next_sample - _ROUNDING
        if sampled:
            started = face.stamp if math.isinf(self._next_sample) else self._next_sample
            missed = max(0.0, math.floor((face.stamp - started) / SAMPLE_PERIOD + _ROUNDING))
            self._next_sample = started + (missed + 1.0) * SAMPLE_PERIOD
        return Look(face.stamp, state.ear < CLOSED_EAR if state.judged else None, sampled)


@dataclasses.dataclass(frozen=True, slots=True)
class Minute:
    """PERCLOS of a minute.

    Attributes:
        start: [s] stamp of its beginning.
        seconds: [s] of it that the recording covers.
        judged: [1] share of the sampled frames that could be judged.
        perclos: [1] of the sampled frames, as in the paper; NaN when none was judged.
        perclos_all: [1] of all frames; NaN likewise.
    """

    start: float
    seconds: float
    judged: float
    perclos: float
    perclos_all: float

    def holds(self, stamp: float) -> bool:
        """Whether a frame at this stamp [s] belongs to it."""
        return self.start - _ROUNDING <= stamp < self.start + self.seconds - _ROUNDING

    @property
    def labelled(self) -> bool:
        """Whether enough of it was judged."""
        return self.judged >= LEAST_JUDGED

    @property
    def full(self) -> bool:
        """Whether the recording covers all of it."""
        return self.seconds >= MINUTE

    def drowsy(
        self,
        workload: Workload,
        *,
        every_frame: bool = False,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> bool:
        """The label of the pictures of this minute.

        Args:
            workload: the person's answers after the task.
            every_frame: go by PERCLOS of all frames and not of one a second.
            weights: of the answers.
        """
        perclos = self.perclos_all if every_frame else self.perclos
        return perclos > DROWSY_PERCLOS and workload.weighted(weights) >= FATIGUED


def minutes(looks: Sequence[Look], *, short: bool = False) -> list[Minute]:
    """PERCLOS of each minute of a recording; a rest shorter than a minute at its end is left out.

    Args:
        looks: at its frames, in order of time.
        short: take a recording of less than a minute for one.

    Raises:
        FatigueError: the recording is shorter than a minute and that was not asked for.
    """
    if not looks:
        raise FatigueError("expected a recording of a minute or more, found no frame")
    first = looks[0].stamp
    period = (looks[-1].stamp - first) / max(len(looks) - 1, 1)
    whole = looks[-1].stamp - first + period
    count = math.floor(whole / MINUTE + _ROUNDING)
    if count:
        return [_minute(first + number * MINUTE, MINUTE, looks) for number in range(count)]
    if not short:
        raise FatigueError(
            f"expected a recording of {MINUTE:.0f} s or more for PERCLOS, found {whole:.1f} s "
            "(--short labels what is there)"
        )
    return [_minute(first, whole, looks)]


def _minute(start: float, seconds: float, looks: Sequence[Look]) -> Minute:
    empty = Minute(start, seconds, 0.0, math.nan, math.nan)
    inside = [look for look in looks if empty.holds(look.stamp)]
    sampled = [look for look in inside if look.sampled]
    if not sampled:
        return empty
    judged = sum(look.closed is not None for look in sampled) / len(sampled)
    return Minute(start, seconds, judged, _perclos(sampled), _perclos(inside))


def _perclos(looks: Sequence[Look]) -> float:
    """Closed frames as a share of those judged (eq. 4), NaN without any."""
    judged = [look.closed for look in looks if look.closed is not None]
    return sum(judged) / len(judged) if judged else math.nan
