"""A whole validation: a folder of data sets in, report.html and validation.json out."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

import fatigue_ros
from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.report import NOTHING, image, number, percent, write_report
from fatigue_ros.evaluation.validation import pictures
from fatigue_ros.evaluation.validation.features import FEATURE_FOLDERS, play_features
from fatigue_ros.evaluation.validation.figures import report, rows
from fatigue_ros.evaluation.validation.people import PlayedFolder, split
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
        fitted = split()["fitted"] & every
        chosen = {"all": every, "left_out": every - fitted, "fitted": fitted}
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
        )


def validate(
    folder: Path,
    settings: FusionSettings | None = None,
    on_done: Callable[[str], None] = lambda _: None,
) -> Validation:
    """Play every data set in a folder, or the folder itself where it is one.

    Args:
        folder: with data sets in layouts of docs/validation.md.
        settings: of the level.
        on_done: called with the name of each folder that was played.

    Raises:
        SourceError: there is no data set at all.
    """
    settings = settings or FusionSettings(state_directory="none")
    if not folder.is_dir():
        raise SourceError(f"{folder}: expected a folder with data sets, found none")
    candidates = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    played, refused, foreign = [], [], []
    for candidate in candidates:
        try:
            found = play_features(candidate, settings)
        except SourceError as error:
            refused.append(str(error))
            continue
        if found is not None:
            played.append(found)
            on_done(found.name)
        elif candidate != folder:
            foreign.append(f"{candidate}: {_UNKNOWN}")
    if not played:
        raise SourceError(refused[0] if refused else f"{folder}: {_UNKNOWN}")
    return Validation(played, refused + foreign, settings)


_UNKNOWN = f"expected a data set ({FEATURE_FOLDERS}), found nothing of the kind"
