"""Train a network with and without the Haar stage, and print the table of Mujahidin et al. (2024).

Both trainings see the same people and are tested after 35, 50 and 100 epochs. They lie in the
folders haar and whole of --out, where `fatigue learn test` and `export` find them. What is there
already is not done again, so that a command that was broken off goes on.
"""

import argparse
import sys

from fatigue_ros.cli.learn.options import add_recipe, add_training, read_recipe, reading
from fatigue_ros.cli.options import positive
from fatigue_ros.console import note, say
from fatigue_ros.extras import require
from fatigue_ros.learning import haar_comparison as comparison

EXAMPLE = "fatigue learn haar --recipe mujahidin --data pictures --out build/models/mujahidin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_recipe(parser)
    add_training(parser)
    parser.add_argument(
        "--epochs",
        type=positive,
        nargs="+",
        default=None,
        metavar="N",
        help="after which to test (default: 35 50 100)",
    )


def run(options: argparse.Namespace) -> int:
    """Train, test and print the table."""
    require("learning")
    recipe, [network, *_] = read_recipe(options)
    random = options.random_split_leaks_people
    epochs = options.epochs or comparison.EPOCHS
    comparison.check_folders(options.out, recipe, network, epochs, random_split=random)
    with reading() as progress:
        pictures = comparison.read(
            options.data, recipe, random_split=random, on_read=progress.update
        )
    results = comparison.compare(
        pictures,
        recipe,
        network,
        options.out,
        epochs=epochs,
        random_split=random,
        progress=sys.stderr.isatty(),
    )
    for result in results:
        kinds = ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in result.kinds.items())
        note(
            f"{result.region}, {result.epochs} epochs: {result.judged} of {result.pictures} "
            f"pictures judged; right of those that show a {kinds}"
        )
    say("\n".join(comparison.table(results)))
    return 0
