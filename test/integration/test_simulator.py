"""driver_simulator over DDS: every persona through the whole graph, warned when it has to be."""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Bool

from fatigue_ros.desk.observer import ObserverNode
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.msg import ActuatorCommand, ActuatorStatus, FatigueLevel, PpgSamples
from fatigue_ros.nodes import alert
from fatigue_ros.ros.composition import ALL, NODES, create
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.executable import parse
from fatigue_ros.simulator.driver_face import DriverFace
from fatigue_ros.simulator.driver_simulator import DriverSimulatorNode
from fatigue_ros.simulator.scenario_file import find_scenario
from fatigue_ros.srv import SetDriver
from fatigue_ros.vision import playback

GRAPH = [name for name in NODES if name not in ("camera", "vehicle_speed")]
CABLES = """
name: cables
duration: 9.0
profiles: {speed: [[0.0, 5.0], [9.0, 14.0]]}
events:
  - {at: 0.5, do: answer_sleep, grade: 4}
  - {at: 4.0, do: unplug, device: board, duration: 3.0}
  - {at: 5.0, do: unplug, device: speed, duration: 1.0}
"""
ENDLESS = """
name: endless
duration: 3600.0
frame_rate: 10
profiles: {speed: [[0.0, 5.0], [3600.0, 14.0]]}
"""
WAIT = 120.0  # [s] patience with a machine that does other things as well


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No image is given up and no command said twice, however slow the machine."""
    monkeypatch.setattr(playback, "ANSWER_PATIENCE", 10.0 * WAIT)
    monkeypatch.setattr(alert, "CONFIRMATION", 10.0 * WAIT)


@pytest.fixture
def endless(tmp_path: Path) -> str:
    """A drive that does not end while a test is at it."""
    path = tmp_path / "endless.yaml"
    path.write_text(ENDLESS, encoding="utf-8")
    return str(path)


class Cut(Protocol):
    """Makes a piece of a shipped scenario, so that a test takes seconds."""

    def __call__(self, name: str, end: float, *, begin: float = 0.0, rate: float = 30.0) -> Path:
        """The file of the piece from begin [s] to end [s], at so many frames a second."""


def piece(profile: Any, begin: float, end: float) -> Any:
    """A profile of a scenario file from begin [s] to end [s]."""
    if not isinstance(profile, list):
        return profile
    times, values = zip(*profile, strict=True)
    inner = [[t - begin, v] for t, v in profile if begin < t <= end]
    if isinstance(values[0], bool):
        held = [v for t, v in profile if t <= begin] or [values[0]]
        return [[0.0, held[-1]], *inner]
    return [[0.0, float(np.interp(begin, times, values))], *inner]


@pytest.fixture
def shortened(tmp_path: Path) -> Cut:
    def cut(name: str, end: float, *, begin: float = 0.0, rate: float = 30.0) -> Path:
        scenario = yaml.safe_load(find_scenario(name).read_text(encoding="utf-8"))
        scenario |= {"duration": end - begin, "frame_rate": rate}
        scenario["profiles"] = {
            key: piece(profile, begin, end) for key, profile in scenario["profiles"].items()
        }
        events = [e for e in scenario.get("events", []) if begin <= e["at"] < end]
        scenario["events"] = [e | {"at": e["at"] - begin} for e in events]
        for event in scenario["events"]:
            if "duration" in event:
                event["duration"] = min(event["duration"], end - begin - event["at"])
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(scenario), encoding="utf-8")
        return path

    return cut


class Graph:
    """The complete system on a desk, in simulated time, as fast as it goes."""

    def __init__(self, bench: Any, scenario: Path, **fusion: Any) -> None:
        self.levels: list[Any] = []
        self.statuses: list[Any] = []
        self.speeds: list[Any] = []
        bench.node.create_subscription(FatigueLevel, "fatigue", self.levels.append, 1000)
        bench.node.create_subscription(
            ActuatorStatus, "actuators/status", self.statuses.append, 1000
        )
        bench.node.create_subscription(
            TwistStamped, "vehicle/speed", self.speeds.append, qos_profile_sensor_data
        )
        self.observer = bench.add(ObserverNode())
        self.observer.start()
        self.nodes = {}
        for name in GRAPH:
            overrides: dict[str, Any] = {"use_sim_time": True}
            if name == "fusion":
                overrides |= {"state_directory": "none", **fusion}
            node = self.nodes[name] = bench.add(create(name, overrides))
            assert node.start(), node.problem
        self.driver = bench.add(
            DriverSimulatorNode({"scenario": str(scenario), "pace": "as_consumed", "width": 320})
        )
        assert self.driver.start(), self.driver.problem
        bench.until(lambda: self.driver.player.ended, "the end of the drive", 10.0 * WAIT)
        bench.until(lambda: self.observer.last_stamp >= self.driver.last_stamp, "the last frame")

    @property
    def log(self) -> DriveLog:
        log: DriveLog = self.observer.log
        return log

    def level_at(self, time: float) -> Any:
        """The last FatigueLevel at a time [s] of the drive."""
        assert self.log.origin is not None
        until = self.log.origin + time
        return [level for level in self.levels if seconds(level.header.stamp) <= until][-1]

    def metric(self, name: str, time: float) -> Any:
        """One of its metrics."""
        return next(m for m in self.level_at(time).metrics if m.name == name)


# Scenario, seconds of it, yawns, closures, warnings (severity, cause) in order.
PERSONAS = [
    ("rested", 12.0, 0, 0, []),
    ("asleep", 24.0, 0, 1, [("acoustic", "eyes_closed")]),
    ("microsleeps", 22.5, 0, 1, [("acoustic", "eyes_closed")]),
    ("looking_down", 14.5, 0, 0, []),
    ("mirror_checks", 11.0, 0, 0, []),
    ("red_light", 24.0, 1, 0, []),
    ("sunglasses", 33.0, 0, 0, [("visual", "cannot_see_driver")]),
    ("reflections", 16.0, 0, 0, []),
    ("talking", 15.0, 0, 0, []),
    ("camera_lost", 19.0, 0, 0, [("visual", "system_fault")]),
    ("night", 14.0, 0, 0, []),
]


@pytest.mark.parametrize(
    ("name", "end", "yawns", "closures", "warnings"), PERSONAS, ids=[p[0] for p in PERSONAS]
)
def test_persona(
    bench: Any,
    shortened: Cut,
    name: str,
    end: float,
    yawns: int,
    closures: int,
    warnings: list[tuple[str, str]],
) -> None:
    graph = Graph(bench, shortened(name, end, rate=20.0))
    seen = graph.log.summary()
    assert len(seen["yawns"]) == yawns
    assert len(seen["closures"]) == closures
    assert [(w["severity"], w["cause"]) for w in seen["warnings"]] == warnings
    assert seen["frames"] == graph.driver.player.shown  # nothing was lost
    truth = graph.driver._script.truth
    for found, true in zip(seen["closures"], truth.closures, strict=False):
        assert found["start_s"] == pytest.approx(true.shut.start, abs=0.2)
        alarm = next(w for w in seen["warnings"] if w["cause"] == "eyes_closed")
        assert alarm["time_s"] == pytest.approx(found["start_s"] + 1.0, abs=0.1)
    if warnings:  # and the simulated board was told, and said so
        assert any(s.yellow_led or s.red_led for s in graph.statuses)
        commands = graph.nodes["alert"]._board.commands
        bench.until(lambda: not commands.waiting, "the last command to be confirmed")
        assert commands.confirmed > 0
        assert commands.late == 0
    else:
        assert not any(s.yellow_led or s.red_led for s in graph.statuses)


def test_slow_decline(bench: Any, shortened: Cut) -> None:
    """The last hundred seconds: lids heavier and heavier, until the level alone would warn."""
    graph = Graph(bench, shortened("slow_decline", 240.0, begin=140.0, rate=15.0))
    warnings = graph.log.summary()["warnings"]
    assert {w["cause"] for w in warnings} == {"eyes_closed", "fatigue_level"}
    tired = [w["time_s"] for w in warnings if w["cause"] == "fatigue_level"]
    assert min(tired) > 60.0  # the measures' windows have to fill first
    asleep = [w for w in warnings if w["cause"] == "eyes_closed"]
    assert {w["severity"] for w in asleep} == {"acoustic"}
    assert graph.levels[-1].level > graph.level_at(62.0).level
    assert graph.levels[-1].kss >= 7


def test_pulse_lost(bench: Any, shortened: Cut) -> None:
    """Pulse, noise, pulse, no cable, pulse: no reason to warn."""
    graph = Graph(bench, shortened("pulse_lost", 70.0, begin=2.0, rate=15.0))
    assert graph.log.summary()["warnings"] == []
    rates = graph.log.heart_rate
    known = dict(zip(np.floor(rates.times), np.isfinite(rates.values), strict=True))
    assert known[33.0]
    assert not any(known[time] for time in range(56, 64))  # the cable hangs loose


def test_ignition_off_and_on_the_same_day(bench: Any, shortened: Cut) -> None:
    graph = Graph(bench, shortened("ignition", 22.0, rate=15.0))
    seen = graph.log.summary()
    assert seen["closures"] == []  # while nobody looks
    assert seen["warnings"] == []
    assert graph.metric("sleep", 5.0).valid
    assert graph.level_at(11.0).state == FatigueLevel.OFF
    assert graph.levels[-1].state == FatigueLevel.CALIBRATING
    assert graph.metric("sleep", 21.0).valid  # not asked twice on one day
    assert not any(level.sleep_question_due for level in graph.levels[-100:])


def test_second_driver(bench: Any, shortened: Cut) -> None:
    """Nobody there for seconds, then somebody whose name the vehicle tells."""
    begun = bench.node.create_client(SetDriver, "set_driver")
    told: list[Any] = []

    def tell(level: Any) -> None:
        if level.state == FatigueLevel.CANNOT_SEE and not told:
            told.append(begun.call_async(SetDriver.Request(driver_id="second")))

    bench.node.create_subscription(FatigueLevel, "fatigue", tell, 1000)
    graph = Graph(
        bench, shortened("second_driver", 40.0, rate=20.0), TIME_FOR_COUNTING_BLINKING_CALIB=5.0
    )
    assert told[0].result().success
    assert [w["cause"] for w in graph.log.summary()["warnings"]] == ["cannot_see_driver"]
    first, second = graph.level_at(6.0), graph.levels[-1]
    assert (first.driver_id, second.driver_id) == ("driver", "second")
    learned = [level.calibration for level in graph.levels if level.driver_id == "second"]
    assert learned[0] == 0.0  # nothing of the first one's references
    assert first.calibration > 20.0
    assert second.calibration > 20.0
    assert not graph.metric("sleep", 39.0).valid  # it was the other one who answered


def test_calibration_while_already_tired(bench: Any, shortened: Cut) -> None:
    rate, calibration = 20.0, 10.0
    tired = Graph(
        bench,
        shortened("tired_start", 24.0, rate=rate),
        TIME_FOR_COUNTING_BLINKING_CALIB=calibration,
    )
    assert max(level.calibration for level in tired.levels) < 100.0
    assert [(w["severity"], w["cause"]) for w in tired.log.summary()["warnings"]] == [
        ("acoustic", "eyes_closed")
    ]


def test_cables_and_answers(bench: Any, tmp_path: Path) -> None:
    path = tmp_path / "cables.yaml"
    path.write_text(CABLES, encoding="utf-8")
    graph = Graph(bench, path)
    start = seconds(graph.levels[0].header.stamp)
    sleep = [next(m for m in level.metrics if m.name == "sleep") for level in graph.levels]
    assert not sleep[0].valid
    assert sleep[-1].reason != sleep[0].reason  # the driver has answered
    assert not graph.levels[-1].sleep_question_due
    connected = [s.connected for s in graph.statuses]
    assert connected[0]
    assert connected[-1]
    assert False in connected
    times = [seconds(m.header.stamp) - start for m in graph.speeds]
    assert not [t for t in times if 5.0 <= t < 5.95]
    for message, at in zip(graph.speeds, times, strict=True):
        assert message.twist.linear.x == pytest.approx(5.0 + at, abs=0.01)
    assert graph.levels[-1].speed == pytest.approx(13.9, abs=0.2)
    assert "gap" in graph.nodes["heart_rate"].diagnose().message


def test_same_seed_same_figures(bench: Any, shortened: Cut) -> None:
    scenario = shortened("talking", 6.0)
    first = Graph(bench, scenario)
    figures = first.log.summary(), first.log.ear.values.tolist()
    for node in (first.driver, *first.nodes.values(), first.observer):
        node.stop()
    second = Graph(bench, scenario)
    assert (second.log.summary(), second.log.ear.values.tolist()) == figures


def test_the_clock_does_not_go_back_when_a_scenario_is_played_again(
    bench: Any, shortened: Cut
) -> None:
    """Played fast, a drive's time is ahead of the wall clock, where the next one would begin."""
    clocks: list[float] = []
    bench.node.create_subscription(
        Clock, "/clock", lambda m: clocks.append(seconds(m.clock)), QoSProfile(depth=1000)
    )
    graph = Graph(bench, shortened("rested", 3.0))
    last = graph.driver.last_stamp
    graph.driver.stop()
    assert graph.driver.start(), graph.driver.problem
    bench.until(lambda: clocks[-1] > last + 2.0, "the second drive")
    assert all(later >= before for before, later in itertools.pairwise(clocks))


