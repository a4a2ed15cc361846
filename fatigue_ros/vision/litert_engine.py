"""FaceMesh's networks on LiteRT as a 68-point engine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import EngineError
from fatigue_ros.face import Points
from fatigue_ros.vision.engine import LandmarkSettings
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.following import FollowingEngine
from fatigue_ros.vision.mesh import model_files
from fatigue_ros.vision.mesh.attention_mesh import INPUT, AttentionMesh
from fatigue_ros.vision.mesh.detector import Detection, Detector
from fatigue_ros.vision.mesh.networks import load_network
from fatigue_ros.vision.mesh.refinement import Refinement
from fatigue_ros.vision.mesh.region import Region
from fatigue_ros.vision.mesh.tracker import Tracker
from fatigue_ros.vision.mesh_points import MESH_INDICES, PUPILS
from fatigue_ros.vision.quiet import without_engine_chatter

_POINTS = np.array(MESH_INDICES + PUPILS)


def load_networks(settings: LandmarkSettings) -> tuple[Detector, AttentionMesh]:
    """What finds faces, and what finds the points of one.

    Raises:
        EngineError: LiteRT is missing, or a network is missing or damaged.
    """
    folder = model_files.find(settings.mesh_models)
    with without_engine_chatter():
        networks = {
            name: load_network(folder / name)
            for name in (model_files.DETECTOR, model_files.TRUNK, model_files.HEADS)
        }
        refinement = Refinement(model_files.parts(folder))
        mesh = AttentionMesh(networks[model_files.TRUNK], networks[model_files.HEADS], refinement)
        detector = Detector(networks[model_files.DETECTOR], settings.min_detection_confidence)
        blank = np.zeros((INPUT, INPUT, 3), np.uint8)
        detector.find(blank)  # the first picture takes longer
        mesh.find(blank, Region(INPUT / 2, INPUT / 2, INPUT, 0.0))
    return detector, mesh


class LiteRtEngine(FollowingEngine):
    """BlazeFace and the attention mesh, following one face."""

    name = "litert"

    def __init__(self, settings: LandmarkSettings) -> None:
        """Load the networks.

        Raises:
            EngineError: LiteRT is missing, or a network is missing or damaged.
        """
        super().__init__(settings)
        detector, mesh = load_networks(settings)
        self._detector: Detector | None = detector
        self._tracker: Tracker | None = Tracker(detector, mesh, settings.min_tracking_confidence)
        self._seen: dict[Box, Detection] = {}

    def _track(self, rgb: npt.NDArray[np.uint8]) -> Points | None:
        if self._tracker is None:
            raise EngineError("engine litert: is closed")
        found = self._tracker.find(rgb)
        return None if found is None else found[_POINTS]

    def _search(self, rgb: npt.NDArray[np.uint8]) -> list[Box]:
        assert self._detector is not None
        self._seen = {Box(*face.box.tolist()): face for face in self._detector.find(rgb)}
        return list(self._seen)

    def _move(self, rgb: npt.NDArray[np.uint8], wanted: Box) -> Points | None:
        assert self._tracker is not None
        found = self._tracker.look(rgb, self._seen[wanted].region())
        return None if found is None else found[_POINTS]

    def close(self) -> None:
        """Free the networks."""
        self._tracker = self._detector = None
