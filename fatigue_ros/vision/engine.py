"""Landmark engines: a picture in, the driver's face as 68 points out, whichever engine it is."""

from __future__ import annotations

import abc
import contextlib
import dataclasses

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import ImageError
from fatigue_ros.face import Face, Points
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.settings.registry import Registry
from fatigue_ros.vision.camera_model import CameraModel
from fatigue_ros.vision.eye_shade import eye_shade
from fatigue_ros.vision.gaze import gaze
from fatigue_ros.vision.head_pose import head_pose
from fatigue_ros.vision.light import FaceLight
from fatigue_ros.vision.still import StillPicture


class LandmarkEngine(contextlib.AbstractContextManager["LandmarkEngine"]):
    """Finds the driver's face in one frame after another of one camera.

    Attributes:
        name: as the parameter ``engine`` has it.
        camera: how it pictures the world, where that is known; may be set at any time.
    """

    name: str
    camera: CameraModel | None = None
    _still: StillPicture | None = None
    _light: FaceLight | None = None

    @property
    def hardly_moving(self) -> float:
        """[s] for how long the picture has hardly changed."""
        return 0.0 if self._still is None else self._still.hardly

    @abc.abstractmethod
    def __init__(self, settings: LandmarkSettings) -> None:
        """Load the models.

        Raises:
            EngineError: a library or a model is missing or unusable; the message says what to
                install.
        """

    def detect(self, rgb: npt.NDArray[np.uint8], stamp: float) -> Face:
        """The driver's face: the largest one, and the same as before among equals.

        Args:
            rgb: shape (H, W, 3), red, green, blue. It is not changed.
            stamp: [s] time of the frame, which the face carries on.

        Returns:
            The face with its points and head pose; one without points when there is none.

        Raises:
            ImageError: the array is not such a picture.
            EngineError: the engine failed on it.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or not rgb.size:
            raise ImageError(
                f"frame: expected (height, width, 3) of uint8, got {rgb.shape} of {rgb.dtype}"
            )
        self._still = self._still or StillPicture()
        fault = self._still.fault(stamp, rgb)
        height, width = rgb.shape[:2]
        self._light = self._light or FaceLight()
        points, faces = self.find(self._light.lit(rgb), stamp)
        if points is None:
            return Face(stamp=stamp, faces=faces, width=width, height=height, fault=fault)
        self._light.learn(rgb, points)
        camera = self.camera and self.camera.fitted(width, height)
        pose = head_pose(points, width, height, camera)
        pupils = self.pupils()
        look = gaze(points, pupils, pose)
        return Face(
            stamp=stamp,
            points=points,
            yaw=pose.yaw,
            pitch=pose.pitch,
            roll=pose.roll,
            eye_shade=eye_shade(rgb, points),
            pupils=pupils,
            gaze_yaw=look.yaw,
            gaze_pitch=look.pitch,
            faces=faces,
            width=width,
            height=height,
            fault=fault,
        )

    @abc.abstractmethod
    def find(self, rgb: npt.NDArray[np.uint8], stamp: float) -> tuple[Points | None, int]:
        """Points of the driver's face, shape (68, 2), and how many faces there are."""

    def pupils(self) -> Points | None:
        """Pupils [px] of the face that ``find`` found last, right and left, shape (2, 2).

        None from an engine that does not find them.
        """
        return None

    @abc.abstractmethod
    def close(self) -> None:
        """Free the models; the engine cannot be used afterwards."""

    def __exit__(self, *_: object) -> None:
        self.close()


ENGINES = Registry(
    "engine",
    "fatigue_ros.engines",
    LandmarkEngine,
    {
        "litert": "fatigue_ros.vision.litert_engine:LiteRtEngine",
        "mediapipe": "fatigue_ros.vision.mediapipe_engine:MediaPipeEngine",
        "dlib": "fatigue_ros.vision.dlib_engine:DlibEngine",
    },
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LandmarkSettings:
    """How faces are found and followed."""

    engine: str = parameter(
        "litert",
        "What finds the face: litert (the networks of FaceMesh, which `fatigue models` installs),"
        " mediapipe (FaceMesh itself, an extra) or dlib (as in Mafteiu-Scai and Bobora 2025; needs"
        " dlib_predictor).",
        choices=ENGINES,
    )
    min_detection_confidence: float = parameter(
        0.5,
        "litert, mediapipe: least confidence with which a new face is taken for one"
        " (MediaPipe's own default).",
        limits=(0.0, 1.0),
    )
    min_tracking_confidence: float = parameter(
        0.5,
        "litert, mediapipe: least confidence with which a face is followed from frame to frame"
        " before it is looked for anew (MediaPipe's own default).",
        limits=(0.0, 1.0),
    )
    refine_landmarks: bool = parameter(
        True,
        "mediapipe: the attention mesh, which follows the lids. Without it about 0.8 ms of 3.5 ms"
        " per frame are saved, but the eye aspect ratio falls by 10 to 40 % in a blink instead of"
        " 55 to 80 % (measured on three drivers).",
    )
    face_search_interval: float = parameter(
        1.0,
        "litert, mediapipe: how often all faces are looked for while one is followed, to count"
        " them and to move on to a clearly larger one. 0: in every frame, for 1.2 ms each.",
        unit="s",
        limits=(0.0, 60.0),
    )
    mesh_models: str = parameter(
        "",
        "litert: folder of the networks that `fatigue models` installs; empty: models in the"
        " package's share folder.",
    )
    dlib_predictor: str = parameter("", "dlib: path of shape_predictor_68_face_landmarks.dat.")


def create_engine(settings: LandmarkSettings) -> LandmarkEngine:
    """The engine the settings name, with its models loaded.

    Raises:
        EngineError: its library or its model file is missing or unusable; the message says what
            to install.
        ParameterError: there is no such engine, or it comes from a package that cannot be loaded.
    """
    return ENGINES.load(settings.engine)(settings)
