"""How hard a drive or task felt: the six answers of the NASA-TLX (Hart and Staveland 1988).

With the weights, and from 1 to 10, as Tan et al. (2025) ask for it.
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import read_text

WEIGHTS = {
    "mental": 0.26,
    "physical": 0.07,
    "temporal": 0.20,
    "performance": 0.07,
    "effort": 0.33,
    "frustration": 0.07,
}
"""[1] of the answers (Table 2); they sum to 1."""

ANSWERS = ".nasa_tlx.json"
"""What follows a recording's name in that of the file with the person's answers."""


@dataclasses.dataclass(frozen=True, slots=True)
class Workload:
    """How hard a task felt: the six answers of the NASA-TLX, from 1 (very low) to 10 (very high).

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
        """[1] The weighted sum, from 1 to 10 (eq. 1), by the paper's weights."""
        return self.weighted(WEIGHTS)

    def weighted(self, weights: Mapping[str, float]) -> float:
        """[1] The same by other weights, which sum to 1."""
        exact = sum(weight * getattr(self, name) for name, weight in weights.items())
        return float(round(exact, 9))  # binary fractions would make 6.999... of some that are 7

    @classmethod
    def parse(cls, text: str) -> "Workload":
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

    @classmethod
    def read(cls, path: Path) -> "Workload":
        """Read a JSON file with a number for each of the six.

        Raises:
            FatigueError: it cannot be read or is none.
        """
        names = ", ".join(WEIGHTS)
        try:
            answers = json.loads(read_text(path, FatigueError))
            return cls(*(float(answers[name]) for name in WEIGHTS))
        except (KeyError, TypeError, ValueError) as error:
            raise FatigueError(f"{path}: expected numbers {names}, but {error!r}") from error

    def write(self, path: Path) -> None:
        """Write the file that :meth:`read` reads.

        Raises:
            FatigueError: it cannot be written.
        """
        try:
            path.write_text(json.dumps(dataclasses.asdict(self)) + "\n", encoding="utf-8")
        except OSError as error:
            raise FatigueError(f"{path}: cannot be written: {error.strerror}") from error


def answers_file(recording: Path) -> Path:
    """Where the answers to a recording lie: beside it, whether it is a file or a folder."""
    name = recording.name if recording.is_dir() else recording.stem
    return recording.with_name(name + ANSWERS)
