"""A button somewhere, and the service `acknowledge` that it asks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from std_srvs.srv import Trigger

if TYPE_CHECKING:
    from fatigue_ros.ros import base
    from fatigue_ros.ros.rclpy_types import Future

_TICK = 0.05  # [s]


class AcknowledgeButton:
    """Asks once for each press. One that is pressed from the begin is stuck, and no press.

    Attributes:
        answers: how many answers came.

    Args:
        node: that is being configured.
    """

    def __init__(self, node: base.FatigueNode[Any]) -> None:
        self._node = node
        self._client = node.client(Trigger, "acknowledge")
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Nothing is known of the button."""
        self._was: bool | None = None
        self._presses = self.answers = 0

    def start(self) -> None:
        """Ask from now on, until the node is deactivated."""
        self.reset()
        self._node.every(_TICK, self._ask, steady=True)

    def take(self, *, pressed: bool) -> None:
        """Take whether it is pressed, from any thread."""
        with self._lock:
            self._presses += pressed and self._was is False
            self._was = pressed

    def _ask(self) -> None:
        with self._lock:
            pressed, self._presses = self._presses, 0
        if pressed and self._client.service_is_ready():
            self._client.ask(Trigger.Request(), self._on_answer)

    def _on_answer(self, future: Future) -> None:
        answer = future.result()
        if answer is not None:
            self.answers += 1
            self._node.get_logger().info(f"acknowledgement: {answer.message}")
