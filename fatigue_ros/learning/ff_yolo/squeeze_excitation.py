"""Squeeze-and-excitation (Hu, Shen and Sun, CVPR 2018), as CA-C3K2 uses it."""

from __future__ import annotations

from torch import Tensor, nn

REDUCTION = 2
"""[1] r of eq. 8, which Tan et al. do not give. With 2 YOLO-CA has 3,221,651 parameters (one
class), 0.05 % more than in Table 6; with the 16 of Hu et al. it would have 2.5 % fewer."""


class SqueezeExcitation(nn.Module):
    """Weighs channels: U * sigmoid(W2 relu(W1 mean(U))) (eqs. 7-9), without biases.

    Args:
        channels: C.
        reduction: r, by which the bottleneck is narrower.
    """

    def __init__(self, channels: int, reduction: int = REDUCTION) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C, H, W), kept."""
        weights = self.excite(self.squeeze(x.mean((2, 3))).relu()).sigmoid()
        weighted: Tensor = x * weights[:, :, None, None]
        return weighted
