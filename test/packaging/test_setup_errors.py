"""What is missing on a machine is named in one line, with what brings it."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "make_environment"

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="ROS 2 wheels exist for Linux x86_64 only, and so does this set-up",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with all that the script reads."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def put_first(folder: Path, name: str, script: str) -> None:
    """An executable that is found before the system's of the same name."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def set_up(
    checkout: Path, python: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the script with ``checkout/bin`` in front of PATH."""
    path = f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    environment.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    return subprocess.run(
        [SCRIPT, ".venv", "jazzy", "build", python],
        cwd=checkout,
        env=environment,
        text=True,
        capture_output=True,
        timeout=600,  # making an environment takes what the machine has time for
        check=False,
    )


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1, result.stdout + result.stderr
    line = result.stderr.splitlines()[-1]
    assert line.startswith("set-up: ")
    return line


def test_other_machine(checkout: Path) -> None:
    put_first(checkout / "bin", "uname", "case $1 in -s) echo Linux;; *) echo aarch64;; esac")
    result = set_up(checkout)
    assert "Linux aarch64" in last_line(result)
    assert "colcon build" in last_line(result)
    assert len(result.stderr.splitlines()) == 1


def test_wrong_python_named(checkout: Path) -> None:
    put_first(
        checkout / "bin", "python9", "case $1 in --version) echo Python 3.15.0;; *) exit 1;; esac"
    )
    line = last_line(set_up(checkout, "python9"))
    assert "PYTHON=python9" in line
    assert "3.10 to 3.14" in line
    assert "Python 3.15.0" in line


def test_no_python_that_fits(checkout: Path) -> None:
    for name in ("python3", *(f"python3.{minor}" for minor in range(10, 15))):
        put_first(
            checkout / "bin", name, "case $1 in --version) echo Python 3.15.0;; *) exit 1;; esac"
        )
    line = last_line(set_up(checkout, ""))
    assert "Python 3.15.0" in line
    assert "make PYTHON=" in line


def test_no_python_at_all(checkout: Path) -> None:
    folder = checkout / "bin"
    folder.mkdir()
    for name in ("sh", "uname", "seq"):
        (folder / name).symlink_to(shutil.which(name) or name)
    result = set_up(checkout, "", PATH=str(folder))
    assert "no Python" in last_line(result)
    assert "sudo apt-get install build-essential python3-dev python3-venv" in last_line(result)
    assert len(result.stderr.splitlines()) == 1


def test_no_compiler(checkout: Path) -> None:
    result = set_up(checkout, CXX="no-such-compiler")
    assert last_line(result).endswith("sudo apt-get install build-essential")
    assert len(result.stderr.splitlines()) == 1


def test_no_headers_and_no_ensurepip(checkout: Path) -> None:
    real = sys.executable
    put_first(
        checkout / "bin",
        "bare-python",
        f'case $2 in *Python.h*|*ensurepip*) exit 1;; *) exec "{real}" "$@";; esac',
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    line = last_line(set_up(checkout, "bare-python"))
    assert line.endswith(f"sudo apt-get install python{version}-dev python{version}-venv")


def test_too_little_disk(checkout: Path) -> None:
    put_first(checkout / "bin", "df", "printf 'a b c d e f\\nx 9 9 102400 9 /\\n'")
    line = last_line(set_up(checkout))
    assert "100 MB free" in line
    assert not (checkout / ".venv").exists()


def test_no_network(checkout: Path) -> None:
    # Nothing listens on the discard port
    result = set_up(
        checkout,
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="1",
    )
    assert "check the network" in last_line(result)
