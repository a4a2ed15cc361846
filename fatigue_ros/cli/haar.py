"""Train a network with and without the Haar stage, and print the table of Mujahidin et al. (2024).

Both trainings see the same people and are tested after 35, 50 and 100 epochs. They lie in the
folders haar and whole of --out, where `fatigue test` and `fatigue export` find them. What is there
already is not done again, so that a command that was broken off goes on.
"""

from __future__ import annotations

import argparse
import sys

from fatigue_ros.cli.learning_options import (
    add_shared,
    add_training,
    positive,
    read_recipe,
    reading,
    require_learning,
    tell,
)

HELP = "train with and without the Haar stage and compare"
EXAMPLE = "fatigue haar --recipe mujahidin --data pictures --out build/models/mujahidin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_shared(parser)
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
    require_learning()
    # torch and Lightning take seconds to import.
    from fatigue_ros.learning import haar_comparison as comparison  # noqa: PLC0415

    recipe, [network, *_] = read_recipe(options)
    random = options.random_split_leaks_people
    with reading("reading") as on_read:
        pictures = comparison.read(options.data, recipe, random_split=random, on_read=on_read)
    results = comparison.compare(
        pictures,
        recipe,
        network,
        options.out,
        epochs=options.epochs or comparison.EPOCHS,
        random_split=random,
        progress=sys.stderr.isatty(),
    )
    for result in results:
        kinds = ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in result.kinds.items())
        tell(
            f"{result.region}, {result.epochs} epochs: {result.judged} of {result.pictures} "
            f"pictures judged; right of those that show a {kinds}"
        )
    print("\n".join(comparison.table(results)))  # noqa: T201 - the result
    return 0