def test_the_log_has_a_line_for_a_change_and_none_for_a_frame(bench: Any, shortened: Cut) -> None:
    # Nodes of tests before that are freed only now would take the logs of their namesakes away:
    # rcl knows who publishes to /rosout by the node's name alone.
    gc.collect()
    lines: list[str] = []
    bench.node.create_subscription(
        Log, "/rosout", lambda m: lines.append(f"{m.name}: {m.msg}"), QoSProfile(depth=1000)
    )
    graph = Graph(bench, shortened("asleep", 24.0, rate=15.0))
    bench.until(lambda: any("WARNING, wake up" in line for line in lines), "the alarm in the log")
    assert graph.driver.player.shown > 300
    news = [line for line in lines if not line.endswith(": active")]
    assert len(news) < 20, news
    assert len(set(news)) == len(news), news


def test_in_real_time_on_its_normal_topics(bench: Any, endless: str) -> None:
    heard: dict[str, list[Any]] = {}
    for kind, topic, qos in (
        (Image, "camera/image_raw", qos_profile_sensor_data),
        (PpgSamples, "ppg", 100),
        (TwistStamped, "vehicle/speed", qos_profile_sensor_data),
        (Bool, "ignition", 10),
        (ActuatorStatus, "actuators/status", 100),
        (DiagnosticArray, "/diagnostics", 10),
    ):
        heard[topic] = []
        bench.node.create_subscription(kind, topic, heard[topic].append, qos)
    node = bench.add(DriverSimulatorNode({"scenario": endless}))
    commands = bench.node.create_publisher(ActuatorCommand, "actuators/command", 10)
    before = node.now()
    assert node.start(), node.problem
    bench.until(lambda: commands.get_subscription_count() > 0, "the board")
    commands.publish(ActuatorCommand(sequence=7, red_led=True, duration=0.5))
    bench.until(
        lambda: any(s.acknowledged == 7 and s.red_led for s in heard["actuators/status"]),
        "the confirmation",
    )
    bench.until(lambda: not heard["actuators/status"][-1].red_led, "its end")
    bench.until(lambda: len(heard["ppg"]) >= 25, "2.5 s of pulse")
    took = node.now() - before
    stamps = np.array([seconds(m.header.stamp) for m in heard["ppg"][:25]])
    assert np.diff(stamps) == pytest.approx(0.1, abs=1e-3)
    assert before <= stamps[0] <= before + took - 2.4  # no faster than real time
    image = heard["camera/image_raw"][0]
    assert (image.width, image.height, image.encoding) == (640, 480, "bgr8")
    assert [m.sequence for m in heard["ppg"][:25]] == list(range(25))
    bench.until(lambda: len(heard["vehicle/speed"]) >= 20, "speeds")
    assert all(m.data for m in heard["ignition"])


