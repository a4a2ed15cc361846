"""What people saw in recordings: the labels that an evaluation compares with.

One CSV file may hold the labels of many recordings. The format stands in docs/evaluation.md.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fatigue_ros.errors import SourceError
from fatigue_ros.files import LARGEST_PICTURE, read_bytes

Interval = tuple[float, float]
"""Start and end [s] from the first frame of the recording."""

COLUMNS = ("bag", "participant", "kind", "start_s", "end_s", "value")
SPANS = ("blink", "closure", "yawn")
CONDITION = "condition"
"""Column that may be there too: what was special about the recording, words apart by spaces."""
KINDS = (*SPANS, "kss", "heart_rate", "ignore")
KSS_RANGE = (1, 9)
"""[1] Karolinska Sleepiness Scale (Akerstedt and Gillberg 1990)."""
HEART_RATE_RANGE = (20.0, 250.0)
"""[1/min] beyond these a reference is a slip of the pen; ours."""


_FOREVER = 1e7
"""[s] longer than any recording."""


@dataclasses.dataclass(frozen=True, slots=True)
class SleepinessReport:
    """What a driver answered when asked: time [s] and KSS [1]."""

    time: float
    kss: int


@dataclasses.dataclass(frozen=True, slots=True)
class HeartRateReference:
    """Heart rate by another instrument: from start to end [s], equal for a moment, bpm [1/min]."""

    start: float
    end: float
    bpm: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What is known about one recording; None stands for "nobody looked".

    Attributes:
        participant: who drove; empty when unknown.
        conditions: what was special, such as ``night`` or ``glasses``, in order of the alphabet.
        spans: blinks, closures and yawns in order of time, for those kinds that were looked for.
        kss: reports in order of time.
        heart_rate: references in order of time.
        ignored: intervals not to be scored, for each kind of :data:`KINDS` but ``ignore``.
        unseen: those of them in which the eyes could not be seen, but are known all the same.
    """

    participant: str = ""
    conditions: tuple[str, ...] = ()
    spans: Mapping[str, tuple[Interval, ...]] = dataclasses.field(default_factory=dict)
    kss: tuple[SleepinessReport, ...] | None = None
    heart_rate: tuple[HeartRateReference, ...] | None = None
    ignored: Mapping[str, tuple[Interval, ...]] = dataclasses.field(default_factory=dict)
    unseen: tuple[Interval, ...] = ()

    def up_to(self, end: float) -> Labels:
        """The same, where nothing that a camera or a pulse sensor saw after ``end`` [s] is scored.

        Reports of sleepiness stay: people are asked after the drive, too.
        """
        beyond = (end, max(end, _FOREVER))
        return dataclasses.replace(
            self,
            ignored=dict(self.ignored)
            | {kind: merged([*self.ignored_for(kind), beyond]) for kind in (*SPANS, "heart_rate")},
        )

    def ignored_for(self, kind: str) -> tuple[Interval, ...]:
        """Intervals in which this kind is not scored, merged, in order of time."""
        return self.ignored.get(kind, ())


NO_LABELS = Labels()


@dataclasses.dataclass(slots=True)
class _Row:
    where: str
    kind: str
    start: float
    end: float
    value: str


def load_labels(paths: Iterable[str | Path]) -> dict[str, Labels]:
    """Read label files.

    Returns:
        Labels by the name in the column ``bag``.

    Raises:
        SourceError: a file cannot be read, or a row is not what it must be; the message names
            file and line.
    """
    rows: dict[str, list[_Row]] = {}
    participants: dict[str, str] = {}
    conditions: dict[str, set[str]] = {}
    for path in map(Path, paths):
        _read(path, rows, participants, conditions)
    return {
        bag: dataclasses.replace(
            _labels(found, participants.get(bag, "")), conditions=tuple(sorted(conditions[bag]))
        )
        for bag, found in rows.items()
    }


