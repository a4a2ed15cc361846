"""Node `annotator`: the camera's picture with what was found in it, while somebody looks."""

import array
import collections
import dataclasses
import functools
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.assessment import STATES
from fatigue_ros.msg import BlinkRate, FaceLandmarks, FatigueLevel, FatigueWarning, YawnRate
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.conversions import face_from_message, seconds
from fatigue_ros.ros.image_node import ImageSettings
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vision.annotation import describe
from fatigue_ros.vision.drawing import annotate
from fatigue_ros.vision.images import MOST_PIXELS, compressed_to_bgr, fill, to_bgr, to_jpeg
from fatigue_ros.vision.newest import NewestWorker

_LOOK = 0.5  # [s] between looks whether somebody subscribes
_KEPT = 10  # images that wait for their landmarks
_JPEG_QUALITY = 80
_SILENCE = 1.0  # [s] without landmarks, the bare picture is shown, and why


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnotatorSettings(ImageSettings):
    """Parameters of the annotator node."""

    max_width: int = parameter(
        640,
        "Wider pictures are made smaller before they are drawn on.",
        unit="px",
        limits=(160, 4096),
        live=True,
    )
    max_rate: float = parameter(
        10.0, "Pictures a second at most.", unit="Hz", limits=(0.5, 60.0), live=True
    )


class AnnotatorNode(base.FatigueNode[AnnotatorSettings]):
    """Publishes fatigue/annotated, and the same as JPEG, each only while it has a subscriber.

    Without one the node does not even subscribe to the images. Drawing has a thread of its own,
    which takes the newest picture and delays nobody.
    """

    name = "annotator"
    Settings = AnnotatorSettings

    def configure(self) -> None:
        """Advertise the pictures."""
        self._pictures = self.advertise(Image, "fatigue/annotated", qos_profile_sensor_data)
        self._jpegs = self.advertise(
            CompressedImage, "fatigue/annotated/compressed", qos_profile_sensor_data
        )

    def activate(self) -> None:
        """Look out for somebody who looks."""
        self._ends: list[Callable[[], None]] = []
        self._images: collections.OrderedDict[float, messages.Image] = collections.OrderedDict()
        self._keeping = threading.Lock()  # a camera in this process calls from its own thread
        self._latest: dict[str, Any] = {}  # messages by topic
        self._faces_at = self._drawn_at = -math.inf
        self._drawn = self._refused = 0
        self._trouble = ""
        self._worker = NewestWorker(self.guard("drawing", self._work), "annotator")
        self.every(_LOOK, self._look)

    def deactivate(self) -> None:
        """Stop drawing."""
        self._hang_up()
        self._worker.close()

    # While somebody looks ----------------------------------------------------------------------

    @property
    def _wanted(self) -> bool:
        return any(p.get_subscription_count() for p in (self._pictures, self._jpegs))

    def _look(self) -> None:
        if self._wanted and not self._ends:
            kind, topic = self.settings.image_topic
            self._faces_at = time.monotonic()
            self._ends = [
                self.listen(kind, topic, self._on_image, qos_profile_sensor_data, shared=True),
                self.listen(FaceLandmarks, "face/landmarks", self._on_face),
            ]
            for said, name in (
                (BlinkRate, "blink"),
                (YawnRate, "yawn"),
                (FatigueLevel, "fatigue"),
                (FatigueWarning, "warning"),
            ):
                keep = functools.partial(self._latest.__setitem__, name)
                self._ends.append(self.listen(said, name, keep))
        elif self._ends and not self._wanted:
            self._hang_up()

    def _hang_up(self) -> None:
        while self._ends:
            self._ends.pop()()
        with self._keeping:
            self._images.clear()
        self._latest.clear()

    def _on_image(self, message: messages.Image) -> None:
        if (
            not isinstance(message, CompressedImage)
            and message.width * message.height > MOST_PIXELS
        ):
            self._submit(message, None)  # it is refused, and not kept ten times over
            return
        with self._keeping:
            self._images[seconds(message.header.stamp)] = message
            if len(self._images) > _KEPT:
                self._images.popitem(last=False)
        if time.monotonic() - self._faces_at > _SILENCE:
            self._submit(message, None)

    def _on_face(self, message: messages.FaceLandmarks) -> None:
        self._faces_at = time.monotonic()
        with self._keeping:
            image = self._images.pop(seconds(message.header.stamp), None)
        if image is not None:
            self._submit(image, message)

    def _submit(self, image: messages.Image, face: messages.FaceLandmarks | None) -> None:
        now = time.monotonic()
        if now - self._drawn_at < 1.0 / self.settings.max_rate:
            return
        self._drawn_at = now
        self._worker.put((image, face))

    # The thread --------------------------------------------------------------------------------

    def _work(self, job: tuple[messages.Image, messages.FaceLandmarks | None]) -> None:
        try:
            self._draw(*job)
            self._trouble = ""
        except FatigueError as error:
            self._refused += 1
            if str(error) != self._trouble:
                self._trouble = str(error)
                self.get_logger().error(self._trouble)

    def _draw(self, image: messages.Image, face: messages.FaceLandmarks | None) -> None:
        heard = dict(self._latest)
        level = heard.get("fatigue")
        annotation = describe(
            None if face is None else face_from_message(face),
            heard.get("blink"),
            heard.get("yawn"),
            level,
            heard.get("warning"),
            state="" if level is None else STATES.get(level.state, "?"),
        )
        bgr = compressed_to_bgr(image) if isinstance(image, CompressedImage) else to_bgr(image)
        picture = annotate(bgr, annotation, self.settings.max_width)
        self._drawn += 1
        if self._pictures.get_subscription_count():
            self._pictures.publish(fill(Image(header=image.header), picture))
        if self._jpegs.get_subscription_count():
            message = CompressedImage(header=image.header, format="jpeg")
            message.data = array.array("B", to_jpeg(picture, _JPEG_QUALITY))
            self._jpegs.publish(message)

    def diagnose(self) -> base.Diagnosis:
        """Whether somebody looks, and what was drawn."""
        level, text = base.OK, "drawing" if self._ends else "nobody looks"
        if self._trouble:
            level, text = base.ERROR, self._trouble
        return base.Diagnosis(
            level,
            text,
            {"drawn": self._drawn, "skipped": self._worker.skipped, "refused": self._refused},
        )
