"""MediaPipe's FaceMesh, and a shorter way through it.

``FaceMesh.process`` copies each picture, makes a class for its answer and a Python object for each
of 478 points: a tenth of the time that the network takes. ``MeshPoints`` runs the same graph and
reads the points where they lie in the serialised answer. That takes names which MediaPipe keeps to
itself; they are those of 0.10.18, the one version this package works with.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import EngineError

if TYPE_CHECKING:
    from fatigue_ros.vision.engine import LandmarkSettings

_POINTS = (468, 478)  # without and with the irises that refine_landmarks brings
_STREAM = "multi_face_landmarks"
# A NormalizedLandmark in its list: tag and length, then x, y and z, each a tag and a float.
_RECORD, _X, _Y = 17, 3, 8


def face_mesh(settings: LandmarkSettings) -> Any:
    """MediaPipe's own FaceMesh with these settings: what the engine runs, and what it costs.

    Raises:
        ImportError: MediaPipe is not installed.
    """
    return importlib.import_module("mediapipe").solutions.face_mesh.FaceMesh(
        refine_landmarks=settings.refine_landmarks,
        min_detection_confidence=settings.min_detection_confidence,
        min_tracking_confidence=settings.min_tracking_confidence,
    )


class MeshPoints:
    """Runs a FaceMesh of its own.

    Raises:
        ImportError: MediaPipe is not installed.
        AttributeError: it is another version.
    """

    def __init__(self, settings: LandmarkSettings) -> None:
        self._mesh = face_mesh(settings)
        self._graph, self._outputs = self._mesh._graph, self._mesh._graph_outputs
        mediapipe = importlib.import_module("mediapipe")
        self._packet = mediapipe.packet_creator.create_image
        self._format = mediapipe.ImageFormat.SRGB
        bindings = importlib.import_module("mediapipe.python._framework_bindings")
        self._serialized = bindings._packet_getter._get_serialized_proto_list
        self._frame = 0

    def find(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32] | None:
        """The points of the face that is followed or found.

        Args:
            rgb: shape (H, W, 3), contiguous; it must not change during the call.

        Returns:
            Shape (468 or 478, 2), x and y as shares of width and height; None without a face. The
            memory is read-only.

        Raises:
            RuntimeError: the graph failed.
            EngineError: the answer is not in the form that is expected.
        """
        self._outputs.clear()
        # What cannot be written is not copied.
        picture = rgb.view()
        picture.flags.writeable = False
        self._frame += 1
        packet = self._packet(picture, image_format=self._format)
        self._graph.add_packet_to_input_stream("image", packet.at(self._frame))
        self._graph.wait_until_idle()
        answer = self._outputs.get(_STREAM)
        if answer is None or answer.is_empty():
            return None
        data: bytes = self._serialized(answer)[0]
        count, rest = divmod(len(data), _RECORD)
        if rest or count not in _POINTS:
            raise EngineError(
                f"engine mediapipe: expected {' or '.join(map(str, _POINTS))} points of {_RECORD} "
                f"bytes, found {len(data)} bytes; is it version 0.10.18?"
            )
        return np.ndarray((count, 2), np.dtype("<f4"), data, _X, (_RECORD, _Y - _X))

    def close(self) -> None:
        """Free the models."""
        self._mesh.close()
