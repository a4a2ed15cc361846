"""Programs of nodes: where ROS starts and ends, with signals and exit codes.

The program ``driver_monitor`` runs any subset of the nodes in one process, on one executor, with
one parameter file; that costs less processor time and delay than a process for each (figures in
docs/performance.md) and is the way to run in a vehicle. Every node is a program of its own name
too, as here: ``python -m fatigue_ros.ros.executable camera --ros-args -p source:=0``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from signal import SIGINT, SIGTERM

import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from fatigue_ros.console import note, say
from fatigue_ros.errors import FatigueError, ParameterError, first_line
from fatigue_ros.ros.composition import ALL, NODES, OPTIONAL, SOURCES, Composition
from fatigue_ros.ros.node_parameters import SHARED
from fatigue_ros.settings import parameter_files

EXIT_DONE = 0
EXIT_REFUSED = 2
EXIT_NO_SOURCE = 3
DRIVER_MONITOR = "driver_monitor"
# [s] from the signal until the process sees it; while it starts there is nothing to lose.
_START_PATIENCE, _SPIN_PATIENCE = 1.0, 1.5
_END = 10.0  # [s] from then until all nodes have stopped
_TICK = 0.05  # [s]


class StopRequest:
    """Set by Ctrl-C or SIGTERM, so that nodes are stopped while ROS is still up.

    Whoever asks whether it is set has seen it. Where nobody asks for a while, because something
    hangs in a callback, or where the end itself hangs, a thread of its own ends the process.

    Attributes:
        patience: [s] from the signal until somebody asks.
    """

    def __init__(self) -> None:
        self._set = False
        self.patience = _SPIN_PATIENCE
        self._seen, self._over = threading.Event(), threading.Event()
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def take(self, *_: object) -> None:
        """Note the signal."""
        self._set = True

    def __bool__(self) -> bool:
        if self._set:
            self._seen.set()
        return self._set

    def __enter__(self) -> StopRequest:
        self._handlers = [(n, signal.signal(n, self.take)) for n in (SIGINT, SIGTERM)]
        # Written to by the signal itself: the main thread may be in a call that takes its time.
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers:
            signal.signal(number, handler)
        self._over.set()
        os.close(self._write)
        self._thread.join()
        os.close(self._read)

    def _watch(self) -> None:
        while (told := os.read(self._read, 1)) and told[0] not in (SIGINT, SIGTERM):
            pass
        if told and not (self._wait(self._seen, self.patience) and self._wait(self._over, _END)):
            note("told to end, and cut off: something hangs")
            os._exit(EXIT_DONE)

    def _wait(self, event: threading.Event, patience: float) -> bool:
        """Whether it comes, or all is over anyway."""
        end = time.monotonic() + patience
        while not (event.wait(_TICK) or self._over.is_set()):
            if time.monotonic() > end:
                return False
        return True


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
    with StopRequest() as stop:
        try:
            try:
                parameter_files.check(args)
                SHARED.clear()
                SHARED.update(parameter_files.shared(args))
                rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
            except Exception as error:  # rcl's own classes are private
                raise ParameterError(f"ROS arguments: {first_line(error)}") from error
            yield stop
        finally:
            rclpy.try_shutdown()


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
                # A single node sees but its own name.
                nodes.check_files(argv, names=name == DRIVER_MONITOR)
                stop.patience = _START_PATIENCE
                refused = nodes.start(stop)
                stop.patience = _SPIN_PATIENCE
                if options.until_end and not stop and any(node.name in SOURCES for node in refused):
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
