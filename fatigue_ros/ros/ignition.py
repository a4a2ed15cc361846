"""Whether images are left unseen because the ignition is off."""

import math
import threading
from collections.abc import Callable
from typing import Any

from std_msgs.msg import Bool

from fatigue_ros.msg import FatigueLevel
from fatigue_ros.ros import base, messages

_MEMORY = 2.0  # [s] for which fusion's word counts; it says one at least four times a second


class IgnitionWatch:
    """Hears the ignition, and fusion, which knows better: off at speed is a fault. Thread-safe.

    Args:
        node: that is being activated.
        changed: told when images begin to be left unseen (True) or are looked at again (False).
    """

    def __init__(self, node: base.FatigueNode[Any], changed: Callable[[bool], None]) -> None:
        self._clock = node.steady
        self._changed = changed
        self._telling = threading.Lock()
        self._said_off = self._off = False
        self._watching = -math.inf
        node.listen(Bool, "ignition", self._on_ignition)
        node.listen(FatigueLevel, "fatigue", self._on_level)

    def look(self) -> bool:
        """Tell of a change, if there is one; whether images are to be left unseen."""
        with self._telling:
            off = self._said_off and not self._clock() - self._watching < _MEMORY
            if off != self._off:
                self._off = off
                self._changed(off)
        return off

    def _on_ignition(self, message: messages.Bool) -> None:
        self._said_off = not message.data
        self.look()

    def _on_level(self, message: messages.FatigueLevel) -> None:
        watching = message.state != FatigueLevel.OFF
        self._watching = self._clock() if watching else -math.inf
        self.look()
