from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.vision.mesh.detector import INPUT, Detector, anchors, merged, overlaps

Floats = npt.NDArray[np.float32]
COUNT = 896


class Answers:
    """Stands for the network: what it says, and what it was shown."""

    def __init__(self, faces: dict[int, tuple[float, Sequence[float]]]) -> None:
        self.raw = np.zeros((1, COUNT, 16), np.float32)
        self.logits = np.full((1, COUNT, 1), -50.0, np.float32)
        for number, (logit, answer) in faces.items():
            self.raw[0, number] = answer
            self.logits[0, number] = logit
        self.shown: Floats | None = None

    def __call__(self, picture: Floats) -> list[Floats]:
        self.shown = picture
        return [self.raw.copy(), self.logits]


# Middle 0, size 32 x 64 [px of the input], right eye and left eye 8 beside the middle.
FACE = (0, 0, 32, 64, -8, 0, 8, 0, 0, 4, 0, 8, -16, 0, 16, 0)


def test_answers_count_from_the_middles_of_cells() -> None:
    found = anchors()
    assert found.shape == (COUNT, 2)
    # Two in each of 16 x 16 cells, row by row, then six in each of 8 x 8.
    assert found[:3].tolist() == [[4, 4], [4, 4], [12, 4]]
    assert found[32].tolist() == [4, 12]
    assert found[512:519].tolist() == [[8, 8]] * 6 + [[24, 8]]
    assert found[-1].tolist() == [120, 120]


def test_an_answer_becomes_a_box_and_points_of_the_picture() -> None:
    # 256 x 128 are shown as 128 x 64 with bars above and below. Anchor 512 is at (8, 8).
    network = Answers({512: (3.0, (FACE[0] + 56, FACE[1] + 56, *FACE[2:]))})
    (face,) = Detector(network, 0.5).find(np.zeros((128, 256, 3), np.uint8))
    # 64, 64 of the input is the middle of the picture, and a pixel there is two here.
    assert face.box.tolist() == [128 - 32, 64 - 64, 128 + 32, 64 + 64]
    assert face.points[:2].tolist() == [[16 - 16, 16 - 64], [16 + 16, 16 - 64]]
    assert face.score == pytest.approx(1 / (1 + np.exp(-3.0)))
    region = face.region()
    assert (region.x, region.y, region.side, region.angle) == (128, 64, 1.5 * 128, 0)


def test_the_picture_is_shown_whole_and_from_minus_one_to_one() -> None:
    network = Answers({})
    assert Detector(network, 0.5).find(np.full((64, 128, 3), 255, np.uint8)) == []
    assert network.shown is not None
    assert network.shown.shape == (1, INPUT, INPUT, 3)
    assert network.shown.dtype == np.float32
    assert network.shown[0, INPUT // 2].min() == 1.0
    assert network.shown[0, 0].max() == -1.0, "beyond the picture it is black"


@pytest.mark.parametrize(("confidence", "faces"), [(0.0, COUNT), (0.5, 2), (0.9, 1), (1.0, 0)])
def test_only_sure_answers_are_faces(confidence: float, faces: int) -> None:
    network = Answers({0: (0.1, FACE), 895: (4.0, FACE)})
    found = Detector(network, confidence).find(np.zeros((128, 128, 3), np.uint8))
    assert len(found) == faces
    assert [face.score for face in found] == sorted((f.score for f in found), reverse=True)


def marks(*boxes: Sequence[float]) -> Floats:
    found = np.zeros((len(boxes), 8, 2), np.float32)
    found[:, :2] = np.reshape(boxes, (-1, 2, 2))
    return found


def test_overlaps_are_shares_of_the_union() -> None:
    boxes = np.array(
        ((0, 0, 10, 10), (0, 0, 10, 10), (5, 0, 15, 10), (20, 0, 30, 10), (4, 4, 4, 4)), np.float32
    )
    assert overlaps(boxes) == pytest.approx([1, 1, 1 / 3, 0, 0])


def test_answers_of_one_face_are_averaged_by_their_scores() -> None:
    scores = np.array((0.9, 0.8, 0.6), np.float32)
    found = merged(marks((0, 0, 10, 10), (50, 50, 60, 60), (3, 0, 13, 10)), scores)
    assert [face.score for face in found] == pytest.approx([0.9, 0.8])
    assert found[0].box == pytest.approx([1.2, 0, 11.2, 10])
    assert found[1].box.tolist() == [50, 50, 60, 60]


def test_boxes_without_area_end_as_well() -> None:
    found = merged(marks((5, 5, 5, 5), (5, 5, 5, 5)), np.array((0.9, 0.8), np.float32))
    assert len(found) == 2
