"""Launch files as `launch` sees them: which processes come of which arguments."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from fatigue_ros.bags.writer import BagWriter
from fatigue_ros.ros.composition import NODES

pytest.importorskip("launch_ros", reason="launch files can only be run where ROS's launch is")

import launch
import launch_ros
from launch.launch_description_sources import get_launch_description_from_python_launch_file
from launch.utilities import perform_substitutions

FOLDER = Path(__file__).resolve().parents[2] / "launch"
DDS_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")


@pytest.fixture
def context(domain: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    for variable in DDS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return launch.LaunchContext()


@pytest.fixture
def params(tmp_path: Path) -> str:
    file = tmp_path / "drive.yaml"
    file.write_text("/**:\n  ros__parameters:\n    autostart: true\n", encoding="utf-8")
    return str(file)


def visit(name: str, context: Any, **arguments: str) -> list[Any]:
    """What a launch file makes of the arguments, without starting it."""
    context.launch_configurations.update(arguments)
    description = get_launch_description_from_python_launch_file(str(FOLDER / name))
    return [action for entity in description.entities for action in entity.visit(context) or ()]


def command(action: Any, context: Any) -> list[str]:
    """The words of a command line, but for those that launch appends when it starts it."""
    words = []
    for word in action.cmd:
        if any(isinstance(part, launch.substitutions.LocalSubstitution) for part in word):
            break
        words.append(perform_substitutions(context, word))
    return words


def nodes(actions: list[Any], context: Any) -> dict[str, list[str]]:
    found = [action for action in actions if isinstance(action, launch_ros.actions.Node)]
    return {action.node_executable: command(action, context) for action in found}


def parameter_files(words: list[str]) -> list[Path]:
    return [Path(word) for flag, word in pairwise(words) if flag == "--params-file"]


def test_one_process_by_default(context: Any, params: str) -> None:
    [(name, words)] = nodes(visit("fatigue.launch.py", context, params=params), context).items()
    assert name == "driver_monitor"
    assert Path(words[0]).name == "driver_monitor"
    assert words[words.index("--nodes") + 1] == ",".join(NODES)
    # Nothing was said but what the file says.
    assert parameter_files(words) == [Path(params)]


def test_separate_processes(context: Any, params: str) -> None:
    found = nodes(visit("fatigue.launch.py", context, params=params, composed="false"), context)
    assert list(found) == list(NODES)
    for name, words in found.items():
        assert Path(words[0]).name == name
        assert parameter_files(words) == [Path(params)]


def test_a_name_in_the_file_that_no_node_has_is_warned_of(context: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("/**/fusoin: {ros__parameters: {microsleep_time: 0.9}}", encoding="utf-8")
    visited = visit(
        "fatigue.launch.py", context, params=str(path), composed="false", namespace="car"
    )
    [said] = [
        perform_substitutions(context, action.msg)
        for action in visited
        if isinstance(action, launch.actions.LogInfo)
    ]
    assert all(word in said for word in ["mine.yaml", "namespace /car", "/**/fusoin", "fusion"])


@pytest.mark.parametrize("composed", ["true", "false"])
@pytest.mark.parametrize(
    ("argument", "value", "node", "parameter"),
    [
        ("board", "/dev/ttyACM0", "microcontroller", "port"),
        ("bus", "can1", "vehicle_output", "can_channel"),
        ("broker", "car:55555", "vss_output", "broker"),
        ("face_model", "models/four.onnx", "face_state", "model"),
    ],
)
def test_optional_node_is_started_by_its_argument(
    context: Any,
    params: str,
    composed: str,
    argument: str,
    value: str,
    node: str,
    parameter: str,
) -> None:
    visited = visit(
        "fatigue.launch.py", context, params=params, composed=composed, **{argument: value}
    )
    found = nodes(visited, context)
    if composed == "true":
        words = found["driver_monitor"]
        assert node in words[words.index("--nodes") + 1].split(",")
    else:
        words = found[node]
    written = yaml.safe_load(parameter_files(words)[1].read_text(encoding="utf-8"))
    assert written[f"/{node}"]["ros__parameters"] == {parameter: value}


@pytest.mark.parametrize("composed", ["true", "false"])
@pytest.mark.parametrize("namespace", ["", "car", "/fleet/car_7/"])
def test_arguments_come_after_the_file_and_name_the_node(
    context: Any, params: str, composed: str, namespace: str
) -> None:
    found = nodes(
        visit(
            "fatigue.launch.py",
            context,
            params=params,
            composed=composed,
            namespace=namespace,
            source='a "video".mp4',
            profile="paper",
            use_sim_time="true",
        ),
        context,
    )
    prefix = {"": "", "car": "/car", "/fleet/car_7/": "/fleet/car_7"}[namespace]
    for words in found.values():
        first, second = parameter_files(words)
        assert first == Path(params)
        written = yaml.safe_load(second.read_text(encoding="utf-8"))
        assert set(written) == {f"{prefix}/{name}" for name in NODES}
        values = {name: written[f"{prefix}/{name}"]["ros__parameters"] for name in NODES}
        assert values["camera"] == {"source": 'a "video".mp4', "use_sim_time": True}
        assert values["fusion"] == {"profile": "paper", "use_sim_time": True}
        assert values["blink"] == {"use_sim_time": True}
    second.unlink()


def test_source_stays_a_word(context: Any, params: str) -> None:
    """A camera's index is a device name, which a YAML number would not be."""
    found = nodes(visit("fatigue.launch.py", context, params=params, source="0"), context)
    _, file = parameter_files(found["driver_monitor"])
    assert yaml.safe_load(file.read_text())["/camera"]["ros__parameters"]["source"] == "0"
    file.unlink()


