"""A vehicle to break: real nodes as processes of their own, fed and heard over DDS."""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rclpy.clock import Clock, ClockType
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Header

from fatigue_ros.msg import (
    ActuatorCommand,
    ActuatorStatus,
    FaceLandmarks,
    FatigueLevel,
    FatigueWarning,
)
from fatigue_ros.ros.conversions import to_stamp

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # [s] with a machine that does other things as well; the promise is a fault's bound
OPEN, SHUT = 0.3, 0.05  # [1] eye aspect ratio
DRIVING = 25.0  # [m/s]
_TICK = 0.005  # [s]
_SPEED_PERIOD = 0.1  # [s]
_BURST = 0.2  # [s] what was due longer ago is left out
_STEADY = 1.0  # [s] of an even drive before anything is broken
_NUMBERS = itertools.count()
# With what hears and tells the vehicle, on buses of their own process that nobody else is on.
VEHICLE = ("vehicle_input", "vehicle_output", "steering")
ALL = ("alert", "fusion", "yawn", "blink", *(VEHICLE if find_spec("e2e") else ()))

Condition = Callable[[], object]
"""What was seen in words, or nothing yet."""


@dataclasses.dataclass
class Feed:
    """The driver, the camera and the speed of the vehicle, as they come over DDS.

    Attributes:
        ear: [1] eye aspect ratio.
        frames: whether any come.
        blind: whether the frame of a number comes without a face.
        change: what else is different about a frame, by its number.
        stamp: [s] the stamp of a frame that is taken at a time [s], by its number.
        late: [s] every frame comes so late.
        intervals: [s] from frame to frame.
        speed: [m/s] None: nobody says one.
    """

    ear: float = OPEN
    frames: bool = True
    blind: Callable[[int], bool] = lambda _: False
    change: Callable[[Any, int], None] = lambda _message, _number: None
    stamp: Callable[[float, int], float] = lambda now, _: now
    late: float = 0.0
    intervals: Iterator[float] = dataclasses.field(
        default_factory=lambda: itertools.repeat(1.0 / 30.0)
    )
    speed: float | None = DRIVING


