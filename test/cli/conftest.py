"""The command `fatigue`, as people call it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def fatigue() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command with these arguments, in a process of its own."""

    def run(*arguments: object, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fatigue_ros.cli.main", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
