"""A whole evaluation: recordings and labels in, report.html and metrics.json out."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fatigue_ros
from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation.assess import Assessed, Job, Refused
from fatigue_ros.evaluation.labels import Labels, labels_for, load_labels
from fatigue_ros.evaluation.pool import assess_all
from fatigue_ros.evaluation.report import render, write_report
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.totals import totals
from fatigue_ros.evaluation.truth import ENDING, load_truth

METRICS_FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What came of it.

    Attributes:
        assessed: recordings, in the order they were given.
        refused: those that could not be read.
        total: figures about all of them.
        unused: names in the labels for which there was no recording.
        settings: how the recordings were played.
    """

    assessed: list[Assessed]
    refused: list[Refused]
    total: dict[str, Any]
    unused: list[str]
    settings: ObserveSettings

    def metrics(self) -> dict[str, Any]:
        """All figures, as written to metrics.json; see docs/evaluation.md."""
        return {
            "format": METRICS_FORMAT,
            "version": fatigue_ros.__version__,
            "settings": self.settings.figures(),
            "total": self.total,
            "recordings": [a.metrics for a in self.assessed],
            "refused": [dataclasses.asdict(r) for r in self.refused],
            "labels_without_recording": self.unused,
        }

    def write(self, folder: Path) -> None:
        """Write report.html and metrics.json.

        Raises:
            FatigueError: the folder cannot be written to.
        """
        page = render(self.assessed, self.refused, self.total, self.settings, unused=self.unused)
        write_report(folder, page, "metrics.json", self.metrics())


def evaluate(
    recordings: Sequence[Path],
    label_files: Sequence[Path],
    settings: ObserveSettings | None = None,
    *,
    workers: int = 0,
    scheduler: str = "",
    on_done: Callable[[Assessed | Refused], None] = lambda _: None,
) -> Evaluation:
    """Play, compare and add up; see :func:`~fatigue_ros.evaluation.pool.assess_all`.

    Args:
        recordings: of different names.
        label_files: CSV files, or what `fatigue simulate` wrote.
        settings: how the recordings are played.
        workers: as for assess_all.
        scheduler: as for assess_all.
        on_done: called with each result as it comes.

    Raises:
        FatigueError: a label file is refused, two recordings have the same name, or the cluster
            cannot be used. A bad recording raises nothing.
    """
    settings = settings or ObserveSettings()
    labels = _load(label_files)
    _refuse_namesakes(recordings)
    paths = [path.resolve() for path in recordings]  # a cluster's workers start somewhere else
    jobs = [Job(path, labels_for(path, labels), settings) for path in paths]
    results = assess_all(jobs, workers=workers, scheduler=scheduler, on_done=on_done)
    assessed = [result for result in results if isinstance(result, Assessed)]
    return Evaluation(
        assessed=assessed,
        refused=[result for result in results if isinstance(result, Refused)],
        total=totals(assessed),
        unused=_unused(labels, recordings),
        settings=settings,
    )


def _load(files: Sequence[Path]) -> dict[str, Labels]:
    truths = [path for path in files if path.name.endswith(ENDING)]
    labels = load_labels([path for path in files if path not in truths])
    for path in truths:
        name, found = load_truth(path)
        if name in labels:
            raise FatigueError(f"{path}: labels for {name} are in another file too")
        labels[name] = found
    return labels


def _refuse_namesakes(recordings: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in recordings:
        if path.name in seen:
            raise FatigueError(
                f"{path}: expected recordings of different names, found {seen[path.name]} too"
            )
        seen[path.name] = path


def _unused(labels: dict[str, Labels], recordings: Sequence[Path]) -> list[str]:
    known = {path.name for path in recordings} | {path.stem for path in recordings}
    return sorted(set(labels) - known)
