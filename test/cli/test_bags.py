"""`fatigue simulate`, `extract` and `replay` as people call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCENARIO = """
name: nap
seed: 4
duration: 6.0
profiles: {speed: 25.0, blink_rate: 10.0}
events:
  - {at: 2.0, do: closure, duration: 2.5}
"""


@pytest.fixture(scope="module")
def folder(fatigue: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated drive as video, as bag `nap` and its landmarks as bag `landmarks`."""
    path = tmp_path_factory.mktemp("bags")
    (path / "nap.yaml").write_text(SCENARIO, encoding="utf-8")
    for arguments in (
        ("simulate", path / "nap.yaml", "-o", path / "nap.avi"),
        ("extract", path / "nap.avi", "-o", path / "landmarks"),
    ):
        done = fatigue(*arguments)
        assert done.returncode == 0, done.stderr
        assert str(arguments[-1]) in done.stdout
    return path


def test_replay_takes_the_nodes_parameters(
    fatigue: Callable[..., Any], refused: Callable[..., str], folder: Path, tmp_path: Path
) -> None:
    params = tmp_path / "mine.yaml"
    params.write_text("/**/blink:\n  ros__parameters: {min_eye_width: 100.0}\n")
    plain, changed = (
        fatigue("replay", folder / "landmarks", "--sleep", "2", "--json", *more)
        for more in ((), ("--params", params))
    )
    assert plain.returncode == changed.returncode == 0, changed.stderr
    warned = [json.loads(done.stdout)["warnings"] for done in (plain, changed)]
    causes = [[warning["cause"] for warning in warnings] for warnings in warned]
    assert causes == [["eyes_closed"], ["cannot_see_driver"]]  # nobody's eyes are so large
    for wrong, said in (
        (("--params", tmp_path / "none.yaml"), "none.yaml: expected a ROS parameter file"),
        (("--sleep", "6"), "sleep grade: expected one of 1, 2, 3, 4, 5, got 6"),
    ):
        assert said in refused("replay", folder / "landmarks", *wrong)


def test_what_was_simulated_is_seen_in_the_landmarks(
    fatigue: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    outputs = []
    for _ in range(2):
        done = fatigue("replay", folder / "landmarks", "--json")
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]  # byte for byte
    seen = json.loads(outputs[0])
    truth = json.loads((folder / "nap.truth.json").read_text(encoding="utf-8"))
    assert seen["frames"] == seen["frames_with_face"] == 180
    (closure,), (shut,) = seen["closures"], truth["closures"]
    assert closure["start_s"] == pytest.approx(shut["shut_start_s"], abs=0.15)
    assert closure["end_s"] == pytest.approx(shut["shut_end_s"], abs=0.15)
    assert [w["cause"] for w in seen["warnings"]] == ["eyes_closed"]

    summary, picture = tmp_path / "s.json", tmp_path / "p.png"
    done = fatigue("replay", folder / "landmarks", "--summary", summary, "--picture", picture)
    assert done.returncode == 0
    assert json.loads(summary.read_text(encoding="utf-8")) == seen
    assert picture.stat().st_size > 20_000
    assert "from landmarks" in done.stdout
    assert "1 closure" in done.stdout


def test_damaged_bags_are_read_as_far_as_they_go(
    fatigue: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    whole = (folder / "landmarks" / "landmarks.mcap").read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole[:-100])
    done = fatigue("replay", cut, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["frames"] == 180
    assert "cut.mcap" in done.stderr
    assert "not complete" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["replay", "nowhere"], ["nowhere", "expected a bag"]),
        (["replay", "nap.avi"], ["nap.avi", "expected a bag"]),
        (["replay", "empty.mcap"], ["empty.mcap"]),
        (["replay", "landmarks", "--from", "images"], ["camera/image_raw", "face/landmarks"]),
        (["replay", "landmarks", "--summary", "no/where/s.json"], ["s.json"]),
        (["simulate", "nobody", "-o", "x"], ["nobody", "microsleeps"]),
        (["simulate", "rested", "-o", "nap.avi"], ["nap.avi", "exists"]),
        (["extract", "nowhere.mp4", "-o", "x"], ["nowhere.mp4"]),
        (["extract", "nap.avi", "-o", "landmarks"], ["landmarks", "exists"]),
        (["extract", "/dev/video0", "-o", "x"], ["/dev/video0", "recording"]),
    ],
)
def test_refusals(
    refused: Callable[..., str], folder: Path, arguments: list[str], words: list[str]
) -> None:
    (folder / "empty.mcap").touch()
    paths = {"nap.avi", "landmarks", "empty.mcap", "x"}
    said = refused(*(folder / word if word in paths else word for word in arguments))
    assert all(word in said for word in words), said
    assert not (folder / "x").exists()
