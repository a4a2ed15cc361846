"""Sensitivity of a driver drowsiness and attention warning over participants.

Commission Delegated Regulation (EU) 2021/1341 has a system tried with at least ten people, who
report their sleepiness, and looks at the share of drowsy episodes in which each was warned.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from fatigue_ros.evaluation.warning_score import DrowsyEpisode

LEAST_PARTICIPANTS = 10
LEAST_EPISODES = 10
LIGHTS = ("day", "night")
"""There must be a true positive in each (conditions of docs/evaluation.md)."""
CONFIDENCE = 0.90
LEAST_MEAN = 0.40
"""[1] the mean sensitivity must be above this."""
LEAST_LOWER_BOUND = 0.20
"""[1] the lower end of its confidence interval must be above this."""


@dataclasses.dataclass(frozen=True, slots=True)
class Participant:
    """Drowsy episodes of one person in all recordings."""

    name: str
    true_positives: int
    false_negatives: int

    @property
    def sensitivity(self) -> float:
        """[1] TP / (TP + FN)."""
        return self.true_positives / (self.true_positives + self.false_negatives)


def participants(episodes: Mapping[str, Sequence[DrowsyEpisode]]) -> list[Participant]:
    """Those who had an episode that counts, by name."""
    result = []
    for name, found in sorted(episodes.items()):
        counted = [episode for episode in found if episode.counts]
        hits = sum(episode.warned for episode in counted)
        if counted:
            result.append(Participant(name, hits, len(counted) - hits))
    return result


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float] | None:
    """Confidence interval of a mean (Student's t) within 0 to 1; None for fewer than two."""
    n = len(values)
    if n < 2:
        return None
    array = np.asarray(values)
    reach = float(stats.t.ppf((1.0 + confidence) / 2.0, n - 1) * array.std(ddof=1) / math.sqrt(n))
    mean = float(array.mean())
    return max(0.0, mean - reach), min(1.0, mean + reach)


def sensitivity(
    participants: Sequence[Participant],
    *,
    by_light: Mapping[str, bool] | None = None,
    people: Iterable[str] = (),
) -> dict[str, Any]:
    """Mean sensitivity, its confidence interval, and whether the sample is large enough.

    Args:
        participants: those with an episode that counts.
        by_light: whether there is a true positive by day and one by night; None: nobody asked.
        people: names of all, those without such an episode included.
    """
    without = sorted(set(people) - {person.name for person in participants})
    values = [person.sensitivity for person in participants]
    interval = mean_interval(values, CONFIDENCE)
    events = sum(person.true_positives + person.false_negatives for person in participants)
    lacking = []
    if len(participants) < LEAST_PARTICIPANTS:
        lacking.append(f"{len(participants)} of at least {LEAST_PARTICIPANTS} participants")
    if events < LEAST_EPISODES:
        lacking.append(f"{events} of at least {LEAST_EPISODES} drowsy episodes")
    lacking += [
        f"no true positive by {light}" for light, hit in (by_light or {}).items() if not hit
    ]
    if without:
        lacking.append(f"no drowsy episode of {', '.join(without)}")
    mean = float(np.mean(values)) if values else None
    # Readers of the text differ on whether both must hold or one of them: "and/or".
    met = either = None
    if not lacking and mean is not None and interval is not None:
        by_mean, by_bound = mean > LEAST_MEAN, interval[0] > LEAST_LOWER_BOUND
        met, either = by_mean and by_bound, by_mean or by_bound
    return {
        "participants": [
            dataclasses.asdict(person) | {"sensitivity": person.sensitivity}
            for person in participants
        ],
        "mean_sensitivity": mean,
        "confidence": CONFIDENCE,
        "interval": None if interval is None else list(interval),
        "sample_large_enough": not lacking,
        "lacking": "sample too small: " + ", ".join(lacking) if lacking else "",
        "requirement_met": met,
        "requirement_met_if_either_will_do": either,
        "true_positive_by_light": None if by_light is None else dict(by_light),
        "participants_without_event": without,
    }
