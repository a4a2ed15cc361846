"""The convolutional blocks that the variants add to YOLO11, and what they are made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SQUEEZE = 2
"""[1] r of eq. 8, which Tan et al. do not give. With 2 YOLO-CA has 3,221,651 parameters (one
class), 0.05 % more than in Table 6; with the 16 of Hu et al. it would have 2.5 % fewer."""
_BLOCK_ATTENTION = 16
"""[1] By which the MLP is narrower, as Woo et al. have it; Tan et al. do not say."""


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


class SqueezeExcitation(nn.Module):
    """Squeeze-and-excitation (Hu, Shen and Sun, CVPR 2018), as CA-C3K2 uses it.

    It weighs channels: U * sigmoid(W2 relu(W1 mean(U))) (eqs. 7-9), without biases.

    Args:
        channels: C.
        reduction: r, by which the bottleneck is narrower.
    """

    def __init__(self, channels: int, reduction: int = _SQUEEZE) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C, H, W), kept."""
        weights = self.excite(self.squeeze(x.mean((2, 3))).relu()).sigmoid()
        weighted: Tensor = x * weights[:, :, None, None]
        return weighted


class CAC3K2(nn.Module):
    """CA-C3K2, which takes the place of every C3K2 in YOLO11's backbone and neck.

    Eq. 10: F(concat[X1, SE(C3K(X2)), SE(C3K(C3K(X2)))]), F being a 1x1 CBS.

    X1 and X2 are the halves of a first 1x1 CBS. The second C3K takes what the first one gives
    before it is weighed, as the equation has it. There are always two C3K, whatever YOLO11 has
    in that place.

    Args:
        inputs: channels in.
        outputs: channels out.
        expansion: width of a half as a share of the outputs.
    """

    def __init__(self, inputs: int, outputs: int, expansion: float = 0.5) -> None:
        super().__init__()
        self.half = int(outputs * expansion)
        self.split = ConvolutionBlock(inputs, 2 * self.half)
        self.shallow = C3K(self.half)
        self.deep = C3K(self.half)
        self.weigh_shallow = SqueezeExcitation(self.half)
        self.weigh_deep = SqueezeExcitation(self.half)
        self.merge = ConvolutionBlock(3 * self.half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, inputs, H, W) to (N, outputs, H, W)."""
        untouched, rest = self.split(x).chunk(2, 1)
        shallow = self.shallow(rest)
        deep = self.deep(shallow)
        branches = (untouched, self.weigh_shallow(shallow), self.weigh_deep(deep))
        merged: Tensor = self.merge(torch.cat(branches, 1))
        return merged


class ChannelAttention(nn.Module):
    """Eq. 11: sigmoid(MLP(mean over the area) + MLP(maximum over the area)), one shared MLP."""

    def __init__(self, channels: int, reduction: int = _BLOCK_ATTENTION) -> None:
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
    """Convolutional block attention module (Woo et al., ECCV 2018), in front of each head.

    It weighs the channels, then the places of what comes out.

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
