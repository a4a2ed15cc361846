"""What import-linter checks (the table of rooms is in pyproject.toml), and what it cannot say."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from fatigue_ros.extras import EXTRAS

PACKAGE = Path(__file__).resolve().parent.parent / "fatigue_ros"
OTHERS = {  # packages of others, beside numpy, that a room may import
    "settings": {"yaml"},
    "measures": {"scipy"},
    "fusion": {"platformdirs"},
    "vision": {"cv2"},
    "models": {"cv2", "onnxruntime"},
    "devices": {"can", "cantools", "serial", "cobs"},
    "dashboard": {"aiohttp"},
    "monitor": {"yaml"},
}
EXTRA = {package for packages in EXTRAS.values() for package in packages}
# ONNX Runtime is face_state's, e2e and j1939 vehicle_output's, the client vss_output's; aiohttp
# tries the other.
DESK = EXTRA - {"onnxruntime", "e2e", "j1939", "kuksa_client", "backports"}


def test_rooms_import_as_the_table_says() -> None:
    pytest.importorskip("importlinter", reason="import-linter: .[test]")
    table = str(PACKAGE.parent / "test" / "layers.toml")
    # A process of its own: it switches off every logger that there is.
    program = (
        "import sys; from importlinter.cli import lint_imports as lint; "
        "sys.exit(lint(sys.argv[1], no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, table], check=False, text=True, capture_output=True
    )
    assert not done.returncode, done.stdout + done.stderr


def test_rooms_stand_on_what_they_need() -> None:
    grimp = pytest.importorskip("grimp", reason="comes with import-linter: .[test]")
    graph = grimp.build_graph("fatigue_ros", include_external_packages=True, cache_dir=None)
    for room, others in OTHERS.items():
        modules = graph.find_descendants(f"fatigue_ros.{room}")
        assert modules
        imported = set().union(*map(graph.find_modules_directly_imported_by, modules))
        found = {name for name in imported if not name.startswith("fatigue_ros")}
        assert found - sys.stdlib_module_names <= others | {"numpy"}, room


def test_agpl_part_is_loaded_in_one_room() -> None:
    loads = re.compile(r"import_module\(\s*f?\"ultralytics|^\s*(import|from) ultralytics", re.M)
    users = [p for p in PACKAGE.rglob("*.py") if loads.search(p.read_text(encoding="utf-8"))]
    assert {path.parent.name for path in users} == {"ff_yolo"}


def run(program: str, *arguments: str) -> list[str]:
    """The words that a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=False,
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


LOADED = "print(*{name.partition('.')[0] for name in sys.modules})"
DRIVE = f"""
import sys, rclpy
from fatigue_ros.ros.composition import Composition
nodes = {{
    "camera": {{"source": sys.argv[1]}},
    "vehicle_speed": {{"source": "obd", "can_interface": "virtual"}},
    "fusion": {{"state_directory": "none"}},
    "dashboard": {{"port_tries": 100}},
    "microcontroller": {{"port": sys.argv[1] + "/no_board"}},
    "vehicle_input": {{"can_interface": "virtual", "dbc_file": "config/vehicle.dbc"}},
    "vehicle_output": {{"can_interface": "virtual"}},
    "vss_output": {{"broker": "127.0.0.1:1"}},
    "face_state": {{"model": sys.argv[2]}},
}}
rclpy.init(args=[])
composition = Composition(sys.argv[3:], nodes)
refused = composition.start()
assert not refused, [node.problem for node in refused]
composition.spin(composition.ended)
assert composition.source.player.shown
composition.close()
{LOADED}
"""
"""A few pictures through the nodes that are named."""

WITHOUT = """
import importlib, pkgutil, sys

class Hidden:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden)
try:
    importlib.import_module("fatigue_ros.cli.main").main(["--help"])
except SystemExit as end:
    assert not end.code
for room in sys.argv[2].split(","):
    package = importlib.import_module(f"fatigue_ros.{room}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
"""


def test_what_runs_in_a_vehicle_loads_nothing_of_the_desk(
    domain: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    composition = pytest.importorskip("fatigue_ros.ros.composition", reason="needs ROS")
    names = {*composition.ALL} - {"recorder", "driver_simulator"}
    model = ""
    if importlib.util.find_spec("onnx") and importlib.util.find_spec("onnxruntime"):
        model = str(request.getfixturevalue("model_file")())
    else:  # the extra that brings them is not installed
        names.remove("face_state")
    for module, node in (("e2e", "vehicle_output"), ("kuksa_client", "vss_output")):  # likewise
        if not importlib.util.find_spec(module):
            names.remove(node)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(5):
        cv2.imwrite(str(pictures / f"{number}.png"), np.zeros((120, 160, 3), np.uint8))
    loaded = set(run(DRIVE, str(pictures), model, *names))
    assert "ai_edge_litert" in loaded
    assert not DESK & loaded


def test_a_vehicle_and_the_command_do_without_the_desks_packages() -> None:
    run(WITHOUT, ",".join(EXTRA), ",".join((*OTHERS, "ros", "nodes")))


def test_nodes_stay_thin() -> None:
    for path in (PACKAGE / "nodes").glob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 230, f"{path.name}: {lines} lines"
