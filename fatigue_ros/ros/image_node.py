"""What the nodes have in common that look at the camera's images, each in a thread of its own."""

import abc
import dataclasses
from typing import ClassVar, Generic, TypeVar

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from fatigue_ros.errors import FatigueError, ImageError
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.ignition import IgnitionWatch
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vision.images import Picture, compressed_to_rgb, to_rgb
from fatigue_ros.vision.newest import NewestWorker


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageSettings(base.NodeSettings):
    """Parameters of every node that hears images."""

    image_transport: str = parameter(
        "raw",
        "Which image topic to read: camera/image_raw or camera/image_raw/compressed.",
        choices=("raw", "compressed"),
    )

    @property
    def image_topic(self) -> tuple[type[messages.Image], str]:
        """Message type and topic."""
        if self.image_transport == "compressed":
            return CompressedImage, "camera/image_raw/compressed"
        return Image, "camera/image_raw"


S = TypeVar("S", bound=ImageSettings)


class ImageNode(base.FatigueNode[S], abc.ABC, Generic[S]):
    """Base of nodes that look at images.

    The executor only puts the newest image into a slot; a thread of its own takes it from there,
    so that a slow look delays nobody and what was overtaken is counted. A camera in the same
    process puts it there itself, without a message. A node overrides ``look``,
    which may raise, and may override ``wants``. While the ignition is off nothing is looked at.

    Attributes:
        nice: how far the thread stands back behind the others, up to 19.
    """

    nice: ClassVar[int] = 0

    def activate(self) -> None:
        """Start the worker and listen for images."""
        self._processed = self._refused = 0
        self._trouble = ""
        self._rgb: Picture | None = None  # the last frame, whose memory the next one takes
        self._worker = NewestWorker(self._work, self.name, self.nice)
        kind, topic = self.settings.image_topic
        self._ignition_watch = IgnitionWatch(self, self._tell_ignition)
        self.listen(kind, topic, self._take, qos_profile_sensor_data, shared=True)

    def deactivate(self) -> None:
        """Stop the worker."""
        self._worker.close()

    def wants(self, stamp: float) -> bool:  # noqa: ARG002 - for those who override it
        """Whether to look at an image of this time, [s]."""
        return True

    @abc.abstractmethod
    def look(self, rgb: Picture, stamp: float, header: messages.Header) -> None:
        """Look at one image, in the worker's thread.

        Args:
            rgb: shape (H, W, 3), only valid during the call.
            stamp: [s] when it was taken.
            header: of its message.
        """

    def _tell_ignition(self, off: bool) -> None:
        self.get_logger().info("ignition " + ("off: images are left unseen" if off else "on"))

    def _take(self, message: messages.Image) -> None:
        if not self._ignition_watch.look() and self.wants(seconds(message.header.stamp)):
            self._worker.put(message)

    def _work(self, message: messages.Image) -> None:
        try:
            stamp = seconds(message.header.stamp)
            if stamp == 0.0:  # time would stand still downstream, and nobody would notice silence
                raise ImageError("image: header stamp is 0, expected the time of capture")
            if isinstance(message, CompressedImage):
                self._rgb = compressed_to_rgb(message)
            else:
                self._rgb = to_rgb(message, self._rgb)
            self.look(self._rgb, stamp, message.header)
        except FatigueError as error:
            self._refuse_image(str(error))
        except Exception as error:  # noqa: BLE001 - a thread would end without a word
            self._refuse_image(f"{type(error).__name__}: {error}")
        else:
            self._processed += 1
            self._trouble = ""

    def _refuse_image(self, trouble: str) -> None:
        self._refused += 1
        if trouble != self._trouble:  # once, not for each of thirty frames a second
            self._trouble = trouble
            self.get_logger().error(trouble)

    def _diagnosis(self, text: str, **values: object) -> base.Diagnosis:
        """Frames seen, skipped and refused, and what the node adds; text: when all is well."""
        level = base.OK
        if self._ignition_watch.look():
            text = "ignition off"
        elif self._trouble:
            level, text = base.ERROR, self._trouble
        elif not self._processed:
            level, text = base.WARN, "no image yet"
        counts = {
            "processed": self._processed,
            "skipped": self._worker.skipped,
            "refused": self._refused,
        }
        return base.Diagnosis(level, text, values | counts)
