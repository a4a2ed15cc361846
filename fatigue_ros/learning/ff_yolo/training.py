"""Training of one variant by ultralytics' trainer, and its score."""

import copy
import csv
import dataclasses
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo import network, ultralytics_library
from fatigue_ros.learning.ff_yolo.dataset import CLASSES
from fatigue_ros.learning.ff_yolo.network import Figures, Variant
from fatigue_ros.learning.weights import read_weights

_LOSSES = [f"{part}/{kind}_loss" for part in ("train", "val") for kind in ("box", "cls", "dfl")]
_METRICS = [f"metrics/{name}(B)" for name in ("precision", "recall", "mAP50", "mAP50-95")]
_RESULT = "trained.json"
_WEIGHTS = "weights.pt"
"""Ours, of the best epoch: ultralytics' own checkpoints are whole objects, and whoever opens one
runs the code that it names."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        model: the best network by mAP on the validation part, on the processor.
        losses: shape (epochs, 6): box, class and distribution loss in training, then the same in
            validation.
        metrics: shape (epochs, 4): precision, recall, mAP50 and mAP50-95 on the validation part.
        figures: on the test part.
        per_class: [1] average precision at an intersection over union of 0.5, there, of each class.
        recall: shape (n,).
        precision: shape (n,), the mean of both classes' at that recall.
        precision_by_class: shape (n,) of each class.
        seconds: [s] the training took.
    """

    model: nn.Module
    losses: npt.NDArray[np.float64]
    metrics: npt.NDArray[np.float64]
    figures: Figures
    per_class: dict[str, float]
    recall: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    precision_by_class: dict[str, list[float]]
    seconds: float


def kept(
    variant: Variant, data: Path, training: Mapping[str, Any], folder: Path, *, seed: int = 0
) -> Trained | None:
    """What `train` with these arguments has left there; None: it has not, or not come to an end.

    Raises:
        FatigueError: it was trained otherwise.
    """
    file = folder / variant.name / _RESULT
    if not file.is_file():
        return None
    values = json.loads(file.read_text(encoding="utf-8"))
    if "metrics" not in values:  # of a version that did not look at each epoch
        return None
    given, wanted = values["given"], _given(data, training, seed)
    if given != wanted:
        raise FatigueError(f"{file}: trained with {given}, not {wanted}: give another --out")
    return Trained(
        model=_best(variant, folder / variant.name / _WEIGHTS),
        losses=np.array(values["losses"]),
        metrics=np.array(values["metrics"]),
        figures=Figures(**values["figures"]),
        per_class=values["per_class"],
        recall=np.array(values["recall"]),
        precision=np.array(values["precision"]),
        precision_by_class=values["precision_by_class"],
        seconds=values["seconds"],
    )


def train(
    variant: Variant,
    data: Path,
    training: Mapping[str, Any],
    folder: Path,
    *,
    device: str = "cpu",
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Train one variant from random weights, and score it on the test part.

    Args:
        variant: which of the five.
        data: a data set's YAML in the YOLO layout.
        training: settings by ultralytics' names.
        folder: where its records and checkpoints go; nothing is written elsewhere.
        device: ``cpu``, or a GPU's number.
        seed: of weights, order and augmentation.
        progress: told after each epoch how many are done.

    Raises:
        FatigueError: ultralytics is not installed, or refuses the settings or the data.
    """
    detect = ultralytics_library.module("models.yolo.detect")
    fixed = {
        "model": "yolo11n.yaml",  # for the records; the network itself comes from `build`
        "data": str(data),
        "device": device,
        "seed": seed,
        "project": str(folder.resolve()),
        "name": variant.name,
        "exist_ok": True,
        "pretrained": False,
        "amp": False,  # its check of mixed precision would download a network
        "plots": False,
        "workers": 0,
    }
    started = time.perf_counter()
    torch.manual_seed(seed)
    try:
        trainer = detect.DetectionTrainer(overrides={**training, **fixed})
    except (FileNotFoundError, RuntimeError, SyntaxError, TypeError, ValueError) as error:
        reason = " ".join(str(error).encode("ascii", "ignore").decode().split())  # no pictographs
        raise FatigueError(f"{data}: expected settings and data to train on, {reason}") from error
    _check(trainer.data, data)
    trainer.model = network.build(variant, CLASSES)
    # A checkpoint that lies there already, from wherever, would be opened if none better came.
    shutil.rmtree(trainer.wdir)
    trainer.wdir.mkdir()
    weights = Path(trainer.save_dir) / _WEIGHTS
    trainer.add_callback("on_model_save", partial(_save_best, weights))
    trainer.add_callback("on_train_epoch_end", lambda trainer: progress(trainer.epoch + 1))
    trainer.train()
    seconds = time.perf_counter() - started
    best = _best(variant, weights)
    validator = detect.DetectionValidator(
        save_dir=trainer.save_dir, args={**vars(trainer.args), "split": "test", "mode": "val"}
    )
    validator(model=copy.deepcopy(best))
    scores = validator.metrics.box
    done = Trained(
        model=best,
        losses=_columns(trainer.csv, _LOSSES),
        metrics=_columns(trainer.csv, _METRICS),
        figures=Figures(float(scores.map50), float(scores.map), float(scores.mp), float(scores.mr)),
        per_class={
            CLASSES[number]: float(area)
            for number, area in zip(scores.ap_class_index, scores.ap50, strict=True)
        },
        recall=np.asarray(scores.px),
        precision=np.asarray(scores.prec_values).mean(0),
        precision_by_class={
            CLASSES[number]: np.asarray(curve).tolist()
            for number, curve in zip(scores.ap_class_index, scores.prec_values, strict=True)
        },
        seconds=seconds,
    )
    _keep(done, _given(data, training, seed), Path(trainer.save_dir) / _RESULT)
    return done


def _given(data: Path, training: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What decides the result, besides the network."""
    return {"data": str(data), "seed": seed, **training}


def _keep(done: Trained, given: Mapping[str, Any], file: Path) -> None:
    """Write all but the network, which ultralytics has written."""
    values = {
        field.name: getattr(done, field.name)
        for field in dataclasses.fields(done)
        if field.name != "model"
    }
    arrays = {name: x.tolist() for name, x in values.items() if isinstance(x, np.ndarray)}
    figures = dataclasses.asdict(done.figures)
    text = json.dumps({**values, **arrays, "figures": figures, "given": given}, indent=1)
    file.write_text(text, encoding="utf-8")


def _save_best(file: Path, trainer: Any) -> None:
    """Write the weights as ultralytics has just written its checkpoint, halves of numbers too."""
    if trainer.best_fitness == trainer.fitness:
        state = trainer.ema.ema.state_dict()
        torch.save({k: v.half() if v.is_floating_point() else v for k, v in state.items()}, file)


def _best(variant: Variant, file: Path) -> nn.Module:
    model = network.build(variant, CLASSES)
    read_weights(model, file)
    return model.float().eval()


def _check(described: Mapping[str, Any], data: Path) -> None:
    classes = list(described["names"].values())
    if classes != list(CLASSES):
        raise FatigueError(f"{data}: names: expected {', '.join(CLASSES)}, got {classes}")
    if not described.get("test"):
        raise FatigueError(f"{data}: test: expected a folder of pictures to score on, got none")


def _columns(table: Path, names: Sequence[str]) -> npt.NDArray[np.float64]:
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[name]) for name in names] for row in rows])
