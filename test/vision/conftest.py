from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data


@pytest.fixture(scope="session")
def portrait() -> npt.NDArray[np.uint8]:
    """A face, upright and looking into the camera, in 480x480 RGB."""
    astronaut = data.astronaut()  # type: ignore[no-untyped-call]
    picture: npt.NDArray[np.uint8] = np.ascontiguousarray(astronaut[0:320, 64:384])
    return np.asarray(cv2.resize(picture, (480, 480), interpolation=cv2.INTER_CUBIC), np.uint8)
