"""dlib's face detector and 68-point predictor, as in Mafteiu-Scai and Bobora 2025.

Its points are the iBUG ones by definition. The predictor file is the user's own to bring: the
common one was trained on pictures whose licence excludes commercial use. For research,
``requirements/dlib.txt`` brings both.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import EngineError
from fatigue_ros.face import POINT_COUNT, Points
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings
from fatigue_ros.vision.faces import REMEMBERED, Box, driver, is_driver


class DlibEngine(LandmarkEngine):
    """Histogram-of-gradients detector in each frame, then the ensemble-of-trees predictor."""

    name = "dlib"

    def __init__(self, settings: LandmarkSettings) -> None:
        """Load the predictor.

        Raises:
            EngineError: dlib or the file is missing, or the file is no 68-point predictor.
        """
        try:
            self._dlib: Any = importlib.import_module("dlib")
        except ImportError as error:
            raise EngineError(
                f"engine dlib: dlib cannot be imported ({error}); run: pip install dlib"
            ) from error
        self._predictor = self._load(settings.dlib_predictor)
        self._detector = self._dlib.get_frontal_face_detector()
        self._box: Box | None = None
        self._last_seen = -np.inf

    def _load(self, path: str) -> Any:
        name = f"dlib_predictor: {path!r}"
        if not path:
            raise EngineError(
                "dlib_predictor: is empty, expected the path of"
                " shape_predictor_68_face_landmarks.dat"
            )
        if not Path(path).expanduser().is_file():
            raise EngineError(f"{name} is not a file")
        try:
            predictor = self._dlib.shape_predictor(str(Path(path).expanduser()))
        except RuntimeError as error:
            raise EngineError(f"{name} is not a predictor that dlib can read") from error
        blank = np.zeros((64, 64, 3), np.uint8)
        parts = predictor(blank, self._dlib.rectangle(8, 8, 55, 55)).num_parts
        if parts != POINT_COUNT:
            raise EngineError(f"{name} finds {parts} points, expected {POINT_COUNT}")
        return predictor

    def find(self, rgb: npt.NDArray[np.uint8], stamp: float) -> tuple[Points | None, int]:
        """The face that was followed so far, or the one that is most likely the driver's."""
        if not 0.0 <= stamp - self._last_seen <= REMEMBERED:
            self._box = None
        found = self._detector(rgb)
        if not found:
            return None, 0
        boxes = [Box(r.left(), r.top(), r.right(), r.bottom()) for r in found]
        chosen = driver(boxes, self._box)
        if self._box is not None and not is_driver(boxes[chosen], self._box):
            return None, len(boxes)
        self._box, self._last_seen = boxes[chosen], stamp
        shape = self._predictor(rgb, found[chosen])
        return np.array([(part.x, part.y) for part in shape.parts()], np.float32), len(boxes)

    def close(self) -> None:
        """Free the predictor."""
        self._predictor = self._detector = None
