from __future__ import annotations

import numpy as np
import pytest

from fatigue_ros.vision.faces import CLEARLY_LARGER, Box, driver, is_driver


def square(x: float, side: float) -> Box:
    return Box(x, 0, x + side, side)


def test_a_box_around_points() -> None:
    box = Box.around(np.array([[3, 9], [1, 4], [2, 6]], np.float32))
    assert box == (1, 4, 3, 9)
    assert box.area == 10
    assert box.grown(0.5) == (0, 1.5, 4, 11.5)


def test_boxes_inside_out_have_no_area() -> None:
    assert Box(5, 5, 1, 1).area == 0


def test_overlap_means_mostly_the_same_place() -> None:
    assert square(0, 100).overlaps(square(30, 100))
    assert not square(0, 100).overlaps(square(80, 100))
    assert not square(0, 100).overlaps(square(200, 100))


def test_the_largest_is_the_driver_at_first() -> None:
    assert driver([square(0, 90), square(200, 100), square(400, 60)], None) == 1


def test_among_similar_faces_it_stays_the_one_before() -> None:
    faces = [square(0, 100), square(200, 100 * (CLEARLY_LARGER - 0.05))]
    assert driver(faces, square(5, 100)) == 0
    assert driver(faces, square(205, 100)) == 1


def test_a_clearly_larger_face_takes_over() -> None:
    faces = [square(0, 100), square(200, 100 * (CLEARLY_LARGER + 0.05))]
    assert driver(faces, faces[0]) == 1


def test_who_is_elsewhere_and_no_larger_is_not_the_driver() -> None:
    before = square(0, 100)
    assert is_driver(square(20, 95), before)
    assert not is_driver(square(300, 110), before)
    assert is_driver(square(300, 140), before)


def test_nobody_is_no_driver() -> None:
    with pytest.raises(ValueError, match="empty"):
        driver([], None)
