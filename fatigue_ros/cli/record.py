"""Record what the running nodes say into a bag that ros2 bag and Foxglove can read.

Without --with-images nobody can be recognised in it. Ends with Ctrl-C.
"""

import argparse
import math
import os
from pathlib import Path

from fatigue_ros.bags.recorder import record
from fatigue_ros.console import say
from fatigue_ros.settings.resources import shared_memory_environment

EXAMPLE = "fatigue record -o drive --duration 3600"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="BAG", help="folder of a new bag"
    )
    parser.add_argument(
        "--with-images", action="store_true", help="keep the camera's images too, as JPEG"
    )
    parser.add_argument(
        "--duration", type=float, default=math.inf, metavar="S", help="end after so many seconds"
    )
    parser.add_argument("--namespace", metavar="NAME", help="of the nodes to record")
    parser.add_argument(
        "--use-sim-time", action="store_true", help="stamp by /clock, for a system that runs on it"
    )


def run(options: argparse.Namespace) -> int:
    """Record until Ctrl-C, the duration or an error."""
    os.environ.update(shared_memory_environment())  # or images from another process get lost
    settings = {
        "bag": str(options.out),
        "with_images": options.with_images,
        "use_sim_time": options.use_sim_time,
    }
    messages = record(settings, options.namespace, options.duration)
    say(f"{options.out}: {messages} messages")
    return 0 if messages else 1
