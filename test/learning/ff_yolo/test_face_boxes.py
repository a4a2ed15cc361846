from __future__ import annotations

import numpy as np
import pytest

from fatigue_ros.face import Points
from fatigue_ros.learning.ff_yolo.dataset import YoloBox, face_box


def points(left: float, top: float, right: float, bottom: float) -> Points:
    """68 points that fill this rectangle."""
    return np.linspace((left, top), (right, bottom), 68).astype(np.float32)


def edges(box: YoloBox | None) -> tuple[float, ...]:
    """Left, top, right, bottom as shares of the picture."""
    assert box is not None
    across, down = box.width / 2, box.height / 2
    return (box.x - across, box.y - down, box.x + across, box.y + down)


def test_the_box_holds_the_points_and_a_tenth_more_on_each_side() -> None:
    box = face_box(points(100, 50, 200, 250), 400, 500)
    assert edges(box) == pytest.approx((90 / 400, 30 / 500, 210 / 400, 270 / 500))


def test_its_line_has_class_centre_and_size() -> None:
    assert YoloBox(0.375, 0.3, 0.3, 0.48).line(1) == "1 0.375000 0.300000 0.300000 0.480000"


def test_the_box_ends_where_the_picture_ends() -> None:
    assert edges(face_box(points(-50, 0, 50, 100), 100, 100)) == pytest.approx((0, 0, 0.6, 1))


def test_a_face_beside_the_picture_has_no_box() -> None:
    assert face_box(points(-90, 10, -20, 60), 100, 100) is None
