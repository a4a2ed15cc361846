"""The points of a face in a region of a picture, by the attention mesh."""

from __future__ import annotations

import cv2
import numpy as np

from fatigue_ros.vision.mesh.networks import Network
from fatigue_ros.vision.mesh.refinement import FEATURES, Refinement
from fatigue_ros.vision.mesh.region import Floats, Picture, Region, transformed

POINTS = 468
INPUT = 192
"""[px] Side of the picture that the trunk takes."""
IRISES = 5
"""Points of an iris: its middle, then its edge."""


class AttentionMesh:
    """A trunk that finds the face's points, and heads that find lips, eyes and irises better."""

    def __init__(self, trunk: Network, heads: Network, refinement: Refinement) -> None:
        """Take the networks.

        Args:
            trunk: an RGB picture from 0 to 1 in; features, points and the logit of a face out.
            heads: a crop of the features for each part in; points of each part out, then those of
                each eye's iris.
            refinement: cuts the crops.
        """
        self._trunk, self._heads, self._refinement = trunk, heads, refinement
        irises = np.arange(POINTS, POINTS + 2 * IRISES).reshape(2, IRISES)
        self._places = [*(np.array(part.points) for part in refinement.parts), *irises]
        self._input = np.empty((1, INPUT, INPUT, 3), np.float32)

    def find(self, rgb: Picture, region: Region) -> tuple[Floats, float]:
        """Look for one face.

        Args:
            rgb: shape (H, W, 3).
            region: where.

        Returns:
            Points [px of the picture]: 468 of the mesh, then five of the right iris and five of the
            left, shape (478, 2); and the logit of there being a face.
        """
        points, _, face = self._look(rgb, region)
        return points, face

    def find_deep(self, rgb: Picture, region: Region) -> tuple[Floats, float]:
        """The same with the depth of the mesh's points, shape (468, 3): z towards the camera."""
        points, depths, face = self._look(rgb, region)
        depths *= np.float32(-region.side / INPUT)  # the network's grow away from the camera
        return np.column_stack((points[:POINTS], depths)), face

    def _look(self, rgb: Picture, region: Region) -> tuple[Floats, Floats, float]:
        crop = region.crop(rgb, INPUT, cv2.BORDER_REPLICATE)
        np.multiply(crop, np.float32(1.0 / 255.0), out=self._input[0])
        features, mesh, face = self._trunk(self._input)
        points = np.empty((POINTS + 2 * IRISES, 2), np.float32)
        mesh = mesh.reshape(POINTS, 3)
        points[:POINTS] = mesh[:, :2]
        self._refine(points, features)
        return transformed(points, region.matrix(INPUT)), mesh[:, 2].copy(), face.item()

    def _refine(self, points: Floats, features: Floats) -> None:
        step = np.float32(INPUT / FEATURES)
        refinement = self._refinement
        matrices = refinement.matrices(points[:POINTS] / step)
        crops = refinement.crops(features, matrices)
        found = self._heads(*(crops[i : i + 1] for i in range(len(crops))))
        # A head's answer is in crops of the input's own resolution.
        matrices[:, :, 2] *= step
        for place, own, matrix in zip(
            self._places, found, (*matrices, *matrices[-2:]), strict=True
        ):
            points[place] = transformed(own.reshape(-1, 2), matrix)
