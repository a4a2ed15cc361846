"""The topics that bags hold and their message types, for the library rosbags, without ROS."""

import dataclasses
import functools
import importlib
from pathlib import Path
from typing import Any

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from fatigue_ros.errors import FatigueError
from fatigue_ros.monitor.messages import NANOSECONDS, nanoseconds
from fatigue_ros.settings.resources import share

_OURS = "fatigue_ros/msg/"


class BagError(FatigueError):
    """A bag cannot be read or written; the message begins with its path."""


@dataclasses.dataclass(frozen=True)
class Topic:
    """A topic as our nodes publish it.

    Attributes:
        kind: ROS message type.
        reliable: its reliability; best effort otherwise.
        latched: whether the last message is kept for who comes late.
        images: whether people can be recognised in it, or it is about such; left out of bags
            unless asked for.
        deadline: [s] within which the next message comes; 0 where none is promised.
    """

    kind: str
    reliable: bool = True
    latched: bool = False
    images: bool = False
    deadline: float = 0.0


IMAGES = "camera/image_raw"
CAMERA_INFO = "camera/camera_info"
COMPRESSED = "camera/image_raw/compressed"
ANNOTATED = "fatigue/annotated/compressed"
TOPICS: dict[str, Topic] = {
    IMAGES: Topic("sensor_msgs/msg/Image", reliable=False, images=True),
    COMPRESSED: Topic("sensor_msgs/msg/CompressedImage", reliable=False, images=True),
    CAMERA_INFO: Topic("sensor_msgs/msg/CameraInfo", reliable=False, images=True),
    ANNOTATED: Topic("sensor_msgs/msg/CompressedImage", reliable=False, images=True),
    "face/landmarks": Topic(_OURS + "FaceLandmarks"),
    "face/pose": Topic("geometry_msgs/msg/PoseStamped"),
    "blink": Topic(_OURS + "BlinkRate"),
    "yawn": Topic(_OURS + "YawnRate"),
    "face_state": Topic(_OURS + "FaceState"),
    "ppg": Topic(_OURS + "PpgSamples"),
    "heart_rate": Topic(_OURS + "HeartRate"),
    "vehicle/speed": Topic("geometry_msgs/msg/TwistStamped", reliable=False),
    "vehicle/steering_angle": Topic("std_msgs/msg/Float32", reliable=False),
    "vehicle/lateral_position": Topic("std_msgs/msg/Float32", reliable=False),
    "vehicle/assistance": Topic("std_msgs/msg/Bool"),
    "vehicle/indicator": Topic("std_msgs/msg/Bool"),
    "vehicle/wipers": Topic("std_msgs/msg/Bool"),
    "vehicle/brake": Topic("std_msgs/msg/Bool"),
    "vehicle/accelerator": Topic("std_msgs/msg/Bool"),
    "vehicle/driver_door": Topic("std_msgs/msg/Bool"),
    "steering": Topic(_OURS + "Steering"),
    "ignition": Topic("std_msgs/msg/Bool"),
    "fatigue": Topic(_OURS + "FatigueLevel"),
    "warning": Topic(_OURS + "FatigueWarning", latched=True, deadline=2.0),
    "sleepiness": Topic("std_msgs/msg/UInt8"),
    "workload": Topic(_OURS + "Workload"),
    "references": Topic(_OURS + "DriverReferences", latched=True),
    "actuators/command": Topic(_OURS + "ActuatorCommand"),
    "actuators/status": Topic(_OURS + "ActuatorStatus"),
    "/diagnostics": Topic("diagnostic_msgs/msg/DiagnosticArray"),
}
"""By relative name; a namespace stands before it, except for the one that is absolute."""


@functools.cache
def typestore() -> Typestore:
    """The standard messages and ours, read from the package's ``msg/*.msg``.

    Raises:
        FatigueError: the package was installed without its message definitions.
    """
    store = get_typestore(Stores.ROS2_JAZZY)
    folder = share() / "msg"
    files = sorted(folder.glob("*.msg"))
    if not files:
        raise FatigueError(f"{folder}: expected the package's message definitions, found none")
    types: dict[str, Any] = {}
    for file in files:
        types |= get_types_from_msg(_definition(file), _OURS + file.stem)
    store.register(types)
    return store


def _definition(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def header(time: float, frame_id: str = "") -> Any:
    """A std_msgs/Header with this time, [s]."""
    types = typestore().types
    count = nanoseconds(time)
    stamp = types["builtin_interfaces/msg/Time"](
        sec=count // NANOSECONDS, nanosec=count % NANOSECONDS
    )
    return types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame_id)


def message_class(kind: str) -> Any:
    """ROS's class of a type such as ``std_msgs/msg/Bool``; where ROS is not, there is none."""
    package, _, name = kind.partition("/msg/")
    return getattr(importlib.import_module(f"{package}.msg"), name)
