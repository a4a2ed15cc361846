"""driver_monitor as a process of its own: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from rcl_interfaces.srv import GetParameters
from skimage import data

from fatigue_ros.ros import executable
from fatigue_ros.ros.composition import NODES

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # [s] with a machine that does other things as well
PROMPT = 30.0  # [s] to end in on any machine; docs/performance.md has what it takes
RATE, FRAMES = 10, 15


class Process:
    """A running program of nodes."""

    def __init__(
        self, started: Any, folder: Path, arguments: tuple[str, ...], name: str = "driver_monitor"
    ) -> None:
        self._log = folder / "stderr.txt"
        self._out = folder / "stdout.txt"
        command = (sys.executable, "-m", "fatigue_ros.ros.executable", name, *arguments)
        with self._log.open("wb") as log, self._out.open("wb") as out:
            self.popen = started(*command, cwd=ROOT, stdout=out, stderr=log)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    def await_log(self, word: str) -> None:
        end = time.monotonic() + PATIENCE
        while word not in self.log:
            assert self.popen.poll() is None, f"it ended before it said {word!r}: {self.log}"
            assert time.monotonic() < end, f"it never said {word!r}: {self.log}"
            time.sleep(0.05)

    def end(self) -> int:
        """Its exit code, once it ends by itself."""
        return int(self.popen.wait(PATIENCE))

    def stop(self, number: signal.Signals) -> int:
        """Its exit code, once it has been told to end."""
        self.popen.send_signal(number)
        return int(self.popen.wait(PROMPT))


@pytest.fixture
def start(domain: int, started: Any, tmp_path: Path) -> Callable[..., Process]:
    return lambda *arguments, **name: Process(started, tmp_path, arguments, **name)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait for a second and a half."""
    file = tmp_path_factory.mktemp("video") / "portrait.avi"
    portrait = data.astronaut()  # type: ignore[no-untyped-call]
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (320, 320))
    assert writer.isOpened()
    for _ in range(FRAMES):
        writer.write(cv2.cvtColor(portrait[:320, 60:380], cv2.COLOR_RGB2BGR))
    writer.release()
    return file


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_promptly_and_in_order_when_told(
    start: Callable[..., Process], video: Path, number: signal.Signals
) -> None:
    process = start("--ros-args", "-p", f'camera:source:="{video}"', "-p", "camera:loop:=true")
    process.await_log("[camera]: active")
    assert process.stop(number) == executable.EXIT_DONE, process.log
    assert "Traceback" not in process.log
    # Who consumes goes on until nobody produces any more, and nobody says anything afterwards.
    last = process.log.splitlines()[-len(NODES) :]
    ended = [re.search(r"\[(\w+)\]: inactive", line) for line in last]
    assert [found and found[1] for found in ended] == list(reversed(NODES)), process.log


def test_until_end(start: Callable[..., Process], video: Path) -> None:
    parameters = ("-p", f'camera:source:="{video}"', "-p", "camera:pace:=as_consumed")
    process = start("--until-end", "--ros-args", *parameters)
    assert process.end() == executable.EXIT_DONE, process.log
    assert f"{FRAMES} frames" in process.out
    assert "Traceback" not in process.log


def test_missing_video(start: Callable[..., Process]) -> None:
    source = ("--ros-args", "-p", "camera:source:=nowhere.mp4")
    process = start("--until-end", *source)
    assert process.end() == executable.EXIT_NO_SOURCE
    assert "nowhere.mp4: no such file" in process.log
    assert "Traceback" not in process.log
    assert not process.out
    # In a vehicle the others go on, and say so.
    process = start(*source)
    process.await_log("nowhere.mp4: no such file")
    process.await_log("[alert]: active")
    assert process.stop(signal.SIGINT) == executable.EXIT_DONE


