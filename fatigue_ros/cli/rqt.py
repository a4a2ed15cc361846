"""Open rqt with plots, annotated picture, diagnostics and parameters of the running graph.

Plug-ins that are not installed are left out, and the command that brings them is said.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ament_index_python.packages import get_packages_with_prefixes

from fatigue_ros.console import note
from fatigue_ros.desk import rqt_layout
from fatigue_ros.errors import FatigueError
from fatigue_ros.settings.resources import config

EXAMPLE = "fatigue rqt   # beside a running graph"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none: the rest is done in rqt."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Open rqt; its exit code.

    Raises:
        FatigueError: rqt, or every plug-in, is not installed.
    """
    del options
    layout = json.loads(config("fatigue.perspective").read_text(encoding="utf-8"))
    wanted = {rqt_layout.package(name) for name in rqt_layout.plugins(layout)}
    missing = wanted - get_packages_with_prefixes().keys()
    distribution = os.environ.get("ROS_DISTRO", "DISTRIBUTION")
    program = shutil.which("rqt")
    if program is None or missing == wanted:
        names = rqt_layout.apt_packages({"rqt_gui", *missing}, distribution)
        raise FatigueError(f"rqt is not installed here: sudo apt-get install {names}")
    if missing:
        names = rqt_layout.apt_packages(missing, distribution)
        note(f"left out, not installed: sudo apt-get install {names}")
    with tempfile.TemporaryDirectory(prefix="fatigue-rqt-") as folder:
        path = Path(folder, "fatigue.perspective")
        path.write_text(json.dumps(rqt_layout.without(layout, missing)), encoding="utf-8")
        return subprocess.run([program, "--perspective-file", str(path)], check=False).returncode
