"""Detected events against labelled ones: which belong together, precision and recall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

TOLERANCE = 0.1
"""[s] a detected and a labelled event match when they overlap or lie no further apart."""

Interval = tuple[float, float]
"""Start and end [s]."""


def near(one: Interval, other: Interval, tolerance: float = TOLERANCE) -> bool:
    """Whether two intervals overlap or lie no further apart than the tolerance [s]."""
    return one[0] <= other[1] + tolerance and other[0] <= one[1] + tolerance


def matches(detected: Sequence[Interval], labelled: Sequence[Interval]) -> int:
    """How many pairs are near each other when each interval is used at most once.

    Both are in order of time and do not overlap among themselves, so pairing the earliest ends
    first gives the largest number.
    """
    hits = i = j = 0
    while i < len(detected) and j < len(labelled):
        if near(detected[i], labelled[j]):
            hits += 1
            i += 1
            j += 1
        elif detected[i][1] < labelled[j][1]:
            i += 1
        else:
            j += 1
    return hits


def score(detected: Sequence[Interval], labelled: Sequence[Interval]) -> dict[str, float]:
    """Precision, recall, F1 [1] and the numbers detected and labelled.

    Args:
        detected: in order of time, none overlapping another of its own list.
        labelled: likewise.
    """
    return _figures(matches(detected, labelled), len(detected), len(labelled))


def total(scores: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Several scores as one: hits, detections and labels are added up, not ratios averaged."""
    hits = detected = labelled = 0
    for one in scores:
        hits += round(one["recall"] * one["labelled"])
        detected += int(one["detected"])
        labelled += int(one["labelled"])
    return _figures(hits, detected, labelled)


def _figures(hits: int, detected: int, labelled: int) -> dict[str, float]:
    # Nothing to find and nothing found is perfect; 0/0 otherwise says that nothing was right.
    perfect = 1.0 if detected == labelled == 0 else 0.0
    return {
        "precision": hits / detected if detected else perfect,
        "recall": hits / labelled if labelled else perfect,
        "f1": 2 * hits / (detected + labelled) if detected + labelled else perfect,
        "detected": detected,
        "labelled": labelled,
    }
