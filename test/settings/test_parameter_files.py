"""Names in parameter files that no node has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import rclpy
from rclpy.signals import SignalHandlerOptions

from fatigue_ros.errors import FatigueError
from fatigue_ros.nodes.blink import BlinkSettings
from fatigue_ros.ros.composition import ALL, Composition
from fatigue_ros.ros.executable import ros
from fatigue_ros.settings import parameter_files
from fatigue_ros.settings.parameter_files import ParameterFile

CONFIG = Path(__file__).resolve().parents[2] / "config" / "fatigue.yaml"
NAMES = ("blink", "fusion")


def complaint(folder: Path, text: str, namespace: str = "/") -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return parameter_files.complaint(path, NAMES, namespace)


@pytest.mark.parametrize("namespace", ["/", "/car", "/fleet/car"])
@pytest.mark.parametrize(
    "name",
    [
        *(
            "fusion",
            "/fusion",
            "fusoin",
            "/car/fusion",
            "/lorry/fusion",
            "/car/*",
            "/*",
            "/*/fusion",
        ),
        *("/**", "**/fusion", "/**/fusion", "/**/fusoin", "/fleet/**/fusion"),
    ],
)
def test_it_complains_of_what_rcl_passes_over(tmp_path: Path, name: str, namespace: str) -> None:
    said = complaint(tmp_path, f'"{name}": {{ros__parameters: {{a: 1}}}}', namespace)
    context = rclpy.Context()
    rclpy.init(
        args=["--ros-args", "--params-file", str(tmp_path / "mine.yaml")],
        context=context,
        signal_handler_options=SignalHandlerOptions.NO,
    )
    node = rclpy.create_node(
        "fusion",
        context=context,
        namespace=namespace,
        automatically_declare_parameters_from_overrides=True,
    )
    taken = node.has_parameter("a")
    node.destroy_node()
    rclpy.shutdown(context=context)
    assert taken is not bool(said)
    if said:
        assert all(word in said for word in ["mine.yaml", name.strip("/"), "blink, fusion"])
        assert (namespace == "/") is ("namespace" not in said)


def test_nested_names_and_several_in_one_line(tmp_path: Path) -> None:
    text = """
/car:
  fusion: {ros__parameters: {a: 1}}
  blnk: {ros__parameters: {a: 1}}
yawn: {ros__parameters: {a: 1}}
"""
    said = complaint(tmp_path, text, "/car")
    assert "called /car/blnk, /yawn," in said
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "a: [1", "- 1", "fusion: 3"])
def test_what_names_no_node_is_left_to_rcl(tmp_path: Path, text: str) -> None:
    assert not complaint(tmp_path, text)


def test_our_own_file_names_nodes_only() -> None:
    assert not parameter_files.complaint(CONFIG, ALL, "/car")


def test_the_files_among_the_arguments() -> None:
    args = ["program", "--params-file", "no.yaml", "--ros-args", "--params-file", "a.yaml"]
    args += ["-p", "b:=1", "--params-file", "b.yaml", "--", "--params-file", "none.yaml"]
    assert parameter_files.given(args) == [Path("a.yaml"), Path("b.yaml")]
    assert parameter_files.given(["--ros-args", "--params-file"]) == []
    assert parameter_files.given([]) == []


def test_the_composition_warns_once(bench: Any, tmp_path: Path, capfd: Any) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("fusoin: {ros__parameters: {microsleep_time: 0.9}}", encoding="utf-8")
    composition = Composition(["blink", "yawn"])
    composition.check_files(["--ros-args", "--params-file", str(path)])
    composition.close()
    said = capfd.readouterr().err
    assert said.count("/fusoin") == 1
    assert "WARN" in said


SHARED_WITH_OTHERS = """
/**: {ros__parameters: {use_sim_time: false, vehicle_name: car7, perclos_window: 50.0}}
usb_cam: {ros__parameters: {pixel_format: yuyv}}
"""


def test_what_is_given_to_all_nodes_is_taken_by_those_that_have_it(
    tmp_path: Path, capfd: Any
) -> None:
    """A file that other packages' nodes read too, with a parameter that one of ours has."""
    path = tmp_path / "shared.yaml"
    path.write_text(SHARED_WITH_OTHERS, encoding="utf-8")
    args = ["driver_monitor", "--ros-args", "--params-file", str(path)]
    with ros(args), Composition(["blink", "yawn"]) as nodes:
        nodes.check_files(args)
        settings = nodes.nodes["blink"].settings
        assert isinstance(settings, BlinkSettings)
        assert settings.perclos_window == 50.0
        assert not any(node.has_parameter("vehicle_name") for node in nodes.nodes.values())
    said = capfd.readouterr().err
    assert said.count("WARN") == 2
    assert "shared.yaml: no node here has a parameter vehicle_name" in said
    assert "called /usb_cam" in said


def test_what_is_given_by_name_too_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shared.yaml"
    path.write_text(
        "/**: {ros__parameters: {windwo: 1}}\nblink: {ros__parameters: {windwo: 2}}",
        encoding="utf-8",
    )
    with (
        ros(["driver_monitor", "--ros-args", "--params-file", str(path)]),
        pytest.raises(FatigueError, match="/blink: parameter windwo: unknown"),
    ):
        Composition(["blink"])
    with pytest.raises(FatigueError, match=r"shared\.yaml: .*: windwo: no node has such"):
        ParameterFile(path)


def test_the_desk_takes_a_shared_file_as_the_nodes_do(tmp_path: Path) -> None:
    path = tmp_path / "shared.yaml"
    path.write_text(SHARED_WITH_OTHERS, encoding="utf-8")
    file = ParameterFile(path)
    assert file.settings("blink", BlinkSettings).perclos_window == 50.0
    assert "called /usb_cam" in file.warning
    assert "no node here has a parameter vehicle_name, so" in file.warning


def test_a_null_in_a_value_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('fusion:\n  ros__parameters:\n    driver_id: "a\\0b"\n', encoding="utf-8")
    args = ["--ros-args", "--params-file", str(path)]
    with pytest.raises(FatigueError, match=r"mine\.yaml:3: expected a text without a null .*b'$"):
        parameter_files.check(args)
    with pytest.raises(FatigueError, match="fusion:driver_id:1: expected a text without a null"):
        parameter_files.check(["--ros-args", "-p", 'fusion:driver_id:="a\\x00b"'])
    path.write_text("a: [", encoding="utf-8")
    parameter_files.check([*args, "-p", "b:=[1, 2"])  # rcl says what is wrong
