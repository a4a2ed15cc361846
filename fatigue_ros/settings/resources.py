"""Files that come with the package: in a checkout or in an installed share folder."""

import os
import sys
from pathlib import Path

from fatigue_ros.errors import FatigueError

_CHECKOUT = Path(__file__).resolve().parent.parent.parent
_SHARE = Path("share", "fatigue_ros")


def shares() -> list[Path]:
    """Where the package's files may lie: the checkout, then the installed share folders."""
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    return [_CHECKOUT, *(Path(p) / _SHARE for p in [*prefixes, sys.prefix])]


def share() -> Path:
    """The folder that holds ``config/`` and ``launch/``.

    Raises:
        FatigueError: the package was not installed with its files.
    """
    for candidate in shares():
        if (candidate / "config" / "fatigue.yaml").is_file():
            return candidate
    raise FatigueError(
        "share/fatigue_ros/config: expected among " + ", ".join(map(str, shares())) + "; found "
        "none: source the workspace's setup.bash, or install the package again"
    )


def installed_share() -> Path:
    """The share folder to write to: the workspace's or the environment's, never the checkout."""
    installed = shares()[1:]
    return next((path for path in installed if (path / "package.xml").is_file()), installed[-1])


def config(name: str) -> Path:
    """A file or folder of ``config/``.

    Raises:
        FatigueError: there is none of that name.
    """
    path = share() / "config" / name
    if not path.exists():
        raise FatigueError(f"{path}: expected a file of the package, found none")
    return path


def shared_memory_environment() -> dict[str, str]:
    """This process's environment, with the DDS profile that carries images between processes.

    The two names are those of Fast DDS 2 (Jazzy) and 3 (Kilted). A profile of the user's own wins.
    """
    profile = str(config("fastdds_shm.xml"))
    names = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
    return {**dict.fromkeys(names, profile), **os.environ}
