"""Precision and recall of blinks, closures and yawns, leaving out what is not to be scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fatigue_ros.evaluation.event_matching import TOLERANCE, Interval, near, score
from fatigue_ros.evaluation.labels import Labels
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.face import EventKind


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
    return any(near(interval, other, tolerance) for other in others)


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
    """Scores of the kinds that were looked for; fields as in `event_matching.score`."""
    result: dict[str, dict[str, float]] = {}
    for kind in labels.spans:
        found, known = scored(
            *detected_and_labelled(kind, observation, labels), labels.ignored_for(kind)
        )
        result[kind] = score(found, known)
    return result
