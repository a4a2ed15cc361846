"""CA-C3K2, squeeze-and-excitation, CBAM and MPDIoU against the paper's equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

torch = pytest.importorskip("torch", reason="learning extra not installed")

from torch import nn  # noqa: E402

from fatigue_ros.learning.ff_yolo.blocks import (  # noqa: E402  # noqa: E402
    C3K,
    CAC3K2,
    CBAM,
    Bottleneck,
    ConvolutionBlock,
    SqueezeExcitation,
    mpdiou,
    mpdiou_loss,
)

Array = npt.NDArray[np.float32]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def sigmoid(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), np.float32)


def weights(layer: Any) -> Array:
    return np.asarray(layer.weight.detach().numpy(), np.float32)


def test_squeeze_and_excitation_by_equations_7_to_9() -> None:
    module = SqueezeExcitation(6, reduction=3)
    u = torch.randn(2, 6, 4, 5)
    z = u.numpy().sum((2, 3)) / (4 * 5)
    hidden = np.maximum(z @ weights(module.squeeze).T, 0.0)
    assert hidden.shape == (2, 2)
    s = sigmoid(hidden @ weights(module.excite).T)
    np.testing.assert_allclose(
        module(u).detach().numpy(), u.numpy() * s[:, :, None, None], atol=1e-6
    )


def test_squeeze_and_excitation_has_two_matrices_and_nothing_else() -> None:
    assert sum(p.numel() for p in SqueezeExcitation(32, reduction=16).parameters()) == 2 * 32 * 2


def test_cbam_by_equations_11_and_12() -> None:
    module = CBAM(32)
    x = torch.randn(2, 32, 6, 7)
    first, _, second = module.channels.mlp

    def mlp(v: Array) -> Array:
        return np.asarray(np.maximum(v @ weights(first).T, 0.0) @ weights(second).T, np.float32)

    values = x.numpy()
    channels = sigmoid(mlp(values.mean((2, 3))) + mlp(values.max((2, 3))))
    values = values * channels[:, :, None, None]
    summary = np.stack((values.mean(1), values.max(1)), 1)
    padded = np.pad(summary, ((0, 0), (0, 0), (3, 3), (3, 3)))
    kernel = weights(module.places.convolution)[0]
    places = np.zeros((2, 1, 6, 7), np.float32)
    for row in range(6):
        for column in range(7):
            window = padded[:, :, row : row + 7, column : column + 7]
            places[:, 0, row, column] = (window * kernel).sum((1, 2, 3))
    np.testing.assert_allclose(module(x).detach().numpy(), values * sigmoid(places), atol=1e-5)


def test_cbam_has_the_parameters_of_its_mlp_and_its_kernel() -> None:
    assert sum(p.numel() for p in CBAM(64).parameters()) == 2 * 64 * 4 + 2 * 7 * 7


def test_ca_c3k2_by_equation_10() -> None:
    module = CAC3K2(16, 24, expansion=0.5).eval()
    x = torch.randn(1, 16, 8, 8)
    x1, x2 = module.split(x)[:, :12], module.split(x)[:, 12:]
    once = module.shallow(x2)
    twice = module.deep(once)
    parts = torch.cat((x1, module.weigh_shallow(once), module.weigh_deep(twice)), 1)
    torch.testing.assert_close(module(x), module.merge(parts))


def test_c3k_by_equation_6() -> None:
    module = C3K(8).eval()
    x = torch.randn(1, 8, 5, 5)
    reduce, *sequence = module.deep
    assert all(isinstance(part, Bottleneck) for part in sequence)
    deep = reduce(x)
    for part in sequence:
        deep = deep + part.second(part.first(deep))
    parts = torch.cat((deep, module.straight(x)), 1)
    torch.testing.assert_close(module(x), module.merge(parts))


@pytest.mark.parametrize(
    ("make", "channels"),
    [(SqueezeExcitation, 16), (CBAM, 16), (C3K, 16), (lambda inputs: CAC3K2(inputs, 32, 0.25), 32)],
)
def test_shape_is_kept_and_every_weight_learns(
    make: Callable[[int], nn.Module], channels: int
) -> None:
    module = make(16)
    x = torch.randn(2, 16, 9, 7, requires_grad=True)
    out = module(x)
    assert out.shape == (2, channels, 9, 7)
    (out * torch.randn_like(out)).sum().backward()
    assert x.grad is not None
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_fusing_changes_no_result_and_leaves_no_normalisation() -> None:
    module = CAC3K2(8, 8)
    for _ in range(3):
        module(torch.randn(4, 8, 6, 6) + 1.0)  # statistics to fold in
    module.eval()
    x = torch.randn(2, 8, 6, 6)
    before = module(x)
    for part in module.modules():
        if isinstance(part, ConvolutionBlock):
            part.fuse()
            part.fuse()  # once is enough, twice does no harm
    torch.testing.assert_close(module(x), before)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in module.modules())


def value(box: list[float], target: list[float], width: float, height: float) -> float:
    return float(mpdiou(torch.tensor(box), torch.tensor(target), width, height))


def test_mpdiou_of_equal_boxes_is_one() -> None:
    assert value([10, 20, 30, 60], [10, 20, 30, 60], 100, 100) == pytest.approx(1.0)


def test_mpdiou_of_boxes_that_overlap() -> None:
    # Shared 10 x 10 of 400 + 400 - 100; both corners moved by (10, 10), in a picture of 30 x 40.
    expected = 100 / 700 - 200 / 2500 - 200 / 2500
    assert value([0, 0, 20, 20], [10, 10, 30, 30], 30, 40) == pytest.approx(expected)


def test_mpdiou_of_boxes_apart_still_tells_how_far() -> None:
    near = value([0, 0, 10, 10], [20, 0, 30, 10], 60, 80)
    far = value([0, 0, 10, 10], [40, 0, 50, 10], 60, 80)
    assert near == pytest.approx(-2 * 400 / 10_000)
    assert far == pytest.approx(-2 * 1600 / 10_000)


def test_mpdiou_tells_sizes_apart_where_centre_and_shape_agree() -> None:
    # The case that CIoU's extra terms are blind for (section 3.3.3).
    target = [40.0, 40.0, 60.0, 60.0]
    larger, smaller = (
        value([30, 30, 70, 70], target, 100, 100),
        value([45, 45, 55, 55], target, 100, 100),
    )
    assert larger == pytest.approx(400 / 1600 - 2 * 200 / 20_000)
    assert smaller == pytest.approx(100 / 400 - 2 * 50 / 20_000)


def test_the_gradient_pulls_both_corners_of_boxes_apart() -> None:
    box = torch.tensor([0.0, 0.0, 10.0, 10.0], requires_grad=True)
    target = torch.tensor([30.0, 20.0, 50.0, 50.0])
    mpdiou_loss(box, target, 60, 80).backward()
    # Nothing is shared, so that 2 (box - target) / (w^2 + h^2) is left.
    expected = torch.tensor([-60.0, -40.0, -80.0, -80.0]) / 10_000
    torch.testing.assert_close(box.grad, expected)


def test_the_loss_falls_when_the_box_follows_its_gradient() -> None:
    box = torch.tensor([[0.0, 0.0, 10.0, 10.0]], requires_grad=True)
    target = torch.tensor([[30.0, 20.0, 50.0, 50.0]])
    for _ in range(400):
        loss = mpdiou_loss(box, target, 64, 64).sum()
        (gradient,) = torch.autograd.grad(loss, box)
        box = (box - 20.0 * gradient).detach().requires_grad_()
    torch.testing.assert_close(box, target, atol=1.0, rtol=0.0)


def test_boxes_without_area_have_a_finite_loss_and_gradient() -> None:
    box = torch.zeros(1, 4, requires_grad=True)
    mpdiou_loss(box, torch.zeros(1, 4), 64, 64).sum().backward()
    assert box.grad is not None
    assert torch.isfinite(box.grad).all()
