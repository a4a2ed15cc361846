"""Turn sessions of people by age group and time of day into a table and two figures.

The experiment of Mafteiu-Scai and Bobora 2025: FOLDER holds bags or summaries and sessions.csv,
which says whose they are (docs/evaluation.md). Everything is judged by profile 'paper'. Writes
table_1.csv, figure_6 and figure_7 (CSV and PNG) and study.html. --simulate makes such a folder.
"""

import argparse
from pathlib import Path

from fatigue_ros.cli.options import add_shared, positive, read_params
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import note, say
from fatigue_ros.evaluation import study
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.simulator.sessions import write_study

EXAMPLE = "fatigue study sessions --simulate 2 --out build/study"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="sessions and sessions.csv")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build/study"),
        metavar="DIR",
        help="gets table, figures and page (default: %(default)s)",
    )
    parser.add_argument(
        "--simulate",
        type=positive,
        metavar="N",
        help="first write made-up sessions of N people of each of two age groups into FOLDER",
    )
    add_shared(parser, "--params")


def run(options: argparse.Namespace) -> int:
    """Judge, write, print where; 1 when a session could not be used."""
    settings = MonitorSettings.read(read_params(options), "paper")
    with Progress("study", float("nan"), "sessions") as progress:
        if options.simulate:
            write_study(
                options.folder,
                settings.fusion,
                options.simulate,
                on_session=lambda _: progress.advance(),
            )
        found = study.run(options.folder, settings, lambda _: progress.advance())
    for path in found.write(options.out):
        say(path)
    for reason in found.refused:
        note(f"fatigue study: {reason}")
    return 1 if found.refused else 0
