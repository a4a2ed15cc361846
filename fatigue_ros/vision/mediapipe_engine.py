"""MediaPipe FaceMesh as a 68-point engine; its models come inside its wheel.

Asked for two faces FaceMesh runs its detector in every frame, so it follows one face here, and the
detector is run beside it.
"""

import contextlib
import importlib
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import EngineError
from fatigue_ros.face import POINT_COUNT, Points
from fatigue_ros.vision.engine import LandmarkSettings
from fatigue_ros.vision.face_mesh import MeshPoints
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.following import FollowingEngine
from fatigue_ros.vision.mesh_points import MESH_INDICES, PUPILS
from fatigue_ros.vision.quiet import without_engine_chatter

INSTALL = "pip install --no-deps -r requirements/mediapipe.txt"

_POINTS = np.array(MESH_INDICES + PUPILS)


class MediaPipeEngine(FollowingEngine):
    """FaceMesh, following one face."""

    name = "mediapipe"

    def __init__(self, settings: LandmarkSettings) -> None:
        """Load the models.

        Raises:
            EngineError: MediaPipe is missing or does not start.
        """
        super().__init__(settings)
        os.environ.setdefault("GLOG_minloglevel", "2")
        try:
            solutions: Any = importlib.import_module("mediapipe").solutions
            with without_engine_chatter():
                self._mesh: MeshPoints | None = MeshPoints(settings)
                self._detector: Any = solutions.face_detection.FaceDetection(
                    model_selection=0,  # the one FaceMesh has inside: faces up to 2 m away
                    min_detection_confidence=settings.min_detection_confidence,
                )
                blank = np.zeros((128, 128, 3), np.uint8)
                self._mesh.find(blank)  # the first frame takes longer and says most
                self._detector.process(blank)
        except (ImportError, AttributeError, OSError) as error:
            raise EngineError(
                f"engine mediapipe: cannot be imported ({error}); run: {INSTALL}"
            ) from error
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise EngineError(f"engine mediapipe: does not start ({reason})") from error
        self._seen_one = False

    def _track(self, rgb: npt.NDArray[np.uint8]) -> Points | None:
        """Points of the face that FaceMesh follows or finds."""
        assert self._mesh is not None
        quiet = contextlib.nullcontext() if self._seen_one else without_engine_chatter()
        try:
            with quiet:
                found = self._mesh.find(rgb)
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise EngineError(f"engine mediapipe: fails on a frame ({reason})") from error
        if found is None:
            return None
        self._seen_one = True
        points: Points = found[_POINTS if len(found) > PUPILS[1] else _POINTS[:POINT_COUNT]]
        points *= (rgb.shape[1], rgb.shape[0])
        return points

    def _search(self, rgb: npt.NDArray[np.uint8]) -> list[Box]:
        height, width = rgb.shape[:2]
        boxes = []
        for found in self._detector.process(rgb).detections or ():
            box = found.location_data.relative_bounding_box
            boxes.append(
                Box(
                    box.xmin * width,
                    box.ymin * height,
                    (box.xmin + box.width) * width,
                    (box.ymin + box.height) * height,
                )
            )
        return boxes

    def _move(self, rgb: npt.NDArray[np.uint8], wanted: Box) -> Points | None:
        """Make FaceMesh lose its face and find this one, by showing it nothing else."""
        height, width = rgb.shape[:2]
        window = wanted.grown(0.3)
        left, top = max(0, int(window.left)), max(0, int(window.top))
        right, bottom = min(width, int(window.right)), min(height, int(window.bottom))
        alone = np.zeros_like(rgb)
        alone[top:bottom, left:right] = rgb[top:bottom, left:right]
        for _ in range(3):  # it loses the old face in the first and finds the new one in the second
            points = self._track(alone)
            if points is not None and Box.around(points).overlaps(wanted):
                return points
        return None

    def close(self) -> None:
        """Free the models."""
        if self._mesh is not None:
            self._mesh.close()
            self._detector.close()
            self._mesh = self._detector = None
