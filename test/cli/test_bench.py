"""`fatigue bench` and `fatigue blinks`: the keys machines read, on a real run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHORT = """
name: short
duration: 4.0
seed: 1
"""


def test_bench_measures_all_three_ways(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SHORT)
    done = fatigue("bench", f"sim:{scenario}", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["frames"] == 120
    assert result["pipeline_ms"] > 0.0
    assert 0.8 < result["ratio"] < 3.0  # on a machine that does other things as well
    for way in ("one_process", "separate_processes"):
        figures = result[way]
        assert set(figures) == {
            "latency_ms",
            "frames_sent",
            "frames_processed",
            "cpu_ms_per_frame",
        }
        # In real time: a machine with other work to do leaves frames out.
        assert 20 <= figures["frames_processed"] <= figures["frames_sent"] <= 120
        assert 0.0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p99"]
        assert figures["cpu_ms_per_frame"] > 0.0


def test_bench_refuses_what_is_no_video(fatigue: Callable[..., Any], domain: int) -> None:
    done = fatigue("bench", "nowhere.mp4")
    assert done.returncode == 2
    assert "nowhere.mp4" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_blinks_refuses_a_file_that_is_none(fatigue: Callable[..., Any], tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("time_s,ear,blink\n0.0,0.3,maybe\n")
    done = fatigue("blinks", bad)
    assert done.returncode == 2
    assert "bad.csv" in done.stderr
    assert "Traceback" not in done.stderr
