"""How large a network is, and what a picture costs it."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(model: nn.Module) -> int:
    """[1] its weights."""
    return sum(weights.numel() for weights in model.parameters())


def gflops(model: nn.Module, side: int) -> float:
    """[1e9 operations] for one picture of ``side`` x ``side`` pixels.

    Counted are multiplications and additions of convolutions and matrix products, each as one
    operation, as ultralytics (and so the paper) counts.
    """
    place = next(model.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, side, side, device=place))
    return float(counter.get_total_flops()) / 1e9
