"""Compare what the monitor says about recordings with what people saw in them.

Each recording goes through the production measures and judgement, and the result is compared with
labels in a CSV file (docs/evaluation.md). Writes report.html and metrics.json.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fatigue_ros.cli.options import add_shared, read_params
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import note, say
from fatigue_ros.evaluation.report import NOTHING, clock, key_figures, number
from fatigue_ros.evaluation.run import Evaluation, evaluate
from fatigue_ros.evaluation.sources import ObserveSettings

EXAMPLE = "fatigue evaluate drives/* --labels labels.csv --out report"

EXIT_REFUSED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="BAG",
        help="bags; also videos, folders of pictures, and CSV files of eye aspect ratios "
        "(time_s, ear, blink)",
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="what people saw (CSV), or DRIVE.truth.json as written by `fatigue simulate`",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for report.html and metrics.json",
    )
    add_shared(parser, "--json")
    add_shared(parser, "--profile", help="how fatigue is judged; overrides --params")
    add_shared(parser, "--params", help="ROS parameter file, as the nodes take it")
    parser.add_argument(
        "--speed",
        type=float,
        default=90.0,
        metavar="KMH",
        help="vehicle speed in videos and tables (default: %(default)s km/h); bags hold their own",
    )
    add_shared(parser, "--jobs", "--scheduler")


def run(options: argparse.Namespace) -> int:
    """Evaluate, write, print; 2 when a recording was refused or could not be read to its end."""
    count = len(options.recordings)
    with Progress("", count, f"of {count} recordings") as progress:
        evaluation = evaluate(
            options.recordings,
            options.labels,
            ObserveSettings.read(read_params(options), options.profile, options.speed / 3.6),
            workers=options.jobs,
            scheduler=options.scheduler,
            on_done=lambda _: progress.advance(),
        )
    evaluation.write(options.out)
    problems = [r.reason for r in evaluation.refused]
    problems += [
        f"{a.name}: {a.metrics['problem']}" for a in evaluation.assessed if a.metrics["problem"]
    ]
    if options.json:
        say(json.dumps(evaluation.metrics(), indent=2))
    else:
        _print_tables(evaluation, options.out / "report.html")
    for problem in problems:
        note(f"fatigue evaluate: {problem}")
    if evaluation.unused:
        note(f"fatigue evaluate: labels without a recording: {', '.join(evaluation.unused)}")
    return EXIT_REFUSED if problems else 0


def _print_tables(evaluation: Evaluation, page: Path) -> None:
    console = Console()
    total = evaluation.total
    kinds = list(total["events"])
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("\nrecording", overflow="fold", min_width=14)
    events = (f"{kind}s\nF1" for kind in kinds)
    for name in ("\nlength", *events, "PERCLOS\nerror", "pulse\nerror", "level\nmax"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("warned\nt/f/?", justify="right", no_wrap=True)
    table.add_column("shut\nh/u/m", justify="right", no_wrap=True)
    for a in evaluation.assessed:
        m = a.metrics
        scores = [number((m["events"].get(kind) or {}).get("f1"), 3) for kind in kinds]
        table.add_row(
            escape(m["recording"]),
            clock(m["duration_s"]),
            *scores,
            number((m["perclos"] or {}).get("mean_absolute_error"), 3),
            number((m["heart_rate"] or {}).get("mean_absolute_error"), 1),
            number(m["level"]["max"], 0),
            "{true}/{false}/{unknown}".format_map(m["warnings"]),
            "{alarmed}/{unjudged}/{missed}".format_map(m["closed_eyes"])
            if m["closed_eyes"]
            else NOTHING,
        )
    for refused in evaluation.refused:
        table.add_row(escape(refused.name), "refused", style="red")
    console.print(table)
    console.print()
    figures = Table(box=None, pad_edge=False, show_header=False)
    for figure in key_figures(total):
        figures.add_row(figure.name.replace("[", r"\["), figure.value, figure.detail)
    console.print(figures)
    console.print(
        "warned t/f/?: warnings that are true, false, unknown by the labels\n"
        "shut h/u/m: closures of 1 s or longer that were heard, not judged, missed\n",
        style="dim",
    )
    console.print(f"{page}", highlight=False, markup=False)
