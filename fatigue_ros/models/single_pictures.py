"""The driver's face in pictures that are no video, and the region ``face`` of a recipe."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from fatigue_ros.face import Points
from fatigue_ros.models.haar import crop
from fatigue_ros.models.model_input import face_square
from fatigue_ros.models.regions import Region
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings, create_engine
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.quiet import without_engine_chatter

_APART = 1000.0  # [s] between the stamps of two pictures


class SinglePictures:
    """Finds faces with an engine that was made to follow one.

    Args:
        engine: stays open.
    """

    def __init__(self, engine: LandmarkEngine) -> None:
        self._engine = engine
        self._stamp = 0.0

    def points(self, picture: Picture) -> Points | None:
        """The 68 points of the driver's face, shape (68, 2), [px]; None: there is no face."""
        self._stamp += _APART
        # Darkness makes it let go of the face before, wherever that was.
        self._engine.detect(np.zeros_like(picture), self._stamp - _APART / 2.0)
        return self._engine.detect(picture, self._stamp).points

    def box(self, picture: Picture) -> Box | None:
        """The box around those points, [px]; None: there is no face."""
        points = self.points(picture)
        return None if points is None else Box.around(points)


@contextmanager
def open_faces() -> Iterator[SinglePictures]:
    """With an engine of their own.

    Raises:
        EngineError: the engine of the landmarks cannot be used.
    """
    with without_engine_chatter(), create_engine(LandmarkSettings()) as engine:
        yield SinglePictures(engine)


@contextmanager
def training_region() -> Iterator[Region]:
    """The square around the face, as `face_state` cuts it out by the landmarks.

    Raises:
        EngineError: the engine of the landmarks cannot be used.
    """
    with open_faces() as faces:

        def cut(picture: Picture, _: str) -> Picture | None:
            face = faces.box(picture)
            square = None if face is None else face_square(face, picture)
            return None if square is None else crop(picture, square)

        yield cut
