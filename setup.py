"""The ROS package for pip: CMake builds and installs it, the wheel carries the installed tree.

The tree (``lib``, ``share``, ``include``) goes to the root of the environment, where the ROS wheels
have theirs. In an editable install (``pip install -e .``, ``make build``) the hand-written modules
stay in the checkout, and only what is generated is installed.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
SOURCED = ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH")
"""Variables of a sourced ROS installation, which must not mix with the wheels."""


def lines(name: str) -> list[list[str]]:
    """Words of the lines of a file in requirements/ that are neither comments nor continued."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line[:1] not in ("", "#", " ")]


def requirement(pin: str) -> str:
    """What users need, from what is written in requirements/versions.txt."""
    pin, *marker = pin.split(";")
    name, version = re.split("=+", pin)
    most = f",<{int(version.partition('.')[0]) + 1}"
    wanted = f"{name}=={version}" if "===" in pin else f"{name}>={version}{most}"
    return ";".join((wanted, *marker))


class CMakeBuild(build_ext):
    """Configures, builds and installs with CMake, and ships what was installed as data."""

    def run(self) -> None:
        """Build in FATIGUE_ROS_BUILD when that is set, and go on from what is there."""
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
wheels = [pin for line in lines(f"ros-{distribution}") for pin in line]
manifest = (ROOT / "package.xml").read_text(encoding="utf-8")
names = re.findall("<(?:exec_)?depend>(.+)</", manifest)  # what runs
run = {"ros-" + name.replace("_", "-") for name in names}
extras: dict[str, list[str]] = {}
for first, *others in lines("versions"):
    if first.startswith("["):
        section = extras[first.strip("[]")] = [r for name in others for r in extras[name]]
    else:
        section.append(requirement(first))

setup(
    distclass=BinaryDistribution,
    cmdclass={"build_ext": CMakeBuild},
    version=re.findall("<version>(.+)</version>", manifest)[0],
    packages=[],
    package_dir={"": "."},
    setup_requires=extras.pop("build") + wheels,
    install_requires=extras.pop("vehicle") + [w for w in wheels if re.split(r"[\[=]", w)[0] in run],
    extras_require=extras,
)
