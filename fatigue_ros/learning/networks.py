"""The networks of the papers by name."""

import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from torch import nn

from fatigue_ros.learning.recipe import RecipeError

_BUILDERS = {
    "resnet50": "fatigue_ros.learning.shrestha:resnet50",
    "vgg16": "fatigue_ros.learning.shrestha:vgg16",
    "mobilenet_v2": "fatigue_ros.learning.shrestha:mobilenet_v2",
    "custom_cnn": "fatigue_ros.learning.shrestha:custom_cnn",
    "efficientnet_lite0": "fatigue_ros.learning.imagenet:efficientnet_lite0",
    "modified_vgg16": "fatigue_ros.learning.mujahidin:modified_vgg16",
}

PRETRAINED = ("resnet50", "vgg16", "mobilenet_v2", "efficientnet_lite0")
"""Those whose weights learned on ImageNet are published: by torchvision, by the same names, the
last one in a package of its own."""

HEAD = "new_last_layer"
"""Attribute of a known network that names its last layer, which is exchanged and trained."""

Builder: TypeAlias = Callable[[int, int, Path | None], nn.Module]
"""Makes a network that takes float32 [N, 3, size, size], normalised, and gives logits [N, C].

It is told C, the size [px], and a file of weights learned on ImageNet to begin with (None: from
scratch). Parameters that shall not be trained have ``requires_grad`` off.
"""


def builder(name: str) -> Builder:
    """What builds a network.

    Raises:
        RecipeError: there is no network of that name.
    """
    if name not in _BUILDERS:
        raise RecipeError(f"network {name!r}: expected one of {', '.join(_BUILDERS)}")
    found: Builder = pkgutil.resolve_name(_BUILDERS[name])
    return found
