"""Judge a recorded drive again: ros2 launch fatigue_ros replay.launch.py bag:=drive.

Plays what was measured, on the clock of the recording, and works out the rest anew:
start_from:=images, landmarks or measures. What was judged then is not played.
"""

import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node
from launch_ros.utilities import make_namespace_absolute, prefix_namespace

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.replay import stage_of
from fatigue_ros.desk.bag_player import played
from fatigue_ros.fusion.profiles.profile import PROFILES

SHARE = Path(get_package_share_directory("fatigue_ros"))
# Of each kind of bag: the nodes that work out the rest.
STAGES = {
    "images": "alert,fusion,yawn,blink,landmarks",
    "landmarks": "alert,fusion,yawn,blink",
    "measures": "alert,fusion",
}
LAST_WORD = 1.0  # [s] for the last image to be looked at

ARGUMENTS = [
    DeclareLaunchArgument("bag", description="Folder or file of rosbag2."),
    DeclareLaunchArgument(
        "start_from",
        default_value="images",
        choices=list(STAGES),
        description="What the bag holds; all behind it is worked out anew.",
    ),
    DeclareLaunchArgument("rate", default_value="1.0", description="How many times real time."),
    DeclareLaunchArgument(
        "profile",
        default_value="",
        choices=["", *PROFILES],
        description="How fatigue is judged. Empty: what the parameter file says.",
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="That of the recorded topics."
    ),
    DeclareLaunchArgument(
        "params",
        default_value=str(SHARE / "config" / "fatigue.yaml"),
        description="ROS parameter file for all nodes.",
    ),
    DeclareLaunchArgument(
        "composed",
        default_value="true",
        choices=["true", "false"],
        description="One process for all nodes, or one for each.",
    ),
]


def _is_node(action):
    return isinstance(action, Node) and action.node_package == "fatigue_ros"


def _end_with_the_nodes(_, context):
    # launch takes no second shutdown while the first goes on.
    return [] if context.is_shutdown else [Shutdown(reason="a node has ended")]


def _replay(context):
    given = {argument.name: context.launch_configurations[argument.name] for argument in ARGUMENTS}
    bag, rate, stage = given["bag"], given["rate"], given["start_from"]
    if not Path(bag).exists():
        raise FileNotFoundError(f"bag:={bag}: expected a folder or file of rosbag2, found none")
    try:
        if not 0.0 < float(rate) < float("inf"):
            raise ValueError
    except ValueError:
        raise ValueError(f"rate:={rate}: expected a positive number") from None
    namespace = make_namespace_absolute(
        prefix_namespace(context.launch_configurations.get("ros_namespace"), given["namespace"])
    ).rstrip("/")
    with Bag(Path(bag), namespace or None) as opened:
        topics = played(opened, stage_of(opened, stage))
    packed = "compressed" if "camera/image_raw/compressed" in topics else "raw"
    more = {"image_transport": packed} if stage == "images" else {}
    command = [sys.executable, "-m", "fatigue_ros.cli.main", "play", bag]
    options = ["--from", stage, "--rate", rate, *(["--namespace", namespace] if namespace else [])]
    player = ExecuteProcess(
        cmd=[*command, *options],
        output="screen",
        on_exit=[TimerAction(period=LAST_WORD, actions=[Shutdown(reason="the bag has ended")])],
    )
    handed_on = {name: given[name] for name in ("profile", "namespace", "params", "composed")}
    return [
        RegisterEventHandler(OnProcessExit(target_action=_is_node, on_exit=_end_with_the_nodes)),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(Path(__file__).with_name("fatigue.launch.py"))),
            launch_arguments={
                **handed_on,
                **more,
                "nodes": STAGES[stage] + (",heart_rate" if "ppg" in topics else ""),
                "use_sim_time": "true",
                "respawn": "false",
            }.items(),
        ),
        player,
    ]


def generate_launch_description():
    """Declare the arguments; the processes follow from their values."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=_replay)])
