"""The convolutional building blocks of YOLO11 that CA-C3K2 is made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvolutionBlock(nn.Module):
    """CBS: convolution, batch normalisation and SiLU (eq. 5); keeps height and width.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: odd side of the kernel.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)
        self.activation = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, inputs, H, W) to (N, outputs, H, W)."""
        activated: Tensor = self.activation(self.norm(self.convolution(x)))
        return activated

    def fuse(self) -> None:
        """Fold the normalisation into the convolution; for inference, changes no result."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.convolution = torch.nn.utils.fuse_conv_bn_eval(
                self.convolution.eval(), self.norm.eval()
            )
            self.norm = nn.Identity()


class Bottleneck(nn.Module):
    """Two 3x3 CBS with a shortcut around them, all with the same number of channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvolutionBlock(channels, channels, 3)
        self.second = ConvolutionBlock(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, channels, H, W), kept."""
        return x + self.second(self.first(x))


class C3K(nn.Module):
    """C3K (eq. 6): one half through two 3x3 bottlenecks, the other straight on, then merged.

    The halves come from a 1x1 CBS each, with half the channels, as YOLO11 has it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.straight = ConvolutionBlock(channels, half)
        self.deep = nn.Sequential(
            ConvolutionBlock(channels, half), Bottleneck(half), Bottleneck(half)
        )
        self.merge = ConvolutionBlock(2 * half, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, channels, H, W), kept."""
        merged: Tensor = self.merge(torch.cat((self.deep(x), self.straight(x)), 1))
        return merged
