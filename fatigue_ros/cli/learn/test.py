"""Test trained networks on the pictures that were kept for it when they were trained.

Prints the classification report of each, with 95 % intervals over persons, then all of them beside
the paper's figures. Writes scores.json and pictures of the confusion matrix, ROC and
precision-recall curves into each network's folder.
"""

import argparse

from fatigue_ros.cli.learn.options import add_recipe, reading, runs
from fatigue_ros.console import say
from fatigue_ros.learning import finished, shrestha
from fatigue_ros.learning.tables import comparison, report

EXAMPLE = "fatigue learn test --recipe shrestha --data pictures --network custom_cnn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser)


def run(options: argparse.Namespace) -> int:
    """Print a report for each network."""
    meant = runs(options)
    found = {}
    for done in meant:
        with reading() as progress:
            scores = finished.evaluate(done, options.data, progress.update)
        notes = done.notes
        found[notes.network] = scores
        say(f"{notes.network}: accuracy {scores.accuracy}; split {notes.split}")
        say("\n".join(report(scores)))
        say(f"confusion (rows: picture shows)\n{scores.confusion}")
        say(f"{done.folder / 'scores.json'}\n")
    drowsy = meant[0].recipe.drowsy[0]
    say("\n".join(comparison(found, drowsy, shrestha.PUBLISHED)))
    return 0
