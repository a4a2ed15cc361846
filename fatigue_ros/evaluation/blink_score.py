"""How well blinks are found, on recordings in which somebody has marked them.

A recording is a CSV file with the columns ``time_s`` [s], ``ear`` [1] (empty: no face) and
``blink`` (0 or 1; a run of ones is one blink). The EAR goes frame by frame through the same
:class:`~fatigue_ros.measures.eyes.EyeMonitor` that watches a driver: nothing looks ahead.
"""

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.event_score import score, total
from fatigue_ros.evaluation.labels import Interval, table_rows
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings

_COLUMNS = ("time_s", "ear", "blink")


@dataclasses.dataclass(frozen=True)
class BlinkRecording:
    """An EAR series with labels.

    Attributes:
        name: file name.
        stamps: [s] of each frame, rising.
        ear: [1] of each frame, NaN where no face was found.
        blinks: labelled blinks; each ends with the first frame after it.
    """

    name: str
    stamps: list[float]
    ear: list[float]
    blinks: list[Interval]


def load_blink_csv(path: str | Path) -> BlinkRecording:
    """Read a labelled recording.

    Raises:
        SourceError: the file cannot be read, lacks a column or rows, or a cell is not what it
            must be; the message names file and line.
    """
    path = Path(path)
    stamps: list[float] = []
    ears: list[float] = []
    blinks: list[Interval] = []
    start = math.nan
    for where, row in table_rows(path, _COLUMNS):
        stamp = _number(row["time_s"], where, "time_s")
        if stamps and stamp <= stamps[-1]:
            raise SourceError(f"{where}: time_s {stamp} does not come after {stamps[-1]}")
        cell = (row["ear"] or "").strip()
        if cell.lower() in {"", "nan"}:
            ear = math.nan
        else:
            ear = _number(cell, where, "ear")
            if ear < 0.0:
                raise SourceError(f"{where}: ear {ear} is negative")
        label = _number(row["blink"], where, "blink")
        if label not in {0.0, 1.0}:
            raise SourceError(f"{where}: blink: expected 0 or 1, found {row['blink']!r}")
        stamps.append(stamp)
        ears.append(ear)
        if label and math.isnan(start):
            start = stamp
        elif not label and not math.isnan(start):
            blinks.append((start, stamp))
            start = math.nan
    if not stamps:
        raise SourceError(f"{path}: expected rows of {', '.join(_COLUMNS)}, found none")
    if not math.isnan(start):
        blinks.append((start, stamps[-1]))
    return BlinkRecording(path.name, stamps, ears, blinks)


def _number(cell: str | None, where: str, column: str) -> float:
    try:
        value = float(cell or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SourceError(f"{where}: {column}: expected a number, found {cell or ''!r}")
    return value


def detect(recording: BlinkRecording, settings: EyeSettings | None = None) -> list[Interval]:
    """Blinks and closures that the eye monitor reports, in order of time."""
    monitor = EyeMonitor(settings or EyeSettings())
    return [
        (event.start, event.end)
        for stamp, ear in zip(recording.stamps, recording.ear, strict=True)
        for event in monitor.update_ear(stamp, ear).events
    ]


def score_files(
    paths: Iterable[str | Path], settings: EyeSettings | None = None
) -> dict[str, dict[str, float]]:
    """Score recordings one by one and together.

    Returns:
        :func:`~.event_score.score` for each path as it was given, and for all together under
        ``total``.

    Raises:
        SourceError: a file is refused; see :func:`load_blink_csv`.
    """
    result: dict[str, dict[str, float]] = {}
    for path in paths:
        recording = load_blink_csv(path)
        result[str(path)] = score(detect(recording, settings), recording.blinks)
    result["total"] = total(result.values())
    return result
