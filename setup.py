"""The ROS package for pip: CMake builds and installs it, the wheel carries the installed tree.

The tree (``lib``, ``share``, ``include``) goes to the root of the environment, where the ROS wheels
have theirs. In an editable install (``pip install -e .``, ``make build``) the hand-written modules
stay in the checkout, and only what is generated is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_ext import build_ext

# Versions stand in requirements/constraints.txt: "name" takes that version or a newer one of the
# same major version, "name==" that version alone.
REQUIRED = {
    "": """
        aiohttp cantools cobs numpy opencv-contrib-python-headless platformdirs pyserial python-can
        PyYAML scipy
    """,
    # bags/ uses the inside of rosbags.
    "desk": "backports-zstd Jinja2 matplotlib psutil rich rosbags== scikit-image",
    "models": "onnxruntime==",
    # learning/vision_library.py declares operators of this very torchvision.
    "learning": """
        torch== torchvision== lightning== torchmetrics== onnx== onnxscript== onnxruntime==
        matplotlib rich
    """,
    "cluster": "distributed",
    "test": """
        hypothesis import-linter mypy pytest ruff selenium types-psutil types-pyserial types-PyYAML
    """,
}
ROOT = Path(__file__).resolve().parent
SOURCED = ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH")
"""Variables of a sourced ROS installation, which must not mix with the wheels."""


def pins(name: str) -> dict[str, str]:
    """Requirements of a file: name -> the whole line."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return {re.split(r"[\[=]", line)[0]: line for line in lines if line[:1].isalpha()}


def required(extra: str) -> list[str]:
    """Requirements of an extra."""
    found = []
    for name in REQUIRED[extra].split():
        version = pins("constraints")[name.removesuffix("==")].partition("==")[2]
        newer = f">={version},<{int(version.partition('.')[0]) + 1}"
        found.append(name + (version if name.endswith("==") else newer))
    return found


class CMakeBuild(build_ext):
    """Configures, builds and installs with CMake, and ships what was installed as data."""

    def run(self) -> None:
        """Build in FATIGUE_ROS_BUILD when that is set, and go on from what is there."""
        if not shutil.which(os.environ.get("CXX", "c++")):
            sys.exit("no C++ compiler; on Debian and Ubuntu: sudo apt-get install build-essential")
        # Lives as long as this object, since the files are read after this method.
        self.temporary = tempfile.TemporaryDirectory(prefix="fatigue_ros-")
        tree = Path(os.environ.get("FATIGUE_ROS_BUILD") or self.temporary.name).resolve()
        stage = Path(self.temporary.name, "stage")
        environment = {k: v for k, v in os.environ.items() if k not in SOURCED}
        python = [f"-DPython3_EXECUTABLE={sys.executable}", f"-DCMAKE_INSTALL_PREFIX={sys.prefix}"]
        for arguments in (
            ["-S", str(ROOT), "-B", str(tree), "-G", "Ninja", "-DBUILD_TESTING=OFF", *python],
            ["--build", str(tree)],
            ["--install", str(tree), "--prefix", str(stage)]
            + ["--component", "Unspecified"] * self.editable_mode,  # all but what is copied
        ):
            if subprocess.run(["cmake", *arguments], check=False, env=environment).returncode:
                sys.exit("CMake failed, its reason stands above")
        # CMake's own metadata of the generated modules would be a second project of this name, and
        # the generated package would hide that of the checkout.
        unwanted = {*stage.rglob("*.egg-info/*")}
        if self.editable_mode:
            unwanted |= {*stage.rglob("fatigue_ros/__init__.py")}
        folders: defaultdict[str, list[str]] = defaultdict(list)
        for path in stage.rglob("*"):
            if path.is_file() and path not in unwanted:
                folders[str(path.parent.relative_to(stage))].append(os.path.relpath(path, ROOT))
        self.distribution.data_files = list(folders.items())


class BinaryDistribution(Distribution):
    """A wheel for one Python on one platform."""

    def has_ext_modules(self) -> bool:
        """The installed tree holds compiled type support."""
        return True

    has_data = Distribution.has_data_files  # the name by which an editable install asks


distribution = os.environ.get("ROS_DISTRO") or "jazzy"
known = sorted(p.stem.removeprefix("ros-") for p in ROOT.glob("requirements/ros-*.txt"))
if distribution not in known:
    sys.exit(f"ROS_DISTRO={distribution}: the wheels exist for {' and '.join(known)}")
wheels = pins(f"ros-{distribution}")
manifest = (ROOT / "package.xml").read_text(encoding="utf-8")
needed = {"ros-" + n.replace("_", "-") for n in re.findall(r"<(?:exec_)?depend>(\w+)<", manifest)}

setup(
    distclass=BinaryDistribution,
    cmdclass={"build_ext": CMakeBuild},
    version=re.findall("<version>(.+)</version>", manifest)[0],
    packages=[],
    package_dir={"": "."},
    setup_requires=[*pins("build").values(), *wheels.values()],
    install_requires=[pin for name, pin in wheels.items() if name in needed] + required(""),
    extras_require={extra: required(extra) for extra in REQUIRED if extra},
)
