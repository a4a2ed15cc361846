"""Programs of nodes: where ROS starts and ends, with signals and exit codes.

The program ``driver_monitor`` runs any subset of the nodes in one process, on one executor, with
one parameter file; that costs less processor time and delay than a process for each (figures in
docs/performance.md) and is the way to run in a vehicle. Every node is a program of its own name
too, as here: ``python -m fatigue_ros.ros.executable camera --ros-args -p source:=0``.
"""

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from fatigue_ros.console import note, say
from fatigue_ros.errors import FatigueError, ParameterError, first_line
from fatigue_ros.ros.composition import ALL, NODES, OPTIONAL, SOURCES, Composition
from fatigue_ros.settings import parameter_files

EXIT_DONE = 0
EXIT_REFUSED = 2
EXIT_NO_SOURCE = 3
DRIVER_MONITOR = "driver_monitor"


class StopRequest:
    """Set by Ctrl-C or SIGTERM, so that nodes are stopped while ROS is still up."""

    def __init__(self) -> None:
        self._set = False

    def take(self, *_: object) -> None:
        """Note the signal."""
        self._set = True

    def __bool__(self) -> bool:
        return self._set


@contextlib.contextmanager
def ros(args: Sequence[str]) -> Iterator[StopRequest]:
    """ROS, from its start to its end.

    Args:
        args: of the program; ROS takes its own among them.

    Yields:
        Whether the process was asked to end.

    Raises:
        ParameterError: ROS refuses an argument, such as a parameter file that is not there.
    """
    stop = StopRequest()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop.take) for number in numbers]
    try:
        try:
            parameter_files.check(args)
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        except Exception as error:  # rcl's own classes are private
            raise ParameterError(f"ROS arguments: {first_line(error)}") from error
        yield stop
    finally:
        rclpy.try_shutdown()
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def parse(args: Sequence[str]) -> argparse.Namespace:
    """Arguments of driver_monitor that are not ROS's own."""
    parser = argparse.ArgumentParser(
        prog=DRIVER_MONITOR,
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
    if options.until_end:
        if not set(SOURCES) & set(options.nodes):
            parser.error(
                f"argument --until-end: expected {' or '.join(SOURCES)} among --nodes, it is what "
                "ends"
            )
        options.nodes.append("observer")
    return options


def main(argv: Sequence[str]) -> int:
    """Run the node that the program is called after, or several as driver_monitor.

    Args:
        argv: name of the program, and its arguments.

    Returns:
        EXIT_DONE after Ctrl-C or SIGTERM or at the end that was waited for, EXIT_REFUSED when a
        parameter or an argument was refused, EXIT_NO_SOURCE when there is no end to wait for.
    """
    name = Path(argv[0]).name
    try:
        with ros(argv) as stop:
            if name != DRIVER_MONITOR:
                options = argparse.Namespace(nodes=[name], until_end=False)
            else:
                options = parse(remove_ros_args(argv)[1:])
            with Composition(options.nodes) as nodes:
                if name == DRIVER_MONITOR:  # a single one sees but its own name
                    nodes.check_files(argv)
                refused = nodes.start()
                if options.until_end and any(node.name in SOURCES for node in refused):
                    return EXIT_NO_SOURCE
                nodes.spin(lambda: stop or (options.until_end and nodes.ended()))
                if options.until_end and nodes.observer is not None:
                    say(nodes.observer.log.text())
                    return EXIT_REFUSED if refused else EXIT_DONE
    except FatigueError as error:
        note(error)  # there is no node to log with
        return EXIT_REFUSED
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
