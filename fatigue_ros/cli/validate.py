"""Hold the fatigue level against people who were alert and tired, and report over people.

Reads public data sets in their own layouts (docs/validation.md): videos go through the production
chain, features that others measured through the scores of the level. Writes report.html and
validation.json where --out names a folder, and keeps there what was played: broken off, it goes on.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fatigue_ros.cli.options import add_shared, read_params
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import note, say
from fatigue_ros.evaluation.report import NOTHING, number
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.validation.run import Effort, validate

EXAMPLE = "fatigue validate tired_people --out report"

EXIT_REFUSED = 2
_WIDTH = 115  # [1] letters that the names of measures need; a narrower terminal breaks the lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="data sets, one a folder")
    add_shared(parser, "--json")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for report.html and validation.json"
    )
    add_shared(parser, "--params", help="ROS parameter file, as the nodes take it")
    add_shared(parser, "--jobs", help="people at a time on this machine (default: one a core)")
    add_shared(parser, "--scheduler")


def run(options: argparse.Namespace) -> int:
    """Validate, write, print; 2 when a folder was refused."""
    settings = ObserveSettings.read(read_params(options), "evidence", 25.0)
    with Progress("", float("nan"), "of the people and folders") as progress:
        effort = Effort(
            workers=options.jobs,
            scheduler=options.scheduler,
            keep=options.out / "played" if options.out else None,
            on_work=progress.expect,
            on_done=lambda _: progress.advance(),
        )
        validation = validate(options.folder, settings, effort)
    figures = validation.figures
    if options.out is not None:
        validation.write(options.out)
    if options.json:
        say(json.dumps(figures, indent=2))
    else:
        names = [folder.name for folder in validation.folders]
        for side in ("left_out", "fitted"):
            if side in figures:
                _print(side.replace("_", " "), figures[side], names)
        if options.out is not None:
            say(options.out / "report.html")
    for reason in validation.refused:
        note(f"fatigue validate: {reason}")
    return EXIT_REFUSED if validation.refused else 0


def _print(side: str, figures: dict[str, Any], names: list[str]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, title=f"people {side}")
    table.add_column("folder")
    table.add_column("measure")
    for name in ("people", "AUC", "95 %", "low vigilance", "against mean", "95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in names:
        for measure, m in figures.get(name, {}).items():
            against = m["against_mean_duration"] or {}
            table.add_row(
                name,
                measure,
                str(m["people"]),
                number(m["auc"], 3),
                _interval(m["ci"], 2),
                number((m["low_vigilance"] or {}).get("auc"), 2),
                number(against.get("difference"), 3),
                _interval(against.get("ci"), 3),
                style="bold" if measure == "level" else "",
            )
    console = Console(width=max(Console().width, _WIDTH))
    console.print(table)
    level = figures["level"]
    console.print(
        f"level: warned in {level['warned_drowsy']} of {level['drowsy']} drowsy recordings and in "
        f"{level['warned_alert']} of {level['alert']} alert ones, {level['alert_hours']:.2f} h "
        f"({_interval(level['warnings_per_alert_hour_ci'], 2)} an hour)\n",
        highlight=False,
    )


def _interval(ci: Any, digits: int) -> str:
    return f"{number(ci[0], digits)} to {number(ci[1], digits)}" if ci else NOTHING
