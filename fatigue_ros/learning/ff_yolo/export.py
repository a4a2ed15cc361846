"""A trained detector as a model file that runs without torch and without ultralytics."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from fatigue_ros.learning.export import largest_difference, write
from fatigue_ros.learning.ff_yolo.dataset import CLASSES
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
        boxes: Tensor = self.model(image)[0]
        return boxes


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
