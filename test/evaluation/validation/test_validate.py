"""A whole validation of tiny data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fatigue_ros.cli.main import main
from fatigue_ros.evaluation.validation.people import ALERT, DROWSY
from test.evaluation.validation.test_features import blinks, one_hertz, write_fold


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Blinks of a person that constants were fitted on, lids of two who were left out."""
    folder = tmp_path / "data"
    for name in ("blinks", "one_hertz"):
        (folder / name).mkdir(parents=True)
    write_fold(folder / "blinks", 3, [(ALERT, blinks(40, 0.1)), (DROWSY, blinks(40, 5.0, 99.0))])
    for person in (1, 2):
        one_hertz(folder / "one_hertz", person, ALERT, [0.3] * 90)
        one_hertz(folder / "one_hertz", person, DROWSY, [0.2] * 90)
    return folder


def test_page_and_figures(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "folder"
    assert main(["validate", str(data), "--json", "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((out / "validation.json").read_text(encoding="utf-8"))
    assert found["blinks"]["blink_tail"]["auc"] == 1.0
    assert found["level"]["warned_drowsy"] == 1  # 70 % and 20 % together: both of the eyes
    assert found["level"]["warned_alert"] == 0
    assert set(found["left_out"]) == {"one_hertz", "level"}
    assert set(found["fitted"]) == {"blinks", "level"}
    assert [(row["person"], row["side"]) for row in found["people"]] == [
        (25, "fitted"), (1, "left_out"), (2, "left_out")
    ]  # fmt: skip
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<img") == 6
    assert "droop alone never warns" in page


def test_foreign_and_incomplete_folders_are_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "holiday").mkdir()
    (data / "one_hertz" / "person2_10.csv").unlink()
    assert main(["validate", str(data), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"fatigue validate: {data / 'one_hertz'}: person 2 has no drowsy recording",
        f"fatigue validate: {data / 'holiday'}: expected a data set (blinks_fold*.npy or "
        "windows.csv or person*_*.csv; UTA-RLDD, DROZY, NTHU-DDD, YawDD, eyeblink8), found "
        "nothing of the kind",
    ]
    assert set(json.loads(captured.out)) >= {"blinks", "level"}


@pytest.mark.parametrize("name", ["holiday", "nowhere"])
def test_nothing_to_play(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "holiday").mkdir()
    assert main(["validate", str(tmp_path / name)]) == 2
    assert f"fatigue validate: {tmp_path / name}: expected" in capsys.readouterr().err


def test_one_folder_is_enough(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(data / "one_hertz")]) == 0
    printed = capsys.readouterr().out
    assert "people left out" in printed
    assert "below_0.85" in printed, "names are not cut off where a terminal is narrow"
