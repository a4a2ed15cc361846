"""Nodes by name, and any subset of them in one process on one executor."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import rclpy
from rclpy.experimental import EventsExecutor
from rclpy.lifecycle import TransitionCallbackReturn

from fatigue_ros.errors import FatigueError
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.ros.base import Diagnosis, FatigueNode, NodeSettings
from fatigue_ros.settings import parameter_files
from fatigue_ros.settings.parameters import Value
from fatigue_ros.settings.registry import Registry
from fatigue_ros.vision import SCENARIO
from fatigue_ros.vision.hand_over import HandOver

if TYPE_CHECKING:
    from fatigue_ros.vision.player import Player

AnyNode: TypeAlias = FatigueNode[NodeSettings]

_SUCCESS = TransitionCallbackReturn.SUCCESS

# Consumers before producers: who starts first misses nothing.
NODES = {
    "alert": "fatigue_ros.nodes.alert:AlertNode",
    "fusion": "fatigue_ros.nodes.fusion:FusionNode",
    "vehicle_speed": "fatigue_ros.nodes.vehicle_speed:VehicleSpeedNode",
    "heart_rate": "fatigue_ros.nodes.heart_rate:HeartRateNode",
    "yawn": "fatigue_ros.nodes.yawn:YawnNode",
    "blink": "fatigue_ros.nodes.blink:BlinkNode",
    "landmarks": "fatigue_ros.nodes.landmarks:LandmarksNode",
    "camera": "fatigue_ros.nodes.camera:CameraNode",
}
# Only when asked for: what needs something plugged in or a model of its own.
OPTIONAL = {
    "annotator": "fatigue_ros.nodes.annotator:AnnotatorNode",
    "dashboard": "fatigue_ros.nodes.dashboard:DashboardNode",
    "face_state": "fatigue_ros.nodes.face_state:FaceStateNode",
    "microcontroller": "fatigue_ros.nodes.microcontroller:MicrocontrollerNode",
    "steering": "fatigue_ros.nodes.steering:SteeringNode",
    "vehicle_input": "fatigue_ros.nodes.vehicle_input:VehicleInputNode",
    "vehicle_output": "fatigue_ros.nodes.vehicle_output:VehicleOutputNode",
    "vss_output": "fatigue_ros.nodes.vss_output:VssOutputNode",
    # Of the desk's rooms, which no vehicle needs (the simulator stands in for camera, board and
    # vehicle_speed).
    "recorder": "fatigue_ros.bags.recorder:RecorderNode",
    "driver_simulator": "fatigue_ros.simulator.driver_simulator:DriverSimulatorNode",
}
_FIRST = ("recorder", "microcontroller", "vehicle_output", "vss_output")
ALL = {name: OPTIONAL[name] for name in _FIRST} | NODES | OPTIONAL
CLASSES: Registry[AnyNode] = Registry(
    "node",
    "fatigue_ros.nodes",
    FatigueNode,
    {"observer": "fatigue_ros.desk.observer:ObserverNode"} | ALL,  # it sums up a run at a desk
)
SOURCES = ("camera", "driver_simulator")  # what comes to an end
_BREATH = 0.01  # [s]
_END_PATIENCE = 5.0  # [s] what has not come by then, even on a busy machine, got lost


@runtime_checkable
class Source(Protocol):
    """A node that comes to an end, as recordings do.

    Attributes:
        player: which ends.
        last_stamp: [s] of the newest image.
    """

    player: Player
    last_stamp: float

    def age(self, stamp: float) -> float:
        """[s] since the image with this stamp was published."""

    def diagnose(self) -> Diagnosis:
        """Its figures."""


@runtime_checkable
class Observer(Protocol):
    """A node that sums up what the others say.

    Attributes:
        log: what was said.
        last_stamp: [s] of the newest image that was judged.
    """

    log: DriveLog
    last_stamp: float


def with_source(names: Iterable[str], source: str) -> dict[str, dict[str, Value]]:
    """These nodes on a source of frames: parameters by name of node.

    For sim:SCENARIO the driver_simulator takes the place of camera and vehicle_speed. An empty
    source is the one that the parameter file names.
    """
    chosen: dict[str, dict[str, Value]] = {name: {} for name in names}
    if source.startswith(SCENARIO):
        for name in ("camera", "vehicle_speed"):
            chosen.pop(name, None)
        chosen["driver_simulator"] = {"scenario": source.removeprefix(SCENARIO)}
    elif source and "camera" in chosen:
        chosen["camera"]["source"] = source
    return chosen


def create(
    name: str, overrides: Mapping[str, Value] | None = None, namespace: str | None = None
) -> AnyNode:
    """Make a node by its name.

    Raises:
        ParameterError: there is no such node, or one of its parameters was refused.
    """
    return CLASSES.load(name)(overrides, namespace)


class Composition:
    """Nodes that share a process; a context manager that stops them at its end.

    Attributes:
        nodes: by name.
        source: the one that comes to an end, None where none does.
        observer: the one that sums up, None where none does.

    Args:
        names: which nodes, in any order.
        overrides: parameters by node name and parameter name.
        namespace: for all of them.

    Raises:
        ParameterError: a name or a parameter was refused; nothing is left running.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        overrides: Mapping[str, Mapping[str, Value]] | None = None,
        namespace: str | None = None,
    ) -> None:
        self.executor = EventsExecutor()
        self.nodes: dict[str, AnyNode] = {}
        self.source: Source | None = None
        self.observer: Observer | None = None
        self._hand_over: HandOver[Any] = HandOver()
        order = [name for name in CLASSES.own if name in names]
        try:
            for name in order + [name for name in names if name not in CLASSES.own]:
                self.add(create(name, (overrides or {}).get(name), namespace))
        except FatigueError:
            self.close()
            raise

    def add(self, node: AnyNode) -> None:
        """Spin one more node; it is started and stopped with the others."""
        self.nodes[node.get_name()] = node
        node.in_process = self._hand_over
        if isinstance(node, Source):
            self.source = node
        if isinstance(node, Observer):
            self.observer = node
        self.executor.add_node(node)

    def check_files(self, args: Sequence[str], *, names: bool = True) -> None:
        """Warn of what has no effect in the parameter files among ROS's arguments.

        Args:
            args: of the process.
            names: look at names that no node has too, not only at parameters.
        """
        node = next(iter(self.nodes.values()))
        known, namespace = {*ALL, *self.nodes}, node.get_namespace()
        for path in parameter_files.given(args):
            said = [parameter_files.foreign(path)]
            said += [parameter_files.complaint(path, known, namespace)] if names else []
            for line in filter(None, said):
                node.get_logger().warning(line)

    def start(self, stop: object = False) -> list[AnyNode]:
        """Configure and activate all; returns those that refused (``problem`` says why).

        Args:
            stop: true as soon as the rest is not to be started any more.
        """
        waiting = [n for n in self.nodes.values() if n.settings.autostart and not n.is_active]
        # Models are loaded before anybody counts the seconds since the last message.
        ready = [
            n
            for n in waiting
            if not stop and (n.is_configured or n.trigger_configure() == _SUCCESS)
        ]
        active = [n for n in ready if not stop and n.trigger_activate() == _SUCCESS]
        return [n for n in waiting if n not in active]

    def spin(self, until: Callable[[], object], period: float = 0.1) -> None:
        """Run callbacks until the condition holds, asked every ``period`` [s] or sooner.

        What is raised outside a node's callbacks, such as by taking a message that cannot be
        read, is counted by the first node.
        """
        while rclpy.ok() and not until():
            self._spin_once(period)
            end = time.monotonic() + _BREATH  # what follows at once, such as all about one frame
            while (left := end - time.monotonic()) > 0.0:
                self._spin_once(left)

    def _spin_once(self, period: float) -> None:
        try:
            self.executor.spin_once(timeout_sec=period)
        except Exception as error:  # noqa: BLE001 - the last guard: the process goes on
            next(iter(self.nodes.values())).refuse("executor", error)
            time.sleep(_BREATH)  # where it is raised again and again

    def close(self) -> None:
        """Stop producers first, then destroy all."""
        for node in reversed(self.nodes.values()):
            node.stop()
        for node in self.nodes.values():
            self.executor.remove_node(node)
            node.destroy_node()
        self.nodes.clear()
        self.executor.shutdown()  # else it keeps the nodes' endpoints alive

    def ended(self) -> bool:
        """Whether the source has ended and its last frame has gone through."""
        source, observer = self.source, self.observer
        if source is None or not source.player.ended:
            return False
        if observer is not None and observer.last_stamp >= source.last_stamp:
            return True
        # A frame that got lost on the way will not come any more.
        return time.monotonic() - source.player.ended_at > _END_PATIENCE

    def __enter__(self) -> Composition:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
