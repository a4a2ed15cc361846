"""Detected events against labelled ones: which belong together, precision and recall."""

from collections.abc import Iterable, Mapping, Sequence

from fatigue_ros.evaluation.labels import Interval, Labels
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.face import EventKind

TOLERANCE = 0.1
"""[s] a detected and a labelled event match when they overlap or lie no further apart."""


def near(one: Interval, other: Interval, tolerance: float = TOLERANCE) -> bool:
    """Whether two intervals overlap or lie next to each other.

    Args:
        one: [s].
        other: [s].
        tolerance: [s] no further apart than this.
    """
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


def scored(
    detected: Sequence[Interval], labelled: Sequence[Interval], ignored: Sequence[Interval]
) -> tuple[list[Interval], list[Interval]]:
    """Those of both lists that are to be scored.

    Left out is what reaches into an ignored interval, and what could be paired with an interval
    of the other list that does: leaving out one half of a pair would make an error of the other.

    Args:
        detected: [s].
        labelled: [s].
        ignored: [s] intervals not to be scored.
    """
    out_detected = [d for d in detected if _touches(d, ignored)]
    out_labelled = [x for x in labelled if _touches(x, ignored)]
    return (
        [d for d in detected if d not in out_detected and not _touches(d, out_labelled, TOLERANCE)],
        [x for x in labelled if x not in out_labelled and not _touches(x, out_detected, TOLERANCE)],
    )


def _touches(interval: Interval, others: Iterable[Interval], tolerance: float = 0.0) -> bool:
    return any(near(interval, other, tolerance) for other in others)


def detected_and_labelled(
    kind: str, observation: Observation, labels: Labels
) -> tuple[list[Interval], list[Interval]]:
    """The intervals that are compared for a kind (blink, closure or yawn), all of them.

    A lid that falls is a blink however long it stays down, so blinks are compared with blinks
    and closures together; otherwise 0.49 s against 0.51 s would count as two errors.

    Args:
        kind: blink, closure or yawn.
        observation: what was detected.
        labels: what was labelled.
    """
    kinds = ("blink", "closure") if kind == "blink" else (kind,)
    return (
        sorted(span for name in kinds for span in observation.spans(EventKind[name.upper()])),
        sorted(span for name in kinds for span in labels.spans.get(name, ())),
    )


def score_events(observation: Observation, labels: Labels) -> dict[str, dict[str, float]]:
    """Scores of the kinds that were looked for; fields as in `score`."""
    result: dict[str, dict[str, float]] = {}
    for kind in labels.spans:
        found, known = scored(
            *detected_and_labelled(kind, observation, labels), labels.ignored_for(kind)
        )
        result[kind] = score(found, known)
    return result
