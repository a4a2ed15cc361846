"""Write trained networks as ONNX files for the driver monitor, each with its model card.

Each is tested first, since its card says how it does, and what ONNX Runtime makes of pictures of
the test is compared with what torch does.
"""

import argparse

from fatigue_ros.cli.learn.options import add_recipe, reading, runs
from fatigue_ros.console import say
from fatigue_ros.learning import finished

EXAMPLE = "fatigue learn export --recipe shrestha --data pictures --network custom_cnn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser)


def run(options: argparse.Namespace) -> int:
    """Print each file's path and how far it is from torch."""
    for done in runs(options):
        with reading() as progress:
            scores = finished.evaluate(done, options.data, progress.update)
        path, difference = finished.write_model(done, options.data, scores)
        say(f"{path}: differs from torch by {difference:.1e}")
    return 0
