"""package.xml, CMakeLists.txt, requirements/ and the sources say the same."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from catkin_pkg.package import (  # type: ignore[import-untyped]
    Package,
    parse_package,
)

import fatigue_ros

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = ("jazzy", "kilted")
NOT_ON_PYPI = {"launch", "launch_ros"}
KEYS = {
    "backports": "python3-rosbags-pip",  # rosbags packs with backports.zstd
    "can": "python3-can",
    "cantools": "python3-cantools-pip",
    "cobs": "python-cobs-pip",
    "cv2": "python3-opencv",
    "mediapipe": "python3-mediapipe-pip",
    "rosbags": "python3-rosbags-pip",
    "serial": "python3-serial",
    "skimage": "python3-skimage",
}
"""rosdep keys of modules that do not follow python3-<module>."""
PYPI = {
    "backports": "backports-zstd",
    "can": "python-can",
    "cv2": "opencv-contrib-python-headless",
    "jinja2": "Jinja2",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "yaml": "PyYAML",
}
"""PyPI names that differ from the module's."""
OPTIONAL = {"cv_bridge", "dlib"}
"""Used where the user has them, refused by name otherwise."""
EXTRAS = ("learning", "ff_yolo", "cluster")
"""Optional too, and pinned: no rosdep key brings them."""


@pytest.fixture(scope="module")
def package() -> Package:
    warnings: list[str] = []
    parsed = parse_package(ROOT / "package.xml", warnings=warnings)
    assert not warnings
    return parsed


def pins(name: str) -> dict[str, str]:
    """Requirements of one file: name without extras -> the whole line."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    return {re.split(r"[\[=<>~ ]", line)[0]: line for line in wanted}


def names(dependencies: list[object]) -> set[str]:
    return {str(d) for d in dependencies}


def imported_modules() -> set[str]:
    """Top-level modules that the package imports, other than its own and Python's."""
    found: set[str] = set()
    for path in (ROOT / "fatigue_ros").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"fatigue_ros"} - OPTIONAL


def is_ros(module: str) -> bool:
    return module in {"rclpy", "ament_index_python"} or module.endswith(
        ("_msgs", "_interfaces", "_srvs")
    )


def test_format_and_version(package: Package) -> None:
    assert package.package_format == 3
    assert package.get_build_type() == "ament_cmake"
    assert package.version == fatigue_ros.__version__
    assert (ROOT / package.licenses[0].file).read_text(encoding="utf-8").count("Version 2.0") >= 1


def test_what_cmake_finds_is_declared(package: Package) -> None:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    declared = names(package.buildtool_depends + package.build_depends + package.test_depends)
    assert set(re.findall(r"find_package\((\w+)", text)) <= declared


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_ros_dependencies_are_pinned_for_each_distribution(
    package: Package, distribution: str
) -> None:
    declared = {n for n in names(package.exec_depends) if not n.startswith("python")}
    pinned = {name.removeprefix("ros-").replace("-", "_") for name in pins(distribution)}
    assert pinned == declared - NOT_ON_PYPI


def test_what_is_imported_is_declared_and_pinned(package: Package) -> None:
    modules = imported_modules() - NOT_ON_PYPI - {m for e in EXTRAS for m in pins(e)}
    assert "numpy" in modules
    declared = names(package.exec_depends)
    keys = {m if is_ros(m) else KEYS.get(m, f"python3-{m}") for m in modules}
    undeclared = keys - declared
    assert not undeclared
    unpinned = {PYPI.get(m, m) for m in modules if not is_ros(m)} - {
        *pins("common"),
        *pins("mediapipe"),
    }
    assert not unpinned


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.stem
)
def test_every_requirement_is_exact(path: Path) -> None:
    lines = pins(path.stem)
    assert lines
    assert not [line for line in lines.values() if not re.fullmatch(r"[\w\[\]-]+==[\d.]+", line)]


def test_every_node_has_an_executable() -> None:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    match = re.search(r"set\(nodes\s+([^)]*)\)", text)
    assert match
    with_main = {
        path.stem
        for path in (ROOT / "fatigue_ros" / "nodes").glob("*.py")
        if re.search(r"^def main\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(match[1].split()) == with_main
