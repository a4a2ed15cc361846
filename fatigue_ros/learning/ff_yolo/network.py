"""YOLO11n and its variants: what Table 6 says of them, and how ultralytics builds them."""

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from torch import Tensor, nn

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo import ultralytics_library
from fatigue_ros.learning.ff_yolo.blocks import CAC3K2, CBAM, ConvolutionBlock, mpdiou_loss
from fatigue_ros.settings import resources


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """One row of Table 6, or of ours.

    Attributes:
        map50: [1] mean average precision at an intersection over union of 0.5.
        map50_95: [1] its mean over 0.5, 0.55 ... 0.95.
        precision: [1] at the confidence with the best F1.
        recall: [1] at the same.
    """

    map50: float
    map50_95: float
    precision: float
    recall: float


@dataclasses.dataclass(frozen=True, slots=True)
class Variant:
    """Which of the three changes to YOLO11n a network has.

    Attributes:
        name: as in Table 6.
        channel_attention: every C3K2 is a CA-C3K2.
        block_attention: a CBAM stands in front of each detection head.
        point_distance: the box loss is MPDIoU instead of CIoU.
        published: the paper's figures, on its own confidential data.
        published_parameters: [1].
        published_gflops: [1e9 operations] for a picture.
    """

    name: str
    channel_attention: bool
    block_attention: bool
    point_distance: bool
    published: Figures
    published_parameters: int
    published_gflops: float


VARIANTS = (
    Variant("YOLO11n", False, False, False, Figures(0.805, 0.631, 0.832, 0.679), 2_582_347, 6.3),
    Variant("YOLO-CA", True, False, False, Figures(0.909, 0.744, 0.843, 0.741), 3_220_129, 7.6),
    Variant("YOLO-C", False, True, False, Figures(0.924, 0.716, 0.846, 0.718), 2_582_542, 6.3),
    Variant("YOLO-M", False, False, True, Figures(0.827, 0.637, 0.827, 0.683), 2_582_347, 6.3),
    Variant("FF-YOLO", True, True, True, Figures(0.942, 0.747, 0.838, 0.738), 3_220_324, 7.6),
)
"""In the order of Table 6."""


def named(name: str) -> Variant:
    """The variant with this name, whatever its case.

    Raises:
        FatigueError: there is none.
    """
    for variant in VARIANTS:
        if variant.name.lower() == name.lower():
            return variant
    names = ", ".join(variant.name for variant in VARIANTS)
    raise FatigueError(f"variant: {name!r} is unknown, expected one of {names}")


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
    tasks = ultralytics_library.module("nn.tasks")
    with _our_modules(tasks, variant):
        model = tasks.DetectionModel(_description(variant, tasks), nc=len(classes), verbose=False)
    model.names = dict(enumerate(classes))
    if variant.point_distance:
        model.init_criterion = partial(_point_distance_criterion, model)
    return model


def settings() -> dict[str, Any]:
    """What config/learning/ff_yolo.yaml says: ``network`` and, by name, ``training``."""
    read: dict[str, Any] = yaml.safe_load(resources.config("learning/ff_yolo.yaml").read_bytes())
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
    criterion = ultralytics_library.module("utils.loss").v8DetectionLoss(model)
    criterion.bbox_loss = _PointDistance(criterion.bbox_loss)
    return criterion


def fused(model: nn.Module) -> nn.Module:
    """A copy for inference, with every normalisation folded into the convolution before it."""
    model = copy.deepcopy(model).eval()
    model.fuse(verbose=False)
    model.model[-1].dynamic = True  # anchors follow the input, for any batch
    for module in model.modules():
        if isinstance(module, ConvolutionBlock):
            module.fuse()
    return model
