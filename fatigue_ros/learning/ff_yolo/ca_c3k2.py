"""CA-C3K2, which takes the place of every C3K2 in YOLO11's backbone and neck."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fatigue_ros.learning.ff_yolo.blocks import C3K, ConvolutionBlock
from fatigue_ros.learning.ff_yolo.squeeze_excitation import SqueezeExcitation


class CAC3K2(nn.Module):
    """Eq. 10: F(concat[X1, SE(C3K(X2)), SE(C3K(C3K(X2)))]), F being a 1x1 CBS.

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
