"""A picture that repeats itself to the bit is frozen; one that hardly moves is not."""

from __future__ import annotations

import numpy as np
import pytest

from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.still import StillPicture


def play(pictures: list[Picture], fps: float = 15.0) -> tuple[StillPicture, list[float]]:
    """The watch, and the times [s] at which it finds a fault."""
    still = StillPicture()
    found = [i / fps for i, picture in enumerate(pictures) if still.fault(i / fps, picture)]
    return still, found


@pytest.fixture
def picture() -> Picture:
    return np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)


def test_the_same_bits_for_three_seconds_are_a_fault(picture: Picture) -> None:
    _, found = play([picture] * 75)
    assert found[0] == pytest.approx(3.0, abs=0.15)
    assert len(found) >= 75 - 48


def test_one_changed_value_anywhere_is_another_picture(picture: Picture) -> None:
    pictures = []
    for i in range(90):
        changed = picture.copy()
        changed[7, 9, 0] = i % 2  # between the places that are looked at first
        pictures.append(changed)
    still, found = play(pictures)
    assert not found
    assert still.hardly >= 3.0, "a sign and no fault"


def test_a_memory_that_is_used_again_is_not_the_same_picture(picture: Picture) -> None:
    still = StillPicture()
    for i in range(90):
        picture[7, 9, 0] = i % 2  # in place, as in the landmarks node
        assert not still.fault(i / 15.0, picture)


def test_few_pictures_far_apart_prove_nothing(picture: Picture) -> None:
    _, found = play([picture] * 10, fps=0.5)
    assert not found
