"""YOLO11n and its variants, built and trained with ultralytics by configuration.

The only module that touches ultralytics, which is AGPL-3.0 and optional: whoever passes on a
program or a service that contains it takes on that licence's duties. Nothing of it is copied.

It is held to this machine: no usage reports, no update check, no download, no installation of
packages, and its settings lie in a folder that goes when the program ends.
"""

from __future__ import annotations

import atexit
import copy
import csv
import dataclasses
import importlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import yaml
from torch import Tensor, nn

from fatigue_ros import resources
from fatigue_ros.errors import FatigueError
from fatigue_ros.learning import vision_library
from fatigue_ros.learning.ff_yolo.blocks import ConvolutionBlock
from fatigue_ros.learning.ff_yolo.ca_c3k2 import CAC3K2
from fatigue_ros.learning.ff_yolo.cbam import CBAM
from fatigue_ros.learning.ff_yolo.mpdiou import mpdiou_loss
from fatigue_ros.learning.ff_yolo.variants import Figures, Variant

_ENVIRONMENT = {
    "YOLO_OFFLINE": "true",
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
}
_INTEGRATIONS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
_MISSING = (
    "ultralytics: expected to be installed, found no such package. It is AGPL-3.0 and therefore "
    "not part of the extra [learning]: pip install --no-deps -r requirements/ff_yolo.txt"
)


