"""Node `face_state`: what an exported model makes of the driver's face. It reports only."""

import dataclasses
import math
import time

from fatigue_ros.errors import ParameterError
from fatigue_ros.face import Face
from fatigue_ros.models.inference import MIN_SCORE, FaceModel
from fatigue_ros.models.live_rule import DrowsyDuration, DrowsySettings
from fatigue_ros.msg import FaceLandmarks, FaceState
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import face_from_message
from fatigue_ros.ros.image_node import ImageNode, ImageSettings
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture

_FACE_AGE = 0.5  # [s] a head stays about where it was; the crop has a margin
_EARLY = 0.001  # [s] stamps of a steady camera waver


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaceStateSettings(DrowsySettings, ImageSettings):
    """Parameters of the face_state node."""

    model: str = parameter("", "Path of a model file that `fatigue learn export` wrote (ONNX)")
    rate: float = parameter(
        5.0,
        "Frames a second that are looked at, at most; what lies between is left unseen. A network "
        "costs many times what the landmarks do",
        unit="Hz",
        limits=(0.1, 60.0),
    )
    min_score: float = parameter(
        MIN_SCORE,
        "A detector's best box with a lower score is no face (the default of ultralytics)",
        unit="1",
        limits=(0.0, 1.0),
    )

    def __post_init__(self) -> None:
        """Refuse a rate at which drowsy time could never add up."""
        if self.rate * self.max_gap < 1.0:
            raise ParameterError(
                f"rate: expected at least 1 / max_gap ({1.0 / self.max_gap:g} Hz), got "
                f"{self.rate:g} Hz"
            )


class FaceStateNode(ImageNode[FaceStateSettings]):
    """Publishes one FaceState for each frame it looks at.

    ONNX Runtime lets go of Python's lock while it computes, and it does so in this node's own
    thread, so that nodes in the same process go on.
    """

    name = "face_state"
    Settings = FaceStateSettings
    nice = 10  # on two busy cores the level's latency (99 %) is half of what it is without

    def configure(self) -> None:
        """Open the model and try it out."""
        if not self.settings.model:
            raise ParameterError("model: expected the path of a model file (ONNX), got nothing")
        self._model = FaceModel(self.settings.model, self.settings.min_score)
        self._rule = DrowsyDuration(self.settings)
        self._publisher = self.advertise(FaceState, "face_state")

    def activate(self) -> None:
        """Begin anew, and hear where the face is when the model needs to know."""
        self._seen = -math.inf
        self._cost = math.nan
        self._last: messages.FaceState | None = None
        self._face: Face | None = None
        self._rule.reset()
        super().activate()
        if self._model.description.region == "face":
            self.listen(FaceLandmarks, "face/landmarks", self._on_face)

    def cleanup(self) -> None:
        """Free the model."""
        if hasattr(self, "_model"):
            del self._model

    def _on_face(self, message: messages.FaceLandmarks) -> None:
        self._face = face_from_message(message)

    def wants(self, stamp: float) -> bool:
        """Whether the next look is due; time that goes back begins anew."""
        passed = stamp - self._seen
        return passed < 0.0 or passed >= 1.0 / self.settings.rate - _EARLY

    def look(self, rgb: Picture, stamp: float, header: messages.Header) -> None:
        """Ask the model and publish what it says."""
        self._seen = stamp
        began = time.perf_counter()
        found = self._model.judge(rgb, self._box(stamp))
        self._cost = time.perf_counter() - began
        duration = self._rule.update(stamp, found.is_drowsy)
        said = FaceState(
            header=header,
            valid=found.valid,
            reason=found.reason,
            classes=self._model.description.classes,
            probabilities=found.probabilities,
            label=found.label,
            drowsy=found.drowsy,
            drowsy_duration=duration,
            drowsy_alarm=self._rule.alarm,
            model=self._model.description.name,
            skipped=self._worker.skipped,
        )
        self._last = said
        self._publisher.publish(said)

    def _box(self, stamp: float) -> Box | None:
        face = self._face
        if face is None or face.points is None or abs(stamp - face.stamp) > _FACE_AGE:
            return None
        return Box.around(face.points)

    def diagnose(self) -> base.Diagnosis:
        """What the last frame showed, and what a look costs."""
        last = self._last
        return self._diagnosis(
            "no image yet" if last is None else last.label or last.reason,
            model=self._model.description.name,
            drowsy=math.nan if last is None else last.drowsy,
            **{"cost [ms]": 1e3 * self._cost},
        )
