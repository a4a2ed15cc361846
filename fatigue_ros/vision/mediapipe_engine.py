"""MediaPipe FaceMesh as a 68-point engine; its models come inside its wheel.

FaceMesh follows one face at the cost of one small network per frame. Asked for two faces it runs
its detector in every frame as well, which costs half as much again, so it follows one face here,
and the detector is run beside it now and then to count faces and to see whether another one is
clearly larger.
"""

import contextlib
import importlib
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import EngineError
from fatigue_ros.face import Points
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings
from fatigue_ros.vision.face_mesh import MeshPoints
from fatigue_ros.vision.faces import REMEMBERED, Box, driver, is_driver
from fatigue_ros.vision.quiet import without_mediapipe_chatter

INSTALL = "pip install --no-deps -r requirements/mediapipe.txt"

# fmt: off
MESH_INDICES: tuple[int, ...] = (
    # 0-16 jaw, from the right temple over the chin (152) to the left.
    127, 93, 132, 58, 172, 136, 149, 176, 152, 400, 378, 365, 397, 288, 361, 323, 356,
    # 17-21 right brow from outside in, 22-26 left brow from inside out: the upper edge.
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    # 27-30 ridge of the nose, root to tip; 31-35 below it, right to left, 33 the base (2).
    168, 197, 5, 4, 98, 97, 2, 326, 327,
    # 36-41 right eye: outer corner, upper lid twice, inner corner, lower lid twice. These lie on
    # the inner ring, the lid's edge; the ring outside it hardly moves in a blink. The two points
    # of each pair in the eye aspect ratio, 37-41 and 38-40, face each other.
    33, 160, 158, 133, 153, 144,
    # 42-47 left eye: inner corner, upper lid twice, outer corner, lower lid twice.
    362, 385, 387, 263, 373, 380,
    # 48-54 outer edge of the upper lip, right corner to left, 51 in the middle (0).
    61, 40, 37, 0, 267, 270, 291,
    # 55-59 outer edge of the lower lip, left to right, 57 in the middle (17).
    405, 314, 17, 84, 181,
    # 60-64 inner edge of the upper lip, right corner to left, 62 in the middle (13).
    78, 82, 13, 312, 308,
    # 65-67 inner edge of the lower lip, left to right, 66 in the middle (14).
    317, 14, 87,
)
# fmt: on
"""Where in FaceMesh's 468 points each of the 68 iBUG points lies.

Eyes and corners follow from what the points mean. Along the jaw and the lips, where the mesh has
more points than iBUG, those were taken that lie nearest to where dlib's common 68-point predictor
puts them: over 24 pictures of faces turned by less than 20 degrees, the 68 mean places differ by
4 % of the distance between the outer eye corners."""
_MESH_INDICES = np.array(MESH_INDICES)


class MediaPipeEngine(LandmarkEngine):
    """FaceMesh, following one face."""

    name = "mediapipe"

    def __init__(self, settings: LandmarkSettings) -> None:
        """Load the models.

        Raises:
            EngineError: MediaPipe is missing or does not start.
        """
        os.environ.setdefault("GLOG_minloglevel", "2")
        try:
            solutions: Any = importlib.import_module("mediapipe").solutions
            with without_mediapipe_chatter():
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
        self._interval = settings.face_search_interval
        self._box: Box | None = None
        self._faces = 0
        self._followed = False
        self._last_seen = self._last_search = -np.inf
        self._seen_one = False

    def find(self, rgb: npt.NDArray[np.uint8], stamp: float) -> tuple[Points | None, int]:
        """The face that was followed so far, or the one that is most likely the driver's."""
        if not 0.0 <= stamp - self._last_seen <= REMEMBERED:
            self._box = None
        points = self._track(rgb)
        if points is None:
            self._followed = False
            return None, 0
        if not self._followed or not 0.0 <= stamp - self._last_search < self._interval:
            points = self._choose(rgb, points)
            self._last_search = stamp
        box = Box.around(points)
        self._followed = self._box is None or is_driver(box, self._box)
        if not self._followed:
            return None, self._faces
        self._box = box
        self._last_seen = stamp
        return points, self._faces

    def _track(self, rgb: npt.NDArray[np.uint8]) -> Points | None:
        """Points of the face that FaceMesh follows or finds, shape (68, 2)."""
        assert self._mesh is not None
        quiet = contextlib.nullcontext() if self._seen_one else without_mediapipe_chatter()
        try:
            with quiet:
                found = self._mesh.find(rgb)
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise EngineError(f"engine mediapipe: fails on a frame ({reason})") from error
        if found is None:
            return None
        self._seen_one = True
        points: Points = found[_MESH_INDICES]
        points *= (rgb.shape[1], rgb.shape[0])
        return points

    def _choose(self, rgb: npt.NDArray[np.uint8], points: Points) -> Points:
        """Look for all faces; go over to another when it is the driver's."""
        tracked = Box.around(points)
        boxes = self._search(rgb)
        own = next((box for box in boxes if box.overlaps(tracked)), tracked)
        boxes = [own, *(box for box in boxes if not box.overlaps(tracked))]
        self._faces = len(boxes)
        chosen = driver(boxes, self._box)
        if chosen == 0:
            return points
        moved = self._move(rgb, boxes[chosen])
        return points if moved is None else moved

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
