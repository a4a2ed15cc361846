"""Play a bag for the nodes that run: what was measured, with its clock, so that they judge anew.

Begins when all of them listen, and loses nothing. What they work out themselves is not played. The
launch file replay.launch.py starts the nodes too; they run with use_sim_time.
"""

import argparse
import os
from pathlib import Path

from fatigue_ros.cli.options import positive_number
from fatigue_ros.console import note
from fatigue_ros.desk.bag_player import PLAYED, play
from fatigue_ros.settings.resources import shared_memory_environment

EXAMPLE = "fatigue play drive --from landmarks --rate 2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of a bag, or an .mcap file")
    parser.add_argument(
        "--from",
        dest="stage",
        choices=tuple(PLAYED),
        help="what to begin with (default: the first of these that is in the bag)",
    )
    parser.add_argument(
        "--rate", type=positive_number, default=1.0, metavar="R", help="how many times real time"
    )
    parser.add_argument("--namespace", metavar="NAME", help="of the topics and the nodes")


def run(options: argparse.Namespace) -> int:
    """Play all of it."""
    os.environ.update(shared_memory_environment())  # or images get lost on their way
    problem = play(options.bag, options.stage, options.namespace, options.rate)
    if problem:
        note(f"fatigue play: {problem}")
    return 1 if problem else 0
