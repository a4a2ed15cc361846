"""Networks as ONNX files that describe themselves, compared with torch before they are used."""

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from fatigue_ros.models.model_file import INPUT, METADATA_KEY, ModelDescription, ModelError

TOLERANCE = 1e-3
"""Largest difference of probabilities between ONNX Runtime and torch that rounding explains."""
_OPSET = 18


class Probabilities(nn.Module):
    """A network that gives logits, with the softmax that belongs to it in use.

    Args:
        network: gives logits.
        temperature: that they are divided by, see `calibration`.
    """

    def __init__(self, network: nn.Module, temperature: float = 1.0) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Probabilities [N, C]."""
        return torch.softmax(self.network(image) / self.temperature, dim=1)


def write(network: nn.Module, description: ModelDescription, path: Path) -> None:
    """Write a network as the graph that `model_file` describes.

    Args:
        network: in evaluation mode, from float32 [N, 3, H, W] to the output of its kind.
        description: goes into the file's metadata.
        path: of the file.
    """
    size = description.image_size
    example = torch.zeros(2, 3, size, size)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own inner workings
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[INPUT],
            output_names=[description.output],
            dynamic_shapes=({0: torch.export.Dim("N", min=1)},),
            opset_version=_OPSET,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, description.to_json()
    onnx.save(model, str(path))


def largest_difference(
    network: nn.Module, path: Path, pictures: torch.Tensor, tolerance: float = TOLERANCE
) -> float:
    """Between what torch and ONNX Runtime make of the same pictures.

    Args:
        network: that was written.
        path: where to.
        pictures: real ones, shape (N, 3, H, W), 0 to 1.
        tolerance: [unit of the output].

    Raises:
        ModelError: it is more than rounding explains.
    """
    with torch.inference_mode():
        expected = network(pictures).numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    [found] = session.run(None, {INPUT: pictures.numpy()})
    difference = float(np.abs(expected - found).max())
    if not difference <= tolerance:
        raise ModelError(
            f"{path}: expected what torch says within {tolerance:g}, differs by {difference:g}"
        )
    return difference
