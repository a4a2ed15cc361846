"""Dependencies point one way: nodes -> plain packages; measures and fusion stand on numpy alone."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "fatigue_ros"
COMMON = {"face", "errors", "parameters"}
# Folder: what of ours it may import besides itself and COMMON, and which other packages.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "measures": (set(), {"numpy", "scipy"}),
    "fusion": ({"measures"}, {"numpy", "platformdirs"}),
    "vision": (set(), {"numpy", "cv2", "mediapipe", "dlib", "cv_bridge", "sensor_msgs"}),
    "dashboard": (set(), {"aiohttp"}),
    "devices": (set(), {"numpy", "can", "cantools", "serial", "cobs"}),
    "replay": (
        {"vision", "measures", "fusion", "devices", "resources"},
        {
            "numpy",
            "cv2",
            "scipy",
            "skimage",
            "yaml",
            "matplotlib",
            "jinja2",
            "distributed",
            "mediapipe",
            "rosbags",
        },
    ),
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_imports_only_what_it_may(folder: str) -> None:
    ours, others = ALLOWED[folder]
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert files
    for path in files:
        for name in _imports(path):
            top, _, rest = name.partition(".")
            if top == "fatigue_ros":
                part = rest.partition(".")[0]
                allowed = part in ours | COMMON | {folder, ""}
            else:
                allowed = top in others or top in sys.stdlib_module_names
            assert allowed, f"{path.relative_to(PACKAGE)} imports {name}"


def test_rclpy_in_nodes_only() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "nodes":
            assert "rclpy" not in {n.partition(".")[0] for n in _imports(path)}, path


def test_nodes_stay_thin() -> None:
    for path in (PACKAGE / "nodes").glob("*.py"):
        if path.name != "base.py":
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= 300, f"{path.name}: {lines} lines"
