"""Makes ROS from PyPI wheels usable without a ``setup.bash``.

Wheels put the ament index under ``sys.prefix`` and set no variable that names it. With a
sourced ROS installation nothing here changes anything.
"""

import importlib
import os
import signal
import sys
import tempfile
from pathlib import Path

_BOOTSTRAPPED = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""Set by the wheels for the process that they restart with the right library path."""


def prepare() -> None:
    """Name this environment's ament index and a folder for ROS's log, before ``rclpy`` is imported.

    Child processes start afresh: a Python of another environment would inherit the mark
    that its libraries have been found, and fail to import ROS.
    """
    os.environ.pop(_BOOTSTRAPPED, None)
    _find_log_folder()
    if not (Path(sys.prefix) / "share" / "ament_index").is_dir():
        return
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    if sys.prefix not in prefixes:
        os.environ["AMENT_PREFIX_PATH"] = os.pathsep.join([*prefixes, sys.prefix])


def _find_log_folder() -> None:
    """Where ROS cannot write its log, it starts no node: it then goes to a temporary folder."""
    if os.environ.get("ROS_LOG_DIR") or os.environ.get("ROS_HOME"):
        return
    home = os.environ.get("HOME", "")
    if home:
        try:
            usual = Path(home, ".ros", "log")
            usual.mkdir(parents=True, exist_ok=True)
            if os.access(usual, os.W_OK):
                return
        except OSError:
            pass
    os.environ["ROS_LOG_DIR"] = tempfile.mkdtemp(prefix="ros_log_")
    why = f"HOME is {home}, where nothing can be written" if home else "HOME is not set"
    print(f"ROS's log goes to {os.environ['ROS_LOG_DIR']}: {why}", file=sys.stderr)  # noqa: T201


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
