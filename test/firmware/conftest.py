"""The compiled firmware in its simulator: from a script as fast as it goes, or live on a pty."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.devices.framing import FrameDecoder, frame
from fatigue_ros.devices.protocol import FromBoard, ToBoard, decode

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "build" / "firmware"
CORE = Path("/usr/share/arduino/hardware/arduino/avr/cores/arduino/Arduino.h")
SIMAVR = Path("/usr/include/simavr/sim_avr.h")
MILLIVOLTS_PER_COUNT = 5000.0 / 1023.0
WAVE_RATE = 1000  # [Hz] of the simulator's waveforms
PATIENCE = 120.0  # [s] with a machine that does other things as well

T = TypeVar("T", bound=FromBoard)
_FIGURES: dict[str, str] = {}


@pytest.fixture
def figure() -> Callable[[str, str], None]:
    """Note a measured figure; all are printed as a table when the tests are done."""

    def note(name: str, value: str) -> None:
        _FIGURES[name] = value

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table that docs/hardware.md shows."""
    if _FIGURES:
        terminalreporter.section("measured on the firmware")
        for name, value in _FIGURES.items():
            terminalreporter.write_line(f"| {name} | {value} |")


@pytest.fixture(scope="session")
def built() -> Path:
    """Folder with the firmware, the simulator and the portable headers' filters, built anew."""
    tools = ["make", "cc", "g++", "avr-g++", "avr-size"]
    missing = [tool for tool in tools if not shutil.which(tool)]
    missing += [str(path) for path in (CORE, SIMAVR) if not path.exists()]
    if missing:
        packages = " ".join((HERE / "apt-packages.txt").read_text(encoding="utf-8").split())
        pytest.skip(f"no {', '.join(missing)} here: sudo apt-get install {packages}")
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{BUILT}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in another process want it built too
        made = subprocess.run(
            ["make", "-s", "-C", HERE, f"OUT={BUILT}"], capture_output=True, text=True, check=False
        )
    assert made.returncode == 0, made.stdout + made.stderr
    sizes = subprocess.run(
        ["avr-size", BUILT / "uno" / "uno.elf"], capture_output=True, text=True, check=True
    )
    text, data, bss = (int(word) for word in sizes.stdout.splitlines()[1].split()[:3])
    _FIGURES["flash and memory"] = f"{text + data} of 32256 bytes, {data + bss} of 2048 bytes"
    return BUILT


