"""Test networks on the pictures that were kept for it in training, or on any others.

With --recipe: prints the classification report of each trained network, with 95 % intervals over
persons, then all of them beside the paper's figures. Writes scores.json and pictures of the
confusion matrix, ROC, precision-recall and reliability curves into each network's folder.

With --model: any exported network on any folders of pictures, one for each class. Writes the
whole report (report.md, scores.json, predictions.csv and the pictures) into a folder of --out.
"""

import argparse
from pathlib import Path

from fatigue_ros.cli.learn.options import add_recipe, read_recipe, reading, runs
from fatigue_ros.console import say
from fatigue_ros.errors import FatigueError
from fatigue_ros.extras import require
from fatigue_ros.learning import finished, foreign, shrestha
from fatigue_ros.learning.tables import calibrated, comparison, report
from fatigue_ros.models.inference import FaceModel

EXAMPLE = "fatigue learn test --model custom_cnn.onnx --data others --folders fatigue=tired"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser, needed=False)
    others = parser.add_argument_group("on other pictures")
    others.add_argument(
        "--model", type=Path, metavar="FILE", help="a model file that `fatigue learn export` wrote"
    )
    others.add_argument(
        "--folders",
        nargs="+",
        default=[],
        metavar="CLASS=DIR",
        help="where pictures of a class lie, in --data (default: as --recipe says, else in the"
        " folder of the class's name); a class may be missing",
    )
    others.add_argument(
        "--groups", type=Path, metavar="FILE", help="CSV file of whom the pictures show"
    )
    others.add_argument(
        "--person", metavar="EXPRESSION", help="finds the person in the names of files"
    )
    others.add_argument(
        "--not-in",
        type=Path,
        metavar="DIR",
        help="folder of a training: persons that it has seen are left out",
    )


def run(options: argparse.Namespace) -> int:
    """Print a report for each network."""
    require("learning")
    if options.model is not None:
        return _foreign(options)
    if options.recipe is None:
        raise FatigueError("--recipe: expected a recipe, or a model file by --model; got neither")
    meant = runs(options)
    found = {}
    for done in meant:
        with reading() as progress:
            scores = finished.evaluate(done, options.data, progress.update)
        notes = done.notes
        found[notes.network] = scores
        say(f"{notes.network}: accuracy {scores.accuracy}; split {notes.split}")
        say("\n".join(report(scores)))
        say(calibrated(scores))
        say(f"confusion (rows: picture shows)\n{scores.confusion}")
        say(f"{done.folder / 'scores.json'}\n")
    drowsy = meant[0].recipe.drowsy[0]
    say("\n".join(comparison(found, drowsy, shrestha.PUBLISHED)))
    return 0


def _foreign(options: argparse.Namespace) -> int:
    model = FaceModel(options.model)
    recipe = foreign.recipe_for(
        model.description,
        read_recipe(options)[0] if options.recipe else None,
        options.folders,
        groups=str(options.groups or ""),
        person=options.person or "",
    )
    folder = options.out / f"{options.model.stem}_on_{options.data.resolve().name}"
    with reading() as progress:
        done = foreign.run(
            model,
            options.data,
            recipe,
            folder,
            training=options.not_in,
            on_read=progress.update,
        )
    say(foreign.page(done, options.data))
    say(folder / "report.md")
    return 0
