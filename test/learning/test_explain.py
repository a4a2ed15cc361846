"""Maps of what an answer hangs on, where that is known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data

torch = pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from fatigue_ros.learning.explain import (  # noqa: E402
    grad_cam,
    integrated_gradients,
    saliency,
    sheet,
)
from fatigue_ros.learning.finished import given_pictures  # noqa: E402
from fatigue_ros.learning.run import Run  # noqa: E402
from fatigue_ros.learning.shrestha import custom_cnn  # noqa: E402
from fatigue_ros.models import pictures  # noqa: E402
from fatigue_ros.models.pictures import PictureError  # noqa: E402


@pytest.fixture
def picture() -> Any:
    return torch.rand(3, 12, 16, generator=torch.Generator().manual_seed(1))


def test_of_a_weighted_sum_the_map_is_the_weights(picture: Any) -> None:
    weights = torch.randn(2, 3, 12, 16, generator=torch.Generator().manual_seed(2))

    def model(pictures: Any) -> Any:
        return torch.einsum("nchw,kchw->nk", pictures, weights)

    assert np.allclose(saliency(model, picture, 1), weights[1].abs().amax(dim=0))
    grey = torch.full((3, 1, 1), 0.5)
    heat = integrated_gradients(model, picture, 1, grey)
    assert np.allclose(heat, (weights[1] * (picture - grey)).sum(dim=0), atol=1e-5)


def test_maps_add_up_to_the_difference_of_the_logits() -> None:
    torch.manual_seed(0)
    network = custom_cnn(2, 16, None).eval()
    picture, baseline = torch.rand(3, 16, 16), torch.zeros(3, 1, 1)
    heat = integrated_gradients(network, picture, 0, baseline, steps=200)
    with torch.inference_mode():
        logits = network(torch.stack([picture, torch.zeros(3, 16, 16)]))[:, 0]
    assert heat.sum() == pytest.approx(float(logits[0] - logits[1]), rel=0.02)


def test_saturation_blinds_the_gradient_but_not_its_integral(picture: Any) -> None:
    def model(pictures: Any) -> Any:
        # Full from a fifth of the brightness on: more light changes nothing.
        return pictures[:, :, 3, 4].sum(dim=1, keepdim=True).clamp(max=0.2).repeat(1, 2)

    bright = torch.full_like(picture, 0.9)
    assert saliency(model, bright, 0).max() == 0.0
    heat = integrated_gradients(model, bright, 0, torch.zeros(3, 1, 1))
    assert heat.argmax() == 3 * heat.shape[1] + 4
    assert heat.sum() == pytest.approx(0.2, abs=0.05)


def test_grad_cam_by_hand(picture: Any) -> None:
    """Two filters, a mean, a weighted sum: the map is the sum of the filters so weighed."""
    nn = torch.nn
    network = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.append(nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]).view(2, 3, 1, 1))
        network[3].weight.copy_(torch.tensor([[2.0, -3.0], [0.0, 1.0]]))
    heat = grad_cam(network.requires_grad_(False), picture, 0)
    assert heat is not None
    pixels = picture[0].numel()
    expected = torch.relu(2.0 * picture[0] - 3.0 * picture[1]) / pixels
    assert heat == pytest.approx(expected.numpy(), abs=1e-7)
    assert grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(576, 2)), picture, 0) is None


def test_a_network_of_faces_is_shown_the_face(tmp_path: Path, recipe_file: Path) -> None:
    text = recipe_file.read_text(encoding="utf-8") + "region: face\n"
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    run = Run(tmp_path)
    portrait = np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
    pictures.write(tmp_path / "portrait.png", portrait)
    [given] = given_pictures(run, [tmp_path / "portrait.png"])
    seen = given.pixels
    assert (given.name, seen.shape, given.shows) == ("portrait.png", (24, 24, 3), "")
    assert seen[10:14, 10:14, 0].mean() > 1.2 * portrait[..., 0].mean()  # skin, and no space suit
    pictures.write(tmp_path / "wall.png", np.full((240, 320, 3), 128, np.uint8))
    with pytest.raises(
        PictureError, match=r"wall\.png: expected a driver's picture, found no face"
    ):
        given_pictures(run, [tmp_path / "wall.png"])


def test_sheet_lights_up_what_matters() -> None:
    grey = np.full((32, 32, 3), 90, np.uint8)
    heat = np.zeros((32, 32))
    heat[8, 24] = 1.0
    heat[20, 8] = -1.0  # speaks against the class
    found = sheet(grey, [heat, np.zeros((32, 32))], "mouth 0.90")
    assert found.shape == (224 + 24, 3 * 224, 3)
    brightness = found[:224].astype(int).sum(axis=2)
    assert np.unique(brightness[:, :224]).size == 1
    lit = brightness[:, 224:448]
    row, column = np.argwhere(lit == lit.max()).mean(axis=0)
    assert (row, column) == pytest.approx((8.5 * 7, 24.5 * 7), abs=4)
    assert np.unique(brightness[:, 448:]).size == 1
