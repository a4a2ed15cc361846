"""Nodes as processes of their own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from fatigue_ros.settings import resources

_PATIENCE = 5.0  # [s] for an orderly end, before it is killed


class NodeProcess:
    """One node in its own process, with images over shared memory.

    Args:
        name: of the node.
        parameters: by name; lists and words are passed as YAML.
        arguments: more arguments behind ``--ros-args``.
    """

    def __init__(
        self, name: str, parameters: Mapping[str, Any], arguments: tuple[str, ...] = ()
    ) -> None:
        given = [item for k, v in parameters.items() for item in ("-p", f"{k}:={_yaml(v)}")]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "fatigue_ros.ros.executable",
                name,
                "--ros-args",
                *given,
                *arguments,
            ],
            env=resources.shared_memory_environment(),
        )
        self._figures = psutil.Process(self._process.pid)

    def cpu(self) -> float:
        """[s] processor time so far."""
        times = self._figures.cpu_times()
        return float(times.user + times.system)

    def peak_memory(self) -> int:
        """[bytes] the most that it had in memory so far; 0 once it has ended."""
        return peak_memory(str(self._process.pid))

    def close(self) -> None:
        """Ask it to end, and insist."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def peak_memory(process: str = "self") -> int:
    """[bytes] the most that a process had in memory so far; 0 where that cannot be known.

    The kernel's account of a finished child would count what its parent held when it started it.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return 1024 * int(sizes[0]) if sizes else 0


def _yaml(value: object) -> str:
    # JSON is YAML; a word without quotes could be read as a number or a truth value.
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
