"""The Haar stage: what is there is found, what is not is not invented."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from fatigue_ros.errors import EngineError
from fatigue_ros.models import haar, pictures
from fatigue_ros.models.face_parts import training_region
from fatigue_ros.models.haar import FacePart, HaarStage, Parts, crop
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture


@pytest.fixture(scope="module")
def stage() -> HaarStage:
    return HaarStage()


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]


# Read off the portrait by hand, [px].
FACE_CENTRE, RIGHT_EYE, LEFT_EYE, MOUTH = (224, 125), (203, 109), (249, 109), (224, 151)


def holds(box: Box | None, point: tuple[int, int]) -> bool:
    return box is not None and box.left < point[0] < box.right and box.top < point[1] < box.bottom


def test_portrait_has_a_face_two_eyes_and_a_mouth(stage: HaarStage, portrait: Picture) -> None:
    parts = stage.find(portrait)
    assert list(parts.found()) == list(FacePart)
    assert holds(parts.face, FACE_CENTRE)
    assert holds(parts.right_eye, RIGHT_EYE)
    assert not holds(parts.right_eye, LEFT_EYE)
    assert holds(parts.left_eye, LEFT_EYE)
    assert holds(parts.mouth, MOUTH)


def test_the_mirror_swaps_the_eyes(stage: HaarStage, portrait: Picture) -> None:
    width = portrait.shape[1]
    parts = stage.find(np.ascontiguousarray(portrait[:, ::-1]))
    assert holds(parts.right_eye, (width - LEFT_EYE[0], LEFT_EYE[1]))
    assert holds(parts.left_eye, (width - RIGHT_EYE[0], RIGHT_EYE[1]))


def test_the_same_picture_gives_the_same_parts(stage: HaarStage, portrait: Picture) -> None:
    assert stage.find(portrait) == stage.find(portrait) == HaarStage().find(portrait.copy())


def test_an_eye_that_is_covered_is_not_found(stage: HaarStage, portrait: Picture) -> None:
    covered = portrait.copy()
    covered[95:122, 232:265] = portrait[70, 224]
    parts = stage.find(covered)
    assert holds(parts.right_eye, RIGHT_EYE)
    assert parts.left_eye is None


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture_has_nothing(stage: HaarStage, grey: int) -> None:
    assert stage.find(np.full((480, 640, 3), grey, np.uint8)) == Parts()


@pytest.mark.parametrize("shape", [(1, 1), (20, 400), (400, 5)])
def test_a_picture_smaller_than_a_face_has_nothing(
    stage: HaarStage, shape: tuple[int, int]
) -> None:
    assert stage.find(np.zeros((*shape, 3), np.uint8)) == Parts()


def test_a_small_face_in_the_back_is_no_driver(stage: HaarStage, portrait: Picture) -> None:
    background = np.full((1024, 1024, 3), 90, np.uint8)
    background[:512, :512] = portrait
    assert stage.find(background).face is None


def test_boxes_lie_in_the_picture_and_crops_have_their_size(
    stage: HaarStage, portrait: Picture
) -> None:
    low = portrait[:175]  # ends at the chin, below which the box would go on
    parts = stage.find(low)
    assert parts.face is not None
    assert parts.face.bottom == 175
    for box in parts.found().values():
        assert crop(low, box).shape == (box.bottom - box.top, box.right - box.left, 3)


def cuts(shared_data: Path, folder: str, step: int) -> list[tuple[Picture, Picture | None]]:
    """Every so many pictures of a folder, and what a network is to see of them."""
    found = [
        pictures.read(file)
        for file in sorted((shared_data / "drowsiness_images" / folder).glob("*.jpg"))[::step]
    ]
    with training_region() as cut:
        return [(picture, cut(picture, folder)) for picture in found]


@pytest.mark.parametrize("folder", ["yawn", "no_yawn"])
def test_most_drivers_faces_are_found(shared_data: Path, folder: str) -> None:
    found = [seen for _, seen in cuts(shared_data, folder, 30) if seen is not None]
    assert len(found) >= 10
    # A driver's face fills a sixth to nearly all of the height, and is higher than wide by a chin.
    assert all(80 <= seen.shape[1] <= seen.shape[0] <= 480 for seen in found)


@pytest.mark.parametrize("folder", ["open", "closed"])
def test_pictures_of_eyes_stay_as_they_are(shared_data: Path, folder: str) -> None:
    pairs = cuts(shared_data, folder, 100)
    assert pairs
    assert all(seen is picture for picture, seen in pairs)


def test_a_driver_without_a_found_face_is_left_out() -> None:
    with training_region() as cut:
        assert cut(np.zeros((480, 640, 3), np.uint8), "yawn") is None


def test_opencv_without_cascades_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cv2.data.haarcascades", str(tmp_path))
    monkeypatch.setattr(haar, "_SYSTEM_FOLDER", tmp_path)
    with pytest.raises(EngineError, match=re.escape(f"OpenCV {cv2.__version__} brings no Haar")):
        HaarStage()
    monkeypatch.undo()
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(EngineError, match="expected OpenCV 4: pip install"):
        HaarStage()


def test_a_damaged_cascade_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "haarcascade_frontalface_alt2.xml").write_text("<opencv_storage/>")
    monkeypatch.setattr("cv2.data.haarcascades", str(tmp_path))
    with pytest.raises(EngineError, match=r"haarcascade_frontalface_alt2\.xml: expected a cascade"):
        HaarStage()
