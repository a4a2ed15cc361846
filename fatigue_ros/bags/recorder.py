"""Node `recorder`: everything that is said on our topics into a bag, images only when asked for."""

import dataclasses
import functools
import time
from collections.abc import Mapping
from pathlib import Path

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from fatigue_ros.bags.topics import COMPRESSED, IMAGES, TOPICS, message_class
from fatigue_ros.bags.writer import JPEG_QUALITY, BagWriter
from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.ros import base, messages
from fatigue_ros.ros.composition import Composition
from fatigue_ros.ros.executable import ros
from fatigue_ros.ros.qos import LATCHED
from fatigue_ros.settings.parameters import Value, parameter
from fatigue_ros.vision.images import to_bgr, to_jpeg
from fatigue_ros.workload import WEIGHTS, Workload, answers_file

FLUSH_PERIOD = 2.0  # [s] no more than that is lost when the power goes
# What is handed over late, as while an image is packed, is not lost.
_DEEP = QoSProfile(depth=1000)
_SENSOR = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
_IMAGES = QoSProfile(depth=15, reliability=ReliabilityPolicy.BEST_EFFORT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecorderSettings(base.NodeSettings):
    """Parameters of the recorder node."""

    bag: str = parameter("", "Folder to make, which must not be there yet.")
    with_images: bool = parameter(
        False, "Keep the images too, as JPEG. Without them nobody can be recognised in a bag."
    )


class RecorderNode(base.FatigueNode[RecorderSettings]):
    """Writes messages as they come; their time in the bag is the node's clock.

    Attributes:
        messages: [1] written since configured.
    """

    name = "recorder"
    Settings = RecorderSettings

    def configure(self) -> None:
        """Begin the bag.

        Raises:
            ParameterError: no bag is named.
            BagError: it exists already or cannot be made.
        """
        if not self.settings.bag:
            raise ParameterError("bag: expected the path of a new bag, found none")
        self.messages = 0
        self._trouble = ""
        self._bag = BagWriter(Path(self.settings.bag))

    def activate(self) -> None:
        """Listen to everything."""
        self._flushed_at = time.monotonic()
        for name, topic in TOPICS.items():
            if topic.images and not self.settings.with_images:
                continue
            kind = message_class(topic.kind)
            qos = _IMAGES if topic.images else _DEEP if topic.reliable else _SENSOR
            if topic.latched:
                qos = LATCHED
            if name in (IMAGES, "workload"):
                self.listen(kind, name, self._pack if name == IMAGES else self._note, qos)
            else:
                self.listen(kind, name, functools.partial(self._take, name), qos, raw=True)

    def cleanup(self) -> None:
        """Complete the bag."""
        if hasattr(self, "_bag"):
            self._bag.close()
            del self._bag

    def _pack(self, message: messages.Image) -> None:
        """A raw image is 900 kB thirty times a second: keep it as JPEG."""
        try:
            content = to_jpeg(to_bgr(message), JPEG_QUALITY)
        except FatigueError as error:
            self._trouble = str(error)
            return
        packed = CompressedImage(header=message.header, format="jpeg", data=content)
        self._take(COMPRESSED, serialize_message(packed))

    def _note(self, message: messages.Workload) -> None:
        """What the driver answered lies beside the bag too, for `fatigue learn label`."""
        self._take("workload", serialize_message(message))
        try:
            answers = Workload(**{name: getattr(message, name) for name in WEIGHTS})
            answers.write(answers_file(Path(self.settings.bag)))
        except FatigueError as error:
            self.get_logger().error(f"workload: {error}")

    def _take(self, name: str, data: bytes) -> None:
        if self._trouble or not self.is_configured:
            return
        stamp = self.get_clock().now().nanoseconds
        if not stamp:
            return  # simulated time, and no /clock yet
        try:
            self._bag.write_serialized(name, stamp, data, self.get_namespace())
            self.messages += 1
            if time.monotonic() - self._flushed_at > FLUSH_PERIOD:
                self._flushed_at = time.monotonic()
                self._bag.flush()
        except FatigueError as error:
            self._trouble = str(error)
            self.get_logger().error(self._trouble)

    @property
    def trouble(self) -> str:
        """Why nothing is written any more, empty when it is."""
        return self._trouble

    def diagnose(self) -> base.Diagnosis:
        """Whether the bag grows."""
        values = {"bag": self.settings.bag, "messages": self.messages}
        if self._trouble:
            return base.Diagnosis(base.ERROR, self._trouble, values)
        if not self.messages:
            return base.Diagnosis(base.WARN, "no message yet", values)
        return base.Diagnosis(base.OK, "recording", values)


def record(settings: Mapping[str, Value], namespace: str | None, duration: float) -> int:
    """Record until Ctrl-C or for so many seconds.

    Args:
        settings: parameters of the node.
        namespace: of the nodes to record.
        duration: [s].

    Returns:
        Messages written.

    Raises:
        FatigueError: the bag cannot be written.
    """
    with ros([]) as stop, Composition() as nodes:
        node = RecorderNode(settings, namespace)
        nodes.add(node)
        if not node.start():
            raise FatigueError(node.problem)
        end = time.monotonic() + duration
        nodes.spin(lambda: stop or node.trouble or time.monotonic() >= end)
        trouble = node.trouble
        node.stop()
        if trouble or node.problem:
            raise FatigueError(trouble or node.problem)
        return node.messages
