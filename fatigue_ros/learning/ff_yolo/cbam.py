"""Convolutional block attention module (Woo et al., ECCV 2018), in front of each head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

REDUCTION = 16
"""[1] By which the MLP is narrower, as Woo et al. have it; Tan et al. do not say."""


class ChannelAttention(nn.Module):
    """Eq. 11: sigmoid(MLP(mean over the area) + MLP(maximum over the area)), one shared MLP."""

    def __init__(self, channels: int, reduction: int = REDUCTION) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, channels, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Weights of the channels, shape (N, C, 1, 1)."""
        weights: Tensor = (self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3)))).sigmoid()
        return weights[:, :, None, None]


class SpatialAttention(nn.Module):
    """Eq. 12: sigmoid of a 7x7 convolution over mean and maximum of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Weights of the places, shape (N, 1, H, W)."""
        summary = torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), 1)
        weights: Tensor = self.convolution(summary).sigmoid()
        return weights


class CBAM(nn.Module):
    """Weighs the channels, then the places of what comes out.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = ChannelAttention(channels)
        self.places = SpatialAttention()

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C, H, W), kept."""
        x = x * self.channels(x)
        weighted: Tensor = x * self.places(x)
        return weighted
