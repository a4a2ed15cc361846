"""Parts for training, validation and test that share nobody.

Neighbouring frames of one driver are nearly the same picture. A network that has seen one of them
knows the others by heart, so drawing pictures at random measures memory, not recognition: pictures
of one driver go into one part, all of them.
"""

import csv
import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LONGEST_TEXT, read_bytes

Indices = npt.NDArray[np.int64]
_COLUMNS = ["folder", "first", "last", "group"]


class SplitError(FatigueError):
    """Pictures cannot be told apart by person, or not be divided."""


class UnknownNumberError(SplitError):
    """The groups file names a picture's folder, but not its number."""


class Subset(enum.Enum):
    """What pictures are for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclasses.dataclass(frozen=True)
class NumberRange:
    """Files of a folder that show one person."""

    first: int
    last: int
    group: str


def read_groups(path: Path) -> dict[str, list[NumberRange]]:
    """Whom the files of each folder show, by a CSV with the columns folder, first, last, group.

    Lines that begin with # are skipped.

    Raises:
        SplitError: the file cannot be read; the message names the line.
    """
    try:
        # Spreadsheets write a byte order mark.
        lines = read_bytes(path, LONGEST_TEXT).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SplitError(f"{path}: expected a CSV file of groups, but {reason}") from error
    # Blank instead of gone, so that line numbers stay those of the file.
    rows = csv.reader(["" if line.startswith("#") else line for line in lines])
    found: dict[str, list[NumberRange]] = {}
    header: list[str] | None = None
    for row in rows:
        where = f"{path}:{rows.line_num}"
        if not row:
            continue
        if header is None:
            header = row
            if header != _COLUMNS:
                raise SplitError(f"{where}: expected {','.join(_COLUMNS)}, got {','.join(row)}")
            continue
        if len(row) != len(_COLUMNS) or not row[1].isdecimal() or not row[2].isdecimal():
            raise SplitError(f"{where}: expected folder, two numbers, group; got {','.join(row)}")
        new = NumberRange(int(row[1]), int(row[2]), row[3])
        if not row[3] or new.first > new.last:
            raise SplitError(
                f"{where}: expected a first number up to the last, and a group; got {','.join(row)}"
            )
        ranges = found.setdefault(row[0], [])
        for known in ranges:
            if new.first <= known.last and known.first <= new.last:
                raise SplitError(
                    f"{where}: expected each number of {row[0]} once, got {new.first} to "
                    f"{new.last} and, above, {known.first} to {known.last} ({known.group})"
                )
        ranges.append(new)
    if not found:
        raise SplitError(f"{path}: expected groups, found none")
    return found


def group_of(
    folder: str, name: str, groups: Mapping[str, list[NumberRange]], block: int, person: str = ""
) -> str:
    """Whom a picture shows, as far as its file's name says.

    Args:
        folder: it lies in.
        name: of the file; the last number in it counts.
        groups: as from `read_groups`.
        block: in folders without groups, so many numbers in a row are taken for one person; the
            same numbers in another such folder for the same one.
        person: regular expression that finds the person in the name, in folders without groups;
            empty for none.

    Raises:
        SplitError: the name does not say, or the groups do not.
    """
    if person and folder not in groups:
        found = re.search(person, name)
        if found is None or not found[1]:
            raise SplitError(f"{folder}/{name}: expected a person in the name by {person!r}")
        return found[1]
    numbers = re.findall(r"[0-9]+", Path(name).stem)
    if not numbers:
        raise SplitError(
            f"{folder}/{name}: expected a number in the file's name, which says whom it shows; "
            "else give `person`, an expression that finds the person in names (--set person=...)"
        )
    number = int(numbers[-1])
    if folder not in groups:
        return f"numbers {number // block * block} to {number // block * block + block - 1}"
    for known in groups[folder]:
        if known.first <= number <= known.last:
            return known.group
    raise UnknownNumberError(
        f"{folder}/{name}: the groups file names {folder}, but not number {number}"
    )


def split_by_group(
    groups: Sequence[str],
    labels: Indices,
    shares: Sequence[float],
    seed: int,
    classes: Sequence[str] = (),
) -> list[Subset]:
    """Put each picture into a part, each group as a whole.

    The largest groups go first, each to the part that lacks most of what the group brings, class
    by class; the seed decides between equals.

    Args:
        groups: of each picture.
        labels: shape (N,), class of each picture.
        shares: of training, validation and test.
        seed: of the order among groups of one size.
        classes: their names, for what is said.

    Returns:
        The part of each picture.

    Raises:
        SplitError: a part would lack a class.
    """
    names, members = np.unique(np.asarray(groups), return_inverse=True)
    counts = np.zeros((len(names), int(labels.max()) + 1))
    np.add.at(counts, (members, labels), 1.0)
    wanted = np.outer(shares, counts.sum(axis=0))
    missing = wanted.copy()
    order = np.random.default_rng(seed).permutation(len(names))
    parts = np.zeros(len(names), np.int64)
    for group in sorted(order, key=lambda g: -counts[g].sum()):
        part = int(np.argmax((missing / wanted) @ counts[group]))
        parts[group] = part
        missing[part] -= counts[group]
    members_parts = [list(Subset)[parts[group]] for group in members]
    _check(members_parts, labels, f"{len(names)} groups", classes)
    return members_parts


def split_at_random(
    labels: Indices, shares: Sequence[float], seed: int, classes: Sequence[str] = ()
) -> list[Subset]:
    """Put each picture into a part by itself, each class in the shares given.

    The same driver is then in all parts, and the test says nothing about other drivers.

    Args:
        labels: shape (N,), class of each picture.
        shares: of training, validation and test.
        seed: of the order.
        classes: their names, for what is said.

    Raises:
        SplitError: a part would lack a class.
    """
    generator = np.random.default_rng(seed)
    parts = np.zeros(len(labels), np.int64)
    for label in range(int(labels.max()) + 1):
        members = generator.permutation(np.flatnonzero(labels == label))
        ends = np.rint(np.cumsum(shares) * len(members)).astype(int)
        for part, indices in enumerate(np.split(members, ends[:-1])):
            parts[indices] = part
    found = [list(Subset)[part] for part in parts]
    _check(found, labels, f"{len(labels)} pictures", classes)
    return found


def _check(parts: Sequence[Subset], labels: Indices, there: str, classes: Sequence[str]) -> None:
    for part in Subset:
        for label in range(int(labels.max()) + 1):
            if not any(p is part and q == label for p, q in zip(parts, labels, strict=True)):
                name = classes[label] if classes else label
                raise SplitError(
                    f"split: expected pictures of each class in each part, but {there} are too "
                    f"few: none of class {name} for {part.value}"
                )
