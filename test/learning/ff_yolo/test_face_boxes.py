from __future__ import annotations

import numpy as np
import pytest

from fatigue_ros.face import Points
from fatigue_ros.learning.ff_yolo.dataset import YoloBox, cut_square, face_box


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


@pytest.mark.parametrize(
    ("centre", "start"),
    [((640, 360), (190, 0)), ((100, 360), (0, 0)), ((1200, 100), (380, 0))],
    ids=["in the middle", "at the left", "at the right"],
)
def test_pictures_are_cut_to_the_papers_square_around_the_face(
    centre: tuple[int, int], start: tuple[int, int]
) -> None:
    """900 of 1280 x 720 as far as it goes; the box stays around the same pixels."""
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[centre[1], centre[0]] = 255
    box = YoloBox(centre[0] / 1280, centre[1] / 720, 200 / 1280, 100 / 720)
    cut, moved = cut_square(picture, box, 900)
    assert cut.shape == (720, 900, 3)
    assert cut[centre[1] - start[1], centre[0] - start[0], 0] == 255
    left, top, right, bottom = edges(moved)
    assert (left * 900, right * 900) == pytest.approx(
        (max(centre[0] - start[0] - 100, 0), min(centre[0] - start[0] + 100, 900))
    )
    assert (top * 720, bottom * 720) == pytest.approx((centre[1] - 50, centre[1] + 50))
    whole, same = cut_square(picture, box, 2000)
    assert whole.shape == picture.shape
    assert edges(same) == pytest.approx(np.clip(edges(box), 0.0, 1.0).tolist())