def test_the_others_see_a_recording_to_its_end_without_a_refused_model(
    start: Callable[..., Process], video: Path
) -> None:
    pytest.importorskip("onnxruntime", reason="models are run by it: .[models]")
    source = (f'camera:source:="{video}"', "camera:pace:=as_consumed")
    given = (*source, "face_state:model:=nowhere.onnx")
    parameters = [word for one in given for word in ("-p", one)]
    process = start(
        "--until-end", "--nodes", "camera,landmarks,face_state", "--ros-args", *parameters
    )
    assert process.end() == executable.EXIT_REFUSED, process.log
    assert "nowhere.onnx: expected" in process.log
    assert f"{FRAMES} frames" in process.out
    assert "Traceback" not in process.log


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ros-args", "-p", "camera:sauce:=a"), ["/camera", "sauce", "unknown", "source"]),
        (("--ros-args", "-p", "camera:width:=-1"), ["/camera", "width", "-1", "8192"]),
        (("--ros-args", "--params-file", "nowhere.yaml"), ["ROS arguments", "nowhere.yaml"]),
        (("--ros-args", "--params-file", "/dev/zero"), ["ROS arguments", "it is a device"]),
        (("--ros-args", "-p", 'fusion:driver_id:="a\\0b"'), ["driver_id", "null character"]),
        (
            ("--ros-args", "-p", "fusion:required_sources:=[]"),
            ["/fusion", "required_sources", "empty list"],
        ),
        (("--ros-args", "-p", "blink:window:=[]"), ["/blink", "window", "empty list"]),
        (("--nodes", "blink,eyes"), ["'eyes'", "landmarks"]),
        (("--nodes", ","), ["--nodes", "landmarks", "none"]),
        (("--until-end", "--nodes", "blink"), ["--until-end", "camera"]),
        (("--untill-end",), ["--untill-end"]),
    ],
)
def test_refused_by_name(
    start: Callable[..., Process], arguments: tuple[str, ...], words: list[str]
) -> None:
    process = start(*arguments)
    assert process.end() == executable.EXIT_REFUSED
    last = process.log.strip().splitlines()[-1]
    assert all(word in last for word in words), process.log
    assert "Traceback" not in process.log


def test_a_node_is_a_program_of_its_own(start: Callable[..., Process]) -> None:
    process = start("--ros-args", "-p", "buzzer_frequency:=1000", name="alert")
    process.await_log("[alert]: active")
    assert process.stop(signal.SIGTERM) == executable.EXIT_DONE, process.log
    assert "[alert]: inactive" in process.log
    for name, words in (("alert", ["/alert", "sauce", "unknown"]), ("eyes", ["'eyes'", "alert"])):
        process = start("--ros-args", "-p", "sauce:=1", name=name)
        assert process.end() == executable.EXIT_REFUSED
        assert all(word in process.log for word in words), process.log


def test_some_nodes_in_a_namespace_with_a_parameter_file(
    start: Callable[..., Process], bench: Any, tmp_path: Path
) -> None:
    file = tmp_path / "drive.yaml"
    file.write_text(
        "/**/alert:\n  ros__parameters:\n    buzzer_frequency: 1000\n"
        "/car/alert:\n  ros__parameters:\n    buzzer_frequency: 3000\n",
        encoding="utf-8",
    )
    start(
        *("--nodes", "alert, yawn,blink"),
        *("--ros-args", "-r", "__ns:=/car", "--params-file", str(file)),
    )
    request = GetParameters.Request(names=["buzzer_frequency"])
    response = bench.call(GetParameters, "/car/alert/get_parameters", request)
    assert response.values[0].integer_value == 3000

    def ours() -> set[str]:
        # Others may still be remembered from tests before this one.
        found = bench.node.get_node_names_and_namespaces()
        return {name for name, namespace in found if name in NODES and namespace == "/car"}

    bench.until(lambda: len(ours()) >= 3, "three nodes")
    assert ours() == {"alert", "yawn", "blink"}


HANGING = """
import dataclasses
import time

from fatigue_ros.ros.base import FatigueNode, NodeSettings
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(NodeSettings):
    where: str = parameter("", "Where it hangs.")


class Hanging(FatigueNode[Settings]):
    name = "hanging"
    Settings = Settings

    def configure(self):
        self._hang("configure")

    def activate(self):
        self.every(0.1, lambda: self._hang("timer"))

    def deactivate(self):
        self._hang("deactivate")

    def _hang(self, where):
        if self.settings.where == where:
            self.get_logger().info("hangs")
            time.sleep(3600.0)
"""


@pytest.mark.parametrize("where", ["configure", "timer", "deactivate"])
def test_told_to_end_it_ends_whatever_hangs(
    start: Callable[..., Process], install_plugin: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    place = {"fatigue_ros.nodes": {"hanging": "hanging:Hanging"}}
    folder = install_plugin("hanging", HANGING, place)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    process = start("--nodes", "alert,hanging", "--ros-args", "-p", f"hanging:where:={where}")
    process.await_log("[hanging]: active" if where == "deactivate" else "hangs")
    assert process.stop(signal.SIGTERM) == executable.EXIT_DONE, process.log
    assert "cut off" in process.log
