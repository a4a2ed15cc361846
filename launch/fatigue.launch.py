"""Driver monitor: ros2 launch fatigue_ros fatigue.launch.py source:=/dev/video0.

One process by default; composed:=false starts one for each node. ``--show-args`` lists the rest.
"""

import os
import tempfile
from pathlib import Path

import yaml
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnShutdown
from launch_ros.actions import Node
from launch_ros.utilities import make_namespace_absolute, prefix_namespace

from fatigue_ros.fusion.profiles.profile import PROFILES
from fatigue_ros.ros.composition import ALL, CLASSES, NODES, with_source
from fatigue_ros.settings import parameter_files

SHARE = Path(get_package_share_directory("fatigue_ros"))
DDS_PROFILE = str(SHARE / "config" / "fastdds_shm.xml")
# Fast DDS 3 (Kilted) reads the first name, Fast DDS 2 (Jazzy) the second.
DDS_PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
IMAGE_NODES = {"annotator", "face_state", "landmarks"}
RESPAWN_DELAY = 2.0  # [s] for the system to let go of a camera

ARGUMENTS = [
    DeclareLaunchArgument(
        "source",
        default_value="",
        description="Camera index or path, video file, folder of images or stream; sim:SCENARIO: "
        "driver_simulator in place of camera and vehicle_speed. Empty: what the parameter file "
        "says.",
    ),
    DeclareLaunchArgument(
        "profile",
        default_value="",
        choices=["", *PROFILES],
        description="How fatigue is judged. Empty: what the parameter file says.",
    ),
    DeclareLaunchArgument(
        "namespace",
        default_value="",
        description="Put before the names of nodes, topics and services.",
    ),
    DeclareLaunchArgument(
        "params",
        default_value=str(SHARE / "config" / "fatigue.yaml"),
        description="ROS parameter file for all nodes.",
    ),
    DeclareLaunchArgument(
        "nodes",
        default_value=",".join(NODES),
        description="Which nodes, separated by commas: without camera where another driver "
        "publishes camera/image_raw, without vehicle_speed where the vehicle does.",
    ),
    DeclareLaunchArgument(
        "board",
        default_value="",
        description="Port of the pulse and warning board, as in microcontroller.port: a path or a "
        "USB id. Empty: no board, unless microcontroller is among the nodes.",
    ),
    DeclareLaunchArgument(
        "bus",
        default_value="",
        description="Channel of the CAN bus that is told of the driver, as in "
        "vehicle_output.can_channel, for example can0. Empty: no bus is told, unless "
        "vehicle_output is among the nodes.",
    ),
    DeclareLaunchArgument(
        "broker",
        default_value="",
        description="Host and port of the KUKSA databroker that is told of the driver, as in "
        "vss_output.broker. Empty: none is told, unless vss_output is among the nodes.",
    ),
    DeclareLaunchArgument(
        "face_model",
        default_value="",
        description="Model file of `fatigue learn export`, as in face_state.model. Empty: no "
        "model, unless face_state is among the nodes.",
    ),
    DeclareLaunchArgument(
        "composed",
        default_value="true",
        choices=["true", "false"],
        description="One process for all nodes, or one for each. The second costs a quarter more "
        "processor time and three times the memory.",
    ),
    DeclareLaunchArgument(
        "image_transport",
        default_value="",
        choices=["", "raw", "compressed"],
        description="Which images are looked at, camera/image_raw or camera/image_raw/compressed. "
        "Empty: what the parameter file says.",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="",
        choices=["", "true", "false"],
        description="Take the time from /clock. Empty: what the parameter file says.",
    ),
    DeclareLaunchArgument(
        "respawn",
        default_value="false",
        choices=["true", "false"],
        description="Start a process again when it ends.",
    ),
]


def _chosen(text):
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in CLASSES]
    if wrong or not names:
        raise ValueError(
            f"nodes:={text}: expected some of {','.join(ALL)}, "
            f"found {repr(wrong[0]) if wrong else 'none'}"
        )
    # Consumers before producers; what another package adds comes last.
    return list(dict.fromkeys(name for name in (*ALL, *names) if name in names))


def _write_overrides(given, settings, namespace):
    """Arguments as a parameter file, to be read after the user's.

    ``-p camera:source:=...`` would do without a file, but ROS applies it in no namespace.
    """
    if given["board"]:
        settings["microcontroller"]["port"] = given["board"]
    if given["bus"]:
        settings["vehicle_output"]["can_channel"] = given["bus"]
    if given["broker"]:
        settings["vss_output"]["broker"] = given["broker"]
    if given["face_model"]:
        settings["face_state"]["model"] = given["face_model"]
    if given["profile"] and "fusion" in settings:
        settings["fusion"]["profile"] = given["profile"]
    if given["image_transport"]:
        for name in IMAGE_NODES & settings.keys():
            settings[name]["image_transport"] = given["image_transport"]
    if given["use_sim_time"]:
        for values in settings.values():
            values["use_sim_time"] = given["use_sim_time"] == "true"
    content = {
        f"{namespace.rstrip('/')}/{name}": {"ros__parameters": values}
        for name, values in settings.items()
        if values
    }
    if not content:
        return None
    with tempfile.NamedTemporaryFile(
        "w", prefix="fatigue_", suffix=".yaml", encoding="utf-8", delete=False
    ) as file:
        yaml.safe_dump(content, file, allow_unicode=True)
    return Path(file.name)


def _start(context):
    given = {argument.name: context.launch_configurations[argument.name] for argument in ARGUMENTS}
    asked = {
        "microcontroller": given["board"],
        "face_state": given["face_model"],
        "vehicle_output": given["bus"],
        "vss_output": given["broker"],
    }
    names = _chosen(",".join([given["nodes"], *(name for name, value in asked.items() if value)]))
    settings = with_source(names, given["source"])
    if not Path(given["params"]).is_file():
        raise FileNotFoundError(f"params:={given['params']}: expected a ROS parameter file")
    # With what a group around an include of this file pushes.
    namespace = make_namespace_absolute(
        prefix_namespace(context.launch_configurations.get("ros_namespace"), given["namespace"])
    )
    actions = []
    files = ["--params-file", given["params"]]
    overrides = _write_overrides(given, settings, namespace)
    if overrides is not None:
        files += ["--params-file", str(overrides)]
        # Not before the end: a process that is started again reads it again.
        remove = OnShutdown(on_shutdown=lambda *_: overrides.unlink(missing_ok=True))
        actions.append(RegisterEventHandler(remove))
    # In one process too: whoever records or shows the images is another one.
    own_profile = any(variable in os.environ for variable in DDS_PROFILE_VARIABLES)
    common = {
        "package": "fatigue_ros",
        "namespace": namespace,
        "ros_arguments": files,
        "additional_env": {} if own_profile else dict.fromkeys(DDS_PROFILE_VARIABLES, DDS_PROFILE),
        "output": "screen",
        "respawn": given["respawn"] == "true",
        "respawn_delay": RESPAWN_DELAY,
    }
    if given["composed"] == "true":
        arguments = ["--nodes", ",".join(settings)]
        return [*actions, Node(executable="driver_monitor", arguments=arguments, **common)]
    # Of the nodes each sees but its own name; driver_monitor does this by itself.
    complaint = parameter_files.complaint(Path(given["params"]), ALL, namespace or "/")
    if complaint:
        actions.append(LogInfo(msg=f"warning: {complaint}"))
    return [*actions, *(Node(executable=name, **common) for name in settings)]


def generate_launch_description():
    """Declare the arguments; the processes follow from their values."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=_start)])
