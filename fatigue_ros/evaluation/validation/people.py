"""What is known of people in a data set, and what came of it: the words of a validation."""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import yaml

from fatigue_ros.evaluation.agreement import Array

ALERT, LOW, DROWSY = 0, 5, 10
"""What people said of themselves, in the numbers of UTA-RLDD: alert, of low vigilance, drowsy."""
BETWEEN, YAWNING = 4, 20
"""Neither alert nor tired by KSS (4 or 5); yawning, who is not tired for that."""
STATES = {
    ALERT: "alert",
    BETWEEN: "in between",
    LOW: "low vigilance",
    DROWSY: "drowsy",
    YAWNING: "yawning",
}
Person: TypeAlias = int | str
"""A number of UTA-RLDD, whatever was made of it, or the name of another data set and a number."""


def by_number(person: Person) -> tuple[int, str]:
    """To sort people by: the numbers of UTA-RLDD first."""
    return (person, "") if isinstance(person, int) else (sys.maxsize, person)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording:
    """One person in one state, played through the scores of the level.

    Attributes:
        person: who.
        state: one of :data:`STATES`.
        measures: by name, one figure for the recording; NaN where it could not be made.
        level: [%] course of the level, shape (n,); NaN where there was none.
        duration: [s] that the course stands for.
    """

    person: Person
    state: int
    measures: Mapping[str, float]
    level: Array
    duration: float

    @property
    def mean_level(self) -> float:
        """[%] NaN when there was no level at all."""
        known = self.level[np.isfinite(self.level)]
        return float(known.mean()) if known.size else float("nan")

    def warnings(self, threshold: float, hysteresis: float) -> list[float]:
        """[s] When the level reached the threshold [%] anew, having fallen below it enough."""
        found: list[float] = []
        armed = True
        for i, value in enumerate(self.level):
            if armed and value >= threshold:
                found.append(self.duration * i / len(self.level))
                armed = False
            elif value < threshold - hysteresis:
                armed = True
        return found


@dataclasses.dataclass(frozen=True)
class PlayedFolder:
    """All recordings of a folder.

    Attributes:
        name: of the folder, as in the data.
        recordings: of every person in every state that is there.
        notes: what a reader must know of the data, one sentence each.
        tired: the state that is told from the alert one.
        blinks: precision, recall and F1 of blinks, where somebody labelled them.
        kss: what people answered, and the mean level [%] of that recording.
    """

    name: str
    recordings: list[Recording]
    notes: list[str]
    tired: int = DROWSY
    blinks: Mapping[str, float] | None = None
    kss: Sequence[tuple[int, float]] = ()


def split() -> dict[str, set[int]]:
    """People of UTA-RLDD by side: ``fitted`` those that constants may rest on, ``left_out``."""
    text = Path(__file__).with_name("split.yaml").read_text(encoding="utf-8")
    return {side: set(entry["people"]) for side, entry in yaml.safe_load(text).items()}
