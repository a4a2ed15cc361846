"""Options that several commands have, and how their values are read."""

import argparse
import contextlib
import math
from pathlib import Path
from typing import Any

from fatigue_ros.console import note
from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.profiles.profile import PROFILES
from fatigue_ros.settings.parameter_files import ParameterFile

_FILE = {"type": Path, "metavar": "FILE"}
_SHARED: dict[str, dict[str, Any]] = {
    "--json": {"action": "store_true", "help": "print nothing but the result, as JSON"},
    "--summary": {**_FILE, "help": "write the summary as JSON"},
    "--picture": {**_FILE, "help": "picture of the signals"},
    "--params": {**_FILE, "help": "ROS parameter file, as for the nodes"},
    "--profile": {"choices": PROFILES, "help": "how fatigue is judged; overrides --params"},
    "--jobs": {
        "type": int,
        "default": 0,
        "metavar": "N",
        "help": "recordings at a time on this machine (default: one for each core)",
    },
    "--scheduler": {
        "default": "",
        "metavar": "ADDRESS",
        "help": "a Dask scheduler (tcp://host:8786), where one machine is not enough; its workers "
        "must see the recordings under the same paths",
    },
    "--rotation": {
        "type": int,
        "choices": (0, 90, 180, 270),
        "help": "turn the picture clockwise by so many degrees",
    },
}


def add_shared(parser: argparse.ArgumentParser, *names: str, **changes: object) -> None:
    """Declare some of them, with these changes to what ``add_argument`` is told."""
    for name in names:
        parser.add_argument(name, **(_SHARED[name] | changes))


def read_params(options: argparse.Namespace) -> ParameterFile:
    """The file of --params, or one that says nothing; names of no node are told of.

    Raises:
        FatigueError: it is no such file, or no node has such a parameter.
    """
    file = ParameterFile(options.params)
    if file.warning:
        note(file.warning)
    return file


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def positive_number(text: str) -> float:
    """A number above 0.

    Raises:
        ArgumentTypeError: it is none.
    """
    with contextlib.suppress(ValueError):
        if 0.0 < (number := float(text)) < math.inf:
            return number
    raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")


def refuse_nowhere(*files: Path | None) -> None:
    """See that there are folders for files to be written, before anything long is begun.

    Raises:
        FatigueError: one is missing.
    """
    for file in filter(None, files):
        if not file.absolute().parent.is_dir():
            raise FatigueError(f"{file}: expected to write there, found no folder {file.parent}")
