"""Test trained networks on the pictures that were kept for it when they were trained.

Prints the classification report of each, with 95 % intervals over persons, then all of them beside
the paper's figures. Writes scores.json and pictures of the confusion matrix, ROC and
precision-recall curves into each network's folder.
"""

from __future__ import annotations

import argparse

from fatigue_ros.cli.learning_options import add_shared, reading, runs

HELP = "test trained networks on drivers they have not seen"
EXAMPLE = "fatigue test --recipe shrestha --data pictures --network custom_cnn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_shared(parser)


def run(options: argparse.Namespace) -> int:
    """Print a report for each network."""
    meant = runs(options)
    from fatigue_ros.learning import finished, shrestha  # noqa: PLC0415 - takes seconds
    from fatigue_ros.learning.comparison import table as side_by_side  # noqa: PLC0415
    from fatigue_ros.learning.model_card import table  # noqa: PLC0415

    found = {}
    for done in meant:
        with reading("reading") as on_read:
            scores = finished.evaluate(done, options.data, on_read)
        notes = done.notes
        found[notes.network] = scores
        print(f"{notes.network}: accuracy {scores.accuracy}; split {notes.split}")  # noqa: T201
        print("\n".join(table(scores)))  # noqa: T201 - the result
        print(f"confusion (rows: picture shows)\n{scores.confusion}")  # noqa: T201
        print(f"{done.folder / 'scores.json'}\n")  # noqa: T201
    drowsy = meant[0].recipe.drowsy[0]
    print("\n".join(side_by_side(found, drowsy, shrestha.PUBLISHED)))  # noqa: T201 - the result
    return 0
