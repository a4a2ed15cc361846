"""replay.launch.py from its start to its end, with a small player in the place of rosbag2."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("launch_ros", reason="launch files can only be run where ROS's launch is")

from launch import LaunchDescription, LaunchService
from launch.actions import (
    IncludeLaunchDescription,
    RegisterEventHandler,
    SetLaunchConfiguration,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnProcessIO
from launch.launch_description_sources import PythonLaunchDescriptionSource

from fatigue_ros.ros.executable import EXIT_REFUSED

FILE = Path(__file__).resolve().parents[2] / "launch" / "replay.launch.py"
PATIENCE = 600.0  # [s]
# Plays one made-up bag, and tells what is judged of it.
PLAYER = """\
#!{python}
import sys
import time

import rclpy
from rosgraph_msgs.msg import Clock

from fatigue_ros.msg import BlinkRate, FatigueLevel, YawnRate

print("called with", *sys.argv[1:], flush=True)
if "--broken" in sys.argv[3]:
    sys.exit(1)
rclpy.init(args=[])
node = rclpy.create_node("player")
judged = set()


def hear(message):
    judged.add(message.header.stamp.sec)
    print("judged", message.header.stamp.sec, flush=True)


node.create_subscription(FatigueLevel, "/car/fatigue", hear, 10)
clock = node.create_publisher(Clock, "/clock", 10)
blink = node.create_publisher(BlinkRate, "/car/blink", 10)
yawn = node.create_publisher(YawnRate, "/car/yawn", 10)
while not blink.get_subscription_count() or not node.count_publishers("/car/fatigue"):
    time.sleep(0.1)
for i in range(20):
    message = BlinkRate(valid=False, reason="dark")
    message.header.stamp.sec = 1000 + i
    message.header.frame_id = "driver_camera"
    clock.publish(Clock(clock=message.header.stamp))
    blink.publish(message)
    yawn.publish(YawnRate(header=message.header))
    end = time.monotonic() + 5.0  # for those before who has just been found is heard
    while 1000 + i not in judged and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
rclpy.shutdown()
"""


@pytest.fixture
def replay(domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the file, and returns its exit code, the processes' exit codes and their words."""
    player = tmp_path / "bin" / "ros2"
    player.parent.mkdir()
    player.write_text(PLAYER.format(python=sys.executable), encoding="utf-8")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(player.parent), prepend=":")
    params = tmp_path / "drive.yaml"

    def run(
        bag: str, *, directory: str = "none", **arguments: str
    ) -> tuple[int, dict[str, int], str]:
        (tmp_path / bag).mkdir()
        params.write_text(
            f"/**/fusion:\n  ros__parameters:\n    state_directory: {directory}\n", encoding="utf-8"
        )
        arguments |= {"bag": str(tmp_path / bag), "params": str(params), "namespace": "car"}
        codes: dict[str, int] = {}
        words: list[str] = []

        def ended(event: Any, _: Any) -> None:
            codes[Path(event.cmd[0]).name] = event.returncode

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
                    IncludeLaunchDescription(source, launch_arguments=arguments.items()),
                    TimerAction(period=PATIENCE, actions=[Shutdown(reason="it did not end")]),
                ]
            )
        )
        code = service.run()
        return code, codes, "".join(words)

    return run


@pytest.mark.parametrize("composed", ["true", "false"])
def test_bag_is_judged_and_everything_ends(replay: Any, composed: str) -> None:
    code, codes, words = replay("drive", start_from="measures", composed=composed)
    assert code == 0
    nodes = {"driver_monitor"} if composed == "true" else {"fusion", "alert"}
    assert codes == dict.fromkeys({"ros2", *nodes}, 0), words
    assert re.search(r"called with bag play \S+drive ", words)
    judged = {int(stamp) for stamp in re.findall(r"judged (\d+)", words)}
    # On the clock of the recording, from its beginning.
    assert judged
    assert judged <= set(range(1000, 1021))
    assert min(judged) < 1005


def test_bag_that_cannot_be_played_ends_it_too(replay: Any) -> None:
    code, codes, words = replay("drive--broken", start_from="measures")
    assert codes == {"ros2": 1, "driver_monitor": 0}, words
    assert code == 0


def test_node_that_refuses_its_parameters_ends_it(replay: Any) -> None:
    code, codes, words = replay("drive", start_from="measures", directory="[1, 2]")
    assert codes == {"driver_monitor": EXIT_REFUSED}, words
    assert "state_directory" in words
    assert code == 0
