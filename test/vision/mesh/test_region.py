from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from fatigue_ros.vision.mesh.region import MARGIN, Region, angle_between, logit, transformed


def corners(region: Region, size: int) -> list[list[float]]:
    """Where the crop's corners lie in the picture: left top, right top, right bottom."""
    crop = np.array(((0, 0), (size, 0), (size, size)), np.float32)
    found: list[list[float]] = transformed(crop, region.matrix(size)).tolist()
    return found


def test_a_level_region_is_a_square_of_the_picture() -> None:
    found = corners(Region(100.0, 60.0, 40.0, 0.0), 16)
    assert found == [[80.0, 40.0], [120.0, 40.0], [120.0, 80.0]]


def test_a_turned_region_turns_about_its_middle() -> None:
    found = corners(Region(100.0, 60.0, 40.0, math.pi / 2), 16)
    # Clockwise as one looks at it: what is up in the crop lies to the right in the picture.
    for corner, expected in zip(found, ([120, 40], [120, 80], [80, 80]), strict=True):
        assert corner == pytest.approx(expected, abs=1e-4)


def test_the_region_of_a_face_is_larger_than_its_box_and_has_its_middle() -> None:
    low, high = np.array((10, 20), np.float32), np.array((50, 120), np.float32)
    region = Region.around(low, high, 0.3)
    assert region == (30.0, 70.0, MARGIN * 100.0, 0.3)


def test_a_crop_shows_the_region_upright() -> None:
    picture = np.zeros((80, 80, 3), np.uint8)
    picture[20:60, 50:60] = 200  # a bar at the right edge of the region below
    region = Region(40.0, 40.0, 40.0, math.pi / 2)
    crop = region.crop(picture, 20, cv2.BORDER_CONSTANT)
    assert crop.shape == (20, 20, 3)
    assert crop[1:4].min() > 150
    assert crop[7:].max() == 0


@pytest.mark.parametrize(
    ("border", "beyond"), [(cv2.BORDER_CONSTANT, 0), (cv2.BORDER_REPLICATE, 9)]
)
def test_beyond_the_picture_lies_what_is_asked_for(border: int, beyond: int) -> None:
    picture = np.full((20, 20, 3), 9, np.uint8)
    crop = Region(0.0, 10.0, 20.0, 0.0).crop(picture, 20, border)
    assert (crop[:, :9] == beyond).all()
    assert (crop[:, 11:] == 9).all()


def test_angles_run_clockwise_from_the_right() -> None:
    here = np.array((5, 5), np.float32)
    for to, degrees in (((9, 5), 0), ((5, 9), 90), ((1, 5), 180), ((5, 1), -90)):
        found = angle_between(here, np.array(to, np.float32))
        assert math.degrees(found) == pytest.approx(degrees)


def test_any_confidence_has_a_logit() -> None:
    assert (logit(0.0), logit(0.5), logit(1.0)) == (-math.inf, 0.0, math.inf)
    assert 1 / (1 + math.exp(-logit(0.8))) == pytest.approx(0.8)


def test_a_region_goes_with_a_motion_and_part_of_the_way_with_a_tremble() -> None:
    here = Region(100.0, 80.0, 200.0, 0.1)
    far = Region(106.0, 80.0, 200.0, 0.1)  # 3 % of the side
    assert here.towards(far) == pytest.approx(far)
    tremble = here.towards(Region(100.4, 80.0, 200.0, 0.1))  # 0.2 %
    assert tremble == pytest.approx((100.0 + 0.21 * 0.4, 80.0, 200.0, 0.1))
    for part in ({"side": 210.0}, {"angle": 0.16}, {"y": 84.0}):
        moved = here._replace(**part)
        assert here.towards(moved) == pytest.approx(moved)


def test_a_region_follows_a_turn_past_half_a_circle_by_the_short_way() -> None:
    here, seen = Region(0.0, 0.0, 100.0, 3.14), Region(0.0, 0.0, 100.0, -3.14)
    angle = here.towards(seen).angle
    assert 3.14 < angle < 3.15
