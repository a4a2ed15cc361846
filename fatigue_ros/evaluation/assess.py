"""One recording with its labels: every figure about it, and the material for those about all."""

import collections
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation.agreement import (
    Array,
    HeartRateComparison,
    PerclosComparison,
    compare_heart_rate,
    compare_perclos,
    overlap,
    values_at,
)
from fatigue_ros.evaluation.event_score import TOLERANCE, score_events
from fatigue_ros.evaluation.labels import NO_LABELS, Labels
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.evaluation.signal_plot import draw_recording
from fatigue_ros.evaluation.sources import ObserveSettings, observe
from fatigue_ros.evaluation.warning_score import (
    REPORT_REACH,
    ClosureDetection,
    DrowsyEpisode,
    JudgedWarning,
    closed_eye_figures,
    detect_closures,
    drowsy_episodes,
    eyes_known,
    judge_warnings,
    truth_figures,
    watched_hours,
)
from fatigue_ros.face import EventKind

LEVEL_BINS: Array = np.linspace(0.0, 100.0, 21, dtype=np.float64)
"""[%] edges of the distribution of the fatigue level."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A recording to assess: all that another process needs to know."""

    path: Path
    labels: Labels
    settings: ObserveSettings


@dataclasses.dataclass(frozen=True)
class Assessed:
    """What came out of a recording.

    Attributes:
        name: file name.
        metrics: figures, as they are written to metrics.json.
        figure: time series as SVG.
        blink_durations: [s] of the detected blinks and closures.
        level_counts: frames in each of ``LEVEL_BINS``.
        level_by_kss: (KSS, median level [%] in the five minutes before the report).
    """

    name: str
    metrics: dict[str, Any]
    figure: str
    perclos: PerclosComparison | None
    heart_rate: HeartRateComparison | None
    warnings: list[JudgedWarning]
    closures: list[ClosureDetection]
    episodes: list[DrowsyEpisode]
    blink_durations: list[float]
    level_counts: npt.NDArray[np.int64]
    level_by_kss: list[tuple[int, float]]


@dataclasses.dataclass(frozen=True)
class Refused:
    """A recording that could not be assessed, and why."""

    name: str
    reason: str


def assess_job(job: Job) -> Assessed | Refused:
    """Play and assess a recording; whatever is wrong with it stops no other."""
    try:
        seen = observe(job.path, job.settings)
        labels = seen.labels if job.labels == NO_LABELS else job.labels
        if labels.kss is None:  # what the driver answered on the way is in the bag
            labels = dataclasses.replace(labels, kss=seen.labels.kss)
        return assess(job.path.name, seen, labels)
    except FatigueError as error:
        return Refused(job.path.name, str(error))
    except Exception as error:  # noqa: BLE001 - one bad recording must not stop the others
        return Refused(job.path.name, f"{job.path}: unexpectedly {type(error).__name__}: {error}")


def assess(name: str, seen: Observation, labels: Labels) -> Assessed:
    """Every figure about a recording.

    Args:
        name: of its file.
        seen: what the system said.
        labels: what people saw.

    Raises:
        FatigueError: the recording holds nothing to look at.
    """
    if not seen.frames:
        raise FatigueError(f"{name}: expected frames, found none")
    # A damaged bag ends early; what was labelled behind its end was not missed.
    labels = labels.up_to(seen.duration + TOLERANCE)
    perclos = compare_perclos(seen, labels)
    heart_rate = compare_heart_rate(seen, labels)
    warnings = judge_warnings(seen, labels)
    closures = detect_closures(seen, labels)
    episodes = drowsy_episodes(seen, labels)
    levels = seen.level.values
    levels = levels[np.isfinite(levels)]
    metrics: dict[str, Any] = {
        "recording": name,
        "participant": labels.participant or None,
        "duration_s": seen.duration,
        "problem": seen.problem or None,
        "conditions": list(labels.conditions),
        "frames": seen.frames,
        "frames_with_face": seen.frames_with_face,
        "detected": {kind.name.lower(): len(seen.spans(kind)) for kind in EventKind},
        "events": score_events(seen, labels),
        "perclos": perclos.figures() if perclos else None,
        "heart_rate": heart_rate.figures() if heart_rate else None,
        "level": {
            "mean": float(levels.mean()) if levels.size else None,
            "max": float(levels.max()) if levels.size else None,
            "known": levels.size / max(1, len(seen.level.values)),
        },
        "warnings": _warning_figures(seen, labels, warnings),
        "closed_eyes": closed_eye_figures(warnings, closures, watched_hours(seen))
        if eyes_known(labels)
        else None,
        "closures": [closure.figures() for closure in closures],
        "drowsy_episodes": [episode.figures() for episode in episodes],
    }
    return Assessed(
        name=name,
        metrics=plain(metrics),
        figure=draw_recording(seen, labels, perclos, warnings),
        perclos=perclos,
        heart_rate=heart_rate,
        warnings=warnings,
        closures=closures,
        episodes=episodes,
        blink_durations=[
            end - start
            for kind in (EventKind.BLINK, EventKind.CLOSURE)
            for start, end in seen.spans(kind)
        ],
        level_counts=np.histogram(levels, LEVEL_BINS)[0].astype(np.int64),
        level_by_kss=_level_by_kss(seen, labels),
    )


def judged_hours(seen: Observation, labels: Labels) -> float:
    """[h] in which warnings can be told true from false: the recording without what is ignored."""
    if labels.kss is None and not eyes_known(labels):
        return 0.0
    whole = (0.0, seen.duration)
    return (seen.duration - overlap(whole, labels.ignored_for("kss"))) / 3600.0


def _warning_figures(
    seen: Observation, labels: Labels, warnings: list[JudgedWarning]
) -> dict[str, Any]:
    return {
        "by_cause": dict(sorted(collections.Counter(w.cause for w in seen.warning_spans).items())),
        **truth_figures(warnings, judged_hours(seen, labels)),
        "list": [judged.figures() for judged in warnings],
    }


def _level_by_kss(seen: Observation, labels: Labels) -> list[tuple[int, float]]:
    found = []
    for report in labels.kss or ():
        before: Array = np.asarray(np.arange(max(0.0, report.time - REPORT_REACH), report.time))
        levels = values_at(seen.level, before, 1.0)
        levels = levels[np.isfinite(levels)]
        if levels.size:
            found.append((report.kss, float(np.median(levels))))
    return found


def plain(value: Any) -> Any:
    """The same for JSON: numbers to six decimals, no NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
