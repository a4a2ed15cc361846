"""The whole graph for a desk: a recording or a scripted driver in, what was seen out."""

import collections
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rcl_interfaces.msg import Log

from fatigue_ros.desk.observer import ObserverNode
from fatigue_ros.desk.processes import NodeProcess, peak_memory
from fatigue_ros.errors import FatigueError, SourceError
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.ros.base import FatigueNode
from fatigue_ros.ros.composition import ALL, NODES, SOURCES, Composition, with_source
from fatigue_ros.ros.executable import ros
from fatigue_ros.ros.player_node import ENDED
from fatigue_ros.vision.sources import is_live

if TYPE_CHECKING:  # its server takes a while to import, and is not asked for each time
    from fatigue_ros.nodes.dashboard import DashboardNode

_FIRST_LOOK = 3.0  # [s] by then another graph in the same domain has been discovered
_START_PATIENCE = 60.0  # [s] seven processes start on a busy machine
_END_PATIENCE = 1.0  # [s] what has not come by then got lost
_TOPICS = ("face/landmarks", "blink", "yawn", "fatigue", "warning")
_PAGE = ("annotator", "dashboard")


class Desk:
    """Every node and an observer in this process; a context manager that owns rclpy's context.

    Args:
        source: what the camera node shall play; for sim:SCENARIO the driver simulator stands in
            for camera, vehicle and pulse sensor.
        overrides: more parameters, by node name and parameter name; nodes that do not run need
            none.
        rate: a recording is played on simulated time, each frame once the one before has been
            looked at, at most so many times real time (0: no limit). None: in real time, which
            is all there is for a camera; what comes too late is left out.
        params: ROS parameter file.
        quiet: logs go to /rosout and into ``messages`` only, not to the terminal.
        separate: a process for each node; the observer alone stays in this one.
        page: the page for driver and bench as well.

    Raises:
        FatigueError: a parameter or the parameter file was refused.
    """

    def __init__(
        self,
        source: str,
        *,
        overrides: Mapping[str, Mapping[str, Any]],
        rate: float | None = None,
        params: Path | None = None,
        quiet: bool = False,
        separate: bool = False,
        page: bool = False,
    ) -> None:
        args = ["--ros-args"]
        if params is not None:
            if not params.is_file():
                raise FatigueError(f"{params}: expected a ROS parameter file, found none")
            args += ["--params-file", str(params)]
        if quiet:
            args += ["--disable-stdout-logs"]
        self._exits = contextlib.ExitStack()
        self._stop = self._exits.enter_context(ros(args))
        self.messages: collections.deque[str] = collections.deque(maxlen=1000)
        nodes = with_source([*NODES, *(_PAGE if page else ())], source)
        self._source = next(name for name in SOURCES if name in nodes)
        for name in nodes.keys() & overrides.keys():
            nodes[name].update(overrides[name])
        self._simulated = rate is not None and not is_live(source)
        if rate is not None and self._simulated:
            for name in nodes.keys() - {self._source}:
                nodes[name]["use_sim_time"] = True
            nodes[self._source] |= {"pace": "as_consumed", "max_rate": rate}
        self._processes: dict[str, NodeProcess] = {}
        self._separate = nodes if separate else {}
        self._arguments = tuple(args[1:])
        try:
            self._composition = Composition([] if separate else list(nodes), nodes)
            self._exits.enter_context(self._composition)
            self.observer = ObserverNode(latency=self._latency)
        except FatigueError:
            self._exits.close()
            raise
        self._camera = self._composition.source
        self.observer.create_subscription(Log, "/rosout", self._on_log, 100)
        self._composition.add(self.observer)
        self._composition.check_files(args)

    @property
    def log(self) -> DriveLog:
        """What was seen so far."""
        return self.observer.log

    def images(self, fate: str) -> int:
        """How many images the source has ``sent``, or ``dropped`` as too late for their time."""
        figures: Mapping[str, Any] = self.observer.diagnosis(self._source)
        if self._camera is not None:
            figures = self._camera.diagnose().values
        return int(figures.get(fate, 0))

    @property
    def page(self) -> str:
        """Address of the page with its token, empty without a page or before the start."""
        dashboard = self._composition.nodes.get("dashboard")
        if dashboard is None or not dashboard.is_active:
            return ""
        return cast("DashboardNode", dashboard).invitation

    def cpu(self) -> float:
        """[s] processor time of all nodes so far; in one process the observer's as well."""
        if self._separate:
            return sum(process.cpu() for process in self._processes.values())
        return time.process_time()

    def peak_memory(self) -> int:
        """[bytes] the most that stayed in memory so far: this process, or the sum of all others.

        What processes share is in the sum once for each.
        """
        if self._separate:
            return sum(process.peak_memory() for process in self._processes.values())
        return peak_memory()

    def add(self, node: FatigueNode[Any]) -> None:
        """Let one more node run in this process, stopped with the others."""
        self._composition.add(node)

    def start(self) -> None:
        """Configure and activate all nodes, the observer before the source.

        Raises:
            SourceError: a node refused; the message is its own.
        """
        self.observer.start()
        for node in self._composition.start():
            raise SourceError(node.problem)
        for name in (name for name in ALL if name in self._separate):
            if name == self._source:
                self._await_consumers()
            process = NodeProcess(name, self._separate[name], self._arguments)
            self._processes[name] = self._exits.enter_context(contextlib.closing(process))

    def _await_consumers(self) -> None:
        end = time.monotonic() + _START_PATIENCE

        def ready() -> bool:
            return all(self.observer.count_publishers(topic) for topic in _TOPICS)

        self._composition.spin(lambda: ready() or self._stop or time.monotonic() > end)
        if not ready() and not self._stop:
            raise FatigueError(f"not all nodes started within {_START_PATIENCE:g} s")

    def spin(
        self,
        until: Callable[[], Any],
        between: Callable[[], None] = lambda: None,
        period: float = 0.1,
    ) -> None:
        """Run until the source has ended, Ctrl-C, or the condition holds.

        Args:
            until: asked after each callback, and at least every ``period``.
            between: called as often, for a screen.
            period: [s].

        Raises:
            FatigueError: another process publishes the same topics.
        """
        began, checked = time.monotonic(), False

        def done() -> bool:
            nonlocal checked
            between()
            if not checked and time.monotonic() - began > _FIRST_LOOK:
                checked = True
                self._refuse_company()
            return bool(self._stop or self._ended() or until())

        self._composition.spin(done, period)

    def _ended(self) -> bool:
        """Whether the source has ended and its last frame has gone through."""
        if not self._separate:
            return self._composition.ended()
        said = self.observer.diagnosis(self._source).get("message") == ENDED
        return said and self.observer.quiet_for(_END_PATIENCE)

    def _refuse_company(self) -> None:
        if self.observer.count_publishers("face/landmarks") > 1:
            raise FatigueError(
                "face/landmarks: another process publishes it in this ROS domain, expected to be "
                "alone; stop it or set ROS_DOMAIN_ID to another number"
            )

    def _latency(self, stamp: float) -> float:
        # On simulated time a stamp says nothing about when the frame was published.
        if self._simulated and self._camera is not None:
            return self._camera.age(stamp)
        return self.observer.now() - stamp

    def _on_log(self, message: Any) -> None:
        # What `alert` says is what `warning` says, and that is shown anyway.
        if message.level >= Log.WARN and message.name != "alert":
            self.messages.append(f"{message.name}: {message.msg}")

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()
