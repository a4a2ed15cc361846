"""`fatigue bench` and `fatigue blinks`: the keys machines read, on a real run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.cli.bench import summed_up, text
from fatigue_ros.vision.engine import LandmarkSettings

SHORT = """
name: short
duration: 4.0
seed: 1
profiles: {blink_rate: 0.0}
events:
  - {at: 1.0, do: closure, duration: 2.2}
"""


def test_bench_measures_all_three_ways(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SHORT)
    done = fatigue("bench", f"sim:{scenario}", "--replay", "0.5", "--json")
    assert done.returncode == 0, done.stderr
    assert "W0000" not in done.stderr
    result = json.loads(done.stdout)
    assert next(iter(result)) == "ratio"
    assert 0.5 < result["ratio"] < 5.0  # on a machine that does other things as well
    for ours in ("pipeline_ms", "pipeline_cpu_ms", "bare_ms", "bare_cpu_ms"):
        assert result[ours] > 0.0
    assert result["engine"] == LandmarkSettings().engine
    assert result["bare"] in ("mediapipe", "networks")
    assert result["frames"] == 120
    for way in ("one_process", "separate_processes", "at_60_hz"):
        figures = result[way]
        frames = 240 if way == "at_60_hz" else 120
        # In real time: a machine with other work to do leaves frames out, and says so.
        assert figures["frames_sent"] + figures["frames_left_out"] == frames
        seen = figures["frames_processed"] + figures["frames_overtaken"]
        if way != "separate_processes":
            assert figures["frames_sent"] == seen
        assert 0 < seen <= figures["frames_sent"]
        latency = figures["latency_ms"]
        assert 0.0 < latency["p50"] <= latency["p95"] <= latency["p99"]
        assert figures["closures"] == 1
        assert figures["closures_warned"] in (0, 1)
        if figures["closures_warned"]:
            # The second that fusion waits, less the frames at the beginning that were left out:
            # time counts from the first that was heard of.
            missed = (frames - figures["frames_processed"]) * 4.0 / frames
            assert figures["closure_to_warning_s"]["p50"] >= 0.9 - missed
        assert figures["cpu_ms_per_frame"] > 0.0
        assert 50.0 < figures["memory_mb"] < 5000.0
    (replay,) = result["replay"]
    assert replay["minutes"] == 0.5
    assert replay["times_real_time"] == pytest.approx(30.0 / replay["wall_s"], rel=0.02)
    assert replay["cpu_s"] > 0.0
    assert 50.0 < replay["memory_mb"] < result["separate_processes"]["memory_mb"]


def test_the_table_begins_with_the_ratios() -> None:
    runs = {
        "latencies": [0.010, 0.012, 0.030],
        "alarms": [1.01],
        "sent": 4,
        "left_out": 1,
        "overtaken": 1,
        "processed": 3,
        "cpu": 0.04,
        "cpu_frames": 4,
        "memory": 200 * 2**20,
    }
    one = summed_up([runs, runs], 2)
    assert one["latency_ms"] == {"p50": 12.0, "p95": 30.0, "p99": 30.0}
    assert one["closures_warned"] == 2
    assert one["closures"] == 4
    assert one["cpu_ms_per_frame"] == 10.0
    assert one["memory_mb"] == 200.0
    nothing = summed_up([{**runs, "latencies": [], "alarms": [], "cpu_frames": 0}], 0)
    assert nothing["latency_ms"] == {"p50": None, "p95": None, "p99": None}
    result = {
        "ratio": 1.1,
        "pipeline_ms": 4.4,
        "bare_ms": 4.0,
        "bare_cpu_ms": 5.0,
        "engine": "litert",
        "bare": "networks",
        "one_process": one,
        "separate_processes": nothing,
        "at_60_hz": one,
        "replay": [
            {
                "minutes": 10.0,
                "wall_s": 5.0,
                "times_real_time": 120.0,
                "cpu_s": 4.2,
                "memory_mb": 150.0,
            }
        ],
    }
    lines = text(result).splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == [
        "pipeline / bare engine",
        "processor time, separate / one",
        "processor time, one / bare engine",
    ]
    assert lines[2].endswith(" 2.00")
    assert "120 times as fast, 5.0 s with start-up, 4.2 s of a processor" in lines[3]
    table = "\n".join(lines)
    assert "12.0 / 30.0 / 30.0" in table
    assert "2 of 4" in table
    assert "- / - / -" in table


def test_bench_refuses_what_is_no_video(refused: Callable[..., str]) -> None:
    assert "nowhere.mp4" in refused("bench", "nowhere.mp4")


def test_blinks_are_found_where_people_marked_them(
    fatigue: Callable[..., Any], shared_data: Path
) -> None:
    files = sorted((shared_data / "blink_annotations").glob("*.csv"))
    done = fatigue("blinks", *files, "--json")
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)
    assert len(scores) == len(files) + 1
    for score in scores.values():
        assert set(score) == {"precision", "recall", "f1", "detected", "labelled"}
    assert scores["total"]["f1"] >= 0.95
    table = fatigue("blinks", *files)
    assert "total" in table.stdout


def test_blinks_refuses_a_file_that_is_none(refused: Callable[..., str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("time_s,ear,blink\n0.0,0.3,maybe\n")
    assert "bad.csv" in refused("blinks", bad)