def labels_for(path: str | Path, labels: Mapping[str, Labels]) -> Labels:
    """The labels of a recording, by its file name with or without the ending."""
    path = Path(path)
    return labels.get(path.name) or labels.get(path.stem) or NO_LABELS


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same time in intervals that do not touch, in order."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def table_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The rows of a CSV file: where each stands, for messages, and its cells by column.

    Raises:
        SourceError: the file cannot be read or lacks a column.
    """
    try:
        with io.StringIO(read_bytes(path, LARGEST_PICTURE).decode("utf-8-sig"), newline="") as file:
            reader = csv.DictReader(file)
            found = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = found
            missing = [name for name in columns if name not in found]
            if missing:
                raise SourceError(
                    f"{path}: expected the columns {', '.join(columns)}; "
                    f"{', '.join(missing)} missing in: {', '.join(found) or 'nothing'}"
                )
            for cells in reader:
                yield f"{path}, line {reader.line_num}", cells
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: expected a CSV file in UTF-8 ({error})") from error


def _read(
    path: Path,
    rows: dict[str, list[_Row]],
    participants: dict[str, str],
    conditions: dict[str, set[str]],
) -> None:
    for where, cells in table_rows(path, COLUMNS):
        if None in cells:
            raise SourceError(f"{where}: expected {len(cells) - 1} cells, found more")
        row = {name: (cell or "").strip() for name, cell in cells.items()}
        if row["bag"].startswith("#") or not any(row.values()):
            continue
        if not row["bag"]:
            raise SourceError(f"{where}: bag: expected the name of a recording, found nothing")
        if row["kind"] not in KINDS:
            raise SourceError(
                f"{where}: kind: expected one of {', '.join(KINDS)}, found {row['kind']!r}"
            )
        known = participants.get(row["bag"], "")
        if known and row["participant"] and row["participant"] != known:
            raise SourceError(
                f"{where}: participant: {row['bag']} is {known!r} further up, "
                f"found {row['participant']!r}"
            )
        participants[row["bag"]] = known or row["participant"]
        words = conditions.setdefault(row["bag"], set())
        words |= set(row.get(CONDITION, "").lower().split())
        if {"day", "night"} <= words:
            raise SourceError(f"{where}: condition: {row['bag']} cannot be by day and by night")
        rows.setdefault(row["bag"], []).append(_row(where, row))


def _row(where: str, row: Mapping[str, str]) -> _Row:
    kind = row["kind"]
    if kind != "ignore" and not row["start_s"] and not row["end_s"] and not row["value"]:
        # Somebody looked for these and found none.
        return _Row(where, kind, math.nan, math.nan, "")
    start = _number(row["start_s"], where, "start_s")
    end = start
    if kind in {*SPANS, "ignore"} or (kind == "heart_rate" and row["end_s"]):
        end = _number(row["end_s"], where, "end_s")
        if end <= start:
            raise SourceError(f"{where}: end_s {end:g} does not come after start_s {start:g}")
    elif row["end_s"]:
        raise SourceError(f"{where}: end_s: a report is a moment, expected nothing in this cell")
    if kind in SPANS and row["value"]:
        raise SourceError(f"{where}: value: expected nothing for a {kind}, found {row['value']!r}")
    return _Row(where, kind, start, end, row["value"])


def _number(cell: str, where: str, column: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0.0):
        raise SourceError(f"{where}: {column}: expected seconds, 0 or more, found {cell!r}")
    return value


def _labels(rows: list[_Row], participant: str) -> Labels:
    real = sorted((row for row in rows if not math.isnan(row.start)), key=lambda r: r.start)
    looked_for = {row.kind for row in rows}
    # An eye that is closed for a blink is not closed for another one.
    _refuse_overlap([row for row in real if row.kind in {"blink", "closure"}])
    _refuse_overlap([row for row in real if row.kind == "yawn"])
    ignored: dict[str, list[Interval]] = {kind: [] for kind in KINDS if kind != "ignore"}
    for row in real:
        if row.kind == "ignore":
            if row.value and row.value not in ignored:
                raise SourceError(
                    f"{row.where}: value: expected nothing (all kinds) or one of "
                    f"{', '.join(ignored)}, found {row.value!r}"
                )
            for kind in [row.value] if row.value else ignored:
                ignored[kind].append((row.start, row.end))
    return Labels(
        participant=participant,
        spans={
            kind: tuple((row.start, row.end) for row in real if row.kind == kind)
            for kind in SPANS
            if kind in looked_for
        },
        kss=tuple(SleepinessReport(row.start, _kss(row)) for row in real if row.kind == "kss")
        if "kss" in looked_for
        else None,
        heart_rate=tuple(
            HeartRateReference(row.start, row.end, _bpm(row))
            for row in real
            if row.kind == "heart_rate"
        )
        if "heart_rate" in looked_for
        else None,
        ignored={kind: merged(spans) for kind, spans in ignored.items()},
    )


def _refuse_overlap(rows: list[_Row]) -> None:
    for before, row in itertools.pairwise(rows):
        if row.start < before.end:
            raise SourceError(
                f"{row.where}: {row.kind} from {row.start:g} s begins before the {before.kind} "
                f"from {before.start:g} s ends at {before.end:g} s"
            )


def _kss(row: _Row) -> int:
    lowest, highest = KSS_RANGE
    if row.value not in {str(grade) for grade in range(lowest, highest + 1)}:
        raise SourceError(
            f"{row.where}: value: expected a KSS from {lowest} to {highest}, found {row.value!r}"
        )
    return int(row.value)


def _bpm(row: _Row) -> float:
    lowest, highest = HEART_RATE_RANGE
    try:
        value = float(row.value)
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:
        raise SourceError(
            f"{row.where}: value: expected a heart rate from {lowest:g} to {highest:g} 1/min, "
            f"found {row.value!r}"
        )
    return value
