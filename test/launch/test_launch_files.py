"""Launch files as text: what they name exists. Needs no `launch`, which is in no registry."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.desk.bag_player import PLAYED
from fatigue_ros.ros.composition import ALL, CLASSES, NODES
from fatigue_ros.ros.executable import DRIVER_MONITOR

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "launch").glob("*.launch.py"))
# Per file: the arguments that it must have, in words for `--show-args`.
ARGUMENTS = {
    "fatigue.launch.py": {
        "source",
        "profile",
        "namespace",
        "params",
        "nodes",
        "board",
        "bus",
        "broker",
        "face_model",
        "image_transport",
        "composed",
        "use_sim_time",
        "respawn",
    },
    "replay.launch.py": {
        "bag",
        "start_from",
        "rate",
        "profile",
        "namespace",
        "params",
        "composed",
    },
}
REQUIRED = {"bag"}


def calls(file: Path, function: str) -> list[ast.Call]:
    tree = ast.parse(file.read_text(encoding="utf-8"), file.name)
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
    ]


def words(file: Path) -> set[str]:
    """All string constants."""
    tree = ast.parse(file.read_text(encoding="utf-8"), file.name)
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def keywords(call: ast.Call) -> dict[str, Any]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def constant(file: Path, name: str) -> Any:
    """The value of a constant at the top of a file."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    pytest.fail(f"{file.name}: no constant {name}")


def executables() -> set[str]:
    """What CMake installs into lib/fatigue_ros."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    [patterns] = re.findall(r"file\(GLOB nodes CONFIGURE_DEPENDS\s+([^)]*)\)", text)
    [others] = re.findall(r"foreach\(path IN LISTS nodes ITEMS ([^)]*)\)", text)
    nodes = {path.stem for pattern in patterns.split() for path in ROOT.glob(pattern)}
    return nodes | set(others.split())


def test_no_two_test_modules_share_a_name() -> None:
    """launch_testing, where it is installed, imports every test module by its bare name."""
    names = [file.name for file in (ROOT / "test").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_launch_file_is_left_out() -> None:
    assert {file.name for file in FILES} == set(ARGUMENTS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_arguments_have_defaults_and_descriptions(file: Path) -> None:
    declared = {}
    for call in calls(file, "DeclareLaunchArgument"):
        assert isinstance(call.args[0], ast.Constant)
        declared[call.args[0].value] = keywords(call)
    assert set(declared) == ARGUMENTS[file.name]
    for name, given in declared.items():
        assert ("default_value" in given) == (name not in REQUIRED), name
        description = ast.literal_eval(given["description"])
        assert description.endswith("."), name
        if "choices" in given and isinstance(given["choices"], ast.List):
            choices = [
                word.value for word in given["choices"].elts if isinstance(word, ast.Constant)
            ]
            assert ast.literal_eval(given["default_value"]) in choices, name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_description_is_made_by_the_function_that_launch_calls(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert not ast.unparse(functions["generate_launch_description"].args)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_that_are_named_exist(file: Path) -> None:
    named = {word for word in words(file) if re.fullmatch(r"[\w.]+\.(yaml|xml|py)", word)}
    folders = (ROOT / "config", ROOT / "launch")
    missing = {name for name in named if not any((f / name).is_file() for f in folders)}
    assert named
    assert not missing


def test_every_node_is_an_executable_and_a_class() -> None:
    assert executables() == {DRIVER_MONITOR, "fatigue", *ALL}
    for name in ALL:
        assert CLASSES.load(name).name == name


def test_executables_that_are_named_exist() -> None:
    named = {
        ast.literal_eval(given["executable"])
        for file in FILES
        for given in map(keywords, calls(file, "Node"))
        if isinstance(given["executable"], ast.Constant)
    }
    assert named == {"driver_monitor"}
    assert named <= executables()


def test_replay_works_out_all_that_it_does_not_play() -> None:
    stages = constant(ROOT / "launch" / "replay.launch.py", "STAGES")
    # Who publishes what is judged from, see docs/interfaces.md.
    publishers = {
        "camera/image_raw": "camera",
        "camera/image_raw/compressed": "camera",
        "camera/camera_info": "camera",
        "face/landmarks": "landmarks",
        "blink": "blink",
        "yawn": "yawn",
    }
    assert stages.keys() == PLAYED.keys()
    for stage, nodes in stages.items():
        chosen = set(nodes.split(","))
        assert chosen <= set(NODES)
        assert {"fusion", "alert"} <= chosen
        # Never both the recorded message and a new one.
        assert not chosen & {publishers[topic] for topic in PLAYED[stage]}
