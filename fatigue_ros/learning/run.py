"""The folder of a training, and what is known of it once it is finished.

It holds ``recipe.yaml`` (with every value used), ``split.csv`` (which picture was for what),
``last.ckpt`` to go on from, ``best.ckpt`` of the epoch with the least loss on the validation part,
``history.csv`` with each epoch's figures, ``training.json`` with what was run.
"""

import csv
import dataclasses
import json
from pathlib import Path

from fatigue_ros.errors import FatigueError, first_line
from fatigue_ros.learning.classifier import Classifier
from fatigue_ros.learning.recipe import Recipe, load
from fatigue_ros.learning.weights import read_file

RECIPE, SPLIT, NOTES, HISTORY = "recipe.yaml", "split.csv", "training.json", "history.csv"
LAST, BEST = "last.ckpt", "best.ckpt"


class TrainingError(FatigueError):
    """A training cannot be started, gone on with, or found."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notes:
    """What is to be known of a training besides its recipe.

    Attributes:
        network: its name.
        pretrained: whether it began with weights learned on ImageNet.
        data: the pictures used, for people.
        split: how they were divided, for people.
        unit: what stayed together and what intervals are over, in the plural.
        leaks_persons: whether somebody may be in training and test.
        machine: what it ran on, for people.
        epochs: that were run.
        best_epoch: the one with the least loss on the validation part, which is kept.
        seconds: that they took.
        parameters: of the network.
        trained_parameters: that were not frozen.
    """

    network: str
    pretrained: bool
    data: str
    split: str
    leaks_persons: bool
    machine: str
    epochs: int
    best_epoch: int
    seconds: float
    parameters: int
    trained_parameters: int
    unit: str = "groups"


@dataclasses.dataclass(frozen=True)
class Run:
    """A folder with a finished training.

    Raises:
        TrainingError: by its properties, when a file is missing.
    """

    folder: Path

    @property
    def recipe(self) -> Recipe:
        """With every value that was used."""
        return load(self._existing(RECIPE))

    @property
    def split(self) -> Path:
        """CSV file of the pictures and what each was for."""
        return self._existing(SPLIT)

    @property
    def notes(self) -> Notes:
        """What was run."""
        try:
            return Notes(**json.loads(self._existing(NOTES).read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise TrainingError(f"{self.folder / NOTES}: not what was written: {error}") from error

    def history(self) -> list[dict[str, float]]:
        """Loss and accuracy of each epoch."""
        with self._existing(HISTORY).open(newline="", encoding="utf-8") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def classifier(self, *, last: bool = False) -> Classifier:
        """The network of the best epoch, or as it was after the last one, ready for use.

        Raises:
            TrainingError: there is none, or one of another network.
            TorchFileError: its file is damaged.
        """
        path = self._existing(LAST if last else BEST)
        classifier = Classifier(self.recipe, self.notes.network)
        found = read_file(path)
        try:
            # How classes were weighed in the loss is of no use any more.
            state = {
                name.removeprefix("model."): value
                for name, value in found["state_dict"].items()
                if name.startswith("model.")
            }
            classifier.model.load_state_dict(state)
        except (AttributeError, KeyError, RuntimeError, TypeError) as error:
            raise TrainingError(
                f"{path}: expected the weights of {self.notes.network}, but {first_line(error)}"
            ) from error
        classifier.eval()
        return classifier

    def _existing(self, name: str) -> Path:
        if not (self.folder / name).is_file():
            raise TrainingError(
                f"{self.folder / name}: expected a finished training in the folder, found no such "
                "file: run `fatigue learn train` first"
            )
        return self.folder / name
