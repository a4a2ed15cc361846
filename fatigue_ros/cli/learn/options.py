"""What the commands that train and test share, above all their options."""

import argparse
from pathlib import Path

from fatigue_ros.cli.progress import Progress
from fatigue_ros.extras import require
from fatigue_ros.learning.networks import builder
from fatigue_ros.learning.recipe import Recipe, RecipeError, load
from fatigue_ros.learning.run import Run
from fatigue_ros.settings.resources import config

_RECIPES = ("shrestha", "mujahidin")


def add_recipe(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    """Declare what is meant: recipe, pictures, networks and where they lie."""
    parser.add_argument(
        "--recipe",
        required=needed,
        metavar="FILE",
        help=f"YAML file, or the name of one of the package's: {', '.join(_RECIPES)}",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="holds the recipe's folders"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build/models"),
        metavar="DIR",
        help="gets a folder for each network (default: %(default)s)",
    )
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="NAME",
        help="one of the recipe's networks, may be given again (default: all)",
    )


def add_training(parser: argparse.ArgumentParser) -> None:
    """Declare those of commands that train a recipe's networks."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value for a key of the recipe, may be given again",
    )
    parser.add_argument(
        "--random-split-leaks-people",
        action="store_true",
        help="divide pictures without regard to who they show; the model card says so",
    )


def read_recipe(options: argparse.Namespace) -> tuple[Recipe, list[str]]:
    """The recipe with what --set changes, and which of its networks are meant.

    Raises:
        RecipeError: there is no such file, something in it is wrong, or it has no such network.
    """
    path = Path(options.recipe)
    if not path.suffix and not path.exists():
        if options.recipe not in _RECIPES:
            raise RecipeError(
                f"--recipe {options.recipe}: expected a YAML file or one of {', '.join(_RECIPES)}"
                " (FF-YOLO is trained by `fatigue learn ablate`)"
            )
        path = config("learning") / f"{options.recipe}.yaml"
    recipe = load(path).replaced(getattr(options, "set", []))
    for name in recipe.networks:
        builder(name)
    unknown = [name for name in options.network if name not in recipe.networks]
    if unknown:
        raise RecipeError(
            f"--network {unknown[0]}: expected one of {', '.join(recipe.networks)} of {path}"
        )
    return recipe, options.network or recipe.networks


def runs(options: argparse.Namespace) -> list[Run]:
    """The finished trainings that are meant."""
    require("learning")
    return [Run(options.out / name) for name in read_recipe(options)[1]]


def reading() -> Progress:
    """Counts pictures on a terminal, while they are read."""
    return Progress("reading", 0.0, "pictures")
