"""`driver_monitor`: any subset of the nodes in one process, on one executor, one parameter file.

One process costs a ninth of the processor time of one process for each node and a tenth of the
latency, see docs/architecture.md; it is the way to run in a vehicle.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import rclpy
from rclpy.experimental import EventsExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.utilities import remove_ros_args

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.nodes import base, parameter_files

SUCCESS = TransitionCallbackReturn.SUCCESS

# Consumers before producers: who starts first misses nothing.
NODES = {
    "alert": "AlertNode",
    "fusion": "FusionNode",
    "vehicle_speed": "VehicleSpeedNode",
    "heart_rate": "HeartRateNode",
    "yawn": "YawnNode",
    "blink": "BlinkNode",
    "landmarks": "LandmarksNode",
    "camera": "CameraNode",
}
# Only when asked for: what needs something plugged in or a model of its own, or stands in for it
# (the simulator for camera, board and vehicle_speed).
OPTIONAL = {
    "annotator": "AnnotatorNode",
    "dashboard": "DashboardNode",
    "face_state": "FaceStateNode",
    "microcontroller": "MicrocontrollerNode",
    "recorder": "RecorderNode",
    "driver_simulator": "DriverSimulatorNode",
}
ALL = {name: OPTIONAL[name] for name in ("recorder", "microcontroller")} | NODES | OPTIONAL
SOURCES = ("camera", "driver_simulator")  # what comes to an end
_END_PATIENCE = 1.0  # [s] what has not come by then got lost


def create(
    name: str, overrides: Mapping[str, Any] | None = None, namespace: str | None = None
) -> base.FatigueNode:
    """Make a node by its name.

    Raises:
        ParameterError: there is no such node, or one of its parameters was refused.
    """
    if name not in ALL:
        raise ParameterError(f"node {name!r}: expected one of {', '.join(sorted(ALL))}")
    module = importlib.import_module(f"fatigue_ros.nodes.{name}")
    node: base.FatigueNode = getattr(module, ALL[name])(overrides, namespace)
    return node


class Composition:
    """Nodes that share a process.

    Args:
        names: which nodes, in any order.
        overrides: parameters by node name and parameter name.
        namespace: for all of them.

    Raises:
        ParameterError: a name or a parameter was refused; nothing is left running.
    """

    def __init__(
        self,
        names: Sequence[str],
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        namespace: str | None = None,
    ) -> None:
        self.executor = EventsExecutor()
        self.nodes: dict[str, base.FatigueNode] = {}
        order = [name for name in ALL if name in names]
        try:
            for name in order + [name for name in names if name not in ALL]:
                self.add(create(name, (overrides or {}).get(name), namespace))
        except FatigueError:
            self.close()
            raise

    def add(self, node: base.FatigueNode) -> None:
        """Spin one more node; it is started and stopped with the others."""
        self.nodes[node.get_name()] = node
        self.executor.add_node(node)

    def check_files(self, args: Sequence[str]) -> None:
        """Warn of names that no node has, in the parameter files among ROS's arguments."""
        node = next(iter(self.nodes.values()))
        for path in parameter_files.given(args):
            said = parameter_files.complaint(path, {*ALL, *self.nodes}, node.get_namespace())
            if said:
                node.get_logger().warning(said)

    def start(self) -> list[base.FatigueNode]:
        """Configure and activate all; returns those that refused (``problem`` says why)."""
        waiting = [n for n in self.nodes.values() if n.settings.autostart and not n.is_active]
        # Models are loaded before anybody counts the seconds since the last message.
        ready = [n for n in waiting if n.is_configured or n.trigger_configure() == SUCCESS]
        active = [n for n in ready if n.trigger_activate() == SUCCESS]
        return [n for n in waiting if n not in active]

    def spin(self, until: Callable[[], Any], period: float = 0.1) -> None:
        """Run callbacks until the condition holds, asked after each and every ``period`` [s]."""
        while rclpy.ok() and not until():
            self.executor.spin_once(timeout_sec=period)

    def close(self) -> None:
        """Stop producers first, then destroy all."""
        for node in reversed(self.nodes.values()):
            node.stop()
        for node in self.nodes.values():
            self.executor.remove_node(node)
            node.destroy_node()
        self.nodes.clear()
        self.executor.shutdown()  # else it keeps the nodes' endpoints alive

    @property
    def source(self) -> Any:
        """The node that comes to an end, None where none does."""
        return next((self.nodes[name] for name in SOURCES if name in self.nodes), None)

    def ended(self) -> bool:
        """Whether the source has ended and its last frame has gone through."""
        source = self.source
        if source is None or not source.ended:
            return False
        observer: Any = self.nodes.get("observer")
        seen_all = observer is not None and observer.last_stamp >= source.last_stamp
        # A frame that got lost on the way will not come any more.
        return bool(seen_all or time.monotonic() - source.ended_at > _END_PATIENCE)


def parse(args: Sequence[str]) -> argparse.Namespace:
    """Arguments that are not ROS's own."""
    parser = argparse.ArgumentParser(
        prog="driver_monitor",
        description="Run the driver monitor's nodes in one process.",
        epilog="example: ros2 run fatigue_ros driver_monitor --ros-args "
        "--params-file config/fatigue.yaml -p camera:source:=/dev/video0",
    )
    parser.add_argument(
        "--nodes",
        default=",".join(sorted(NODES)),
        help=f"which nodes, separated by commas (default: all but {', '.join(OPTIONAL)})",
    )
    parser.add_argument(
        "--until-end",
        action="store_true",
        help="end when the camera's file or the simulated drive ends, and print a summary",
    )
    options = parser.parse_args(args)
    options.nodes = [name.strip() for name in options.nodes.split(",") if name.strip()]
    if not options.nodes:
        parser.error(f"argument --nodes: expected some of {', '.join(sorted(ALL))}, found none")
    if options.until_end and not set(SOURCES) & set(options.nodes):
        parser.error(
            f"argument --until-end: expected {' or '.join(SOURCES)} among --nodes, it is what ends"
        )
    return options


def main(args: list[str] | None = None) -> int:
    """Run the composition; see EXIT_* in fatigue_ros.nodes.base for the exit codes."""
    stop = base.StopRequest()
    try:
        base.start_ros(args)
        options = parse(remove_ros_args(sys.argv if args is None else args)[1:])
        composition = Composition(options.nodes)
        composition.check_files(sys.argv if args is None else args)
    except FatigueError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for people; there is no node to log with
        rclpy.try_shutdown()
        return base.EXIT_REFUSED
    code = base.EXIT_DONE
    observer = None
    if options.until_end:
        from fatigue_ros.nodes.observer import ObserverNode  # noqa: PLC0415 - only here

        observer = ObserverNode()
        composition.add(observer)
        observer.start()
    refused = composition.start()
    if options.until_end and composition.source in refused:
        code = base.EXIT_NO_SOURCE  # a desk run without its source has nothing to wait for
    else:
        composition.spin(lambda: stop or (options.until_end and composition.ended()))
        if observer is not None:
            print(observer.log.text())  # noqa: T201 - asked for by --until-end
            code = base.EXIT_REFUSED if refused else code
    composition.close()
    rclpy.shutdown()
    return code


if __name__ == "__main__":
    sys.exit(main())
