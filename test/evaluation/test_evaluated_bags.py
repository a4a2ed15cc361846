"""Bags, whole and cut short, with the ground truth of a simulated drive as labels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fatigue_ros.bags.extract import landmarks_message
from fatigue_ros.bags.topics import header, typestore
from fatigue_ros.bags.writer import START, BagWriter
from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.assess import Assessed, Job, assess_job
from fatigue_ros.evaluation.labels import Labels, SleepinessReport
from fatigue_ros.evaluation.run import evaluate
from fatigue_ros.evaluation.sources import ObserveSettings, observe
from fatigue_ros.evaluation.truth import load_truth
from fatigue_ros.face import Face
from fatigue_ros.monitor.messages import nanoseconds

REFERENCE = Path(__file__).parents[1] / "measures" / "neurokit_reference.csv"

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


def test_a_real_pulse_against_another_algorithm(shared_data: Path, tmp_path: Path) -> None:
    """HeartPy's second example from 72 s on, when the finger lies still; NeuroKit2 as reference."""
    times, samples = np.loadtxt(shared_data / "ppg" / "data2.csv", delimiter=",", skiprows=1).T
    rate = 1000.0 * (len(times) - 1) / (times[-1] - times[0])
    kind, batch = typestore().types["fatigue_ros/msg/PpgSamples"], 10
    messages: list[tuple[float, str, Any]] = [
        (frame, "face/landmarks", landmarks_message(Face(frame), "nobody"))
        for frame in np.arange(START, START + times[-1] / 1000.0, 0.1)
    ]
    for number, index in enumerate(range(0, len(samples) - batch, batch)):
        time = START + times[index] / 1000.0
        pulse = kind(
            header=header(time),
            sequence=number,
            device_time=0,
            sample_rate=rate,
            samples=samples[index : index + batch].astype(np.uint16),
        )
        messages.append((time, "ppg", pulse))
    with BagWriter(tmp_path / "pulse") as bag:
        for time, name, message in sorted(messages, key=lambda m: m[0]):
            bag.write(name, nanoseconds(time), message)
    table = np.genfromtxt(REFERENCE, delimiter=",", names=True, skip_header=3)
    settled = [row for row in table if 72.0 <= row["end"] < times[-1] / 1000.0 - 1.0]
    rows = ["bag,participant,kind,start_s,end_s,value"]
    rows += [f"pulse,P,heart_rate,{row['end']},,{row['regular_bpm']}" for row in settled]
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(rows) + "\n", encoding="utf-8")

    (assessed,) = evaluate([tmp_path / "pulse"], [labels]).assessed
    found = assessed.metrics["heart_rate"]
    assert found["n"] >= len(settled) - 1 > 20
    assert found["coverage"] > 0.95
    assert found["mean_absolute_error"] < 0.5
    assert abs(found["bias"]) < 0.3
    assert found["within_5_or_10_percent"] == 1.0


def test_what_the_driver_answered_on_the_way_is_a_label(tmp_path: Path) -> None:
    answer = typestore().types["std_msgs/msg/UInt8"]
    with BagWriter(tmp_path / "study") as bag:
        for i in range(100):
            face = Face(stamp=START + 0.1 * i, faces=0, width=64, height=48)
            bag.write("face/landmarks", nanoseconds(face.stamp), landmarks_message(face, "none"))
            if i in (20, 50, 70):
                said = answer(data={20: 3, 50: 0, 70: 8}[i])  # 0 is no answer
                bag.write("sleepiness", nanoseconds(face.stamp + 0.05), said)
    seen = observe(tmp_path / "study", ObserveSettings())
    assert seen.labels.kss is not None
    assert [(round(r.time, 2), r.kss) for r in seen.labels.kss] == [(2.0, 3), (7.0, 8)]
    job = Job(tmp_path / "study", Labels(participant="P", spans={"blink": ()}), ObserveSettings())
    found = assess_job(job)
    assert isinstance(found, Assessed)
    assert [e["highest_kss"] for e in found.metrics["drowsy_episodes"]] == [8]
    known = Labels(kss=(SleepinessReport(1.0, 2),))
    other = assess_job(Job(tmp_path / "study", known, ObserveSettings()))
    assert isinstance(other, Assessed)
    assert other.metrics["drowsy_episodes"] == [], "labels by hand come before"
