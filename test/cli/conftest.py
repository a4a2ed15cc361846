"""The command `fatigue`, as people call it."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable

import pytest

from fatigue_ros.cli.main import main

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def fatigue(finished: Run) -> Run:
    """Run the command with these arguments, in a process of its own."""
    return functools.partial(finished, sys.executable, "-m", "fatigue_ros.cli.main")


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command in this process; it must refuse, in one line of its error output."""

    def run(*arguments: object) -> str:
        capsys.readouterr()
        assert main([str(argument) for argument in arguments]) == 2
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1, said
        assert said[0].startswith(f"fatigue {arguments[0]}: ")
        return said[0]

    return run
