"""BlazeFace for faces up to two metres away (Bazarevsky et al. 2019, arXiv:1907.05047)."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.vision.mesh.networks import Network
from fatigue_ros.vision.mesh.region import (
    Floats,
    Picture,
    Region,
    angle_between,
    logit,
    transformed,
)

INPUT = 128
"""[px] Side of the picture that the network takes."""
GRIDS = ((16, 2), (8, 6))
"""Cells along a side, and answers in each."""
SAME_FACE = 0.3
"""[1] Boxes that overlap by more (intersection over union) are of one face, and averaged."""


class Detection(NamedTuple):
    """A face that was found.

    Attributes:
        box: [px] left, top, right, bottom; shape (4,).
        points: [px] right eye, left eye, nose, mouth, right ear, left ear; shape (6, 2).
        score: [1] how sure.
    """

    box: Floats
    points: Floats
    score: float

    def region(self) -> Region:
        """Where its mesh is looked for."""
        return Region.around(self.box[:2], self.box[2:], angle_between(*self.points[:2]))


class Detector:
    """Finds all faces of a picture."""

    def __init__(self, network: Network, confidence: float) -> None:
        """Take a network.

        Args:
            network: an RGB picture from -1 to 1 in; 896 boxes and logits out.
            confidence: [1] least score of a face.
        """
        self._network = network
        self._least = logit(confidence)
        self._anchors = anchors()

    def find(self, rgb: Picture) -> list[Detection]:
        """All faces, the surest first.

        Args:
            rgb: shape (H, W, 3).
        """
        height, width = rgb.shape[:2]
        side = max(height, width)
        whole = Region(width / 2, height / 2, side, 0.0)
        crop = whole.crop(rgb, INPUT, cv2.BORDER_CONSTANT).astype(np.float32)
        raw, logits = self._network((crop / np.float32(127.5) - np.float32(1.0))[None])
        logits = logits.reshape(-1)
        chosen = np.flatnonzero(logits >= self._least)
        chosen = chosen[np.argsort(-logits[chosen], kind="stable")]
        scores = 1.0 / (1.0 + np.exp(-logits[chosen].clip(-100.0, 100.0)))
        # Middle and size of the box, then six points, the middle and the points from the anchor.
        marks = raw.reshape(-1, 8, 2)[chosen]
        size = marks[:, 1].copy()
        marks += self._anchors[chosen, None]
        marks[:, 0], marks[:, 1] = marks[:, 0] - size / 2, marks[:, 0] + size / 2
        marks = transformed(marks.reshape(-1, 2), whole.matrix(INPUT)).reshape(-1, 8, 2)
        return merged(marks, scores.astype(np.float32))


def anchors() -> Floats:
    """From where each answer counts: the middle of its cell [px of the input], shape (896, 2)."""
    places = []
    for cells, answers in GRIDS:
        centres = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2)
        places.append(grid.repeat(answers, 0))
    found: Floats = np.concatenate(places) * INPUT
    return found


def merged(marks: Floats, scores: Floats) -> list[Detection]:
    """Faces from answers, of which many are of one face.

    Args:
        marks: [px] two corners of the box, then six points; shape (N, 8, 2), the surest first.
        scores: [1] shape (N,).

    Returns:
        For each face the mean of its answers, each with the weight of its score.
    """
    found = []
    left: npt.NDArray[np.intp] = np.arange(len(scores))
    while len(left):
        same = overlaps(marks[left, :2].reshape(-1, 4)) > SAME_FACE
        same[0] = True  # a box without area overlaps not even itself
        group = left[same]
        weights = scores[group] / scores[group].sum()
        mean = np.tensordot(weights, marks[group], 1).astype(np.float32)
        found.append(Detection(mean[:2].reshape(4), mean[2:], float(scores[left[0]])))
        left = left[~same]
    return found


def overlaps(boxes: Floats) -> Floats:
    """Intersection over union of the first of some boxes, shape (N, 4), with each."""
    low, high = np.maximum(boxes[0, :2], boxes[:, :2]), np.minimum(boxes[0, 2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), 1)
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0), 1)
    found: Floats = shared / np.maximum(areas[0] + areas - shared, 1e-9)
    return found
