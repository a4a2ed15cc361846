"""Precision and recall of blinks, closures and yawns, leaving out what is not to be scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fatigue_ros.face import EventKind
from fatigue_ros.replay.blink_score import TOLERANCE, score
from fatigue_ros.replay.evaluation.labels import Interval, Labels
from fatigue_ros.replay.evaluation.observation import Observation


def scored(
    detected: Sequence[Interval], labelled: Sequence[Interval], ignored: Sequence[Interval]
) -> tuple[list[Interval], list[Interval]]:
    """Those of both lists that are to be scored.

    Left out is what reaches into an ignored interval, and what could be paired with an interval
    of the other list that does: leaving out one half of a pair would make an error of the other.
    """
    out_detected = [d for d in detected if _touches(d, ignored)]
    out_labelled = [x for x in labelled if _touches(x, ignored)]
    return (
        [d for d in detected if d not in out_detected and not _touches(d, out_labelled, TOLERANCE)],
        [x for x in labelled if x not in out_labelled and not _touches(x, out_detected, TOLERANCE)],
    )


def _touches(interval: Interval, others: Iterable[Interval], tolerance: float = 0.0) -> bool:
    start, end = interval
    return any(start <= e + tolerance and s <= end + tolerance for s, e in others)


def detected_and_labelled(
    kind: str, observation: Observation, labels: Labels
) -> tuple[list[Interval], list[Interval]]:
    """The intervals that are compared for a kind (blink, closure or yawn), all of them.

    A lid that falls is a blink however long it stays down, so blinks are compared with blinks
    and closures together; otherwise 0.49 s against 0.51 s would count as two errors.
    """
    spans = observation.spans
    if kind == "yawn":
        return spans(EventKind.YAWN), list(labels.spans["yawn"])
    if kind == "closure":
        return spans(EventKind.CLOSURE), list(labels.spans["closure"])
    return (
        sorted(spans(EventKind.BLINK) + spans(EventKind.CLOSURE)),
        sorted(labels.spans["blink"] + labels.spans.get("closure", ())),
    )


def score_events(observation: Observation, labels: Labels) -> dict[str, dict[str, float]]:
    """Scores of the kinds that were looked for; see :func:`~..blink_score.score` for the fields."""
    result: dict[str, dict[str, float]] = {}
    for kind in labels.spans:
        found, known = scored(
            *detected_and_labelled(kind, observation, labels), labels.ignored_for(kind)
        )
        result[kind] = score(found, known)
    return result


def total_scores(scores: Iterable[dict[str, Any]]) -> dict[str, float]:
    """All recordings as one: hits, detections and labels are added up, not ratios averaged."""
    hits = detected = labelled = 0
    for one in scores:
        hits += round(one["recall"] * one["labelled"])
        detected += int(one["detected"])
        labelled += int(one["labelled"])
    perfect = 1.0 if detected == labelled == 0 else 0.0
    return {
        "precision": hits / detected if detected else perfect,
        "recall": hits / labelled if labelled else perfect,
        "f1": 2 * hits / (detected + labelled) if detected + labelled else perfect,
        "detected": detected,
        "labelled": labelled,
    }
