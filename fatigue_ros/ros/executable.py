"""The ``main`` of an executable: ROS, signals, exit codes."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import rclpy
from rclpy.experimental import EventsExecutor
from rclpy.signals import SignalHandlerOptions

from fatigue_ros.console import note
from fatigue_ros.errors import FatigueError, ParameterError, first_line

if TYPE_CHECKING:
    from fatigue_ros.ros.base import FatigueNode

EXIT_DONE = 0
EXIT_REFUSED = 2
EXIT_NO_SOURCE = 3

_SPIN = 0.1  # [s] the EventsExecutor needs a timeout to return to Python, where signals arrive


class StopRequest:
    """Set by Ctrl-C or SIGTERM, so that nodes are stopped while the context still lives."""

    def __init__(self) -> None:
        self._set = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, *_: object) -> None:
        self._set = True

    def __bool__(self) -> bool:
        return self._set


def start_ros(args: list[str] | None) -> None:
    """Start rclpy, which leaves signals to StopRequest.

    Raises:
        ParameterError: ROS refuses an argument, such as a parameter file that is not there.
    """
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # rcl's own classes are private
        raise ParameterError(f"ROS arguments: {first_line(error)}") from error


def run(node_class: type[FatigueNode], args: list[str] | None = None) -> int:
    """Run one node until it is asked to end; the ``main`` of every node's executable.

    Returns:
        EXIT_DONE after Ctrl-C or SIGTERM, EXIT_REFUSED when a parameter or a ROS argument was
        refused.
    """
    stop = StopRequest()
    try:
        start_ros(args)
        node = node_class()
    except FatigueError as error:
        note(error)  # there is no node to log with
        rclpy.try_shutdown()
        return EXIT_REFUSED
    executor = EventsExecutor()
    executor.add_node(node)
    if node.settings.autostart:
        node.start()
    while rclpy.ok() and not stop:
        executor.spin_once(timeout_sec=_SPIN)
    node.stop()
    executor.remove_node(node)
    node.destroy_node()
    executor.shutdown()
    rclpy.shutdown()
    return EXIT_DONE
