"""Write trained networks as ONNX files for the driver monitor, each with its model card.

Each is tested first, since its card says how it does, and what ONNX Runtime makes of pictures of
the test is compared with what torch does.
"""

from __future__ import annotations

import argparse

from fatigue_ros.cli.learning_options import add_shared, reading, runs

HELP = "write trained networks as ONNX files"
EXAMPLE = "fatigue export --recipe shrestha --data pictures --network custom_cnn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_shared(parser)


def run(options: argparse.Namespace) -> int:
    """Print each file's path and how far it is from torch."""
    meant = runs(options)
    from fatigue_ros.learning import finished  # noqa: PLC0415 - takes seconds

    for done in meant:
        with reading("reading") as on_read:
            scores = finished.evaluate(done, options.data, on_read)
        exported = finished.write_model(done, options.data, scores)
        print(f"{exported.path}: differs from torch by {exported.difference:.1e}")  # noqa: T201
    return 0
