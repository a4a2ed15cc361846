"""MPDIoU: intersection over union less the distances of two corners (Ma and Xu, 2023)."""

from __future__ import annotations

from torch import Tensor


def mpdiou(boxes: Tensor, targets: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """MPDIoU of pairs of boxes (eqs. 13-15): IoU - d1^2 / (w^2 + h^2) - d2^2 / (w^2 + h^2).

    d1 and d2 are the distances between the upper left and between the lower right corners.

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
    result: Tensor = shared / union.clamp(min=1e-7) - distances / (width**2 + height**2)
    return result


def mpdiou_loss(
    boxes: Tensor, targets: Tensor, width: Tensor | float, height: Tensor | float
) -> Tensor:
    """1 - MPDIoU (eq. 16); arguments as for :func:`mpdiou`."""
    return 1.0 - mpdiou(boxes, targets, width, height)


def _area(boxes: Tensor) -> Tensor:
    area: Tensor = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    return area
