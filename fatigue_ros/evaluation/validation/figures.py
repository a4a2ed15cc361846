"""Figures over people: how well measures and the level tell drowsy recordings from alert ones."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from fatigue_ros.evaluation.agreement import Array
from fatigue_ros.evaluation.assess import plain
from fatigue_ros.evaluation.intervals import CONFIDENCE, poisson_interval, share_interval
from fatigue_ros.evaluation.validation.people import (
    ALERT,
    DROWSY,
    LOW,
    Person,
    PlayedFolder,
    Recording,
    by_number,
)
from fatigue_ros.fusion.scores import karolinska

RESAMPLES = 2000
BASELINE = "blink_duration_mean"
"""The measure that the others are compared with, where there is one."""
LEVEL = "level"
_SEED = 15  # the same data give the same figures


def auc(low: Array, high: Array) -> float:
    """[1] Chance that one of ``high`` lies above one of ``low``, ties being half; NaN for none."""
    if not (low.size and high.size):
        return math.nan
    above = np.searchsorted(np.sort(low), high, side="left").sum()
    equal = np.searchsorted(np.sort(low), high, side="right").sum() - above
    return float((above + 0.5 * equal) / (low.size * high.size))


@dataclasses.dataclass(frozen=True)
class Pairs:
    """A measure of people in two states; arrays of shape (people,)."""

    alert: Array
    tired: Array

    @property
    def auc(self) -> float:
        """[1] over recordings, whoever they are of."""
        return auc(self.alert, self.tired)

    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the AUC: percentiles of a bootstrap over people; None for one person."""
        return _bootstrap(lambda i: auc(self.alert[i], self.tired[i]), len(self.alert))


def pairs(
    recordings: Sequence[Recording], value: Callable[[Recording], float], tired: int
) -> Pairs:
    """The people of whom a value is known both alert and tired, in order of their numbers."""
    known = {(r.person, r.state): value(r) for r in recordings if math.isfinite(value(r))}
    both = {p for p, _ in known if {(p, ALERT), (p, tired)} <= known.keys()}
    people = sorted(both, key=by_number)
    return Pairs(
        np.array([known[p, ALERT] for p in people]), np.array([known[p, tired] for p in people])
    )


def difference(
    recordings: Sequence[Recording],
    value: Callable[[Recording], float],
    baseline: Callable[[Recording], float],
) -> dict[str, Any] | None:
    """AUC drowsy against alert minus that of a baseline, over the people who have both values.

    Returns:
        The difference and its 95 % interval (bootstrap over people, paired); None for no people.
    """

    def of(choose: Callable[[Recording], float]) -> Callable[[Recording], float]:
        return lambda r: choose(r) if math.isfinite(value(r) + baseline(r)) else math.nan

    ours, theirs = (pairs(recordings, of(choose), DROWSY) for choose in (value, baseline))
    if not ours.alert.size:
        return None

    def minus(i: Array | slice) -> float:
        return auc(ours.alert[i], ours.tired[i]) - auc(theirs.alert[i], theirs.tired[i])

    return {
        "difference": minus(slice(None)),
        "ci": _bootstrap(minus, len(ours.alert)),
        "people": len(ours.alert),
    }


