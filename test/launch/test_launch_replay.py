"""replay.launch.py from its start to its end, with bags."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("launch_ros", reason="launch files can only be run where ROS's launch is")

from launch import LaunchDescription, LaunchService
from launch.actions import (
    ExecuteProcess,
    IncludeLaunchDescription,
    RegisterEventHandler,
    SetLaunchConfiguration,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnProcessIO
from launch.launch_description_sources import PythonLaunchDescriptionSource
from rclpy.serialization import serialize_message

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.writer import BagWriter
from fatigue_ros.cli.main import EXIT_INTERRUPTED
from fatigue_ros.monitor.messages import NANOSECONDS
from fatigue_ros.msg import BlinkRate, YawnRate
from fatigue_ros.ros.executable import EXIT_REFUSED

FILE = Path(__file__).resolve().parents[2] / "launch" / "replay.launch.py"
PATIENCE = 600.0  # [s]
# Tells what is judged. It is there long before the nodes, with their models, are.
LISTENER = """
import sys

import rclpy

from fatigue_ros.msg import FatigueLevel

rclpy.init(args=[])
node = rclpy.create_node("listener")


def hear(message):
    if message.header.frame_id:  # the others go by the clock
        stamp = message.header.stamp
        print("judged", stamp.sec, stamp.nanosec, message.reason, flush=True)


node.create_subscription(FatigueLevel, sys.argv[1] + "/fatigue", hear, 1000)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


@pytest.fixture
def measures(tmp_path: Path) -> Path:
    """A bag of twenty seconds in which nothing could be judged, on the topics of a car."""
    path = tmp_path / "drive"
    with BagWriter(path) as writer:
        for second in range(1000, 1020):
            for name, kind in {"blink": BlinkRate, "yawn": YawnRate}.items():
                message = kind(valid=False, reason="dark")
                message.header.stamp.sec = second
                message.header.frame_id = "driver_camera_optical_frame"
                data = serialize_message(message)
                writer.write_serialized(name, second * NANOSECONDS, data, "/car")
    return path


@pytest.fixture
def replay(domain: int, tmp_path: Path) -> Any:
    """Runs the file, and returns its exit code, the processes' exit codes and their words."""
    params = tmp_path / "drive.yaml"

    def run(
        bag: Path, *, directory: str = "none", **arguments: str
    ) -> tuple[int, dict[str, int], str]:
        params.write_text(
            f"/**/fusion:\n  ros__parameters:\n    state_directory: {directory}\n", encoding="utf-8"
        )
        arguments |= {"bag": str(bag), "params": str(params)}
        codes: dict[str, int] = {}
        words: list[str] = []
        where = "/car" if arguments.get("namespace") else ""
        listener = ExecuteProcess(cmd=[sys.executable, "-c", LISTENER, where])

        def ended(event: Any, _: Any) -> None:
            if event.cmd[1:2] != ["-c"]:
                name = "player" if event.cmd[1:2] == ["-m"] else Path(event.cmd[0]).name
                codes[name] = event.returncode

        source = PythonLaunchDescriptionSource(str(FILE))
        service = LaunchService(noninteractive=True)
        service.include_launch_description(
            LaunchDescription(
                [
                    SetLaunchConfiguration("sigterm_timeout", str(PATIENCE)),
                    RegisterEventHandler(OnProcessExit(on_exit=ended)),
                    RegisterEventHandler(
                        OnProcessIO(
                            on_stdout=lambda event: words.append(event.text.decode()),
                            on_stderr=lambda event: words.append(event.text.decode()),
                        )
                    ),
                    listener,
                    IncludeLaunchDescription(source, launch_arguments=arguments.items()),
                    TimerAction(period=PATIENCE, actions=[Shutdown(reason="it did not end")]),
                ]
            )
        )
        code = service.run()
        return code, codes, "".join(words)

    return run


def judged(words: str) -> list[int]:
    """Times [ns], in their order."""
    found = re.findall(r"judged (\d+) (\d+)", words)
    return [int(second) * NANOSECONDS + int(rest) for second, rest in found]


@pytest.mark.parametrize("composed", ["true", "false"])
def test_bag_is_judged_and_everything_ends(replay: Any, measures: Path, composed: str) -> None:
    code, codes, words = replay(
        measures, start_from="measures", composed=composed, namespace="car", rate="4"
    )
    assert code == 0
    nodes = {"driver_monitor"} if composed == "true" else {"fusion", "alert"}
    assert codes == dict.fromkeys({"player", *nodes}, 0), words
    # On the clock of the recording, from its beginning to its end.
    assert judged(words) == [second * NANOSECONDS for second in range(1000, 1020)]


def test_bag_of_a_simulated_drive_is_judged_as_it_is(replay: Any, short_bag: Path) -> None:
    """Its images are compressed, and it has a pulse."""
    code, codes, words = replay(short_bag, rate="2")
    assert (code, codes) == (0, {"player": 0, "driver_monitor": 0}), words
    with Bag(short_bag) as bag:
        times = [time for _, time, _ in bag.messages(["camera/image_raw/compressed"])]
    found = judged(words)
    # Whoever listens here may be late, on a busy machine; how long fusion has watched tells when it
    # began, to half a second.
    watched = re.search(r"judged .*watched for (\d+) s of", words)
    assert watched, words
    assert abs(found[0] - int(watched[1]) * NANOSECONDS - times[0]) <= 0.5 * NANOSECONDS
    assert set(found) <= set(times)
    # What a busy machine had no time for is left out, not what came before it was ready.
    assert len(found) > len(times) / 4


def test_bag_that_is_damaged_ends_it_too(replay: Any, measures: Path) -> None:
    [file] = measures.glob("*.mcap")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    code, codes, words = replay(measures, start_from="measures", namespace="car", rate="4")
    assert codes == {"player": 1, "driver_monitor": 0}, words
    assert "not complete" in words
    assert code == 0


def test_node_that_refuses_its_parameters_ends_it(replay: Any, measures: Path) -> None:
    given = {"start_from": "measures", "namespace": "car"}
    code, codes, words = replay(measures, directory="[1, 2]", **given)
    # Told to end while it waits, or while it is still being imported.
    assert codes.pop("player") in {0, EXIT_INTERRUPTED, -signal.SIGINT}, words
    assert codes == {"driver_monitor": EXIT_REFUSED}, words
    assert "state_directory" in words
    assert code == 0
