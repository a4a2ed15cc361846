"""What the variants add to YOLO11: convolutional blocks, and the box loss MPDIoU."""

import torch
from torch import Tensor, nn

_SQUEEZE = 2
"""[1] r of eq. 8, which Tan et al. do not give. With 2 YOLO-CA has 3,221,651 parameters (one
class), 0.05 % more than in Table 6; with the 16 of Hu et al. it would have 2.5 % fewer."""
_BLOCK_ATTENTION = 16
"""[1] By which the MLP is narrower, as Woo et al. have it; Tan et al. do not say."""


class ConvolutionBlock(nn.Sequential):
    """CBS: convolution, batch normalisation and SiLU (eq. 5); keeps height and width.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: odd side of the kernel.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1) -> None:
        convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(outputs), nn.SiLU())

    def fuse(self) -> None:
        """Fold the normalisation into the convolution; for inference, changes no result."""
        convolution, norm, _ = self
        if isinstance(norm, nn.BatchNorm2d):
            self[0] = torch.nn.utils.fuse_conv_bn_eval(convolution.eval(), norm.eval())
            self[1] = nn.Identity()


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
        return self.merge(torch.cat((self.deep(x), self.straight(x)), 1))


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
        return x * weights[:, :, None, None]


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
        return self.merge(torch.cat(branches, 1))


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
        weights = (self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3)))).sigmoid()
        return weights[:, :, None, None]


class SpatialAttention(nn.Module):
    """Eq. 12: sigmoid of a 7x7 convolution over mean and maximum of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Weights of the places, shape (N, 1, H, W)."""
        summary = torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), 1)
        return self.convolution(summary).sigmoid()


class CBAM(nn.Module):
    """Convolutional block attention module (Woo et al., ECCV 2018), in front of each head.

    It weighs the channels, then the places of what comes out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = ChannelAttention(channels)
        self.places = SpatialAttention()

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C, H, W), kept."""
        x = x * self.channels(x)
        return x * self.places(x)


def mpdiou(boxes: Tensor, targets: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """MPDIoU of pairs of boxes (Ma and Xu 2023): IoU - d1^2 / (w^2 + h^2) - d2^2 / (w^2 + h^2).

    Eqs. 13-15: d1 and d2 are the distances between the upper left and the lower right corners.

    Args:
        boxes: shape (..., 4), x1 y1 x2 y2 in any unit.
        targets: the same shape and unit.
        width: w of the input image in the same unit.
        height: h of it.

    Returns:
        Shape (...), from -2 to 1; 1 where box and target are the same.
    """
    low, high = boxes[..., :2].maximum(targets[..., :2]), boxes[..., 2:].minimum(targets[..., 2:])
    shared = (high - low).clamp(min=0.0).prod(-1)
    union = _area(boxes) + _area(targets) - shared
    distances = (boxes - targets).square().sum(-1)  # both corners at once
    return shared / union.clamp(min=1e-7) - distances / (width**2 + height**2)


def mpdiou_loss(
    boxes: Tensor, targets: Tensor, width: Tensor | float, height: Tensor | float
) -> Tensor:
    """1 - MPDIoU (eq. 16); arguments as for :func:`mpdiou`."""
    return 1.0 - mpdiou(boxes, targets, width, height)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)
