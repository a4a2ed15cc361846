"""`driver_monitor`: any subset of the nodes in one process, on one executor, one parameter file.

One process costs less processor time and delay than one process for each node (figures in
docs/performance.md); it is the way to run in a vehicle.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import rclpy
from rclpy.utilities import remove_ros_args

from fatigue_ros.console import note, say
from fatigue_ros.errors import FatigueError
from fatigue_ros.ros import base
from fatigue_ros.ros.composition import ALL, NODES, OPTIONAL, SOURCES, Composition, node_class


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
    """Run the composition; see EXIT_* in fatigue_ros.ros.base for the exit codes."""
    stop = base.StopRequest()
    try:
        base.start_ros(args)
        options = parse(remove_ros_args(sys.argv if args is None else args)[1:])
        composition = Composition(options.nodes)
        composition.check_files(sys.argv if args is None else args)
    except FatigueError as error:
        note(error)  # there is no node to log with
        rclpy.try_shutdown()
        return base.EXIT_REFUSED
    code = base.EXIT_DONE
    observer: Any = None
    if options.until_end:
        observer = node_class("observer")()
        composition.add(observer)
        observer.start()
    refused = composition.start()
    if options.until_end and composition.source in refused:
        code = base.EXIT_NO_SOURCE  # a desk run without its source has nothing to wait for
    else:
        composition.spin(lambda: stop or (options.until_end and composition.ended()))
        if observer is not None:
            say(observer.log.text())
            code = base.EXIT_REFUSED if refused else code
    composition.close()
    rclpy.shutdown()
    return code


if __name__ == "__main__":
    sys.exit(main())
