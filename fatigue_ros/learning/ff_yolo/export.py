"""A trained detector as a model file that runs without torch and without ultralytics."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.dataset import CLASSES
from fatigue_ros.learning.model_file import INPUT, METADATA_KEY, OUTPUTS, ModelDescription

_LARGEST_DIFFERENCE = 1e-3  # [px] for boxes, [1] for scores: rounding of float32


class _Boxes(nn.Module):
    """The decoded boxes alone, of the pair that ultralytics' network gives."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        boxes: Tensor = self.model(image)[0]
        return boxes


def export(model: nn.Module, path: Path, *, name: str, image_size: int, trained_on: str) -> float:
    """Write a fused network as ONNX, and run both on the same pictures.

    Args:
        model: fused, on the processor.
        path: of the file.
        name: of the network, for people.
        image_size: [px] side of its input; the batch may be of any size.
        trained_on: data and split, for people.

    Returns:
        The largest difference between torch's and ONNX Runtime's output.

    Raises:
        FatigueError: they differ by more than rounding.
    """
    import onnx  # noqa: PLC0415 - slow, and only wanted here
    import onnxruntime  # noqa: PLC0415

    about = ModelDescription(
        kind="detector",
        classes=CLASSES,
        drowsy=CLASSES[:1],
        region="whole",
        image_size=image_size,
        name=name,
        trained_on=trained_on,
    )
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(2, 3, image_size, image_size, generator=generator)
    output = OUTPUTS["detector"]
    boxes = _Boxes(model).eval()
    with torch.no_grad():
        wanted = boxes(pictures).numpy()
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            boxes,
            (pictures,),
            input_names=[INPUT],
            output_names=[output],
            dynamic_shapes=({0: torch.export.Dim("N")},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    file = program.model_proto
    onnx.helper.set_model_props(file, {METADATA_KEY: about.to_json()})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(file, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    [got] = session.run([output], {INPUT: pictures.numpy()})
    difference = float(np.abs(got - wanted).max())
    if not difference <= _LARGEST_DIFFERENCE:
        raise FatigueError(f"{path}: expected what torch gives, got up to {difference:g} beside it")
    return difference