class Rig:
    """Starts nodes in a namespace of their own, feeds them, and notes what they say and when.

    Attributes:
        feed: what the nodes are told.
        namespace: of the nodes.
        processes: by their nodes' names.
        points: makes those of a face.
        start: starts a command that ends with the test.
        folder: for files.
    """

    def __init__(self, bench: Any, started: Any, folder: Path, face_points: Any) -> None:
        self.bench, self.feed, self.folder = bench, Feed(), folder
        self.namespace = f"/fault{next(_NUMBERS)}"
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.start, self.points = started, face_points
        self._ended: set[str] = set()
        self._heard: dict[str, list[tuple[float, Any]]] = collections.defaultdict(list)
        self._diagnoses: dict[str, tuple[float, Any]] = {}
        self._begun = math.inf
        self._seen = math.inf
        self._number = 0
        self._due = self._speed_due = 0.0
        self._waiting: collections.deque[tuple[float, Any]] = collections.deque()
        node = bench.node
        self._face = self.publisher(FaceLandmarks, "face/landmarks")
        self._twist = self.publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
        self.listen(FatigueLevel, "fatigue")
        self.listen(FatigueWarning, "warning", 100)
        self.listen(ActuatorCommand, "actuators/command")
        self.listen(ActuatorStatus, "actuators/status")
        node.create_subscription(DiagnosticArray, "/diagnostics", self._hear_diagnosis, 100)
        self.every(_TICK, self._turn)

    # What is broken ------------------------------------------------------------------------------

    def publisher(self, kind: Any, topic: str, qos: Any = 10) -> Any:
        """One of ours on a topic of the nodes."""
        return self.bench.node.create_publisher(kind, f"{self.namespace}/{topic}", qos)

    def every(self, period: float, act: Callable[[], object]) -> Any:
        """Do something again and again, by a clock that does not step."""
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        return self.bench.node.create_timer(period, act, clock=steady)

    def run(self, *nodes: str, **more: Any) -> subprocess.Popen[str]:
        """Start a process with these nodes.

        Args:
            nodes: their names.
            more: parameters, as node__name=value; ``environment``, and ``await_word`` where no
                word of them is waited for.
        """
        environment = more.pop("environment", {})
        awaited = more.pop("await_word", True)
        given = {
            "fusion__state_directory": "none",
            "steering__state_directory": "none",
            "vehicle_input__can_interface": "virtual",
            "vehicle_input__dbc_file": ROOT / "config" / "vehicle.dbc",
            "vehicle_output__can_interface": "virtual",
        } | more
        name = ",".join(nodes)
        parameters = self.folder / f"{name.replace(',', '-')}.yaml"
        parameters.write_text(
            "".join(
                f"/**/{node}: {{ros__parameters: {{{parameter}: {value}}}}}\n"
                for node, parameter, value in (
                    (*key.split("__"), value) for key, value in given.items()
                )
            ),
            encoding="utf-8",
        )
        with self.log(name).open("wb") as log:
            process: subprocess.Popen[str] = self.start(
                *(sys.executable, "-m", "fatigue_ros.ros.executable", "driver_monitor"),
                *("--nodes", name, "--ros-args", "-r", f"__ns:={self.namespace}"),
                *("--params-file", str(parameters)),
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=log,
                stderr=log,
            )
        self.processes[name] = process
        if awaited:
            for node in nodes:
                self.until(functools.partial(self._says_or_died, node), f"a word of {node}")
            self.alive()
        return process

    def _says_or_died(self, node: str) -> str:
        return self.says(node) or self._died()

    def drive(self, *nodes: str, **more: Any) -> None:
        """Start the nodes and drive evenly: awake, seen, no warning."""
        self.run(*(nodes or ALL), **more)
        self.even()

    def even(self) -> None:
        """Wait until nothing has been wrong for a while."""
        since = [math.inf]

        def even() -> bool:
            self.alive()
            level, warning = self.last("fatigue"), self.last("warning")
            fine = level is not None and level.state in (level.CALIBRATING, level.ACTIVE)
            fine = fine and warning is not None and warning.severity == warning.NONE
            # Until it has heard fusion, alert waits for it longer.
            fine = fine and bool(self.says("alert", "listening"))
            since[0] = min(since[0], time.monotonic()) if fine else math.inf
            return time.monotonic() - since[0] > _STEADY

        self.until(even, "an even drive")

    def begin(self) -> None:
        """From here on the fault is there, and its time runs."""
        self._begun, self._seen = time.monotonic(), math.inf

    def asleep(self) -> None:
        """The driver's eyes fall shut, now."""
        self.feed.ear = SHUT
        self.begin()

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL, *, begin: bool = True) -> None:
        """End a process, or stop it, now; ``begin``: it is the fault whose time runs."""
        self._ended.add(name)
        if begin:
            self.begin()
        self.processes[name].send_signal(how)

    # What is seen --------------------------------------------------------------------------------

    def listen(self, kind: Any, topic: str, qos: Any = 100) -> None:
        """Note what is said on a topic."""
        notes = self._heard[topic]
        self.bench.node.create_subscription(
            kind,
            f"{self.namespace}/{topic}",
            lambda message: notes.append((time.monotonic(), message)),
            qos,
        )

    def last(self, topic: str) -> Any:
        """The newest word on a topic, None before the first."""
        return self._heard[topic][-1][1] if self._heard[topic] else None

    def since(self, topic: str, moment: float | None = None) -> list[Any]:
        """What was said since the fault began, or since a moment [s]."""
        begun = self._begun if moment is None else moment
        return [message for at, message in self._heard[topic] if at > begun]

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Spin until a condition holds."""
        return self.bench.until(condition, what, PATIENCE)

    def seen(self, condition: Condition, what: str) -> str:
        """Wait until a fault is seen; notes when, and returns what was seen."""
        said = str(self.until(lambda: condition() or self._died(), what))
        self._seen = time.monotonic()
        self.alive()
        return said

    @property
    def within(self) -> float:
        """[s] from the begin of the fault until it was seen."""
        return self._seen - self._begun

    def alarm(self) -> str:
        """Closed eyes sound: on the topic, on the LEDs, by the buzzer."""
        warning = (self.since("warning") or [None])[-1]
        if warning is None or warning.cause != warning.CAUSE_EYES_CLOSED or warning.severity < 2:
            return ""
        lit = [c for c in self.since("actuators/command") if c.buzzer_frequency and c.red_led]
        return "alarm for closed eyes, light and sound" if lit else ""

    def warned(self, cause: str, *, sound: bool = False) -> str:
        """A warning of a cause: on the topic and on the LEDs."""
        found = [w for w in self.since("warning") if w.cause == cause and w.severity > sound]
        commands = self.since("actuators/command")
        lit = [c for c in commands if (c.yellow_led or c.red_led)]
        heard = [c for c in commands if c.buzzer_frequency] if sound else lit
        return f"{cause}, {'light and sound' if sound else 'light'}" if found and heard else ""

    def told(self) -> str:
        """CANNOT_SEE or FAULT: on the topic, as a warning and on the LEDs."""
        levels = self.since("fatigue")
        if not levels or levels[-1].state not in (FatigueLevel.CANNOT_SEE, FatigueLevel.FAULT):
            return ""
        fault = levels[-1].state == FatigueLevel.FAULT
        cause = (
            FatigueWarning.CAUSE_SYSTEM_FAULT if fault else FatigueWarning.CAUSE_CANNOT_SEE_DRIVER
        )
        state = "FAULT" if fault else "CANNOT_SEE"
        return f"{state}: {levels[-1].reason}" if self.warned(cause) else ""

    def fault(self) -> str:
        """FAULT on the topic, whatever sounds; and `fusion` says why."""
        levels = self.since("fatigue")
        fault = bool(levels) and levels[-1].state == FatigueLevel.FAULT
        return f"FAULT: {levels[-1].reason}" if fault else ""

    def heard_or_told(self) -> str:
        """There is no third case."""
        return self.alarm() or self.told()

    def says(self, node: str, words: str = "") -> str:
        """What a node says in its diagnostics since the fault began, where it holds the words."""
        at, status = self._diagnoses.get(node, (-math.inf, None))
        begun = self._begun if math.isfinite(self._begun) else -math.inf
        if status is None or at <= begun or words not in status.message:
            return ""
        return f"{node}: {status.message}"

    def level_of(self, node: str) -> int:
        """The level of a node's diagnostics: 0 OK, 1 WARN, 2 ERROR, 3 STALE."""
        return int.from_bytes(self._diagnoses[node][1].level, "little")

    def figure(self, node: str, key: str) -> float:
        """A figure in a node's diagnostics, 0 where it is not there."""
        values = {v.key: v.value for v in self._diagnoses[node][1].values}
        return float(values.get(key, 0.0))

    def also(self, node: str, words: str) -> None:
        """The diagnostics say so too, at their next turn."""
        self.until(lambda: self.says(node, words), f"{words!r} in the diagnostics of {node}")

    def stays(self, condition: Condition, seconds: float) -> None:
        """What was seen goes on for some time, and nobody says that it is over."""
        begun, frames = time.monotonic(), len(self._heard["fatigue"])
        self.until(lambda: time.monotonic() - begun > seconds, "some time")
        assert condition(), f"not for {seconds:g} s; now {self.last('warning')}"
        assert len(self._heard["fatigue"]) > frames
        over = [w for w in self.since("warning", begun) if w.severity == w.NONE]
        assert not over, f"the warning was called off: {over[0]}"

    def alive(self) -> None:
        """Nothing died but what was ended on purpose."""
        died = self._died()
        assert not died, f"{died}: {self.log(died).read_text(errors='replace')[-2000:]}"

    def wakes_up(self) -> None:
        """The rest still works: the eyes fall shut, and that is heard."""
        self.feed.ear = SHUT
        self.until(self.alarm, "the alarm for closed eyes afterwards")
        self.alive()

    def _died(self) -> str:
        """Which process has ended by itself, else empty."""
        over = (
            n for n, p in self.processes.items() if n not in self._ended and p.poll() is not None
        )
        return next(over, "")

    def log(self, name: str) -> Path:
        """Of the process with these nodes."""
        return self.folder / f"{name.replace(',', '-')}.log"

    def _hear_diagnosis(self, message: Any) -> None:
        for status in message.status:
            where, _, node = status.name.rpartition("/")
            if where == f"fatigue_ros: {self.namespace}":
                self._diagnoses[node] = time.monotonic(), status

    def _turn(self) -> None:
        feed, now = self.feed, time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            self._face.publish(self._waiting.popleft()[1])
        if now - self._due > _BURST:
            self._due = now
        while self._due <= now:
            self._due += next(feed.intervals)
            if feed.frames:
                self._look(time.time(), now)
        if feed.speed is not None and now >= self._speed_due:
            self._speed_due = now + _SPEED_PERIOD
            self._twist.publish(twist(feed.speed))

    def _look(self, wall: float, now: float) -> None:
        self._number += 1
        feed, number = self.feed, self._number
        seen = not feed.blind(number)
        message = face(self.points, feed.stamp(wall, number), feed.ear, seen=seen)
        if seen:
            # No living face stands still to the last bit.
            message.points[0] += 0.01 * (number % 7)
        feed.change(message, number)
        if feed.late:
            self._waiting.append((now + feed.late, message))
        else:
            self._face.publish(message)


def face(points: Any, stamp: float, ear: float, *, seen: bool = True) -> Any:
    """A face in a frame."""
    return FaceLandmarks(
        header=Header(stamp=to_stamp(stamp), frame_id="driver_camera"),
        detected=seen,
        points=points(ear, ear, 0.05).reshape(-1),
        head_pose_valid=seen,
        eye_shade=math.nan,
        faces=int(seen),
        image_width=640,
        image_height=480,
    )


def twist(speed: float) -> Any:
    """The vehicle's speed [m/s], now."""
    message = TwistStamped(header=Header(stamp=to_stamp(time.time())))
    message.twist.linear.x = speed
    return message


def covered(*tests: str) -> str:
    """Run tests that hold a fault by themselves."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-500:]
    if done.returncode:
        pytest.fail(f"{' '.join(tests)}: {last}")
    if "passed" not in last:
        pytest.skip(f"{' '.join(tests)}: {last}")
    return "told; the test passed"
