"""Wheel of the ROS package: CMake builds and stages it, the wheel carries the staged tree.

The tree (``lib``, ``share``, ``include``) goes to the root of the environment, where the ROS
wheels have theirs. Requirements are read from ``requirements/``, for the distribution that the
variable ROS_DISTRO names (jazzy unless it says otherwise).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build import build

ROOT = Path(__file__).resolve().parent
DISTRIBUTIONS = ("jazzy", "kilted")
SOURCED = ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH")
"""Variables of a sourced ROS installation, which must not mix with the wheels."""
UNRESOLVABLE = "mediapipe=="
"""Cannot be named as a requirement, see requirements/mediapipe.txt."""


def distribution() -> str:
    """Name of the ROS distribution to build for."""
    name = os.environ.get("ROS_DISTRO") or DISTRIBUTIONS[0]
    if name not in DISTRIBUTIONS:
        sys.exit(f"ROS_DISTRO={name}: the wheels exist for {' and '.join(DISTRIBUTIONS)}")
    return name


def pins(name: str) -> list[str]:
    """Lines of a requirements file and of those that it includes."""
    lines: list[str] = []
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            lines += pins(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            lines.append(line)
    return lines


def compatible(pin: str) -> str:
    """The same requirement, open to newer releases of the same major version."""
    return re.sub(r"==((\d+)[\d.]*)", lambda m: f">={m[1]},<{int(m[2]) + 1}", pin)


class CMakeBuild(build):
    """Configures, builds and stages the package, and ships the staged files as data."""

    def run(self) -> None:
        """Build in FATIGUE_ROS_BUILD when that is set, and go on from what is there."""
        if not shutil.which(os.environ.get("CXX", "c++")):
            sys.exit("no C++ compiler; on Debian and Ubuntu: sudo apt-get install build-essential")
        kept = os.environ.get("FATIGUE_ROS_BUILD")
        if kept:
            tree = Path(kept).resolve()
        else:
            # Lives as long as this object, since the files are read after this method.
            self.temporary = tempfile.TemporaryDirectory(prefix="fatigue_ros-")
            tree = Path(self.temporary.name)
        stage = tree / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        definitions = {
            "BUILD_TESTING": "OFF",
            "CMAKE_INSTALL_PREFIX": sys.prefix,
            "Python3_EXECUTABLE": sys.executable,
        }
        defined = [f"-D{name}={value}" for name, value in definitions.items()]
        environment = {k: v for k, v in os.environ.items() if k not in SOURCED}
        for arguments in (
            ["-S", str(ROOT), "-B", str(tree), "-G", "Ninja", *defined],
            ["--build", str(tree)],
            ["--install", str(tree), "--prefix", str(stage)],
        ):
            if subprocess.run(["cmake", *arguments], check=False, env=environment).returncode:
                sys.exit("CMake failed, its reason stands above")
        # CMake's own metadata of the generated modules would be a second project of this name.
        for metadata in stage.rglob("*.egg-info"):
            shutil.rmtree(metadata)
        folders: dict[str, list[str]] = {}
        for path in sorted(p for p in stage.rglob("*") if p.is_file()):
            folder = str(path.parent.relative_to(stage))
            folders.setdefault(folder, []).append(os.path.relpath(path, ROOT))
        self.distribution.data_files = list(folders.items())
        super().run()


class BinaryDistribution(Distribution):
    """A wheel for one Python on one platform."""

    def has_ext_modules(self) -> bool:
        """The staged tree holds compiled type support."""
        return True


setup(
    distclass=BinaryDistribution,
    cmdclass={"build": CMakeBuild},
    packages=[],
    # pip has brought setuptools already, by pyproject.toml
    setup_requires=[
        p for p in pins(f"{distribution()}-build.txt") if not p.startswith("setuptools==")
    ],
    install_requires=pins(f"{distribution()}.txt")
    + [
        compatible(p)
        for p in pins("common.txt") + pins("mediapipe.txt")
        if not p.startswith(UNRESOLVABLE)
    ],
    extras_require={
        "test": [compatible(p) for p in pins("test.txt")],
        "learning": pins("learning.txt"),  # exact: see there
        "cluster": [compatible(p) for p in pins("cluster.txt")],
    },
)
