"""Node `landmarks`: images in, the driver's face as 68 points and a head pose out."""

import dataclasses

from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import face_to_message
from fatigue_ros.ros.image_node import ImageNode, ImageSettings
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.still import FROZEN_TIME


@dataclasses.dataclass(frozen=True, kw_only=True)
class LandmarksSettings(LandmarkSettings, ImageSettings):
    """Parameters of the landmarks node."""


class LandmarksNode(ImageNode[LandmarksSettings]):
    """Publishes one FaceLandmarks for each image it has time for."""

    name = "landmarks"
    Settings = LandmarksSettings

    def configure(self) -> None:
        """Load the engine's models."""
        self._engine = create_engine(self.settings)
        self._publisher = self.advertise(FaceLandmarks, "face/landmarks")

    def activate(self) -> None:
        """Count faces anew."""
        self._with_face = 0
        self._fault = ""
        super().activate()

    def cleanup(self) -> None:
        """Free the models."""
        if hasattr(self, "_engine"):
            self._engine.close()
            del self._engine

    def look(self, rgb: Picture, stamp: float, header: messages.Header) -> None:
        """Find the face and publish it."""
        face = self._engine.detect(rgb, stamp)
        self._with_face += face.detected
        self._fault = face.fault
        found = face_to_message(face, header)
        found.engine = self._engine.name
        found.skipped = self._worker.skipped
        self._publisher.publish(found)

    def diagnose(self) -> base.Diagnosis:
        """Frames seen, skipped and refused."""
        still = self._engine.hardly_moving
        found = self._diagnosis(
            "tracking",
            engine=self._engine.name,
            with_face=self._with_face,
            picture_hardly_moves_for=still,
            **{base.FAULT: self._fault},
        )
        if self._fault:
            return dataclasses.replace(found, level=base.ERROR, message=self._fault)
        if found.level == base.OK and still >= FROZEN_TIME:
            text = f"the picture has hardly changed for {still:.0f} s"
            return dataclasses.replace(found, level=base.WARN, message=text)
        return found
