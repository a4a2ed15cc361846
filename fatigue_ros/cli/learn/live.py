"""Test a model on clips of people whose state is known, by person and condition.

The list (CSV: clip,person,condition,state, and start,end in seconds where only a part counts) says
of each clip whether its person is drowsy or awake, or the model's class that is seen. Each is
looked at as `face_state` looks at a camera. Prints accuracy, precision and sensitivity, as
Mujahidin et al. (2024) give them of two participants, and in how many clips the alarm came.
"""

import argparse
from pathlib import Path

from fatigue_ros.cli.options import positive
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import say
from fatigue_ros.learning import live_test
from fatigue_ros.models.inference import FaceModel

EXAMPLE = "fatigue learn live --model haar.onnx --clips people.csv --out people_said.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--model", type=Path, required=True, metavar="FILE", help="an exported model"
    )
    parser.add_argument(
        "--clips", type=Path, required=True, metavar="CSV", help="the list; clips lie beside it"
    )
    parser.add_argument(
        "--rate",
        type=positive,
        default=int(live_test.RATE),
        metavar="HZ",
        help="looks a second (default: %(default)s)",
    )
    parser.add_argument("-o", "--out", type=Path, metavar="CSV", help="gets a line for each clip")


def run(options: argparse.Namespace) -> int:
    """Look at each clip and print the table."""
    model = FaceModel(options.model)
    about = model.description
    clips = live_test.read_clips(options.clips, about.drowsy, about.classes)
    with Progress("clips", float("nan"), "looks") as progress:
        found = live_test.watch(model, clips, float(options.rate), progress.advance)
    say("\n".join(live_test.report(found)))
    if options.out:
        options.out.write_text(live_test.as_csv(found), encoding="utf-8")
        say(options.out)
    return 0
