"""A dark face, lit: the networks have learnt faces by day.

In a face darker than most, engines draw the lids of shut eyes apart: at a quarter of the light an
eye aspect ratio of 0.13 becomes 0.18, and 0.09 becomes 0.21. Noise is not less when it is lit, but
the lids are where they were.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.face import Points

ENOUGH = 80.0
"""[1] of 255, mean of a face. From 63 to 94 on, lids of three people were drawn as in any light."""
MOST = 8.0
"""[1] largest gain; a face at 10 of 255 has some twenty shades left."""
_STEP = 4  # [px] between those that are looked at


class FaceLight:
    """Makes a picture brighter while the face in it is dark, by what the picture before showed."""

    def __init__(self) -> None:
        self._gain = 1.0

    def lit(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The picture, or a brighter one.

        Args:
            rgb: shape (H, W, 3). It is not changed.
        """
        if self._gain <= 1.0:
            return np.ascontiguousarray(rgb)
        return np.asarray(cv2.convertScaleAbs(rgb, alpha=self._gain), np.uint8)

    def learn(self, rgb: npt.NDArray[np.uint8], points: Points) -> None:
        """Take the face that was found in a picture as it came.

        Args:
            rgb: shape (H, W, 3).
            points: shape (68, 2), [px].
        """
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        if not np.isfinite(left + top + right + bottom):
            return
        face = rgb[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1]
        if face.size:
            mean = float(face[::_STEP, ::_STEP].mean())
            self._gain = min(max(ENOUGH / max(mean, 1.0), 1.0), MOST)
