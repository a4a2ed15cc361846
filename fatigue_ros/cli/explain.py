"""Show what in pictures a network's answer hangs on: gradient saliency and integrated gradients.

Each picture becomes a sheet of three in the network's folder: as it is, the gradient, and
integrated gradients, for the class that the network says.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fatigue_ros.cli.learning_options import add_shared, runs

HELP = "show what in pictures a network's answer hangs on"
EXAMPLE = "fatigue explain --recipe shrestha --data pictures --network resnet50 --pictures me.png"

_OF_THE_TEST = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_shared(parser)
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
    meant = runs(options)
    from fatigue_ros.learning import finished  # noqa: PLC0415 - takes seconds

    for done in meant:
        if options.pictures:
            pictures = finished.given_pictures(done, options.pictures)
        else:
            pictures = finished.kept_pictures(done, options.data, _OF_THE_TEST)
        for path in finished.explain(done, pictures):
            print(path)  # noqa: T201 - the result
    return 0
