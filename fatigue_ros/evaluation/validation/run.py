"""A whole validation: a folder of data sets in, report.html and validation.json out."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

import fatigue_ros
from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.assess import Refused
from fatigue_ros.evaluation.pool import run_all
from fatigue_ros.evaluation.report import NOTHING, image, number, percent, write_report
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.validation import pictures
from fatigue_ros.evaluation.validation.features import FEATURE_FOLDERS, play_features
from fatigue_ros.evaluation.validation.figures import labelled, report, rows
from fatigue_ros.evaluation.validation.layouts import LAYOUTS, VideoSet, find_videos
from fatigue_ros.evaluation.validation.people import Person, PlayedFolder, split
from fatigue_ros.evaluation.validation.videos import (
    PersonJob,
    PlayedPerson,
    assemble,
    play_person,
)
from fatigue_ros.fusion.settings import FusionSettings

FORMAT = 1
_TEMPLATE = Path(__file__).with_name("page.html.jinja")
_SIDES = {
    "left_out": (
        "People left out",
        "No constant was fitted on them; docs/validation.md says what was seen of them.",
    ),
    "fitted": (
        "People that constants were fitted on",
        "Figures are too good here: the constants were chosen so.",
    ),
    "all": ("All people", "Both together, those that constants were fitted on included."),
}


@dataclasses.dataclass(frozen=True)
class Validation:
    """What came of it.

    Attributes:
        folders: that were played.
        refused: why others were not, one line each.
        settings: where the level warns.
    """

    folders: list[PlayedFolder]
    refused: list[str]
    settings: FusionSettings

    @functools.cached_property
    def figures(self) -> dict[str, Any]:
        """All figures, as written to validation.json; see docs/validation.md.

        The folders and ``level`` are over all people; ``left_out`` and ``fitted`` hold the same for
        those sides of the split.
        """
        sides = self._sides()
        found: dict[str, Any] = {
            **sides["all"],
            **{name: figures for name, figures in sides.items() if name != "all"},
            "labelled": labelled(self.folders),
            "people": self._rows(),
            "refused": self.refused,
            "about": {
                "format": FORMAT,
                "version": fatigue_ros.__version__,
                "warns_from": self.settings.OPTICAL_WARNING_THRESHOLD_L,
                "notes": {folder.name: folder.notes for folder in self.folders},
            },
        }
        return found

    def write(self, folder: Path) -> None:
        """Write report.html and validation.json.

        Raises:
            FatigueError: the folder cannot be written to.
        """
        figures = self.figures
        page = self._page(figures)
        write_report(folder, page, "validation.json", figures)

    def _threshold(self) -> tuple[float, float]:
        return self.settings.OPTICAL_WARNING_THRESHOLD_L, self.settings.level_hysteresis

    def _sides(self) -> dict[str, Any]:
        every = {r.person for f in self.folders for r in f.recordings}
        fitted = every & split()["fitted"]
        chosen: dict[str, set[Person]] = {
            "all": every,
            "left_out": every - fitted,
            "fitted": fitted,
        }
        return {
            name: report(self.folders, *self._threshold(), people)
            for name, people in chosen.items()
            if people or name == "all"
        }

    def _rows(self) -> list[Mapping[str, Any]]:
        fitted = split()["fitted"]
        return [
            {**row, "side": "fitted" if row["person"] in fitted else "left_out"}
            for row in rows(self.folders, *self._threshold())
        ]

    def _page(self, figures: Mapping[str, Any]) -> str:
        environment = Environment(autoescape=True, undefined=StrictUndefined)
        environment.filters |= {
            "number": number,
            "percent": percent,
            "image": image,
            "interval": lambda ci, digits: (
                f"{number(ci[0], digits)} to {number(ci[1], digits)}" if ci else NOTHING
            ),
        }
        sides = [
            {
                "title": title,
                "text": text,
                "figures": {f.name: found[f.name] for f in self.folders if f.name in found}
                | {"level": found["level"]},
            }
            for name, (title, text) in _SIDES.items()
            if (found := figures if name == "all" else figures.get(name))
        ]
        threshold = self.settings.OPTICAL_WARNING_THRESHOLD_L
        small = [
            {"title": f"ROC, {f.name}", "text": "over people", "svg": pictures.roc(f)}
            for f in self.folders
        ] + [
            {
                "title": f"Reliability, {f.name}",
                "text": "with the number of recordings; half are drowsy here, in traffic few are",
                "svg": pictures.reliability(f.recordings),
            }
            for f in self.folders
        ]
        wide = [
            {"title": f"The level, {f.name}", "svg": pictures.courses(f, threshold)}
            for f in self.folders
        ]
        return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
            title="Validation of the fatigue level",
            version=fatigue_ros.__version__,
            threshold=threshold,
            folders=self.folders,
            refused=self.refused,
            sides=sides,
            pictures=small,
            wide=wide,
            rows=figures["people"],
            labelled=figures["labelled"],
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Effort:
    """How a validation of videos is worked on; see :func:`~fatigue_ros.evaluation.pool.run_all`.

    Attributes:
        workers: processes on this machine; 0: one for each core.
        scheduler: address of a Dask scheduler; empty: this machine.
        keep: folder for what was played, so that it need not be played again; None keeps nothing.
        on_work: told how many people, and folders of features, there are.
        on_done: told of each one that is done.
    """

    workers: int = 0
    scheduler: str = ""
    keep: Path | None = None
    on_work: Callable[[int], None] = lambda _: None
    on_done: Callable[[str], None] = lambda _: None


def validate(
    folder: Path, settings: ObserveSettings | None = None, effort: Effort | None = None
) -> Validation:
    """Play every data set in a folder, or the folder itself where it is one.

    Args:
        folder: with data sets in layouts of docs/validation.md.
        settings: how recordings are played, and the constants of the level.
        effort: how much at a time, and where.

    Raises:
        SourceError: there is no data set at all.
        FatigueError: the cluster cannot be used.
    """
    settings, effort = settings or ObserveSettings(), effort or Effort()
    fusion = settings.monitor.for_a_recording().fusion
    if not folder.is_dir():
        raise SourceError(f"{folder}: expected a folder with data sets, found none")
    found: list[PlayedFolder | VideoSet] = []
    refused, foreign = [], []
    folder = folder.resolve()  # a cluster's workers start somewhere else
    for candidate in [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]:
        try:
            one = play_features(candidate, fusion) or find_videos(candidate)
        except SourceError as error:
            refused.append(str(error))
            continue
        if one is not None:
            found.append(one)
            if candidate == folder:
                break  # the others are parts of it
        elif candidate != folder:
            foreign.append(f"{candidate}: {_UNKNOWN}")
    if not found:
        raise SourceError(refused[0] if refused else f"{folder}: {_UNKNOWN}")
    played, broken = _play(found, settings, effort)
    if not played:
        raise SourceError(broken[0])
    return Validation(played, refused + broken + foreign, fusion)


def _play(
    found: list[PlayedFolder | VideoSet], settings: ObserveSettings, effort: Effort
) -> tuple[list[PlayedFolder], list[str]]:
    """Play what has to be played; returns the folders and why people of them were refused."""
    jobs = {
        one.folder: [PersonJob(somebody, settings) for somebody in one.people]
        for one in found
        if isinstance(one, VideoSet)
    }
    every = [job for of_set in jobs.values() for job in of_set]
    results: dict[int, PlayedPerson | Refused] = {}
    files = {id(job): effort.keep / f"{job.key()}.json" for job in every} if effort.keep else {}
    for job in every:
        if files and (kept := PlayedPerson.read(files[id(job)])) is not None:
            results[id(job)] = kept
    left = [job for job in every if id(job) not in results]
    effort.on_work(len(every) + len(found) - len(jobs))
    for one in found:
        if isinstance(one, PlayedFolder):
            effort.on_done(one.name)
    for job in every:
        if id(job) in results:
            effort.on_done(str(job.somebody.person))
    work = functools.partial(_play_and_keep, {str(job.path): files.get(id(job)) for job in left})
    played = run_all(
        left,
        work,
        workers=effort.workers,
        scheduler=effort.scheduler,
        on_done=lambda _: effort.on_done(""),
    )
    results |= {id(job): result for job, result in zip(left, played, strict=True)}
    folders, broken = [], []
    for one in found:
        if isinstance(one, PlayedFolder):
            folders.append(one)
            continue
        people = [results[id(job)] for job in jobs[one.folder]]
        broken += [f"{one.folder}: {p.name}: {p.reason}" for p in people if isinstance(p, Refused)]
        whole = [person for person in people if isinstance(person, PlayedPerson)]
        if whole:
            folders.append(assemble(one, whole))
    return folders, broken


def _play_and_keep(files: Mapping[str, Path | None], job: PersonJob) -> PlayedPerson | Refused:
    played, file = play_person(job), files[str(job.path)]
    if file is not None and isinstance(played, PlayedPerson):
        played.write(file)
    return played


_UNKNOWN = f"expected a data set ({FEATURE_FOLDERS}; {LAYOUTS}), found nothing of the kind"
