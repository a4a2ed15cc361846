"""The networks of the papers by name."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fatigue_ros.learning.recipe import RecipeError

if TYPE_CHECKING:
    from torch import nn

_BUILDERS = {
    "resnet50": "fatigue_ros.learning.shrestha:resnet50",
    "vgg16": "fatigue_ros.learning.shrestha:vgg16",
    "mobilenet_v2": "fatigue_ros.learning.shrestha:mobilenet_v2",
    "custom_cnn": "fatigue_ros.learning.shrestha:custom_cnn",
    "modified_vgg16": "fatigue_ros.learning.mujahidin:modified_vgg16",
}

PRETRAINED = ("resnet50", "vgg16", "mobilenet_v2")
"""Those whose weights learned on ImageNet are published, by the same names, by torchvision."""


class Builder(Protocol):
    """Makes a network that takes float32 [N, 3, size, size], normalised, and gives logits [N, C].

    Parameters that shall not be trained have ``requires_grad`` off.
    """

    def __call__(self, classes: int, image_size: int, weights: Path | None) -> nn.Module:
        """Build it.

        Args:
            classes: number of outputs.
            image_size: [px] of the pictures it will see.
            weights: file of weights learned on ImageNet to begin with; None: from scratch.
        """


def builder(name: str) -> Builder:
    """What builds a network.

    Raises:
        RecipeError: there is no network of that name.
    """
    if name not in _BUILDERS:
        raise RecipeError(f"network {name!r}: expected one of {', '.join(_BUILDERS)}")
    module, _, function = _BUILDERS[name].partition(":")
    found: Builder = getattr(importlib.import_module(module), function)
    return found
