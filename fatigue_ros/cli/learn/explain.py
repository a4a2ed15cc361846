"""Show what in pictures a network's answer hangs on: gradients, integrated gradients, Grad-CAM.

Each picture becomes a sheet of four in the network's folder: as it is, the gradient, integrated
gradients and Grad-CAM, for the class that the network says; beside it the class that it shows.
"""

import argparse
from pathlib import Path

from fatigue_ros.cli.learn.options import add_recipe, runs
from fatigue_ros.console import say
from fatigue_ros.learning import finished

EXAMPLE = "fatigue learn explain --recipe shrestha --data pictures --pictures me.png"

_OF_THE_TEST = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser)
    parser.add_argument(
        "--pictures",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help=f"pictures to explain (default: {_OF_THE_TEST} of the test)",
    )


def run(options: argparse.Namespace) -> int:
    """Write a sheet for each picture and print its path."""
    for done in runs(options):
        if options.pictures:
            pictures = finished.given_pictures(done, options.pictures)
        else:
            pictures = finished.kept_pictures(done, options.data, _OF_THE_TEST)
        for path in finished.explain(done, pictures):
            say(path)
    return 0
