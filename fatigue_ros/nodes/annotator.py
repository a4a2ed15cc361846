"""Node `annotator`: the camera's picture with what was found in it, while somebody looks."""

from __future__ import annotations

import array
import collections
import dataclasses
import math
import sys
import threading
import time
from typing import Any

import cv2
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from fatigue_ros.errors import FatigueError
from fatigue_ros.msg import BlinkRate, FaceLandmarks, FatigueLevel, FatigueWarning, YawnRate
from fatigue_ros.nodes import base
from fatigue_ros.nodes.conversions import face_from_message, seconds
from fatigue_ros.nodes.fusion import WARNING_QOS
from fatigue_ros.parameters import parameter
from fatigue_ros.vision.drawing import Annotation, Bar, annotate
from fatigue_ros.vision.images import compressed_to_bgr, fill, to_bgr

_LOOK = 0.5  # [s] between looks whether somebody subscribes
_KEPT = 10  # images that wait for their landmarks
_SILENCE = 1.0  # [s] without landmarks, the bare picture is shown, and why
_JPEG_QUALITY = 80
_FULL_EAR = 0.45  # [1] a wide open eye has about 0.35
_FULL_OPENING = 1.0  # [1] gap between the lips over the mouth's width; a yawn passes 0.5
STATES = {
    FatigueLevel.OFF: "off",
    FatigueLevel.CALIBRATING: "learning the driver",
    FatigueLevel.ACTIVE: "judging",
    FatigueLevel.CANNOT_SEE: "cannot see the driver",
    FatigueLevel.FAULT: "fault",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnotatorSettings(base.NodeSettings):
    """Parameters of the annotator node."""

    image_transport: str = parameter(
        "raw",
        "Which image topic to read: camera/image_raw or camera/image_raw/compressed.",
        choices=("raw", "compressed"),
    )
    max_width: int = parameter(
        640,
        "Wider pictures are made smaller before they are drawn on.",
        unit="px",
        minimum=160,
        maximum=4096,
        live=True,
    )
    max_rate: float = parameter(
        10.0,
        "Pictures a second at most.",
        unit="Hz",
        minimum=0.5,
        maximum=60.0,
        live=True,
    )


class AnnotatorNode(base.FatigueNode):
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
        self._ends: list[Any] = []
        self._images: collections.OrderedDict[float, Any] = collections.OrderedDict()
        self._latest: dict[str, Any] = {}
        self._faces_at = self._drawn_at = -math.inf
        self._drawn = self._skipped = self._refused = 0
        self._trouble = ""
        self._news = threading.Condition()
        self._job: tuple[Any, Any] | None = None
        self._stopping = False
        self._worker = threading.Thread(target=self._work, name="annotator", daemon=True)
        self._worker.start()
        self.every(_LOOK, self._look)

    def deactivate(self) -> None:
        """Stop drawing."""
        self._hang_up()
        with self._news:
            self._stopping = True
            self._news.notify()
        self._worker.join()

    # While somebody looks ----------------------------------------------------------------------

    @property
    def _wanted(self) -> bool:
        return any(p.get_subscription_count() for p in (self._pictures, self._jpegs))

    def _look(self) -> None:
        if self._wanted and not self._ends:
            compressed = self.settings.image_transport == "compressed"
            self._decode = compressed_to_bgr if compressed else to_bgr
            topic = "camera/image_raw" + ("/compressed" if compressed else "")
            kind = CompressedImage if compressed else Image
            self._faces_at = time.monotonic()
            self._hear(kind, topic, self._on_image, qos_profile_sensor_data)
            self._hear(FaceLandmarks, "face/landmarks", self._on_face, 10)
            for name, said in (("blink", BlinkRate), ("yawn", YawnRate), ("fatigue", FatigueLevel)):
                self._hear(said, name, lambda m, n=name: self._latest.__setitem__(n, m), 10)
            warned = lambda message: self._latest.__setitem__("warning", message)  # noqa: E731
            self._hear(FatigueWarning, "warning", warned, WARNING_QOS)
        elif self._ends and not self._wanted:
            self._hang_up()

    def _hear(self, kind: Any, topic: str, callback: Any, qos: Any) -> None:
        self._ends.append(self.create_subscription(kind, topic, callback, qos))

    def _hang_up(self) -> None:
        while self._ends:
            self.destroy_subscription(self._ends.pop())
        self._images.clear()
        self._latest.clear()

    def _on_image(self, message: Any) -> None:
        self._images[seconds(message.header.stamp)] = message
        if len(self._images) > _KEPT:
            self._images.popitem(last=False)
        if time.monotonic() - self._faces_at > _SILENCE:
            self._submit(message, None)

    def _on_face(self, message: Any) -> None:
        self._faces_at = time.monotonic()
        image = self._images.pop(seconds(message.header.stamp), None)
        if image is not None:
            self._submit(image, message)

    def _submit(self, image: Any, face: Any) -> None:
        now = time.monotonic()
        if now - self._drawn_at < 1.0 / self.settings.max_rate:
            return
        self._drawn_at = now
        with self._news:
            self._skipped += self._job is not None
            self._job = (image, face)
            self._news.notify()

    # The thread --------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._stopping or self._job is not None)
                if self._stopping:
                    return
                (image, face), self._job = self._job or (None, None), None
            try:
                self._draw(image, face)
                self._trouble = ""
            except FatigueError as error:
                self._refused += 1
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    self.get_logger().error(self._trouble)

    def _draw(self, image: Any, face: Any) -> None:
        annotation = describe(face, dict(self._latest))
        picture = annotate(self._decode(image), annotation, self.settings.max_width)
        self._drawn += 1
        if self._pictures.get_subscription_count():
            self._pictures.publish(fill(Image(header=image.header), picture))
        if self._jpegs.get_subscription_count():
            done, content = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
            if done:
                data = array.array("B", content.tobytes())
                self._jpegs.publish(CompressedImage(header=image.header, format="jpeg", data=data))

    def diagnose(self) -> base.Diagnosis:
        """Whether somebody looks, and what was drawn."""
        level, text = base.OK, "drawing" if self._ends else "nobody looks"
        if self._trouble:
            level, text = base.ERROR, self._trouble
        return base.Diagnosis(
            level,
            text,
            {"drawn": self._drawn, "skipped": self._skipped, "refused": self._refused},
        )


def describe(face: Any, latest: dict[str, Any]) -> Annotation:
    """What to draw, from FaceLandmarks (None: none came) and the latest other messages by topic."""
    eyes, mouth = latest.get("blink"), latest.get("yawn")
    level, warning = latest.get("fatigue"), latest.get("warning")
    notes = []
    if face is None:
        notes.append("face: no landmarks come")
    elif not face.detected:
        notes.append("face: none found")
    elif not face.head_pose_valid:
        notes.append("head pose: cannot be told")
    if eyes is None:
        notes.append("eyes: no message")
    elif not eyes.judged or not eyes.valid:
        notes.append(f"eyes: {eyes.reason or 'not judged in this frame'}")
    if mouth is None:
        notes.append("mouth: no message")
    elif not mouth.judged or not mouth.valid:
        notes.append(f"mouth: {mouth.reason or 'not judged in this frame'}")
    if level is None:
        notes.append("level: no message")
    else:
        notes += [
            f"{metric.name.replace('_', ' ')}: {metric.reason}"
            for metric in level.metrics
            if not metric.valid and not metric.reason.startswith(("eyes:", "mouth:"))
        ]
    bars = (
        Bar(
            name="EAR",
            value=eyes.ear if eyes is not None and eyes.judged else math.nan,
            full=_FULL_EAR,
            mark=eyes.ear_open if eyes is not None else math.nan,
            alarming=eyes is not None and eyes.eyes_closed,
        ),
        Bar(
            name="MAR",
            value=mouth.mouth_opening if mouth is not None and mouth.judged else math.nan,
            full=_FULL_OPENING,
            alarming=mouth is not None and mouth.mouth_open,
        ),
    )
    return Annotation(
        face=None if face is None else face_from_message(face),
        bars=bars,
        headline=_headline(level),
        warning="" if warning is None else warning.text,
        severity=0 if warning is None else warning.severity,
        notes=tuple(dict.fromkeys(notes)),
    )


def _headline(level: Any) -> str:
    if level is None:
        return "no fatigue level"
    state = STATES.get(level.state, "?")
    if level.valid:
        return f"fatigue {level.level:.0f} %, KSS about {level.kss}: {state}"
    return f"fatigue unknown, {state}: {level.reason}"


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return base.run(AnnotatorNode, args)


if __name__ == "__main__":
    sys.exit(main())
