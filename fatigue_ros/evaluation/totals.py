"""Figures about all recordings together."""

import collections
from collections.abc import Sequence
from typing import Any

import numpy as np

from fatigue_ros.evaluation import ddaw
from fatigue_ros.evaluation.agreement import error_figures, heart_rate_figures
from fatigue_ros.evaluation.assess import Assessed, plain
from fatigue_ros.evaluation.euro_ncap import pass_table
from fatigue_ros.evaluation.event_score import total
from fatigue_ros.evaluation.labels import SPANS
from fatigue_ros.evaluation.warning_score import DrowsyEpisode, closed_eye_figures, truth_figures


def totals(assessed: Sequence[Assessed]) -> dict[str, Any]:
    """All recordings as one; None where nothing was labelled that could tell."""
    result: dict[str, Any] = plain(
        {
            "recordings": len(assessed),
            "duration_s": sum(a.metrics["duration_s"] for a in assessed),
            "events": {
                kind: total(a.metrics["events"][kind] for a in known)
                for kind in SPANS
                if (known := [a for a in assessed if kind in a.metrics["events"]])
            },
            "perclos": _perclos(assessed),
            "heart_rate": _heart_rate(assessed),
            "warnings": _warnings(assessed),
            "closed_eyes": _closed_eyes(assessed),
            "euro_ncap": {
                category: _detection(assessed, category) for category in ("microsleep", "sleep")
            },
            "euro_ncap_table": pass_table(
                [c for a in assessed for c in a.closures], [e for a in assessed for e in a.episodes]
            ),
            "drowsiness_latency_s": _spread(
                [e.latency for a in assessed for e in a.episodes if e.latency is not None]
            ),
            "conditions": _conditions(assessed),
            "ddaw": _ddaw(assessed),
        }
    )
    return result


def _perclos(assessed: Sequence[Assessed]) -> dict[str, Any] | None:
    known = [a.perclos for a in assessed if a.perclos is not None]
    if not known:
        return None
    return error_figures(np.concatenate([p.measured - p.labelled for p in known]))


def _heart_rate(assessed: Sequence[Assessed]) -> dict[str, Any] | None:
    known = [a.heart_rate for a in assessed if a.heart_rate is not None]
    if not known:
        return None
    return heart_rate_figures(
        np.concatenate([h.measured for h in known]),
        np.concatenate([h.reference for h in known]),
        sum(h.covered for h in known),
        sum(h.asked for h in known),
    )


def _warnings(assessed: Sequence[Assessed]) -> dict[str, Any]:
    hours = sum(a.metrics["warnings"]["judged_hours"] for a in assessed)
    return truth_figures([w for a in assessed for w in a.warnings], hours)


def _closed_eyes(assessed: Sequence[Assessed]) -> dict[str, Any] | None:
    known = [a for a in assessed if a.metrics["closed_eyes"]]
    if not known:
        return None
    return closed_eye_figures(
        [w for a in known for w in a.warnings],
        [c for a in known for c in a.closures],
        sum(a.metrics["closed_eyes"]["watched_hours"] for a in known),
    )


def _conditions(assessed: Sequence[Assessed]) -> dict[str, Any]:
    """Figures of the recordings of each condition; a recording may have several, or none."""
    names = sorted({name for a in assessed for name in a.metrics["conditions"]})
    result = {}
    for name in names:
        mine = [a for a in assessed if name in a.metrics["conditions"]]
        result[name] = {
            "recordings": len(mine),
            "duration_s": sum(a.metrics["duration_s"] for a in mine),
            "participants": len({p for a in mine if (p := a.metrics["participant"])}),
            "blinks": total(known)
            if (known := [e for a in mine if (e := a.metrics["events"].get("blink"))])
            else None,
            "warnings": _warnings(mine),
            "closed_eyes": _closed_eyes(mine),
        }
    return result


def _detection(assessed: Sequence[Assessed], category: str) -> dict[str, Any]:
    found = [c for a in assessed for c in a.closures if c.category == category and c.visible]
    return {
        "labelled": len(found),
        "detected": sum(c.detected for c in found),
        "delay_s": _spread([c.delay for c in found if c.delay is not None]),
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    if not values:
        return {"n": 0, "median": None, "p95": None, "max": None}
    median, p95, most = np.percentile(values, (50, 95, 100))
    return {"n": len(values), "median": float(median), "p95": float(p95), "max": float(most)}


def _ddaw(assessed: Sequence[Assessed]) -> dict[str, Any]:
    by_person: dict[str, list[DrowsyEpisode]] = collections.defaultdict(list)
    nameless = 0
    for a in assessed:
        # Two drives of one person are one participant, so somebody unknown cannot be one.
        if a.metrics["participant"]:
            by_person[a.metrics["participant"]] += a.episodes
        else:
            nameless += bool(a.episodes)
    found = {
        light: any(
            episode.counts and episode.warned
            for a in assessed
            if light in a.metrics["conditions"] and a.metrics["participant"]
            for episode in a.episodes
        )
        for light in ddaw.LIGHTS
    }
    result = ddaw.sensitivity(ddaw.participants(by_person), by_light=found, people=by_person)
    return result | {"recordings_without_participant": nameless}
