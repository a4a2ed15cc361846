"""Model files do what the network does, and say what they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from fatigue_ros.learning import export  # noqa: E402
from fatigue_ros.learning.calibration import softmax  # noqa: E402
from fatigue_ros.learning.classifier import Normalised  # noqa: E402
from fatigue_ros.learning.networks import builder  # noqa: E402
from fatigue_ros.models.inference import FaceModel  # noqa: E402
from fatigue_ros.models.model_file import ModelDescription, ModelError  # noqa: E402

ABOUT = ModelDescription(
    kind="classifier",
    classes=("fatigue", "non_fatigue"),
    drowsy=("fatigue",),
    region="whole",
    image_size=32,
    name="net",
    trained_on="nothing",
)


def made(seed: int) -> Any:
    torch.manual_seed(seed)
    return export.Probabilities(Normalised(builder("custom_cnn")(2, 32, None))).eval()


def with_modes() -> Any:
    """A network that does something else in training: normalises by batch, drops out."""
    nn = torch.nn
    layers = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU6(), nn.AdaptiveAvgPool2d(3)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(), nn.Linear(72, 2))
    for _ in range(3):
        network(torch.rand(4, 3, 32, 32))
    return export.Probabilities(Normalised(network)).eval()


@pytest.mark.parametrize("make", [lambda: made(0), with_modes], ids=["custom_cnn", "with_modes"])
def test_file_does_what_the_network_does(make: Callable[[], Any], tmp_path: Path) -> None:
    network, path = make(), tmp_path / "new" / "net.onnx"
    export.write(network, ABOUT, path)
    assert export.largest_difference(network, path, torch.rand(5, 3, 32, 32)) < 1e-5
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)


def test_the_graph_gives_calibrated_probabilities(tmp_path: Path) -> None:
    """Divided by the temperature, which stands in the file too."""
    raw = made(0).network
    about = dataclasses.replace(ABOUT, temperature=2.5)
    export.write(export.Probabilities(raw, 2.5).eval(), about, tmp_path / "net.onnx")
    model = FaceModel(tmp_path / "net.onnx")
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    with torch.inference_mode():
        logits = raw(torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255.0)))
    expected = softmax(logits.double().numpy(), 2.5)[0]
    assert model.judge(picture).probabilities == pytest.approx(expected, abs=1e-5)
    assert model.description.temperature == 2.5


def test_file_of_another_network_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    export.write(made(0), ABOUT, path)
    with pytest.raises(ModelError, match=r"net\.onnx: expected what torch says within 0\.001"):
        export.largest_difference(made(1), path, torch.rand(5, 3, 32, 32))


def test_file_opens_where_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    network = made(0)
    export.write(network, ABOUT, path)
    model = FaceModel(path)
    assert model.description == ABOUT
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    inputs = torch.from_numpy(picture.transpose(2, 0, 1)[None] / np.float32(255.0))
    with torch.inference_mode():
        expected = network(inputs)[0].numpy()
    found = model.judge(picture)
    assert found.valid
    assert np.allclose(found.probabilities, expected, atol=1e-6)
