"""`fatigue learn label` on real recordings, and `ablate` where ultralytics is missing."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from fatigue_ros.cli.main import main
from fatigue_ros.workload import WEIGHTS

TIRED = "9,3,8,4,9,5"
FRESH = "2,2,2,2,2,2"


@pytest.fixture(scope="module")
def clips(shared_data: Path) -> dict[str, str]:
    return {name: str(shared_data / "driver_clips" / f"{name}.avi") for name in ("1", "3")}


def test_eyes_shut_for_a_third_of_the_clip_make_a_tired_driver_drowsy(
    clips: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set"
    status = main(
        [
            "learn",
            "label",
            clips["3"],
            clips["1"],
            "--person",
            "anna",
            "--nasa-tlx",
            TIRED,
            "--short",
            "--random-split",
            "--out",
            str(out),
        ]
    )
    printed = capsys.readouterr().out
    assert status == 0
    assert "3: anna, NASA-TLX 7.75" in printed
    drowsy, awake = [line for line in printed.splitlines() if "PERCLOS" in line]
    assert "Drowsy, only 19 s of a minute" in drowsy
    assert "Non-Drowsy, only 14 s of a minute" in awake
    assert "The same persons are in all parts" in printed

    described = yaml.safe_load((out / "data.yaml").read_text())
    labels = {
        file.stem: file.read_text().split()
        for part in ("train", "val", "test")
        for file in (out / "labels" / part).iterdir()
    }
    pictures = {file.stem for file in (out / "images").rglob("*.jpg")}
    assert described["names"] == {0: "Drowsy", 1: "Non-Drowsy"}
    assert set(labels) == pictures
    assert {name: label[0] for name, label in labels.items()} == {
        name: "0" if name.startswith("3_") else "1" for name in pictures
    }
    # One picture a second, of which the larger class is thinned out.
    assert sum(name.startswith("3_") for name in pictures) == len(pictures) / 2
    assert all(0.1 < float(size) < 0.7 for label in labels.values() for size in label[3:])


@pytest.fixture
def three_pictures(shared_data: Path, tmp_path: Path) -> Path:
    """A tenth of a second of a driver."""
    folder = tmp_path / "driver"
    folder.mkdir()
    for number in (2, 3, 4):
        shutil.copy(shared_data / "drowsiness_images" / "yawn" / f"{number}.jpg", folder)
    return folder


def test_answers_beside_the_recording_other_weights_and_a_square(
    three_pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label = ["learn", "label", str(three_pictures), "--short"]
    answers = three_pictures.with_name("driver.nasa_tlx.json")
    assert main([*label, "--out", str(tmp_path / "none")]) == 2
    assert f"expected answers, or the file {answers}" in capsys.readouterr().err
    answers.write_text(json.dumps(dict(zip(WEIGHTS, (9, 3, 8, 4, 9, 5), strict=True))))
    pairs = tmp_path / "pairs.csv"
    chosen = [f"a,{one},{other},{one}" for one, other in itertools.combinations(WEIGHTS, 2)]
    pairs.write_text("\n".join(["rater,first,second,chosen", *chosen]))
    options = ["--comparisons", str(pairs), "--crop", "300", "--out", str(tmp_path / "set")]
    assert main([*label, *options]) == 1, "one class alone"
    printed = capsys.readouterr().out
    # 5, 4, 3, 2, 1, 0 of 15, and 0.01 each for the two smallest.
    assert "mental 0.33, physical 0.26, temporal 0.20, performance 0.13" in printed
    assert "driver: driver, NASA-TLX 6.55" in printed
    [picture] = (tmp_path / "set" / "images" / "all").iterdir()
    assert np.asarray(cv2.imread(str(picture))).shape == (300, 300, 3)
    assert main([*label, "--engine", "dlib", "--out", str(tmp_path / "dlib")]) == 2
    assert "dlib" in capsys.readouterr().err


def test_of_one_class_alone_nothing_can_be_balanced_but_all_is_written(
    three_pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "set"
    options = ["--nasa-tlx", FRESH, "--short", "--out", str(out)]
    assert main(["learn", "label", str(three_pictures), *options]) == 1
    printed = capsys.readouterr().out
    assert "nobody has both Drowsy and Non-Drowsy pictures" in printed
    assert [file.name for file in (out / "images" / "all").iterdir()] == ["driver_0000001.jpg"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--nasa-tlx", TIRED],
            "driver: expected a recording of 60 s or more for PERCLOS, found 0",
        ),
        (["--nasa-tlx", TIRED, TIRED], "--nasa-tlx: expected one value or 1"),
        (["--nasa-tlx", "1,2,3"], "NASA-TLX: expected six scores"),
    ],
)
def test_refusals(
    three_pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    out = str(tmp_path / "set")
    assert main(["learn", "label", str(three_pictures), *arguments, "--out", out]) == 2
    assert words in capsys.readouterr().err


def test_a_camera_is_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "label", "0", "--nasa-tlx", TIRED, "--out", str(tmp_path / "set")]) == 2
    assert "0: expected a recording, found a camera or stream" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


def test_ablate_says_in_a_line_that_ultralytics_is_missing() -> None:
    pytest.importorskip("torch", reason="learning extra not installed")
    code = (
        "import sys; sys.modules['ultralytics'] = None; "
        "from fatigue_ros.cli.main import main; sys.exit(main(['learn', 'ablate']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert ran.returncode == 2
    words = "AGPL-3.0 and therefore not part of the extra [learning]: pip install"
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1