@pytest.mark.parametrize("composed", ["true", "false"])
def test_a_scripted_driver_stands_in_for_camera_and_vehicle(
    context: Any, params: str, composed: str
) -> None:
    visited = visit(
        "fatigue.launch.py", context, params=params, composed=composed, source="sim:demo"
    )
    found = nodes(visited, context)
    if composed == "true":
        words = found["driver_monitor"]
        started = words[words.index("--nodes") + 1].split(",")
    else:
        words, started = found["driver_simulator"], list(found)
    assert set(started) == {*NODES, "driver_simulator"} - {"camera", "vehicle_speed"}
    file = parameter_files(words)[1]
    assert yaml.safe_load(file.read_text()) == {
        "/driver_simulator": {"ros__parameters": {"scenario": "demo"}}
    }
    file.unlink()


def test_namespace_of_a_group_around_it(context: Any, params: str) -> None:
    context.launch_configurations["ros_namespace"] = "/fleet"
    found = nodes(
        visit("fatigue.launch.py", context, params=params, namespace="car", source="0"), context
    )
    _, file = parameter_files(found["driver_monitor"])
    assert list(yaml.safe_load(file.read_text())) == ["/fleet/car/camera"]
    file.unlink()


def test_subset_of_the_nodes(context: Any, params: str) -> None:
    actions = visit("fatigue.launch.py", context, params=params, nodes="blink, fusion,blink")
    words = nodes(actions, context)["driver_monitor"]
    assert words[words.index("--nodes") + 1] == "fusion,blink"


@pytest.mark.parametrize("composed", ["true", "false"])
def test_images_between_processes_have_their_dds_profile(
    context: Any, params: str, composed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def environment() -> dict[str, str]:
        actions = visit("fatigue.launch.py", context, params=params, composed=composed)
        [node, *_] = [a for a in actions if isinstance(a, launch_ros.actions.Node)]
        return {
            perform_substitutions(context, name): perform_substitutions(context, value)
            for name, value in node.additional_env or ()
        }

    found = environment()
    assert set(found) == set(DDS_VARIABLES)
    assert {Path(value).name for value in found.values()} == {"fastdds_shm.xml"}
    assert all(Path(value).is_file() for value in found.values())
    monkeypatch.setenv(DDS_VARIABLES[1], "/their/own.xml")
    assert environment() == {}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"composed": "maybe"}, ["composed", "maybe", "true", "false"]),
        ({"respawn": "1"}, ["respawn", "1", "true", "false"]),
        ({"use_sim_time": "yes"}, ["use_sim_time", "yes", "true", "false"]),
        ({"profile": "best"}, ["profile", "best", "evidence", "paper"]),
        ({"nodes": "blink,eyes"}, ["nodes", "eyes", "landmarks"]),
        ({"nodes": " ,"}, ["nodes", "none", "landmarks"]),
        ({"params": "nowhere.yaml"}, ["params", "nowhere.yaml", "parameter file"]),
    ],
)
def test_refused_by_name(
    context: Any, params: str, wrong: dict[str, str], expected: list[str]
) -> None:
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - launch's own is a RuntimeError
        visit("fatigue.launch.py", context, **({"params": params} | wrong))
    message = str(refusal.value)
    assert all(word in message for word in expected), message
    assert "\n" not in message


