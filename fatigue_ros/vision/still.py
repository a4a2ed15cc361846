"""A picture that does not change at all: a frozen camera, and no driver who sits still.

Noise moves every true picture by some fraction of a value from frame to frame; only the same bits
again are the same picture again. A sleeper in compressed video moves little, but moves.
"""

import numpy as np
import numpy.typing as npt

from fatigue_ros.lasting import Lasting

FROZEN_TIME = 3.0
"""[s] the same bits for so long, under new stamps. Ours: a source's silence is told in about as
long, and no true camera has been seen to repeat a picture for a tenth of it."""
_STEP = 16  # [px] of the sample that tells most pictures apart at next to no cost
_HARDLY = 0.5  # [1] of 255: mean difference of samples below which a picture hardly moves


class StillPicture:
    """Says of each picture whether it has been the same, bit by bit, for too long.

    Attributes:
        hardly: [s] for how long the picture has hardly moved, which is a sign and no fault.
    """

    def __init__(self) -> None:
        self._picture: npt.NDArray[np.uint8] | None = None
        self._sample: npt.NDArray[np.uint8] | None = None
        self._same, self._similar = Lasting(), Lasting()
        self.hardly = 0.0

    def fault(self, stamp: float, picture: npt.NDArray[np.uint8]) -> str:
        """Why no picture of this stream can be trusted, empty when they can.

        Args:
            stamp: [s] when it was taken.
            picture: shape (H, W, 3) or (H, W); copied when it looks like the one before.
        """
        sample = picture[::_STEP, ::_STEP].copy()
        before, self._sample = self._sample, sample
        similar = before is not None and before.shape == sample.shape
        difference = 255.0
        if similar and before is not None:
            difference = float(np.abs(before.astype(np.int16) - sample).mean())
        self.hardly = self._similar.update(stamp, holds=difference <= _HARDLY)
        if difference > 0.0:
            self._picture = None
            self._same.update(stamp, holds=False)
            return ""
        if self._picture is None or not np.array_equal(self._picture, picture):
            self._picture = picture.copy()
            self._same.update(stamp, holds=False)
            return ""
        passed = self._same.update(stamp, holds=True)
        if passed < FROZEN_TIME:
            return ""
        return f"the picture has not changed at all for {passed:.0f} s"
