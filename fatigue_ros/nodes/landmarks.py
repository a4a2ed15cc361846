"""Node `landmarks`: images in, the driver's face as 68 points and a head pose out."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Bool

from fatigue_ros.errors import FatigueError, ImageError
from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.nodes import base
from fatigue_ros.nodes.conversions import face_to_message, seconds
from fatigue_ros.parameters import parameter
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.images import compressed_to_rgb, to_rgb
from fatigue_ros.vision.newest import NewestWorker


@dataclasses.dataclass(frozen=True, kw_only=True)
class LandmarksSettings(LandmarkSettings, base.NodeSettings):
    """Parameters of the landmarks node."""

    image_transport: str = parameter(
        "raw",
        "Which image topic to read: camera/image_raw or camera/image_raw/compressed.",
        choices=("raw", "compressed"),
    )


class LandmarksNode(base.FatigueNode):
    """Publishes one FaceLandmarks for each image it has time for.

    The executor only puts the newest image into a slot; a thread of its own takes it from there,
    so that a slow frame delays nobody and what was overtaken is counted.
    """

    name = "landmarks"
    Settings = LandmarksSettings

    def configure(self) -> None:
        """Load the engine's models."""
        self._engine = create_engine(self.settings)
        self._publisher = self.advertise(FaceLandmarks, "face/landmarks")

    def activate(self) -> None:
        """Start the worker and listen for images."""
        self._processed = self._with_face = self._refused = 0
        self._trouble = ""
        self._worker = NewestWorker(self._work, "landmarks")
        compressed = self.settings.image_transport == "compressed"
        self._decode = self._decompress if compressed else self._convert
        self._rgb: Any = None  # the last frame, whose memory the next one takes
        kind = CompressedImage if compressed else Image
        topic = "camera/image_raw" + ("/compressed" if compressed else "")
        self._off = False
        self.listen(Bool, "ignition", self._on_ignition)
        self.listen(kind, topic, self._take, qos_profile_sensor_data)

    def deactivate(self) -> None:
        """Stop the worker."""
        self._worker.close()

    def cleanup(self) -> None:
        """Free the models."""
        if hasattr(self, "_engine"):
            self._engine.close()
            del self._engine

    def _on_ignition(self, message: Any) -> None:
        if self._off == message.data:
            self._off = not message.data
            self.get_logger().info(
                "ignition " + ("off: images are left unseen" if self._off else "on")
            )

    def _take(self, message: Any) -> None:
        if not self._off:
            self._worker.put(message)

    def _work(self, message: Any) -> None:
        try:
            self._process(message)
            self._trouble = ""
        except FatigueError as error:
            self._refuse_image(str(error))
        except Exception as error:  # noqa: BLE001 - a thread would end without a word
            self._refuse_image(f"{type(error).__name__}: {error}")

    def _refuse_image(self, trouble: str) -> None:
        self._refused += 1
        if trouble != self._trouble:  # once, not for each of thirty frames a second
            self._trouble = trouble
            self.get_logger().error(trouble)

    def _convert(self, message: Any) -> None:
        self._rgb = to_rgb(message, self._rgb)

    def _decompress(self, message: Any) -> None:
        self._rgb = compressed_to_rgb(message)

    def _process(self, message: Any) -> None:
        stamp = seconds(message.header.stamp)
        if stamp == 0.0:  # time would stand still downstream, and nobody would notice silence
            raise ImageError("image: header stamp is 0, expected the time of capture")
        self._decode(message)
        face = self._engine.detect(self._rgb, stamp)
        self._processed += 1
        self._with_face += face.detected
        found = face_to_message(face, message.header)
        found.engine = self._engine.name
        found.skipped = self._worker.skipped
        self._publisher.publish(found)

    def diagnose(self) -> base.Diagnosis:
        """Frames seen, skipped and refused."""
        level, text = base.OK, "tracking"
        if self._off:
            text = "ignition off"
        elif self._trouble:
            level, text = base.ERROR, self._trouble
        elif not self._processed:
            level, text = base.WARN, "no image yet"
        return base.Diagnosis(
            level,
            text,
            {
                "engine": self._engine.name,
                "processed": self._processed,
                "with_face": self._with_face,
                "skipped": self._worker.skipped,
                "refused": self._refused,
            },
        )


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return base.run(LandmarksNode, args)


if __name__ == "__main__":
    sys.exit(main())
