"""Train the networks of a paper, test each on drivers it has not seen, and export it.

Everything about the training is in the recipe. Each network gets a folder in --out with
checkpoints, figures, model_card.md and the model as ONNX. Nothing is sent anywhere; weights learned
on ImageNet are downloaded where the recipe wants them, unless --weights has them already.
"""

import argparse
import sys
from pathlib import Path

from fatigue_ros.cli.learn.options import add_recipe, add_training, read_recipe, reading
from fatigue_ros.cli.options import positive
from fatigue_ros.console import note, say
from fatigue_ros.extras import require
from fatigue_ros.learning import finished, image_folders, shrestha, training
from fatigue_ros.learning.image_folders import Images
from fatigue_ros.learning.networks import PRETRAINED
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.scores import Scores
from fatigue_ros.learning.splits import Subset
from fatigue_ros.learning.tables import comparison
from fatigue_ros.learning.weights import WeightsError, fetch

EXAMPLE = "fatigue learn train --recipe shrestha --data pictures --network custom_cnn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser)
    add_training(parser)
    parser.add_argument("--resume", action="store_true", help="go on after the last whole epoch")
    parser.add_argument(
        "--weights",
        type=Path,
        default=None,
        metavar="DIR",
        help="where weights learned on ImageNet lie or are put (default: weights, in --out)",
    )
    parser.add_argument(
        "--device",
        default="auto",
        metavar="KIND",
        help="auto, cpu, gpu or another of Lightning's accelerators (default: %(default)s)",
    )
    parser.add_argument(
        "--devices", type=positive, default=1, metavar="N", help="how many of them (default: 1)"
    )


def run(options: argparse.Namespace) -> int:
    """Train each network and print the paper's table."""
    require("learning")
    recipe, networks = read_recipe(options)
    for network in networks:
        training.check_folder(options.out / network, recipe, network, resume=options.resume)
    with reading() as progress:
        pictures = image_folders.load(
            options.data,
            recipe,
            random_split=options.random_split_leaks_people,
            on_read=progress.update,
        )
    _note_contents(pictures, recipe)
    found = {network: _train(network, recipe, pictures, options) for network in networks}
    say("\n".join(comparison(found, recipe.drowsy[0], shrestha.PUBLISHED)))
    return 0


def _train(network: str, recipe: Recipe, pictures: Images, options: argparse.Namespace) -> Scores:
    weights = _weights(network, recipe, options)
    done = training.train(
        recipe,
        network,
        pictures,
        options.out / network,
        weights=weights,
        random_split=options.random_split_leaks_people,
        resume=options.resume,
        accelerator=options.device,
        devices=options.devices,
        progress=sys.stderr.isatty(),
    )
    notes = done.notes
    note(f"{network}: {notes.epochs} epochs in {notes.seconds:.0f} s on {notes.machine}")
    scores = finished.evaluate(done, options.data)
    path, difference = finished.write_model(done, options.data, scores)
    note(f"{path}: accuracy {scores.accuracy}, differs from torch by {difference:.1e}")
    return scores


def _weights(network: str, recipe: Recipe, options: argparse.Namespace) -> Path | None:
    if not recipe.pretrained or network not in PRETRAINED:
        return None
    try:
        return fetch(network, options.weights or options.out / "weights")
    except WeightsError as error:
        note(f"{network}: TRAINED FROM SCRATCH, nothing frozen: {error}")
        return None


def _note_contents(pictures: Images, recipe: Recipe) -> None:
    """What there is of each class, and what was left out."""
    for label, name in enumerate(recipe.classes):
        counts = ", ".join(
            f"{int((pictures.labels[pictures.indices(part)] == label).sum())} for {part.value}"
            for part in Subset
        )
        note(f"class {name}: {counts}")
    groups = len(set(pictures.groups))
    note(f"{len(pictures.files)} pictures, divided {pictures.divided}: {groups} {pictures.unit}")
    for file, reason in pictures.skipped:
        note(f"skipped {file}: {reason}")
