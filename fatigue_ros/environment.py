"""Makes ROS from PyPI wheels usable without a ``setup.bash``.

Wheels put the ament index under ``sys.prefix`` and set no variable that names it. With a
sourced ROS installation nothing here changes anything.
"""

import importlib
import os
import signal
import sys
from pathlib import Path

_BOOTSTRAPPED = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""Set by the wheels for the process that they restart with the right library path."""


def prepare() -> None:
    """Name this environment's ament index; call it before ``rclpy`` is imported.

    Child processes start afresh: a Python of another environment would inherit the mark
    that its libraries have been found, and fail to import ROS.
    """
    os.environ.pop(_BOOTSTRAPPED, None)
    if not (Path(sys.prefix) / "share" / "ament_index").is_dir():
        return
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    if sys.prefix not in prefixes:
        os.environ["AMENT_PREFIX_PATH"] = os.pathsep.join([*prefixes, sys.prefix])


def run() -> int:
    """Start the node or the command that the running script is called after.

    Returns:
        Its exit status.
    """
    prepare()
    if Path(sys.argv[0]).name == "fatigue":
        return int(importlib.import_module("fatigue_ros.cli.main").main())
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)  # until the program has something to end
    return int(importlib.import_module("fatigue_ros.ros.executable").main(sys.argv))


def _end(*_: object) -> None:
    """Nothing has begun yet: there is nothing to be ended, and nobody to catch an exception."""
    os.write(2, b"stopped before it had begun\n")
    os._exit(0)
