"""Score the blink detector on labelled eye-aspect-ratio recordings.

Each file is a CSV with the columns time_s, ear (empty: no face) and blink (1 in every frame of a
labelled blink). The production detector runs over it causally; a detected and a labelled blink
match, one to one, when they overlap within 0.1 s.
"""

import argparse
import json
from pathlib import Path

from fatigue_ros.cli.options import add_shared, read_params
from fatigue_ros.console import say
from fatigue_ros.evaluation.blink_score import score_files
from fatigue_ros.measures.eye_settings import EyeSettings

EXAMPLE = "fatigue blinks video2.csv video3.csv --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.csv", help="recordings")
    add_shared(parser, "--params", "--json")


def run(options: argparse.Namespace) -> int:
    """Print precision, recall and F1 of each file and in total."""
    scores = score_files(options.files, read_params(options).settings("blink", EyeSettings))
    if options.json:
        say(json.dumps(scores, indent=2))
        return 0
    width = max(len(name) for name in scores)
    say(f"{'':{width}}  precision  recall     F1  detected  labelled")
    for name, s in scores.items():
        say(
            f"{name:{width}}  {s['precision']:9.3f}  {s['recall']:6.3f}  {s['f1']:5.3f}"
            f"  {s['detected']:8d}  {s['labelled']:8d}"
        )
    return 0
