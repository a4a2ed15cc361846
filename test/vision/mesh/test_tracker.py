from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.vision.mesh.attention_mesh import POINTS, AttentionMesh
from fatigue_ros.vision.mesh.detector import Detection, Detector
from fatigue_ros.vision.mesh.region import MARGIN, Region
from fatigue_ros.vision.mesh.tracker import LEFT_EYE, RIGHT_EYE, Tracker

Floats = npt.NDArray[np.float32]
PICTURE = np.zeros((100, 100, 3), np.uint8)


class Scene:
    """Stands for both networks: one face that lies somewhere, or none."""

    def __init__(self) -> None:
        self.face: tuple[float, float, float] | None = (50.0, 40.0, 20.0)  # middle, size
        self.searched = 0
        self.looked: list[Region] = []
        self.sure = 5.0

    def find(self, _: npt.NDArray[np.uint8], region: Region | None = None) -> object:
        if region is None:
            self.searched += 1
            return [] if self.face is None else [self.detection()]
        self.looked.append(region)
        return self.points(), (self.sure if self.face else -5.0)

    def detection(self) -> Detection:
        x, y, size = self.face or (0.0, 0.0, 0.0)
        box = np.array((x - size / 2, y - size / 2, x + size / 2, y + size / 2), np.float32)
        return Detection(box, np.array(((x - 4, y), (x + 4, y)), np.float32), 0.9)

    def points(self) -> Floats:
        x, y, size = self.face or (0.0, 0.0, 0.0)
        points = np.full((POINTS + 10, 2), (x, y), np.float32)
        points[0], points[1] = (x - size / 2, y - size / 2), (x + size / 2, y + size / 2)
        points[RIGHT_EYE], points[LEFT_EYE] = (x - 4, y - 1), (x + 4, y + 1)
        points[POINTS:] = 1e6  # irises have no say in where the face is
        return points


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def tracker(scene: Scene) -> Tracker:
    return Tracker(cast(Detector, scene), cast(AttentionMesh, scene), 0.5)


def test_a_face_is_found_once_and_followed_by_its_own_points(
    scene: Scene, tracker: Tracker
) -> None:
    for _ in range(3):
        assert tracker.find(PICTURE) is not None
    assert scene.searched == 1
    assert scene.looked[0] == (50, 40, MARGIN * 20, 0)
    assert scene.looked[1][:3] == (50, 40, MARGIN * 20)
    assert scene.looked[1].angle == pytest.approx(np.arctan2(2, 8))


def test_a_face_that_is_lost_is_looked_for_in_the_next_picture(
    scene: Scene, tracker: Tracker
) -> None:
    tracker.find(PICTURE)
    scene.face = None
    assert tracker.find(PICTURE) is None
    assert tracker.find(PICTURE) is None
    assert scene.searched == 2
    scene.face = (30.0, 30.0, 10.0)
    assert tracker.find(PICTURE) is not None
    assert scene.looked[-1][:3] == (30, 30, MARGIN * 10)


def test_a_face_is_followed_while_it_is_sure_enough(scene: Scene, tracker: Tracker) -> None:
    tracker.find(PICTURE)
    scene.sure = 0.01
    assert tracker.find(PICTURE) is not None
    scene.sure = -0.01
    assert tracker.find(PICTURE) is None


def test_another_face_is_followed_when_told_so(scene: Scene, tracker: Tracker) -> None:
    tracker.find(PICTURE)
    scene.face = (80.0, 20.0, 12.0)
    assert tracker.look(PICTURE, Region(80.0, 20.0, 18.0, 0.0)) is not None
    tracker.find(PICTURE)
    assert scene.looked[-1][:3] == (80, 20, MARGIN * 12)
    assert scene.searched == 1