# Bags --------------------------------------------------------------------------------------------


@pytest.fixture
def bag(tmp_path: Path) -> Callable[..., str]:
    """Makes a bag with a message on each topic."""

    def make(*names: str) -> str:
        with BagWriter(tmp_path / "drive") as writer:
            for name in names:
                writer.write_serialized(name, 1, bytes(64), "/car")
        return str(tmp_path / "drive")

    return make


@pytest.mark.parametrize(
    ("start_from", "names", "processed", "transport"),
    [
        (
            "images",
            ["camera/image_raw/compressed", "ppg"],
            "alert,fusion,yawn,blink,landmarks,heart_rate",
            "compressed",
        ),
        ("images", ["camera/image_raw"], "alert,fusion,yawn,blink,landmarks", "raw"),
        ("landmarks", ["face/landmarks", "ppg"], "alert,fusion,yawn,blink,heart_rate", None),
        ("measures", ["blink", "heart_rate"], "alert,fusion", None),
    ],
)
def test_a_bag_decides_what_is_worked_out(
    context: Any,
    params: str,
    bag: Callable[..., str],
    start_from: str,
    names: list[str],
    processed: str,
    transport: str | None,
) -> None:
    path = bag(*names)
    given = {"namespace": "car", "params": params, "rate": "2.5"}
    actions = visit("replay.launch.py", context, bag=path, start_from=start_from, **given)
    [include] = [a for a in actions if isinstance(a, launch.actions.IncludeLaunchDescription)]
    arguments = dict(include.launch_arguments)
    assert arguments["nodes"] == processed
    assert arguments["namespace"] == "car"
    assert arguments["use_sim_time"] == "true"
    assert arguments["params"] == params
    assert arguments.get("image_transport") == transport
    # What is handed on is what the included file declares.
    included = include.launch_description_source.get_launch_description(context)
    assert set(arguments) < {argument.name for argument in included.get_launch_arguments()}
    [player] = [a for a in actions if isinstance(a, launch.actions.ExecuteProcess)]
    words = command(player, context)
    assert words[3:5] == ["play", path]
    options = dict(zip(words[5::2], words[6::2], strict=True))
    assert options == {"--from": start_from, "--rate": "2.5", "--namespace": "/car"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("compressed", {"landmarks": "compressed", "annotator": "compressed"}), ("", None)],
)
def test_which_images_are_looked_at(
    context: Any, params: str, given: str, expected: dict[str, str] | None
) -> None:
    more = {"image_transport": given, "nodes": "landmarks,annotator,blink"}
    [node] = nodes(visit("fatigue.launch.py", context, params=params, **more), context).values()
    [_, *overrides] = parameter_files(node)
    if expected is None:
        assert not overrides
        return
    content = yaml.safe_load(overrides[0].read_text(encoding="utf-8"))
    found = {
        name.strip("/"): section["ros__parameters"]["image_transport"]
        for name, section in content.items()
        if "image_transport" in section["ros__parameters"]
    }
    assert found == expected


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"bag": "nowhere"}, ["bag", "nowhere"]),
        ({"start_from": "landmarks"}, ["drive", "expected face/landmarks", "image_raw"]),
        ({"rate": "fast"}, ["rate", "fast", "positive number"]),
        ({"rate": "0"}, ["rate", "0", "positive number"]),
        ({"start_from": "video"}, ["start_from", "video", "landmarks"]),
    ],
)
def test_replay_refuses_by_name(
    context: Any, bag: Callable[..., str], wrong: dict[str, str], expected: list[str]
) -> None:
    there = {"bag": bag("camera/image_raw/compressed"), "start_from": "images"}
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - launch's own is a RuntimeError
        visit("replay.launch.py", context, **(there | wrong))
    message = str(refusal.value)
    assert all(word in message for word in expected), message
    assert "\n" not in message