def test_its_board_reads_the_pulse_up_to_a_speed(bench: Any, endless: str) -> None:
    samples: list[Any] = []
    speeds: list[float] = []
    bench.node.create_subscription(PpgSamples, "ppg", samples.append, 100)
    bench.node.create_subscription(
        TwistStamped,
        "vehicle/speed",
        lambda said: speeds.append(said.twist.linear.x),
        qos_profile_sensor_data,
    )
    settings: dict[str, Any] = {"scenario": endless, "width": 160}
    settings |= {"pulse_up_to": 5.0, "speed_kmh": 30.0}
    node = bench.add(DriverSimulatorNode(settings))
    assert node.start(), node.problem
    bench.until(lambda: len(speeds) > 8, "most of a second")
    assert len(samples) <= 1  # before the first speed
    node.set_parameters([Parameter("speed_kmh", value=4.0)])
    bench.until(lambda: len(samples) >= 3, "samples")
    assert [m.sequence - samples[-3].sequence for m in samples[-3:]] == [0, 1, 2]
    assert samples[-1].sequence < 5  # what was not taken is not numbered


def test_a_start_that_takes_long_makes_nothing_late(
    bench: Any, endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears of times long past, at the start and after a hitch."""
    draw, drawn = DriverFace.render, 0
    ready: list[float] = []

    def slow(self: Any, face: Any) -> Any:
        nonlocal drawn
        drawn += 1
        if drawn in (1, 20):  # the first picture, and a hitch in the middle
            time.sleep(3.0)
        picture = draw(self, face)
        ready.append(node.now())
        return picture

    monkeypatch.setattr(DriverFace, "render", slow)
    node = bench.add(DriverSimulatorNode({"scenario": endless, "width": 160}))
    late: list[float] = []
    stamps: list[float] = []

    def hear(message: Any) -> None:
        stamps.append(seconds(message.header.stamp))
        late.append(node.now() - stamps[-1])

    for kind, topic, qos in (
        (Image, "camera/image_raw", qos_profile_sensor_data),
        (TwistStamped, "vehicle/speed", qos_profile_sensor_data),
    ):
        bench.node.create_subscription(kind, topic, hear, qos)
    assert node.start(), node.problem
    bench.until(lambda: late, "the first message")
    assert stamps[0] >= ready[0]  # the clock began with the first picture
    bench.until(lambda: drawn > 50, "the hitch")
    assert node.player.dropped > 10
    before = len(late)
    bench.until(
        lambda: len(late) > before + 20 and max(late[-20:]) < 0.5, "the drive to have caught up"
    )


def test_speed_and_ignition_by_hand(bench: Any, endless: str) -> None:
    speeds: list[float] = []
    ignition: list[bool] = []
    bench.node.create_subscription(
        TwistStamped,
        "vehicle/speed",
        lambda m: speeds.append(m.twist.linear.x),
        qos_profile_sensor_data,
    )
    bench.node.create_subscription(Bool, "ignition", lambda m: ignition.append(m.data), 10)
    # It waits for somebody who looks at its pictures.
    bench.node.create_subscription(
        Image, "camera/image_raw", lambda _: None, qos_profile_sensor_data
    )
    node = bench.add(DriverSimulatorNode({"scenario": endless, "width": 320}))
    assert node.start(), node.problem
    bench.until(lambda: speeds and ignition, "the scenario's own")
    assert 5.0 <= speeds[-1] < 14.0

    def set_by_hand(name: str, value: Any) -> Any:
        change = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[change])
        return bench.call(SetParameters, "driver_simulator/set_parameters", request).results[0]

    assert set_by_hand("speed_kmh", 90.0).successful
    bench.until(lambda: speeds[-1] == pytest.approx(25.0), "the speed by hand")
    assert set_by_hand("ignition", "off").successful
    bench.until(lambda: not ignition[-1], "the ignition by hand")
    assert set_by_hand("speed_kmh", -1.0).successful
    bench.until(lambda: speeds[-1] < 14.0, "the scenario's speed again")
    assert not set_by_hand("ignition", "maybe").successful


def test_a_scenario_that_is_not_there(bench: Any) -> None:
    node = bench.add(DriverSimulatorNode({"scenario": "nobody"}))
    assert not node.start()
    assert "nobody" in node.problem
    assert "microsleeps" in node.problem


def test_the_whole_system_in_one_process(
    domain: int, finished: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "nap.yaml"
    path.write_text(
        "name: nap\nduration: 5.0\nprofiles: {speed: 25.0}\n"
        "events:\n  - {at: 1.0, do: closure, duration: 2.5}\n",
        encoding="utf-8",
    )
    parameters = {
        "/**": {"ros__parameters": {"use_sim_time": True}},
        "/**/fusion": {"ros__parameters": {"state_directory": "none"}},
        "/**/driver_simulator": {
            "ros__parameters": {
                "scenario": str(path),
                "pace": "as_consumed",
                "use_sim_time": False,
            }
        },
        "/**/observer": {"ros__parameters": {"use_sim_time": False}},
    }
    file = tmp_path / "desk.yaml"
    file.write_text(yaml.safe_dump(parameters), encoding="utf-8")
    nodes = ",".join([*GRAPH, "driver_simulator"])
    done = finished(
        *(sys.executable, "-m", "fatigue_ros.ros.executable", "driver_monitor"),
        *("--until-end", "--nodes", nodes, "--ros-args", "--params-file", file),
    )
    assert done.returncode == 0, done.stderr
    assert "1 closure" in done.stdout
    assert "Eyes closed" in done.stdout


def test_it_starts_last_and_only_when_asked_for() -> None:
    assert "driver_simulator" not in parse([]).nodes
    assert list(ALL)[-1] == "driver_simulator"
