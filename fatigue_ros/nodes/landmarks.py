"""Node `landmarks`: images in, the driver's face as 68 points and a head pose out."""

import dataclasses

from geometry_msgs.msg import PoseStamped
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo

from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import face_to_message, pose_message
from fatigue_ros.ros.image_node import ImageNode, ImageSettings
from fatigue_ros.vision.camera_model import from_message
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.head_pose import head_place
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
        self._poses = self.advertise(PoseStamped, "face/pose")

    def activate(self) -> None:
        """Count faces anew."""
        self._with_face = 0
        self._fault = ""
        self._told: tuple[object, ...] = ()
        self._size = (0, 0)
        self.listen(CameraInfo, "camera/camera_info", self._on_camera, qos_profile_sensor_data)
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
        self._size = face.width, face.height
        camera = self._engine.camera and self._engine.camera.fitted(*self._size)
        if face.points is not None and camera and self._poses.get_subscription_count():
            place = head_place(face.points, camera)
            if place is not None:
                self._poses.publish(pose_message(place, header))

    def _on_camera(self, message: messages.CameraInfo) -> None:
        """How the camera pictures the world: the same beside each of its images."""
        told = (message.width, message.height, message.distortion_model, *message.k, *message.d)
        if told != self._told:
            self._told, self._engine.camera = told, None
            self._engine.camera = from_message(message)

    @property
    def _camera(self) -> str:
        """What is known of the camera, in words."""
        known, (width, height) = self._engine.camera, self._size
        if known is None:
            return "not calibrated"
        if not width or known.fitted(width, height):
            return "calibrated"
        return f"calibrated for {known.width}x{known.height}, not for {width}x{height}"

    def diagnose(self) -> base.Diagnosis:
        """Frames seen, skipped and refused."""
        still = self._engine.hardly_moving
        found = self._diagnosis(
            "tracking",
            engine=self._engine.name,
            camera=self._camera,
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
