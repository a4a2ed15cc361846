"""Says on the topics of the graph what a bag holds, once everybody listens, with its clock."""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.replay import stage_of
from fatigue_ros.bags.topics import CAMERA_INFO, COMPRESSED, IMAGES, TOPICS, message_class
from fatigue_ros.console import note
from fatigue_ros.fusion.controls import CONTROLS
from fatigue_ros.monitor.messages import NANOSECONDS, nanoseconds
from fatigue_ros.ros.executable import ros

PLAYED = {
    "images": (IMAGES, COMPRESSED, CAMERA_INFO),
    "landmarks": ("face/landmarks",),
    "measures": ("blink", "yawn"),
}
"""Of each stage: what it begins with. What the nodes make of that is not played."""
BESIDES = (
    *("vehicle/speed", "ppg", "heart_rate", "ignition", "face_state", "steering"),
    *(f"vehicle/{name}" for name in CONTROLS),
)
"""What the nodes hear too."""
HEARD = ("blink", "warning")
"""What they say to each other once all are active."""
CLOCK_PERIOD = 0.01  # [s] finer than frames
SETTLED = 1.0  # [s] for which all have been there: what they know of each other comes later
_LOOK_AGAIN = 0.1  # [s]
_TELL_AGAIN = 10.0  # [s]
_MESSAGES = re.compile(r"sequence<(\w+/\w+)>")


def played(bag: Bag, stage: str) -> list[str]:
    """The topics of a bag that are played: of two kinds of images, or of pulse, one."""
    found = [name for name in (*PLAYED[stage], *BESIDES) if name in bag.topics]
    twice = {IMAGES: COMPRESSED}
    twice |= {"heart_rate": "ppg"} if stage == "measures" else {"ppg": "heart_rate"}
    for name, other in twice.items():
        if name in found and other in found:
            found.remove(other)
    return found


def play(path: Path, stage: str | None, namespace: str | None, rate: float) -> str:
    """Play a bag, as soon as the nodes listen.

    Args:
        path: of the bag.
        stage: a key of PLAYED; None for the first that the bag has topics for.
        namespace: of the bag's topics and of the nodes.
        rate: how many times real time.

    Returns:
        What of the bag is damaged, empty when nothing is.

    Raises:
        BagError: it cannot be read, or has no topic of the stage.
    """
    with Bag(path, namespace) as bag, ros([]) as stop:
        stage = stage_of(bag, stage)
        names = played(bag, stage)
        player = _Player(rclpy.create_node("bag_player", namespace=namespace or ""), bag, names)
        needed = [name for name in PLAYED[stage] if name in names and name != CAMERA_INFO]
        if not player.wait_for(needed, lambda: bool(stop)):
            return ""
        began = time.monotonic()
        for name, recorded, data in bag.messages(names, raw=True):
            while True:
                now = bag.start + nanoseconds((time.monotonic() - began) * rate)
                # Never ahead of what is said: a machine that is too slow lets the time stand.
                player.tell_time(min(now, recorded))
                if stop:
                    return ""
                if now >= recorded:
                    break
                time.sleep(min((recorded - now) / NANOSECONDS / rate, CLOCK_PERIOD))
            player.say(name, recorded, data)
        return bag.problem


class _Player:
    """The publishers: of the topics and of the time."""

    def __init__(self, node: Any, bag: Bag, names: list[str]) -> None:
        self._node, self._bag = node, bag
        self._classes = {name: message_class(TOPICS[name].kind) for name in names}
        self._publishers = {
            name: node.create_publisher(kind, name, _qos(name))
            for name, kind in self._classes.items()
        }
        self._clock = node.create_publisher(Clock, "/clock", 10)
        self._as_ours = {name: bag.has_our_type(name) for name in names}

    def wait_for(self, needed: list[str], stopped: Callable[[], bool]) -> bool:
        """Wait until all listen who are going to; False when told to stop."""
        since = told = time.monotonic()
        while (now := time.monotonic()) - since < SETTLED:
            if stopped():
                return False
            if missing := self._missing(needed):
                since = now
                if now - told > _TELL_AGAIN:
                    told = now
                    note(f"nobody listens yet to {', '.join(missing)}")
            time.sleep(_LOOK_AGAIN)
        return True

    def _missing(self, needed: list[str]) -> list[str]:
        """To which topics not all listen who said so, or nobody who has to."""
        speakers = {"/clock": self._clock} | self._publishers
        must = {"/clock", *needed}
        return [
            name
            for name, publisher in speakers.items()
            if (heard := publisher.get_subscription_count()) < self._node.count_subscribers(name)
            or (name in must and not heard)
        ] + [name for name in HEARD if not self._node.count_subscribers(name)]

    def tell_time(self, now: int) -> None:
        """Publish the time [ns]."""
        seconds, rest = divmod(now, NANOSECONDS)
        self._clock.publish(Clock(clock=Time(sec=seconds, nanosec=rest)))

    def say(self, name: str, recorded: int, data: bytes) -> None:
        """Publish a message as it was recorded; one without a stamp gets the time of that."""
        if not self._as_ours[name]:  # of another version, whose bytes mean something else
            old = self._bag.decoded(name, data)
            data = serialize_message(_filled(self._classes[name](), old))
        if hasattr(self._classes[name], "header") and not any(data[4:12]):
            order = "<iI" if data[1] & 1 else ">iI"
            stamp = struct.pack(order, *divmod(recorded, NANOSECONDS))
            data = b"".join((data[:4], stamp, data[12:]))
        self._publishers[name].publish(data)


def _qos(name: str) -> QoSProfile:
    """As live, and deep: a burst of the bag's is no reason to lose anything."""
    reliable = TOPICS[name].reliable
    return QoSProfile(
        depth=15 if TOPICS[name].images else 1000,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
    )


def _filled(message: Any, old: Any) -> Any:
    """Fill a message from one of another version: what that does not have stays as it is."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(old, name, None)
        if value is None:
            continue
        mine = getattr(message, name)
        if hasattr(mine, "get_fields_and_field_types"):
            _filled(mine, value)
        elif found := _MESSAGES.fullmatch(kind):
            element = message_class(found[1].replace("/", "/msg/"))
            setattr(message, name, [_filled(element(), item) for item in value])
        else:
            setattr(message, name, value.tolist() if isinstance(value, np.ndarray) else value)
    return message
