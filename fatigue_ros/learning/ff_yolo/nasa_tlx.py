"""NASA-TLX as Tan et al. weigh it: how hard a task felt, from 1 to 10 (Table 2, eq. 1)."""

from __future__ import annotations

import dataclasses

from fatigue_ros.errors import FatigueError

FATIGUED = 7.0
"""[1] from this evaluation on the person counts as subjectively fatigued (section 3.1.2)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Workload:
    """The six answers of the questionnaire, each from 1 (very low) to 10 (very high).

    Raises:
        FatigueError: an answer is out of range.
    """

    mental: float
    physical: float
    temporal: float
    performance: float
    effort: float
    frustration: float

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            score = getattr(self, field.name)
            if not 1.0 <= score <= 10.0:
                raise FatigueError(f"NASA-TLX {field.name}: expected 1 to 10, got {score:g}")

    @property
    def evaluation(self) -> float:
        """[1] The weighted sum, from 1 to 10."""
        exact = sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())
        return float(round(exact, 9))  # binary fractions would make 6.999... of some that are 7

    @classmethod
    def parse(cls, text: str) -> Workload:
        """Read six scores parted by commas, in the order of Table 2.

        Raises:
            FatigueError: they are not six numbers from 1 to 10.
        """
        try:
            scores = [float(part) for part in text.split(",")]
        except ValueError:
            scores = []
        if len(scores) != len(WEIGHTS):
            names = ",".join(WEIGHTS)
            raise FatigueError(f"NASA-TLX: expected six scores ({names}), got {text!r}")
        return cls(*scores)


WEIGHTS = {
    "mental": 0.26,
    "physical": 0.07,
    "temporal": 0.20,
    "performance": 0.07,
    "effort": 0.33,
    "frustration": 0.07,
}
"""[1] Table 2; they sum to 1."""
