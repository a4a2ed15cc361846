"""`fatigue watch`, as people call it: the whole graph over DDS, a summary and a picture."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from fatigue_ros.cli import watch_screen
from fatigue_ros.devices.light_patterns import Pattern

WATCH = (sys.executable, "-m", "fatigue_ros.cli.main", "watch")


@pytest.fixture
def watch(fatigue: Callable[..., Any], summary_keys: set[str], domain: int, tmp_path: Path) -> Any:
    """Run `fatigue watch` and return its summary."""

    def run(*arguments: object) -> dict[str, Any]:
        summary, picture = tmp_path / "summary.json", tmp_path / "picture.png"
        done = fatigue("watch", *arguments, "--fast", "--summary", summary, "--picture", picture)
        assert done.returncode == 0, done.stdout + done.stderr
        assert picture.stat().st_size > 20_000
        result: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
        assert set(result) == summary_keys
        assert set(result["latency_ms"]) == {"p50", "p99"}
        return result

    return run


def test_each_warning_has_a_colour_of_its_own() -> None:
    colours = [watch_screen._COLOURS[p] for p in Pattern if p is not Pattern.HOST_LOST]
    assert len(set(colours)) == len(colours)


def overlaps(events: list[dict[str, float]], start: float, end: float) -> list[Any]:
    return [e for e in events if e["start_s"] < end and e["end_s"] > start]


def test_the_scripted_driver_falls_asleep_and_is_warned(watch: Any) -> None:
    seen = watch()
    assert seen["duration_s"] == pytest.approx(102.0, abs=0.1)
    assert seen["frames"] == 3060  # as consumed, nothing is lost
    assert seen["frames_with_face"] >= 0.99 * seen["frames"]
    assert len(seen["yawns"]) == 2
    assert overlaps(seen["yawns"], 54.0, 59.0)
    assert overlaps(seen["yawns"], 66.5, 72.0)
    microsleep = overlaps(seen["closures"], 90.5, 93.5)
    assert len(microsleep) == 1
    alarms = [w for w in seen["warnings"] if w["cause"] == "eyes_closed"]
    assert alarms
    assert alarms[0]["severity"] == "acoustic"
    assert alarms[0]["time_s"] == pytest.approx(microsleep[0]["start_s"] + 1.0, abs=0.1)
    causes = {w["cause"] for w in seen["warnings"]}
    assert causes <= {"eyes_closed", "fatigue_level"}, seen["warnings"]
    assert seen["level_max"] > 50.0


def test_clip_with_one_yawn_and_open_eyes_twice_the_same(watch: Any, shared_data: Path) -> None:
    clip = shared_data / "driver_clips" / "1.avi"
    seen, again = watch(clip), watch(clip)
    assert len(seen["yawns"]) == 1
    assert overlaps(seen["yawns"], 4.2, 9.8)
    assert not [w for w in seen["warnings"] if w["cause"] == "eyes_closed"]
    seen.pop("latency_ms")
    again.pop("latency_ms")
    assert seen == again


def test_clip_with_blinks_a_yawn_and_a_long_closure(watch: Any, shared_data: Path) -> None:
    seen = watch(shared_data / "driver_clips" / "3.avi")
    assert seen["frames"] == 570
    assert 8 <= len(seen["blinks"]) <= 12
    assert len([b for b in seen["blinks"] if b["start_s"] < 5.0]) == 6
    assert len(seen["yawns"]) == 1
    assert len(seen["closures"]) == 1
    closure = seen["closures"][0]
    assert closure["start_s"] == pytest.approx(5.3, abs=0.3)
    assert closure["end_s"] == pytest.approx(9.4, abs=0.3)
    alarm = next(w for w in seen["warnings"] if w["cause"] == "eyes_closed")
    assert alarm["time_s"] - closure["start_s"] <= 1.1


def test_clip_with_talking(watch: Any, shared_data: Path) -> None:
    seen = watch(shared_data / "driver_clips" / "4.avi")
    assert not [y for y in seen["yawns"] if y["start_s"] < 12.0]
    assert not seen["warnings"]


def test_clip_on_its_side(watch: Any, shared_data: Path) -> None:
    seen = watch(shared_data / "driver_clips" / "blinks_rotated.mp4")
    assert len(seen["blinks"]) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.mp4"], ["nowhere.mp4"]),
        (["sim:nobody"], ["nobody", "demo"]),
        (["sim:demo", "--summary", "no/such/folder/s.json"], ["s.json"]),
        (["sim:demo", "--params", "nowhere.yaml"], ["nowhere.yaml"]),
        (["sim:demo", "--duration", "nan"], ["--duration", "nan"]),
        (["sim:demo", "--duration", "1", "--fast", "--summary", "."], [".: cannot be written"]),
        (["sim:demo", "--speed", "9999"], ["speed_kmh", "9999"]),
        ([__file__, "--speed", "9999"], ["fixed_speed_kmh", "9999"]),
        (["sim:demo", "--rotation", "90"], ["--rotation", "upright"]),
        (["sim:demo", "--listen", "everywhere"], ["everywhere"]),
    ],
)
def test_refusals_are_one_line(
    fatigue: Callable[..., Any], domain: int, arguments: list[str], words: list[str]
) -> None:
    done = fatigue("watch", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_the_page_shows_the_demo_until_it_ends(
    started: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    """No browser: what it would be sent."""
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # or somebody else has it, which is as good
            taken.bind(("127.0.0.1", 8470))
            taken.listen()
        process = started(
            *WATCH, "--duration", "6", "--picture", tmp_path / "p.png", stdout=subprocess.PIPE
        )
        first = process.stdout.readline().strip()
        assert first.startswith("page: http://127.0.0.1:")
        assert ":8470/" not in first
        states, code = asyncio.run(_look(first.removeprefix("page: ")))
    rest = process.stdout.read()
    assert process.wait() == 0
    assert "picture:" in rest
    assert code == aiohttp.WSCloseCode.GOING_AWAY
    assert len(states) > 3  # it goes on
    last = states[-1]
    assert last["simulator"]
    assert last["fatigue"]["sleep_question_due"]  # nobody has answered, and it went on
    assert any(state["fatigue"]["speed_valid"] for state in states if "fatigue" in state)
    assert any(state["blink"]["judged"] for state in states if "blink" in state)
    assert {"warning", "heart_rate"} <= last.keys()


async def _look(address: str) -> tuple[list[dict[str, Any]], int | None]:
    """Every state until the page is hung up on, and the code of that."""
    states = []
    async with aiohttp.ClientSession(address) as session:
        async with session.get("/") as answer:
            assert "Driver monitor" in await answer.text()
        async with session.ws_connect("/socket") as opened:
            async for message in opened:
                said = json.loads(message.data)
                if said["kind"] == "state":
                    states.append(said)
            return states, opened.close_code


def test_others_see_the_page_with_a_token(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    done = fatigue(
        *("watch", "--fast", "--duration", "1", "--listen", "0.0.0.0"),
        *("--picture", tmp_path / "p.png"),
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^page: http://[^0/]\S*:\d+/#token=[\w-]{16,}$", done.stdout, re.MULTILINE)


def test_a_video_has_a_page_too_and_a_fast_run_has_none(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path, shared_data: Path
) -> None:
    clip = shared_data / "driver_clips" / "1.avi"
    for options, page in ((["--page"], True), ([], False)):
        done = fatigue(
            *("watch", clip, "--fast", "--duration", "1", "--picture", tmp_path / "p.png"),
            *options,
        )
        assert done.returncode == 0, done.stderr
        assert ("page: http" in done.stdout) is page


def test_parameter_file_and_json(
    fatigue: Callable[..., Any], summary_keys: set[str], domain: int, tmp_path: Path
) -> None:
    params = tmp_path / "mine.yaml"
    params.write_text("/**/fusion:\n  ros__parameters:\n    microsleep_time: 0.9\n    typo: 1\n")
    done = fatigue("watch", "--params", params, "--json")
    assert done.returncode == 2
    assert "typo" in done.stderr
    params.write_text("/**/fusion:\n  ros__parameters:\n    microsleep_time: 0.9\n")
    done = fatigue(
        "watch",
        "--params",
        params,
        "--json",
        "--fast",
        "--duration",
        3,
        "--picture",
        tmp_path / "p.svg",
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == summary_keys
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_what_the_parameter_file_says_of_speed_and_rotation_holds(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path, shared_data: Path
) -> None:
    params = tmp_path / "mine.yaml"
    params.write_text(
        "/**/vehicle_speed:\n  ros__parameters:\n    source: fixed\n    fixed_speed_kmh: 0.0\n"
        "/**/camera:\n  ros__parameters:\n    rotation: 180\n"
    )
    picture = tmp_path / "p.png"
    done = fatigue(
        "watch",
        shared_data / "driver_clips" / "3.avi",
        "--params",
        params,
        "--json",
        "--fast",
        "--picture",
        picture,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert not [w for w in seen["warnings"] if w["severity"] == "acoustic"]  # it stands
    assert seen["frames_with_face"] < seen["frames"]  # and the face is upside down


def test_a_camera_that_is_not_there_ends_after_its_time(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    done = fatigue("watch", "99", "--duration", "2", "--json", "--picture", tmp_path / "p.png")
    assert done.returncode == 1
    assert json.loads(done.stdout)["frames"] == 0


def processor_time_of_what_ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_interrupted_it_still_sums_up(
    started: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    before = processor_time_of_what_ended()
    process = started(*WATCH, "--picture", tmp_path / "p.png", stdout=subprocess.PIPE)
    for line in process.stdout:
        if line.startswith("time") and "EAR" in line:
            break
    before += sum(psutil.Process(process.pid).cpu_times()[:2])
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait() == 0
    assert processor_time_of_what_ended() - before < 5.0  # the nodes have ended, then it draws
    assert re.search(r"^\d+ blinks?$", rest, re.MULTILINE)
    assert "picture:" in rest


def test_a_terminal_is_redrawn_at_a_steady_pace(
    started: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    scenario = tmp_path / "short.yaml"
    text = "name: short\ndescription: Awake.\nseed: 1\nduration: 6.0\nevents: []\n"
    scenario.write_text(text, encoding="utf-8")
    ours, theirs = pty.openpty()
    shown = bytearray()
    began = time.monotonic()
    process = started(*WATCH, f"sim:{scenario}", stdout=theirs, cwd=tmp_path)
    os.close(theirs)
    with contextlib.suppress(OSError):  # so it ends when the other side has closed
        while part := os.read(ours, 65536):
            shown += part
    assert process.wait() == 0
    redrawn = shown.count(b"PERCLOS")
    # Not after each of thousands of callbacks, which would cost more than the monitoring.
    assert 1 < redrawn <= 10.0 * (time.monotonic() - began) + 5