@pytest.fixture(scope="session")
def host_part(built: Path) -> Callable[[str, bytes], list[str]]:
    """Run one of the firmware's portable headers on input; its lines. Memory errors fail."""

    def run(part: str, data: bytes) -> list[str]:
        done = subprocess.run(
            [built / "host_parts", part], input=data, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().splitlines()

    return run


@dataclasses.dataclass(frozen=True)
class Event:
    """Something that happened on the board.

    Attributes:
        time: [s] simulated.
        wall: [s] by time.monotonic().
        kind: yellow, red, buzzer, rx, tx, hang or pty.
        value: what the simulator says of it.
        hz: frequency of a tone that ended, 0 otherwise.
    """

    time: float
    wall: float
    kind: str
    value: Any
    hz: float


def read_event(line: str) -> Event:
    """One line of the simulator."""
    fields = json.loads(line)
    kind = next(iter(fields.keys() - {"us", "wall_ns", "hz"}))
    return Event(
        fields["us"] / 1e6, fields["wall_ns"] / 1e9, kind, fields[kind], fields.get("hz", 0.0)
    )


class Recording:
    """All that a scripted run gave.

    Attributes:
        events: in the order of time.
        messages: what the board sent, with the time [s] of each last byte.
        errors: damaged frames among it.
        end: the simulator's own figures.
    """

    def __init__(self, lines: list[str]) -> None:
        json_lines = [line for line in lines if line.startswith("{")]
        self.end: dict[str, float] = json.loads(json_lines[-1])
        self.events = sorted((read_event(line) for line in json_lines[:-1]), key=lambda e: e.time)
        decoder = FrameDecoder()
        decoder.feed(b"\0")  # all from the first byte on counts
        self.messages: list[tuple[float, Any]] = []
        for event in self.events:
            if event.kind == "tx":
                for payload in decoder.feed(bytes.fromhex(event.value)):
                    self.messages.append((event.time, decode(payload)))
        self.errors = decoder.errors

    def of(self, kind: type[T]) -> list[T]:
        """The messages of one kind."""
        return [message for _, message in self.messages if isinstance(message, kind)]

    def pin(self, name: str, after: float = 0.0) -> list[tuple[float, int]]:
        """Changes of a pin: time [s] and new value."""
        return [(e.time, e.value) for e in self.events if e.kind == name and e.time >= after]


Script = list[tuple[float, "ToBoard | bytes | str"]]


@pytest.fixture
def simulate(built: Path, tmp_path: Path) -> Callable[..., Recording]:
    """Run the firmware for so many seconds.

    Script: (time [s], message, bytes, or what uno_sim knows: "hang", "press", "release").
    """

    def run(
        seconds: float, script: Script | None = None, wave: npt.NDArray[np.float64] | None = None
    ) -> Recording:
        lines = []
        for at, what in sorted(script or [], key=lambda item: item[0]):
            if not isinstance(what, str):
                what = (what if isinstance(what, bytes) else frame(what.encode())).hex()  # noqa: PLW2901
            lines.append(f"{1e6 * at:.0f} {what}\n")
        path = tmp_path / "script.txt"
        path.write_text("".join(lines), encoding="ascii")
        options = ["-i", str(path), "-t", str(seconds), *wave_options(tmp_path / "wave.bin", wave)]
        done = subprocess.run(
            [built / "uno_sim", *options, built / "uno" / "uno.elf"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Recording(done.stdout.splitlines())

    return run


def wave_options(path: Path, wave: npt.NDArray[np.float64] | None) -> list[str]:
    """The simulator's options for a waveform in converter counts at WAVE_RATE."""
    if wave is None:
        return []
    np.clip(wave * MILLIVOLTS_PER_COUNT, 0, 5000).round().astype("<u2").tofile(path)
    return ["-w", str(path), "-r", str(WAVE_RATE)]


class LiveBoard:
    """A board in real time, its serial port under ``port``."""

    def __init__(self, built: Path, folder: Path, wave: npt.NDArray[np.float64] | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = str(folder / "ttyUNO")
        self.events: list[Event] = []
        self._command = [
            str(built / "uno_sim"),
            *("-l", self.port),
            *wave_options(folder / "wave.bin", wave),
            str(built / "uno" / "uno.elf"),
        ]
        self._process: subprocess.Popen[str] | None = None

    def power_on(self) -> None:
        """Start the board; its port is there when this returns."""
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._process = process
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()
        end = time.monotonic() + PATIENCE
        while not os.path.lexists(self.port):
            assert time.monotonic() < end, "the simulator has opened no port"
            time.sleep(0.005)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{") and '"end"' not in line:
                self.events.append(read_event(line))

    def power_off(self) -> None:
        """Stop it; the port is gone when this returns."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._reader.join(PATIENCE)
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def command(self, word: str) -> None:
        """unplug, plug, hang, press or release."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def changes(self, name: str, after: float = 0.0) -> list[tuple[float, int]]:
        """Changes of a pin: time [s] by time.monotonic() and new value."""
        return [(e.wall, e.value) for e in list(self.events) if e.kind == name and e.wall >= after]


@pytest.fixture
def live_board(built: Path, tmp_path: Path) -> Iterator[Callable[..., LiveBoard]]:
    """Make boards that run in real time; they are switched on, and off at the end."""
    boards: list[LiveBoard] = []

    def make(wave: npt.NDArray[np.float64] | None = None, on: bool = True) -> LiveBoard:
        board = LiveBoard(built, tmp_path / f"board{len(boards)}", wave)
        boards.append(board)
        if on:
            board.power_on()
        return board

    yield make
    for board in boards:
        board.power_off()
