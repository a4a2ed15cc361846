"""Test trained networks on the pictures that were kept for it when they were trained.

Prints the classification report of each, with 95 % intervals over persons, then all of them beside
the paper's figures. Writes scores.json and pictures of the confusion matrix, ROC and
precision-recall curves into each network's folder.
"""

from __future__ import annotations

import argparse

from fatigue_ros.cli.learn.options import add_recipe, reading, runs
from fatigue_ros.console import say
from fatigue_ros.learning import finished, shrestha
from fatigue_ros.learning.comparison import table as side_by_side
from fatigue_ros.learning.model_card import table

EXAMPLE = "fatigue learn test --recipe shrestha --data pictures --network custom_cnn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser)


def run(options: argparse.Namespace) -> int:
    """Print a report for each network."""
    meant = runs(options)
    found = {}
    for done in meant:
        with reading("reading") as on_read:
            scores = finished.evaluate(done, options.data, on_read)
        notes = done.notes
        found[notes.network] = scores
        say(f"{notes.network}: accuracy {scores.accuracy}; split {notes.split}")
        say("\n".join(table(scores)))
        say(f"confusion (rows: picture shows)\n{scores.confusion}")
        say(f"{done.folder / 'scores.json'}\n")
    drowsy = meant[0].recipe.drowsy[0]
    say("\n".join(side_by_side(found, drowsy, shrestha.PUBLISHED)))
    return 0
