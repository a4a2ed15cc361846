"""The region `face`: in training what `face_state` sees later, from pictures that are no video."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from fatigue_ros.models.regions import NAMES, region
from fatigue_ros.models.single_pictures import SinglePictures
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture


@pytest.fixture(scope="module")
def portrait() -> Picture:
    whole = np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
    return whole[:300, 80:380]


def beside(portrait: Picture, left: int) -> Picture:
    """The portrait somewhere in a wider picture."""
    wide = np.full((300, 640, 3), 90, np.uint8)
    wide[:, left : left + 300] = portrait
    return wide


def test_a_face_is_found_wherever_that_before_was(portrait: Picture) -> None:
    with create_engine(LandmarkSettings()) as engine:
        faces = SinglePictures(engine)
        boxes = []
        for left in (0, 340, 100):
            points = faces.points(beside(portrait, left))
            assert points is not None
            boxes.append(Box.around(points))
        assert faces.points(np.full((300, 640, 3), 90, np.uint8)) is None
    for box, left in zip(boxes, (0, 340, 100), strict=True):
        assert box.left - left == pytest.approx(boxes[0].left, abs=4)


def test_the_face_region_is_a_square_around_the_face(portrait: Picture) -> None:
    with region("face") as cut:
        seen = cut(beside(portrait, 300), "yawn")
        assert cut(np.full((240, 320, 3), 128, np.uint8), "yawn") is None
    assert seen is not None
    assert seen.shape[0] == pytest.approx(seen.shape[1], abs=1)
    assert 110 < len(seen) < 160  # 90 px from brows to chin, and half as much again
    # Nose and cheeks in the middle, which are skin.
    red, _, blue = seen[len(seen) // 2, len(seen) // 2].astype(int)
    assert red > blue + 20


def test_every_region_opens(portrait: Picture) -> None:
    for name in NAMES:
        with region(name) as cut:
            assert cut(portrait, "yawn") is not None, name
