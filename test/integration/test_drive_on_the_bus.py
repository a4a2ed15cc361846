"""A simulated drive as another unit of the vehicle follows it: it knows the DBC file alone.

Camera and measures, judgement, bus and unit are processes of their own; somebody stands on the wire
between the last two. What is broken on one side is seen on the other.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from test.integration.man_in_the_middle import GROUP

for package in ("e2e", "msgpack"):
    pytest.importorskip(package, reason=f"{package}: .[bus]")

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # [s] with a machine that does other things as well
SCENARIO = """
name: bus
seed: 4
duration: 100.0
profiles: {speed: 25.0, blink_rate: 20.0}
events:
""" + "".join(f"  - {{at: {at}.0, do: closure, duration: 2.0}}\n" for at in range(3, 95, 5))
LEVEL, LIFE = "DriverFatigue", "DriverMonitorLife"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("", 0))
        return int(one.getsockname()[1])


class Drive:
    """Processes, and what the unit says of what it hears."""

    def __init__(self, started: Any, folder: Path) -> None:
        self.start, self.folder = started, folder
        self.said = folder / "unit.jsonl"
        self.seen, self.processes = 0, list[subprocess.Popen[str]]()
        here, there = free_port(), free_port()
        (folder / "bus.yaml").write_text(SCENARIO, encoding="utf-8")
        unit = ROOT / "test" / "integration" / "bus_receiver.py"
        dbc = ROOT / "config" / "driver_fatigue.dbc"
        with self.said.open("wb") as out:
            self.run(unit, dbc, "udp_multicast", GROUP, port=there, stdout=out)
        wire = ROOT / "test" / "integration" / "man_in_the_middle.py"
        self.wire = self.run(wire, here, there, stdin=subprocess.PIPE)
        bus = {"can_interface": "udp_multicast", "can_channel": GROUP, "silent_after": 2.0}
        self.bus = self.nodes("vehicle_output", port=here, vehicle_output=bus)
        self.judge = self.nodes("fusion", fusion={"state_directory": "none"})
        scene = {"scenario": str(folder / "bus.yaml")}
        self.camera = self.nodes("driver_simulator,landmarks,blink,yawn", driver_simulator=scene)

    def run(self, *command: object, port: int = 0, **more: Any) -> subprocess.Popen[str]:
        more["env"] = {**os.environ, "CAN_CONFIG": json.dumps({"port": port})}
        self.processes.append(self.start(sys.executable, *command, cwd=ROOT, **more))
        return self.processes[-1]

    def nodes(self, names: str, port: int = 0, **parameters: Any) -> subprocess.Popen[str]:
        given = [
            word
            for node, values in parameters.items()
            for name, value in values.items()
            for word in ("-p", f"{node}:{name}:={json.dumps(value)}")
        ]
        command = ("-m", "fatigue_ros.ros.executable", "driver_monitor", "--nodes", names)
        with (self.folder / f"{names.replace(',', '-')}.log").open("wb") as log:
            ros = ("--ros-args", *given) if given else ()
            return self.run(*command, *ros, port=port, stdout=log, stderr=log)

    def tell(self, what: str) -> None:
        """Whoever stands on the wire does this from now on."""
        assert self.wire.stdin is not None
        self.wire.stdin.write(f"{what}\n")
        self.wire.stdin.flush()

    def until(self, seen: Callable[[Any], bool], what: str) -> None:
        """Wait until the unit has said so, since it was last asked."""
        end = time.monotonic() + PATIENCE
        while True:
            lines = self.said.read_text(encoding="utf-8").splitlines()
            whole = [line for line in lines if line.endswith("}")]
            for index in range(self.seen, len(whole)):
                if seen(json.loads(whole[index])):
                    self.seen = index
                    return
            alive = all(p.poll() in (None, -signal.SIGKILL) for p in self.processes)
            if not alive or time.monotonic() > end:
                logs = [f.read_text(errors="replace")[-900:] for f in self.folder.glob("*.log")]
                pytest.fail(f"waited in vain for {what}; heard last {whole[-1:]}; {logs}")
            time.sleep(0.02)

    def hears(self, what: str, **signals: str) -> None:
        """Wait until these are the signals of the level."""
        self.until(lambda line: signals.items() <= line["said"].get(LEVEL, {}).items(), what)

    def judges(self, what: str, level: str, life: str = "ok") -> None:
        """Wait until this is what the unit makes of both messages."""
        wanted = {LEVEL: level, LIFE: life}
        self.until(lambda line: line["verdict"] == wanted, what)


def test_a_unit_that_knows_the_file_alone_sees_every_fault(
    domain: int, started: Any, tmp_path: Path
) -> None:
    drive = Drive(started, tmp_path)
    drive.hears("an even drive", WarningSeverity="None", DriverUnresponsive="No")
    drive.hears("shut eyes", WarningSeverity="Acoustic", WarningCause="EyesClosed")
    drive.hears("open eyes again", WarningSeverity="None", WarningCause="None")
    # On the wire: a frame is lost, each is changed, one comes again and again.
    drive.judges("frames as they should be", "ok")
    drive.tell("drop 2")
    drive.judges("the gap", "gap")
    drive.judges("that it is over", "ok")
    drive.tell("break")
    drive.judges("wrong checksums", "wrong checksum")
    drive.tell("again")
    drive.judges("a counter that stands", "repeated")
    drive.tell("pass")
    drive.judges("frames as they should be", "ok")
    # In the vehicle: the camera dies, then who judges, then who tells.
    drive.camera.kill()
    drive.hears("the fault", MonitorState="Fault", LevelValid="No")
    drive.judge.kill()
    drive.hears("that nobody knows any more", MonitorState="SNA", LevelValid="SNA")
    drive.judges("silence but for the lifesign", "timeout")
    drive.until(lambda line: line["said"][LIFE]["Operation"] == "LevelLost", "the reason")
    drive.bus.kill()
    drive.judges("silence", "timeout", "timeout")
    assert drive.wire.poll() is None
