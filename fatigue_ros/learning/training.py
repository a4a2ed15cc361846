"""Training with Lightning: checkpoints, resuming, early stop, one or several devices.

Everything is written into one folder, see `run`; nothing elsewhere.
"""

import csv
import dataclasses
import json
import logging
import platform
import time
import warnings
from pathlib import Path
from typing import Any

import torch

from fatigue_ros.learning import frozen
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
from fatigue_ros.learning.run import HISTORY, LAST, NOTES, RECIPE, SPLIT, Notes, Run, TrainingError
from fatigue_ros.learning.splits import Subset
from fatigue_ros.learning.weights import read_file


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
        TorchFileError: what is to be gone on from is damaged.
    """
    last = check_folder(folder, recipe, network, resume=resume)
    if last is None:
        _make(folder)
    # Else what was trained on might be tested with.
    elif (folder / SPLIT).read_text("utf-8") != split_text(images, list(recipe.classes)):
        raise TrainingError(
            f"{folder / SPLIT}: expected the pictures divided as before, found another split"
        )
    _quieten()
    if devices > 1:
        torch.set_num_threads(1)  # a fork would wait for OpenMP's threads, which it does not have
    torch.manual_seed(recipe.seed)
    loss_weights = None
    if recipe.balance == "weights":
        trained = images.labels[images.indices(Subset.TRAIN)]
        loss_weights = class_weights(trained, len(recipe.classes))
    classifier = Classifier(recipe, network, weights, loss_weights)
    (folder / SPLIT).write_text(split_text(images, list(recipe.classes)), encoding="utf-8")
    (folder / RECIPE).write_text(recipe.to_yaml(), encoding="utf-8")
    hooks = _hooks(recipe, folder, keep_history=last is not None, progress=progress)
    trainer = _trainer(recipe, folder, hooks, accelerator, devices, progress=progress)
    kept = None
    if weights is not None and frozen.can_be_kept(recipe):
        kept = frozen.features(classifier, images, weights, folder.parent / "features")
    try:
        trainer.fit(
            classifier,
            batches(images, Subset.TRAIN, recipe, _of_features(kept, images, Subset.TRAIN, recipe)),
            batches(
                images,
                Subset.VALIDATION,
                recipe,
                _of_features(kept, images, Subset.VALIDATION, recipe),
            ),
            ckpt_path=None if last is None else str(last),
            weights_only=None if last is None else True,
        )
    except (RuntimeError, ValueError) as error:
        if last is None:
            raise
        raise TrainingError(f"{last}: cannot be gone on from: {error}") from error
    done = Run(folder)
    history = done.history()
    best = min(history, key=lambda row: row["validation_loss"])
    numbers = [(p.numel(), p.requires_grad) for p in classifier.model.parameters()]
    notes = Notes(
        network=network,
        pretrained=weights is not None,
        data=_data(images, recipe),
        split=f"{images.divided}, seed {recipe.seed}",
        unit=images.unit,
        leaks_persons=random_split,
        machine=_machine(trainer),
        epochs=len(history),
        best_epoch=int(best["epoch"]),
        seconds=sum(row["seconds"] for row in history),
        parameters=sum(count for count, _ in numbers),
        trained_parameters=sum(count for count, trained in numbers if trained),
    )
    (folder / NOTES).write_text(json.dumps(dataclasses.asdict(notes), indent=2), encoding="utf-8")
    return done


def _of_features(
    kept: frozen.Features | None, images: Images, part: Subset, recipe: Recipe
) -> frozen.FeatureDataset | None:
    if kept is None:
        return None
    mirrored = recipe.flip and part is Subset.TRAIN
    return frozen.FeatureDataset(kept, images.labels, images.indices(part), mirrored=mirrored)


def _hooks(
    recipe: Recipe, folder: Path, *, keep_history: bool, progress: bool
) -> list[callbacks.Callback]:
    """What is written, shown and watched while Lightning trains."""
    hooks: list[callbacks.Callback] = [
        _History(folder / HISTORY, keep=keep_history),
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
    return hooks


def _data(images: Images, recipe: Recipe) -> str:
    """What was used, for people."""
    folders = ", ".join(name for names in recipe.classes.values() for name in names)
    parts = ", ".join(f"{len(images.indices(part))} for {part.value}" for part in Subset)
    skipped = f", {len(images.skipped)} files skipped" if images.skipped else ""
    return f"{len(images.files)} pictures of folders {folders} ({parts}{skipped})"


def _machine(trainer: lightning.Trainer) -> str:
    """What a training runs on, for people."""
    kind = type(trainer.accelerator).__name__.removesuffix("Accelerator")
    # Asking for its name in this process would keep a later training from forking.
    if isinstance(trainer.accelerator, CUDAAccelerator) and trainer.num_devices == 1:
        kind = torch.cuda.get_device_name()
    threads = f", {torch.get_num_threads()} threads" if kind == "CPU" else ""
    return (
        f"{trainer.num_devices} x {kind} ({platform.machine()}{threads}), torch {torch.__version__}"
    )


def check_folder(folder: Path, recipe: Recipe, network: str, *, resume: bool) -> Path | None:
    """The checkpoint to go on from, None for a new training; asks for no picture.

    Raises:
        TrainingError: the folder holds a training already, or none to go on from.
        TorchFileError: what is to be gone on from is damaged.
    """
    last = folder / LAST
    if resume:
        if not last.is_file():
            raise TrainingError(f"{last}: expected a checkpoint to go on from, found none")
        earlier = load(folder / RECIPE)
        for field in dataclasses.fields(Recipe):
            before, now = getattr(earlier, field.name), getattr(recipe, field.name)
            # More epochs are what a training is gone on with for.
            if before != now and field.name != "epochs":
                raise TrainingError(
                    f"{folder / RECIPE}: {field.name}: trained with {before}, cannot go on with "
                    f"{now}"
                )
        read_file(last)  # damaged, it would be found so by Lightning at length
        return last
    if last.exists():
        raise TrainingError(
            f"{folder}: holds a training of {network} already; give another --out, or --resume"
        )
    return None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be made: {error.strerror}") from error


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
    # What is in eval mode is what is frozen.
    said = "does not have many workers|is not empty|treespec|in eval mode"
    warnings.filterwarnings("ignore", message=f".*({said})")


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
