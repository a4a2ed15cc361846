"""Bags, whole and cut short, with the ground truth of a simulated drive as labels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.replay.evaluation.run import evaluate
from fatigue_ros.replay.evaluation.truth import load_truth

TRUTH = {
    "blinks": [{"start_s": 1.0, "end_s": 1.4, "shut_start_s": 1.1, "shut_end_s": 1.2}],
    "closures": [{"start_s": 4.0, "end_s": 6.5, "shut_start_s": 4.2, "shut_end_s": 6.2}],
    "yawns": [],
    "unseen": [{"start_s": 8.0, "end_s": 9.0}],
    "every_second": {"heart_rate": [60.0] * 20 + [66.0] * 30},
}


def test_truth_as_labels(tmp_path: Path) -> None:
    path = tmp_path / "drive.truth.json"
    path.write_text(json.dumps(TRUTH), encoding="utf-8")
    name, labels = load_truth(path)
    assert name == "drive"
    assert labels.spans == {"blink": ((1.1, 1.2),), "closure": ((4.2, 6.2),), "yawn": ()}
    assert labels.ignored_for("yawn") == ((8.0, 9.0),)
    assert labels.heart_rate is not None
    # At 30 s the mean of 20 s at 60 and 10 s at 66, at 40 s of 10 s and 20 s.
    assert [(r.start, r.bpm) for r in labels.heart_rate] == [(30.0, 62.0), (40.0, 64.0)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"blinks": [1]}'])
def test_what_is_no_truth(tmp_path: Path, text: str) -> None:
    path = tmp_path / "drive.truth.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"drive\.truth\.json: expected the ground truth"):
        load_truth(path)


def test_a_bag_and_what_is_left_of_it(landmark_bag: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(landmark_bag, cut)
    (file,) = cut.glob("*.mcap")
    file.write_bytes(file.read_bytes()[:-30])  # the end of the index is gone
    empty = tmp_path / "empty.mcap"
    empty.write_bytes(b"")
    found = evaluate([landmark_bag, cut, empty], [])
    assert [a.name for a in found.assessed] == [landmark_bag.name, "cut"]
    assert [r.name for r in found.refused] == ["empty.mcap"]
    whole, half = (a.metrics for a in found.assessed)
    assert whole["problem"] is None
    assert "cut" in half["problem"]
    assert half["frames"] == whole["frames"] == 330
