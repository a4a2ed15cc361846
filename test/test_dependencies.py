"""Dependencies point one way: nodes -> plain packages; measures and fusion stand on numpy alone."""

from __future__ import annotations

import ast
import subprocess
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
    "learning": (
        {"vision", "measures", "resources", "plot_style", "yaml_file"},
        {
            "numpy",
            "cv2",
            "yaml",
            "matplotlib",
            "rich",
            "torch",
            "torchvision",
            "lightning",
            "torchmetrics",
            "onnx",
            "onnxruntime",
            "ultralytics",
        },
    ),
    "replay": (
        {"vision", "measures", "fusion", "devices", "resources", "plot_style", "yaml_file"},
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
            "backports",
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


def test_learning_packages_in_learning_only() -> None:
    heavy = {"torch", "torchvision", "lightning", "torchmetrics", "onnx", "onnxruntime"}
    for path in PACKAGE.rglob("*.py"):
        if "learning" not in path.relative_to(PACKAGE).parts:
            assert not heavy & {n.partition(".")[0] for n in _imports(path)}, path


def test_agpl_part_in_one_module_and_never_on_import() -> None:
    users = [
        p for p in PACKAGE.rglob("*.py") if any(n.startswith("ultralytics") for n in _imports(p))
    ]
    assert {p.relative_to(PACKAGE).parts[:2] for p in users} <= {("learning", "ff_yolo")}
    for path in users:
        top = ast.Module(ast.parse(path.read_text(encoding="utf-8")).body, [])
        at_import = [n for n in top.body if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not any("ultralytics" in ast.unparse(n) for n in at_import), path


def test_core_and_command_line_start_without_learning_packages() -> None:
    program = (
        "import sys\n"
        "from fatigue_ros.cli.main import main\n"
        "import fatigue_ros.nodes.driver_monitor\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit(', '.join({'torch', 'lightning', 'onnxruntime'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_nodes_stay_thin() -> None:
    for path in (PACKAGE / "nodes").glob("*.py"):
        if path.name != "base.py":
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= 300, f"{path.name}: {lines} lines"
