"""`fatigue evaluate` as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fatigue_ros.cli.main import main


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten seconds with one blink at 2 s, as a table of eye aspect ratios."""
    path = tmp_path / "drive[1].csv"
    rows = [f"{f / 30:.4f},{0.08 if 60 <= f < 66 else 0.3},{int(60 <= f < 66)}" for f in range(300)]
    path.write_text("time_s,ear,blink\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(
        "bag,participant,kind,start_s,end_s,value\ndrive[1],P1,blink,2.0,2.2,\n", encoding="utf-8"
    )
    return path


def test_tables_page_and_figures(
    recording: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    assert main(["evaluate", str(recording), "--labels", str(labels), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "drive[1].csv" in printed  # no markup
    assert "blinks, F1" in printed
    assert (out / "report.html").is_file()
    read = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert read["recordings"][0]["events"]["blink"]["f1"] == 1.0


def test_one_bad_recording(
    recording: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = str(tmp_path / "gone.mcap")
    with labels.open("a", encoding="utf-8") as file:
        file.write("elsewhere,P2,yawn,,,\n")
    options = ["--labels", str(labels), "--out", str(tmp_path), "--json", "--jobs", "1"]
    assert main(["evaluate", gone, str(recording), *options]) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"fatigue evaluate: {gone}: no such file or folder",
        "fatigue evaluate: labels without a recording: elsewhere",
    ]
    read = json.loads(captured.out)
    assert [r["recording"] for r in read["recordings"]] == ["drive[1].csv"]
    assert [r["name"] for r in read["refused"]] == ["gone.mcap"]


def test_bad_labels_are_one_line(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("what,is,this\n", encoding="utf-8")
    options = ["--labels", str(bad), "--out", str(tmp_path / "out")]
    assert main(["evaluate", str(recording), *options]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"fatigue evaluate: {bad}: expected the columns bag, participant")
    assert "\n" not in said
    assert not (tmp_path / "out").exists()
