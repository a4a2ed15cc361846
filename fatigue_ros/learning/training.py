"""Training with Lightning: checkpoints, resuming, early stop, one or several devices.

A folder holds one training: ``recipe.yaml`` (with every value used), ``split.csv`` (which picture
was for what), ``last.ckpt`` to go on from, ``best.ckpt`` of the epoch with the least loss on the
validation part, ``history.csv`` with each epoch's figures, ``training.json`` with what was run.
Nothing is written elsewhere.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import logging
import pickle
import platform
import time
import warnings
from pathlib import Path
from typing import Any

import torch

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.classifier import Classifier
from fatigue_ros.learning.dataset import batches, class_weights
from fatigue_ros.learning.image_folders import Images, split_text
from fatigue_ros.learning.lightning_library import (
    CUDAAccelerator,
    MisconfigurationException,
    callbacks,
    lightning,
)
from fatigue_ros.learning.recipe import Recipe, load
from fatigue_ros.learning.splits import Part

_RECIPE, _SPLIT, _NOTES, _HISTORY = "recipe.yaml", "split.csv", "training.json", "history.csv"
_LAST, _BEST = "last.ckpt", "best.ckpt"


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
        return load(self._existing(_RECIPE))

    @property
    def split(self) -> Path:
        """CSV file of the pictures and what each was for."""
        return self._existing(_SPLIT)

    @property
    def notes(self) -> Notes:
        """What was run."""
        try:
            return Notes(**json.loads(self._existing(_NOTES).read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise TrainingError(f"{self.folder / _NOTES}: not what was written: {error}") from error

    def history(self) -> list[dict[str, float]]:
        """Loss and accuracy of each epoch."""
        with self._existing(_HISTORY).open(newline="", encoding="utf-8") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]

    def classifier(self, *, last: bool = False) -> Classifier:
        """The network of the best epoch, or as it was after the last one, ready for use.

        Raises:
            TrainingError: there is none, or its file is damaged.
        """
        path = self._existing(_LAST if last else _BEST)
        classifier = Classifier(self.recipe, self.notes.network)
        state = _checkpoint(path)["state_dict"]
        # How classes were weighed in the loss is of no use any more.
        model = {k.removeprefix("model."): v for k, v in state.items() if k.startswith("model.")}
        classifier.model.load_state_dict(model)
        classifier.eval()
        return classifier

    def _existing(self, name: str) -> Path:
        if not (self.folder / name).is_file():
            raise TrainingError(
                f"{self.folder / name}: expected a finished training in the folder, found no such "
                "file: run `fatigue train` first"
            )
        return self.folder / name


def train(
    recipe: Recipe,
    network: str,
    images: Images,
    folder: Path,
    *,
    weights: Path | None = None,
    random_split: bool = False,
    resume: bool = False,
    accelerator: str = "auto",
    devices: int = 1,
    progress: bool = True,
) -> Run:
    """Train a network.

    Args:
        recipe: how.
        network: its name.
        images: divided into parts.
        folder: where everything is written.
        weights: file of weights learned on ImageNet; None: from scratch.
        random_split: whether pictures were divided without regard to persons.
        resume: go on from the last epoch of an earlier training there.
        accelerator: ``auto``, ``cpu``, ``gpu`` or another of Lightning's.
        devices: how many of them.
        progress: whether to show a progress bar.

    Raises:
        TrainingError: the folder holds a training already, or none to go on from.
    """
    last = _start(folder, recipe, network, images, resume=resume)
    _quieten()
    if devices > 1:
        torch.set_num_threads(1)  # a fork would wait for OpenMP's threads, which it does not have
    torch.manual_seed(recipe.seed)
    training = batches(images, Part.TRAIN, recipe)
    loss_weights = None
    if recipe.balance == "weights":
        labels = images.labels[images.indices(Part.TRAIN)]
        loss_weights = class_weights(labels, len(recipe.classes))
    classifier = Classifier(recipe, network, weights, loss_weights)
    (folder / _SPLIT).write_text(split_text(images, list(recipe.classes)), encoding="utf-8")
    (folder / _RECIPE).write_text(recipe.to_yaml(), encoding="utf-8")
    hooks: list[callbacks.Callback] = [
        _History(folder / _HISTORY, keep=last is not None),
        callbacks.ModelCheckpoint(
            folder,
            filename="best",
            monitor="validation_loss",
            enable_version_counter=False,
            save_weights_only=True,
        ),
        callbacks.ModelCheckpoint(folder, filename="last", enable_version_counter=False),
    ]
    if recipe.patience:
        hooks.append(callbacks.EarlyStopping("validation_loss", patience=recipe.patience))
    if progress:
        hooks.append(callbacks.RichProgressBar(leave=False))
    trainer = _trainer(recipe, folder, hooks, accelerator, devices, progress=progress)
    try:
        trainer.fit(
            classifier,
            training,
            batches(images, Part.VALIDATION, recipe),
            ckpt_path=None if last is None else str(last),
            weights_only=None if last is None else True,
        )
    except (RuntimeError, ValueError) as error:
        if last is None:
            raise
        raise TrainingError(f"{last}: cannot be gone on from: {error}") from error
    done = Run(folder)
    rows = done.history()
    best = min(rows, key=lambda row: row["validation_loss"])
    numbers = [(p.numel(), p.requires_grad) for p in classifier.model.parameters()]
    notes = Notes(
        network=network,
        pretrained=weights is not None,
        data=_data(images, recipe),
        split=_split(recipe, random_split=random_split),
        leaks_persons=random_split,
        machine=machine(trainer),
        epochs=len(rows),
        best_epoch=int(best["epoch"]),
        seconds=sum(row["seconds"] for row in rows),
        parameters=sum(count for count, _ in numbers),
        trained_parameters=sum(count for count, trained in numbers if trained),
    )
    (folder / _NOTES).write_text(json.dumps(dataclasses.asdict(notes), indent=2), encoding="utf-8")
    return done


def _data(images: Images, recipe: Recipe) -> str:
    """What was used, for people."""
    folders = ", ".join(name for names in recipe.classes.values() for name in names)
    parts = ", ".join(f"{len(images.indices(part))} for {part.value}" for part in Part)
    skipped = f", {len(images.skipped)} files skipped" if images.skipped else ""
    return f"{len(images.files)} pictures of folders {folders} ({parts}{skipped})"


def _split(recipe: Recipe, *, random_split: bool) -> str:
    """How it was divided, for people."""
    if random_split:
        return "at random, which leaks persons from training into test"
    if recipe.groups:
        return f"by person ({Path(recipe.groups).name}), seed {recipe.seed}"
    if recipe.person:
        return f"by person (file names), seed {recipe.seed}"
    return f"by blocks of {recipe.block} file numbers, seed {recipe.seed}"


def machine(trainer: lightning.Trainer) -> str:
    """What a training runs on, for people."""
    kind = type(trainer.accelerator).__name__.removesuffix("Accelerator")
    # Asking for its name in this process would keep a later training from forking.
    if isinstance(trainer.accelerator, CUDAAccelerator) and trainer.num_devices == 1:
        kind = torch.cuda.get_device_name()
    threads = f", {torch.get_num_threads()} threads" if kind == "CPU" else ""
    return (
        f"{trainer.num_devices} x {kind} ({platform.machine()}{threads}), torch {torch.__version__}"
    )


def _start(
    folder: Path, recipe: Recipe, network: str, images: Images, *, resume: bool
) -> Path | None:
    """Make the folder ready; the checkpoint to go on from, None for a new training."""
    last = folder / _LAST
    if resume:
        if not last.is_file():
            raise TrainingError(f"{last}: expected a checkpoint to go on from, found none")
        earlier = load(folder / _RECIPE)
        # More epochs are what a training is gone on with for.
        if dataclasses.replace(earlier, epochs=recipe.epochs) != recipe:
            raise TrainingError(
                f"{folder / _RECIPE}: expected the recipe given, but for epochs; found another"
            )
        earlier_split = (folder / _SPLIT).read_text(encoding="utf-8")
        # Else what was trained on might be tested with.
        if earlier_split != split_text(images, list(recipe.classes)):
            raise TrainingError(
                f"{folder / _SPLIT}: expected the pictures divided as before, found another split"
            )
        _checkpoint(last)
        return last
    if last.exists():
        raise TrainingError(
            f"{folder}: holds a training of {network} already; give another --out, or --resume"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be made: {error.strerror}") from error
    return None


def _checkpoint(path: Path) -> dict[str, Any]:
    """What Lightning wrote.

    Raises:
        TrainingError: the file is damaged.
    """
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TrainingError(f"{path}: expected a checkpoint, but {reason}") from error
    return found


def _trainer(
    recipe: Recipe,
    folder: Path,
    hooks: list[callbacks.Callback],
    accelerator: str,
    devices: int,
    *,
    progress: bool,
) -> lightning.Trainer:
    try:
        return lightning.Trainer(
            accelerator=accelerator,
            devices=devices,
            # Forks end with the training; Lightning's default would run the whole command again.
            strategy="ddp_fork" if devices > 1 else "auto",
            max_epochs=recipe.epochs,
            callbacks=hooks,
            logger=False,
            default_root_dir=folder,
            enable_progress_bar=progress,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            deterministic="warn",
        )
    except (MisconfigurationException, ValueError) as error:
        reason = " ".join(str(error).split())
        raise TrainingError(f"--device {accelerator}, {devices} of them: {reason}") from error


def _quieten() -> None:
    """Leave out what Lightning says of itself; errors stay."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    for message in (
        ".*does not have many workers.*",
        ".*is not empty.*",
        ".*treespec.*",
        ".*in eval mode.*",  # what is frozen
    ):
        warnings.filterwarnings("ignore", message=message)


class _History(callbacks.Callback):
    """Writes each epoch's figures, and how long it took, to a CSV file.

    Args:
        path: of the file.
        keep: whether what is there belongs to this training.
    """

    def __init__(self, path: Path, *, keep: bool) -> None:
        self._path = path
        self._began = 0.0
        if not keep:
            path.write_text("", encoding="utf-8")

    def on_train_epoch_start(self, *_: Any) -> None:
        self._began = time.perf_counter()

    def on_train_epoch_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        # Validation is part of an epoch, and is over by now.
        seconds = time.perf_counter() - self._began
        row = {"epoch": trainer.current_epoch + 1, "seconds": round(seconds, 3)} | {
            name: round(float(value), 6) for name, value in trainer.callback_metrics.items()
        }
        if trainer.is_global_zero:
            with self._path.open("a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(row))
                if not file.tell():
                    writer.writeheader()
                writer.writerow(row)
