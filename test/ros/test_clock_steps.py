"""A wall clock that is set back or forward under running nodes: nothing stands still."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray

from fatigue_ros.msg import ActuatorCommand
from fatigue_ros.ros.conversions import seconds

ROOT = Path(__file__).resolve().parents[2]
STEP = 3600.0  # [s]


@pytest.fixture
def library() -> Path:
    """What stands between a process and its clock."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("libfaketime is not here: apt install faketime")
    return found[0]


@pytest.mark.parametrize("step", [-STEP, STEP])
def test_diagnoses_and_commands_go_on(
    bench: Any, started: Callable[..., Any], library: Path, tmp_path: Path, step: float
) -> None:
    told: dict[str, list[float]] = {"/alert": [], "/fusion": []}
    commands: list[float] = []

    def hear(message: Any) -> None:
        name = message.status[0].name.removeprefix("fatigue_ros: ")
        told[name].append(seconds(message.header.stamp))

    bench.node.create_subscription(DiagnosticArray, "/diagnostics", hear, 100)
    bench.node.create_subscription(
        ActuatorCommand,
        "actuators/command",
        lambda message: commands.append(seconds(message.header.stamp)),
        100,
    )
    offset = tmp_path / "offset"
    offset.write_text("+0", encoding="utf-8")
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    process = started(
        *(sys.executable, "-m", "fatigue_ros.ros.executable", "driver_monitor"),
        *("--nodes", "alert,fusion", "--ros-args", "-p", "fusion:state_directory:=none"),
        cwd=ROOT,
        env=os.environ | faked,
    )
    bench.until(lambda: all(told.values()) and commands, "the nodes to speak")
    offset.write_text(f"{step:+g}", encoding="utf-8")
    before = commands[-1]
    bench.until(lambda: abs(commands[-1] - before) > STEP / 2.0, "the clock to be set")
    assert abs(commands[-1] - before - step) < STEP / 2.0
    for heard in (*told.values(), commands):
        heard.clear()
    bench.until(lambda: all(len(h) > 5 for h in (*told.values(), commands)), "words afterwards")
    assert all(abs(stamp - before) < STEP / 2.0 for heard in told.values() for stamp in heard)
    assert process.poll() is None
