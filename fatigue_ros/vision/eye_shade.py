"""How much darker it is around the eyes than on the cheeks: dark glasses, which no engine reports.

A landmark engine draws eyes behind dark glasses as well, open or shut as it happens. What gives the
glasses away is not the eye but the skin below it, which the lens hides: without glasses it is
about as bright as the cheek, in any light that falls on both.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

# Places and sizes as shares of the distance between the outer eye corners, from the middle of the
# eye down the face: inside of usual lenses, and well below them.
_BELOW_EYE, _CHEEK = 0.16, 0.42
_HALF_BELOW_EYE, _HALF_CHEEK = 0.04, 0.06
_DARKEST_CHEEK = 30.0  # [grey levels of 255] in a darker picture, noise has the say
_CORNERS = [36, 39, 42, 45]


def eye_shade(rgb: npt.NDArray[np.uint8], points: npt.NDArray[Any]) -> float:
    """Compare the skin below the eye that is nearer to the camera with the cheek under it.

    In 842 pictures of drivers, none of the 740 without dark glasses reached 0.6 and 73 of the 102
    with them exceeded it; the others wear mirrored lenses with the sky in them
    (test/vision/test_eye_shade.py has which).

    Args:
        rgb: shape (H, W, 3).
        points: shape (68, 2), [px], in the iBUG order.

    Returns:
        [1] 0: below the eye it is as bright as on the cheek, or brighter; 1: it is black. NaN when
        that cannot be told, because one of the places is outside of the picture or the cheek is
        too dark.
    """
    (rx, ry), (rix, riy), (lix, liy), (lx, ly) = points[_CORNERS].tolist()
    across, down = lx - rx, ly - ry
    size = math.hypot(across, down)
    if not 0.0 < size < math.inf:
        return math.nan
    if math.hypot(rix - rx, riy - ry) > math.hypot(lix - lx, liy - ly):
        x, y = 0.5 * (rx + rix), 0.5 * (ry + riy)
    else:
        x, y = 0.5 * (lx + lix), 0.5 * (ly + liy)
    cheek = _mean(rgb, x - _CHEEK * down, y + _CHEEK * across, _HALF_CHEEK * size)
    if not cheek >= _DARKEST_CHEEK:
        return math.nan
    skin = _mean(rgb, x - _BELOW_EYE * down, y + _BELOW_EYE * across, _HALF_BELOW_EYE * size)
    return max(0.0, 1.0 - skin / cheek)


def _mean(rgb: npt.NDArray[np.uint8], x: float, y: float, half: float) -> float:
    """Mean of all channels in a square around a place; NaN when it reaches beyond the picture."""
    half = max(1.0, half)
    left, top, right, bottom = int(x - half), int(y - half), int(x + half) + 1, int(y + half) + 1
    if left < 0 or top < 0 or bottom > rgb.shape[0] or right > rgb.shape[1]:
        return math.nan
    return float(rgb[top:bottom, left:right].mean())
