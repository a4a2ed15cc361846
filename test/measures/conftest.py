"""A face with eyes, mouth and head as a test wants them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from fatigue_ros.face import Face


@pytest.fixture
def make_face(face_points: Callable[..., Any]) -> Callable[..., Face]:
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
        points = face_points(
            ear if right is None else right, ear if left is None else left, opening, narrow
        )
        return Face(stamp, points, yaw, pitch, 0.0, 1, 640, 480)

    return make


@pytest.fixture
def no_face() -> Callable[[float], Face]:
    """A frame in which no face was found."""
    return lambda stamp: Face(stamp, None, math.nan, math.nan, math.nan, 0, 640, 480)
