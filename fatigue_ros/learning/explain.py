"""What in a picture a network's answer hangs on.

Three methods. The gradient of the class's logit with respect to each pixel (Simonyan, Vedaldi and
Zisserman 2014), as Shrestha has it, shows where a small change would matter; it is noisy, and blind
where the network is saturated. Integrated gradients (Sundararajan, Taly and Yan 2017) sum the
gradients on the way from a picture that says nothing to this one: the sum of their map is the
difference of the logits (their axiom of completeness). Grad-CAM (Selvaraju et al. 2017) asks the
last convolution instead of the pixels: coarse, but of things and not of edges.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from fatigue_ros.vision.images import Picture

Model: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
"""Logits [N, C] of pictures [N, 3, H, W]."""
Heat: TypeAlias = npt.NDArray[np.float64]
"""Shape (H, W)."""

STEPS = 64
_STEPS_AT_ONCE = 8
_BRIGHTEST = 99.0
"""[%] of pixels below full brightness: a single pixel would leave the others dark."""
_SOFTENING = 0.02
"""Of the picture's width: standard deviation by which a map is smoothed for the eye."""


def saliency(model: Model, picture: torch.Tensor, label: int) -> Heat:
    """Largest absolute gradient of a class's logit over the colours of each pixel.

    Args:
        model: in evaluation mode.
        picture: shape (3, H, W), 0 to 1.
        label: the class.
    """
    return np.asarray(_gradients(model, picture[None], label)[0].abs().amax(dim=0), np.float64)


def integrated_gradients(
    model: Model, picture: torch.Tensor, label: int, baseline: torch.Tensor, steps: int = STEPS
) -> Heat:
    """How much each pixel adds to a class's logit; the sum is the logit less the baseline's.

    Args:
        model: in evaluation mode.
        picture: shape (3, H, W), 0 to 1.
        label: the class.
        baseline: picture that says nothing, broadcast to the same shape.
        steps: of the integral (midpoint rule).
    """
    way = picture - baseline
    total = torch.zeros_like(picture)
    at = (torch.arange(steps, dtype=picture.dtype) + 0.5) / steps
    for part in at.split(_STEPS_AT_ONCE):
        total += _gradients(model, baseline + part.view(-1, 1, 1, 1) * way, label).sum(dim=0)
    return np.asarray((way * total / steps).sum(dim=0), np.float64)


def grad_cam(network: nn.Module, picture: torch.Tensor, label: int) -> Heat | None:
    """Where the last convolution sees what speaks for a class; None where there is no convolution.

    Args:
        network: in evaluation mode.
        picture: shape (3, H, W), 0 to 1.
        label: the class.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if not layers:
        return None
    seen: list[torch.Tensor] = []
    hook = layers[-1].register_forward_hook(lambda *called: seen.append(called[2]))
    try:
        # Of frozen features the pixels bring the gradient.
        logit = network(picture[None].detach().clone().requires_grad_())[0, label]
    finally:
        hook.remove()
    [gradient] = torch.autograd.grad(logit, seen)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    coarse = torch.relu((weights * seen[0]).sum(dim=1, keepdim=True)).detach()
    size = picture.shape[1:]
    whole = nn.functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
    return np.asarray(whole[0, 0], np.float64)


def _gradients(model: Model, pictures: torch.Tensor, label: int) -> torch.Tensor:
    inputs = pictures.detach().clone().requires_grad_()
    [gradients] = torch.autograd.grad(model(inputs)[:, label].sum(), inputs)
    return gradients


def sheet(picture: Picture, heats: Sequence[Heat], title: str) -> Picture:
    """The picture and, beside it, what each map lights up in it.

    Args:
        picture: RGB, shape (H, W, 3).
        heats: of the same height and width; what is below 0 counts against the class, and is left
            dark.
        title: written below; ASCII.

    Returns:
        RGB.
    """
    size = 224
    tiles = [_large(picture, size)]
    grey = cv2.cvtColor(cv2.cvtColor(tiles[0], cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    for heat in heats:
        soft = np.asarray(
            cv2.GaussianBlur(np.maximum(heat, 0.0), (0, 0), _SOFTENING * heat.shape[1]), np.float64
        )
        full = np.percentile(soft, _BRIGHTEST) or 1.0
        level = np.asarray(np.clip(soft / full, 0.0, 1.0) * 255.0, np.uint8)
        colours = cv2.applyColorMap(_large(level, size), cv2.COLORMAP_INFERNO)
        lit = cv2.cvtColor(colours, cv2.COLOR_BGR2RGB)
        tiles.append(np.asarray(cv2.addWeighted(grey, 0.35, lit, 0.65, 0), np.uint8))
    found = np.concatenate(tiles, axis=1)
    strip = np.zeros((24, found.shape[1], 3), np.uint8)
    cv2.putText(strip, title, (6, 17), cv2.FONT_HERSHEY_DUPLEX, 0.45, (245, 245, 245), 1, 16)
    return np.asarray(np.concatenate([found, strip]), np.uint8)


def _large(picture: npt.NDArray[np.uint8], size: int) -> Picture:
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
