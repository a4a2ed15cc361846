"""A face of 68 points with eyes, mouth and head as a test wants them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fatigue_ros.face import Face

_EYE_WIDTH = 40.0  # [px]
_MOUTH_WIDTH = 60.0  # [px]


def _eye(centre: float, ear: float, width: float) -> list[tuple[float, float]]:
    half, gap = width / 2.0, ear * width / 2.0
    return [
        (centre - half, 0.0),
        (centre - half / 3.0, -gap),
        (centre + half / 3.0, -gap),
        (centre + half, 0.0),
        (centre + half / 3.0, gap),
        (centre - half / 3.0, gap),
    ]


def _points(right: float, left: float, opening: float, narrow: tuple[float, float]) -> Any:
    points = np.zeros((68, 2), np.float32)
    points[30] = (0.0, 40.0)
    points[36:42] = _eye(-45.0, right, _EYE_WIDTH * narrow[0])
    points[42:48] = _eye(45.0, left, _EYE_WIDTH * narrow[1])
    half, gap = _MOUTH_WIDTH / 2.0, opening * _MOUTH_WIDTH / 2.0
    across = np.linspace(-half, half, 7)
    lip = np.array([0.0, 6.0, 9.0, 9.0, 9.0, 6.0, 0.0])
    points[48:55] = np.column_stack((across, 100.0 - gap - lip))
    points[55:60] = np.column_stack((across[-2:0:-1], 100.0 + gap + lip[-2:0:-1]))
    inner = np.linspace(-half + 5.0, half - 5.0, 5)
    points[60:65] = np.column_stack((inner, [100.0, *[100.0 - gap] * 3, 100.0]))
    points[65:68] = np.column_stack((inner[3:0:-1], [100.0 + gap] * 3))
    return points + np.array((320.0, 200.0), np.float32)


@pytest.fixture
def make_face() -> Callable[..., Face]:
    """A function that makes a face.

    Its arguments: stamp; ear of both eyes, or right and left apart; opening of the mouth; yaw and
    pitch [rad]; narrow, the share of their width that the eyes show.
    """

    def make(
        stamp: float,
        ear: float = 0.3,
        *,
        right: float | None = None,
        left: float | None = None,
        opening: float = 0.02,
        yaw: float = 0.0,
        pitch: float = 0.0,
        narrow: tuple[float, float] = (1.0, 1.0),
    ) -> Face:
        points = _points(
            ear if right is None else right, ear if left is None else left, opening, narrow
        )
        return Face(stamp, points, yaw, pitch, 0.0, 1, 640, 480)

    return make


@pytest.fixture
def no_face() -> Callable[[float], Face]:
    """A frame in which no face was found."""
    return lambda stamp: Face(stamp, None, math.nan, math.nan, math.nan, 0, 640, 480)
