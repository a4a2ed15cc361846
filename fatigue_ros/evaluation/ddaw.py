"""Sensitivity of a driver drowsiness and attention warning over participants.

Commission Delegated Regulation (EU) 2021/1341 has a system tried with at least ten people, who
report their sleepiness, and looks at the share of drowsy episodes in which each was warned.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from fatigue_ros.evaluation.warning_score import DrowsyEpisode

LEAST_PARTICIPANTS = 10
LEAST_EPISODES = 10
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


def sensitivity(people: Sequence[Participant]) -> dict[str, Any]:
    """Mean sensitivity, its confidence interval, and whether the sample is large enough."""
    values = [person.sensitivity for person in people]
    interval = mean_interval(values, CONFIDENCE)
    events = sum(person.true_positives + person.false_negatives for person in people)
    lacking = []
    if len(people) < LEAST_PARTICIPANTS:
        lacking.append(f"{len(people)} of at least {LEAST_PARTICIPANTS} participants")
    if events < LEAST_EPISODES:
        lacking.append(f"{events} of at least {LEAST_EPISODES} drowsy episodes")
    mean = float(np.mean(values)) if values else None
    met = None
    if not lacking and mean is not None and interval is not None:
        met = mean > LEAST_MEAN and interval[0] > LEAST_LOWER_BOUND
    return {
        "participants": [
            dataclasses.asdict(person) | {"sensitivity": person.sensitivity} for person in people
        ],
        "mean_sensitivity": mean,
        "confidence": CONFIDENCE,
        "interval": None if interval is None else list(interval),
        "sample_large_enough": not lacking,
        "lacking": "sample too small: " + ", ".join(lacking) if lacking else "",
        "requirement_met": met,
    }