@cache
def _library() -> None:
    """Import ultralytics once, with everything off that would leave this machine.

    Raises:
        FatigueError: it is not installed.
    """
    import matplotlib  # noqa: PLC0415 - only its font is wanted

    vision = vision_library.load()
    folder = Path(tempfile.mkdtemp(prefix="ff_yolo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.update(_ENVIRONMENT, YOLO_CONFIG_DIR=str(folder))
    settings = folder / "Ultralytics"
    settings.mkdir()
    reports = {"sync": False, **dict.fromkeys(_INTEGRATIONS, False)}
    (settings / "settings.json").write_text(json.dumps(reports), encoding="utf-8")
    # It would download Arial where the system has none.
    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    shutil.copy(font, settings / "Arial.ttf")
    try:
        importlib.import_module("ultralytics.nn.tasks")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ultralytics":
            raise FatigueError(f"ultralytics: needs {error.name}, which is missing") from error
        raise FatigueError(_MISSING) from None
    # It would write a cache of the labels beside the data.
    dataset: Any = importlib.import_module("ultralytics.data.dataset")
    dataset.save_dataset_cache_file = _keep_no_cache
    if not vision.extension._has_ops():  # then its non-maximum suppression would refuse to work
        vision.ops.nms = importlib.import_module("ultralytics.utils.nms").TorchNMS.nms


def _keep_no_cache(_prefix: str, _path: Path, labels: dict[str, Any], version: str) -> None:
    labels["version"] = version  # what its readers look for


def _module(name: str) -> ModuleType:
    _library()
    return importlib.import_module(f"ultralytics.{name}")


def build(variant: Variant, classes: Sequence[str]) -> nn.Module:
    """A network with random weights.

    Args:
        variant: which of the five.
        classes: their names, in the order of their numbers in the labels.

    Returns:
        ultralytics' DetectionModel, in training mode.

    Raises:
        FatigueError: ultralytics is not installed.
    """
    tasks = _module("nn.tasks")
    with _our_modules(tasks, variant):
        model: nn.Module = tasks.DetectionModel(
            _description(variant, tasks), nc=len(classes), verbose=False
        )
    model.names = dict(enumerate(classes))
    if variant.point_distance:
        model.init_criterion = partial(_point_distance_criterion, model)
    return model


def settings() -> dict[str, Any]:
    """What config/learning/ff_yolo.yaml says: ``network`` and, by name, ``training``."""
    text = resources.config("learning/ff_yolo.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def _description(variant: Variant, tasks: ModuleType) -> dict[str, Any]:
    """YOLO11's rows, with a CBAM before each input of the detector if the variant has them."""
    network = settings()["network"]
    base = Path(str(tasks.__file__)).parent.parent / network["base"]
    described: dict[str, Any] = yaml.safe_load(base.read_text(encoding="utf-8"))
    described["scale"] = network["scale"]
    if variant.block_attention:
        rows = [*described["backbone"], *described["head"]]
        sources, repeats, kind, arguments = rows[-1]
        if kind != network["before"]:
            raise FatigueError(f"{base}: expected {network['before']} as the last row, got {kind}")
        _, width, most = described["scales"][network["scale"]]
        first = len(rows) - 1
        described["head"][-1:] = [
            *(
                [source, 1, CBAM.__name__, [int(min(rows[source][3][0], most) * width)]]
                for source in sources
            ),
            [[first + level for level in range(len(sources))], repeats, kind, arguments],
        ]
    return described


def _ca_c3k2(
    inputs: int, outputs: int, _repeats: int, _c3k: bool = False, expansion: float = 0.5
) -> CAC3K2:
    """CA-C3K2 by the arguments that the parser has for a C3k2; always two C3K (section 3.2)."""
    return CAC3K2(inputs, outputs, expansion)


@contextmanager
def _our_modules(tasks: ModuleType, variant: Variant) -> Iterator[None]:
    """Let the parser, which looks names up in its own module, find ours there.

    It knows how many channels a row gives only for names of its own, so CA-C3K2 goes by the
    name of what it replaces.
    """
    name = settings()["network"]["replace"]
    replaced = getattr(tasks, name)
    setattr(tasks, CBAM.__name__, CBAM)
    if variant.channel_attention:
        setattr(tasks, name, _ca_c3k2)
    try:
        yield
    finally:
        setattr(tasks, name, replaced)
        delattr(tasks, CBAM.__name__)


class _PointDistance(nn.Module):
    """ultralytics' box loss with MPDIoU in the place of CIoU; its distribution loss stays."""

    def __init__(self, given: nn.Module) -> None:
        super().__init__()
        self.given = given

    def forward(
        self,
        distribution: Tensor,
        boxes: Tensor,
        anchors: Tensor,
        targets: Tensor,
        scores: Tensor,
        scores_sum: Tensor,
        mask: Tensor,
        size: Tensor,
        stride: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Box loss and distribution loss; boxes in strides, size is height and width in pixels."""
        _, spread = self.given(
            distribution, boxes, anchors, targets, scores, scores_sum, mask, size, stride
        )
        height, width = size
        losses = mpdiou_loss((boxes * stride)[mask], (targets * stride)[mask], width, height)
        return (losses * scores[mask].sum(-1)).sum() / scores_sum, spread


def _point_distance_criterion(model: nn.Module) -> Any:
    criterion = _module("utils.loss").v8DetectionLoss(model)
    criterion.bbox_loss = _PointDistance(criterion.bbox_loss)
    return criterion


def fused(model: nn.Module) -> nn.Module:
    """A copy for inference, with every normalisation folded into the convolution before it."""
    _library()
    model = copy.deepcopy(model).eval()
    model.fuse(verbose=False)
    model.model[-1].dynamic = True  # anchors follow the input, for any batch
    for module in model.modules():
        if isinstance(module, ConvolutionBlock):
            module.fuse()
    return model


@dataclasses.dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        model: the best network by mAP on the validation part, on the processor.
        losses: shape (epochs, 6): box, class and distribution loss in training, then the same in
            validation.
        figures: on the test part.
        recall: shape (n,).
        precision: shape (n,), the mean of both classes' at that recall.
        seconds: [s] the training took.
    """

    model: nn.Module
    losses: npt.NDArray[np.float64]
    figures: Figures
    recall: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    seconds: float


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
    detect = _module("models.yolo.detect")
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
        reason = " ".join(str(error).split())
        raise FatigueError(f"{data}: expected settings and data to train on, {reason}") from error
    trainer.model = build(variant, list(trainer.data["names"].values()))
    trainer.add_callback("on_train_epoch_end", lambda trainer: progress(trainer.epoch + 1))
    trainer.train()
    seconds = time.perf_counter() - started
    # Written by ourselves a moment ago, so its pickle may be opened.
    best = torch.load(trainer.best, map_location="cpu", weights_only=False)["model"].float()
    validator = detect.DetectionValidator(
        save_dir=trainer.save_dir, args={**vars(trainer.args), "split": "test", "mode": "val"}
    )
    validator(model=copy.deepcopy(best))
    scores = validator.metrics.box
    return Trained(
        model=best.eval(),
        losses=_losses(trainer.csv),
        figures=Figures(float(scores.map50), float(scores.map), float(scores.mp), float(scores.mr)),
        recall=np.asarray(scores.px),
        precision=np.asarray(scores.prec_values).mean(0),
        seconds=seconds,
    )


def _losses(table: Path) -> npt.NDArray[np.float64]:
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [f"{part}/{kind}_loss" for part in ("train", "val") for kind in ("box", "cls", "dfl")]
    return np.array([[float(row[name]) for name in names] for row in rows])