def _bootstrap(statistic: Callable[[Any], float], people: int) -> tuple[float, float] | None:
    if people < 2:
        return None
    interval = stats.bootstrap(
        (np.arange(people),),
        lambda i: statistic(i.astype(int)),
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        vectorized=False,
        random_state=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def measure_names(folder: PlayedFolder) -> list[str]:
    """The folder's measures in their order, the level behind them."""
    names = dict.fromkeys(name for r in folder.recordings for name in r.measures)
    return [*names, LEVEL]


def value_of(name: str) -> Callable[[Recording], float]:
    """Reads a measure, or the mean level, of a recording."""
    if name == LEVEL:
        return lambda r: r.mean_level
    return lambda r: r.measures.get(name, math.nan)


def folder_figures(folder: PlayedFolder) -> dict[str, Any]:
    """``{measure: {auc, ci, people, low_vigilance, against_mean_duration}}`` of a folder."""
    names = measure_names(folder)
    return {name: measure_figures(folder.recordings, name, folder.tired) for name in names}


def measure_figures(
    recordings: Sequence[Recording], name: str, tired: int = DROWSY
) -> dict[str, Any]:
    """How well one measure tells drowsy (or what there is), and low vigilance, from alert."""
    value, found = value_of(name), {}
    for state in (tired, LOW):
        two = pairs(recordings, value, state)
        known = bool(two.alert.size)
        found[state] = {
            "auc": two.auc if known else None,
            "ci": two.interval() if known else None,
            "people": len(two.alert),
        }
    has_baseline = name != BASELINE and any(BASELINE in r.measures for r in recordings)
    return {
        **found[tired],
        "low_vigilance": found[LOW] if found[LOW]["people"] else None,
        "against_mean_duration": (
            difference(recordings, value, value_of(BASELINE)) if has_baseline else None
        ),
    }


def level_figures(
    recordings: Sequence[Recording], threshold: float, hysteresis: float
) -> dict[str, Any]:
    """The level: AUC, who was warned, how often and how soon.

    Args:
        recordings: of one folder or of several; people are told apart by what they are called.
        threshold: [%] from which it warns.
        hysteresis: [%] that it must fall below that to warn anew.
    """
    known = [r for r in recordings if np.isfinite(r.level).any()]
    warned = {id(r): r.warnings(threshold, hysteresis) for r in known}
    alert = [r for r in known if r.state == ALERT]
    drowsy = [r for r in known if r.state == DROWSY]
    hours = sum(r.duration * float(np.isfinite(r.level).mean()) for r in alert) / 3600.0
    count = sum(len(warned[id(r)]) for r in alert)
    hits = sum(bool(warned[id(r)]) for r in drowsy)
    first = [times[0] for r in drowsy if (times := warned[id(r)])]
    low = np.array([r.mean_level for r in alert])
    people = sorted({r.person for r in known}, key=by_number)

    # A person brings all recordings along, from whichever folder; NaN fills up the rows.
    levels = [
        np.array([[*of_one, *[math.nan] * (len(group) - len(of_one))] for of_one in by_person])
        for group in (alert, drowsy)
        for by_person in [[[r.mean_level for r in group if r.person == p] for p in people]]
    ]

    def of_people(i: Any) -> float:
        chosen = [values[np.asarray(i, int)] for values in levels]
        return auc(*(values[np.isfinite(values)] for values in chosen))

    return {
        "auc": auc(low, np.array([r.mean_level for r in drowsy])) if drowsy and alert else None,
        "ci": _bootstrap(of_people, len(people)) if drowsy and alert else None,
        "people": len(people),
        "warned_drowsy": hits,
        "drowsy": len(drowsy),
        "sensitivity": hits / len(drowsy) if drowsy else None,
        "sensitivity_ci": share_interval(hits, len(drowsy)),
        "warned_alert": sum(bool(warned[id(r)]) for r in alert),
        "alert": len(alert),
        "warnings_alert": count,
        "alert_hours": hours,
        "warnings_per_alert_hour": count / hours if hours else None,
        "warnings_per_alert_hour_ci": poisson_interval(count, hours),
        "first_warning_s": float(np.median(first)) if first else None,
    }


def report(
    folders: Sequence[PlayedFolder],
    threshold: float,
    hysteresis: float,
    people: Set[Person] | None,
) -> dict[str, Any]:
    """``{folder: {measure: {auc, ci, people}}, level: {...}}`` over all people or some."""
    chosen = [
        dataclasses.replace(
            f, recordings=[r for r in f.recordings if people is None or r.person in people]
        )
        for f in folders
    ]
    chosen = [f for f in chosen if f.recordings]
    result: dict[str, Any] = {f.name: folder_figures(f) for f in chosen}
    for f in chosen:
        more = level_figures(f.recordings, threshold, hysteresis)
        result[f.name][LEVEL] |= {k: v for k, v in more.items() if k not in result[f.name][LEVEL]}
    every = [r for f in chosen for r in f.recordings]
    result[LEVEL] = level_figures(every, threshold, hysteresis)
    plain_result: dict[str, Any] = plain(result)
    return plain_result


def rows(
    folders: Sequence[PlayedFolder], threshold: float, hysteresis: float
) -> list[Mapping[str, Any]]:
    """A row a person and folder: mean and highest level, and warnings, by state."""
    result = []
    for folder in folders:
        for person in sorted({r.person for r in folder.recordings}, key=by_number):
            mine = {r.state: r for r in folder.recordings if r.person == person}
            states = {}
            for state, r in mine.items():
                known = r.level[np.isfinite(r.level)]
                times = r.warnings(threshold, hysteresis)
                states[str(state)] = {
                    "mean_level": r.mean_level,
                    "highest_level": float(known.max()) if known.size else math.nan,
                    "warnings": len(times),
                    "first_warning_s": times[0] if times else None,
                    "measures": dict(r.measures),
                }
            result.append(plain({"folder": folder.name, "person": person, "states": states}))
    return result


def labelled(folders: Sequence[PlayedFolder]) -> dict[str, Any]:
    """What else people said or saw: blinks, and sleepiness, by folder.

    ``kss`` holds the number of answers, Spearman's rank correlation with the mean level, the mean
    difference of its reading on the scale, and the mean level for each answer.
    """
    result: dict[str, Any] = {}
    for folder in folders:
        found: dict[str, Any] = {}
        if folder.blinks is not None:
            found["blinks"] = dict(folder.blinks)
        known = [(answer, level) for answer, level in folder.kss if math.isfinite(level)]
        if known:
            answers, levels = (np.array(column, float) for column in zip(*known, strict=True))
            vary = min(len(set(answers.tolist())), len(set(levels.tolist()))) > 1
            found["kss"] = {
                "answers": len(known),
                "spearman": float(stats.spearmanr(answers, levels).statistic) if vary else None,
                "reading_minus_answer": float(
                    np.mean([karolinska(level) - answer for answer, level in known])
                ),
                "level_by_answer": {
                    str(answer): float(levels[answers == answer].mean())
                    for answer in sorted({answer for answer, _ in known})
                },
            }
        if found:
            result[folder.name] = found
    plain_result: dict[str, Any] = plain(result)
    return plain_result
