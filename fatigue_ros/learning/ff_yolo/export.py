"""A trained detector as a model file that runs without torch and ultralytics, with its card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fatigue_ros.learning.export import largest_difference, write
from fatigue_ros.learning.ff_yolo.dataset import CLASSES
from fatigue_ros.learning.ff_yolo.network import Variant
from fatigue_ros.learning.ff_yolo.training import Trained
from fatigue_ros.learning.model_card import INTENDED_USE
from fatigue_ros.models.model_file import ModelDescription

_TOLERANCE = 1e-2
"""[px] for boxes up to a thousand wide in float32; scores are far below it."""


class _Boxes(nn.Module):
    """The decoded boxes alone, of the pair that ultralytics' network gives."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        """Shape (N, 3, H, W) to (N, 4 + C, A)."""
        return self.model(image)[0]


def export(model: nn.Module, path: Path, *, name: str, image_size: int, trained_on: str) -> float:
    """Write a network as ONNX, and run both on the same input.

    Args:
        model: fused, on the processor.
        path: of the file.
        name: of the network, for people.
        image_size: [px] side of its input.
        trained_on: data and split, for people.

    Returns:
        The largest difference between torch's and ONNX Runtime's output.

    Raises:
        ModelError: they differ by more than rounding.
    """
    description = ModelDescription(
        kind="detector",
        classes=CLASSES,
        drowsy=CLASSES[:1],
        region="whole",
        image_size=image_size,
        name=name,
        trained_on=trained_on,
    )
    boxes = _Boxes(model).eval()
    write(boxes, description, path)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(2, 3, image_size, image_size, generator=generator)
    return largest_difference(boxes, path, noise, _TOLERANCE)


def model_card(
    variant: Variant,
    trained: Trained,
    training: Mapping[str, Any],
    path: Path,
    *,
    trained_on: str,
    difference: float,
) -> str:
    """What people should know of it, under the headings of the classifiers' cards.

    Args:
        variant: which network.
        trained: what came of its training.
        training: settings by ultralytics' names.
        path: of the model file.
        trained_on: data and split.
        difference: largest one between torch and ONNX Runtime.
    """
    size, found = training["imgsz"], trained.figures
    areas = ", ".join(f"{name} {area:.3f}" for name, area in trained.per_class.items())
    named = ", ".join(f"{name} {value}" for name, value in training.items())
    return f"""# {variant.name}

## Model

- {variant.name} of Tan et al. 2025, on YOLO11n of ultralytics (AGPL-3.0, whose terms may extend to
  this file)
- File `{path.name}` (ONNX): `image` float32 [N, 3, {size}, {size}], RGB from 0 to 1, to `boxes`
  with scores for {", ".join(CLASSES)}
- Means a tired driver: {CLASSES[0]}
- ONNX Runtime differs from torch by at most {difference:.1e}

## Intended use

{INTENDED_USE}

## Training

- Data: {trained_on}
- From random weights, in {trained.seconds:.0f} s; kept: the epoch with the best mAP on the
  validation part
- Settings: {named}

## Test

| mAP50 | mAP50-95 | precision | recall |
|---|---|---|---|
| {found.map50:.3f} | {found.map50_95:.3f} | {found.precision:.3f} | {found.recall:.3f} |

Average precision at an intersection over union of 0.5: {areas}.

A detector that finds every face and guesses its class reaches an mAP50 of about 0.5 on classes of
one size.

## Limits

- Labels are as good as what they stand for: see Data.
- Scores are no probabilities of being tired.
"""
