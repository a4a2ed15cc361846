"""Write a simulated drive into a video or a bag, with the ground truth as JSON beside it.

A bag holds JPEG images, pulse samples, speed and ignition. The same scenario gives the same bytes,
except that a bag holds its own name.
"""

import argparse
from pathlib import Path

from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import say
from fatigue_ros.simulator.scenario_file import load_scenario, scenario_names
from fatigue_ros.simulator.simulate import simulate

EXAMPLE = "fatigue simulate microsleeps -o microsleeps.mp4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "scenario", metavar="SCENARIO", help=f"a file, or one of {', '.join(scenario_names())}"
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="FILE.mp4|BAG",
        help="a video by its ending (.mp4, .avi, .mkv, .mov), else the folder of a new bag",
    )


def run(options: argparse.Namespace) -> int:
    """Write it."""
    scenario = load_scenario(options.scenario)
    with Progress(scenario.name, scenario.duration, "s") as progress:
        truth = simulate(scenario, options.out, progress.update)
    say(f"{options.out}, {scenario.duration:g} s; ground truth: {truth}")
    return 0
