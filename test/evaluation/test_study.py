"""Sessions of people become the hybrid paper's table, figures and page."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fatigue_ros.cli.main import main
from fatigue_ros.evaluation import study
from fatigue_ros.evaluation.study import StudyError, read_list
from fatigue_ros.fusion.profiles.paper_rules import (
    blink_score,
    fatigue_level,
    heart_rate_score,
    yawn_score,
)
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.simulator.sessions import write_study

HEAD = "participant,age_group,day,time,file,sleep,heart_rate\n"
# Table 1: heart rates and blink rates with their references, yawns, grade, level.
PAPER = {
    ("1", "T1"): (82, 115, 0, 4, 17.75),
    ("1", "T2"): (77, 119, 3, 4, 30.25),
    ("2", "T1"): (84, 99, 0, 5, 9.25),
    ("2", "T2"): (86, 102, 1, 5, 11.5),
}


def summary(path: Path, blinks_in_300_s: int, yawns: int = 0) -> None:
    """Of 1500 s, each yawn in an interval of its own."""
    span = {"start_s": 0.0, "end_s": 0.2}
    counts: dict[str, Any] = {
        "duration_s": 1500.0,
        "blinks": [span] * (5 * blinks_in_300_s - 5),
        "closures": [span] * 5,
        "yawns": [{"start_s": 300.0 * i + 10.0, "end_s": 300.0 * i + 15.0} for i in range(yawns)],
    }
    path.write_text(json.dumps(counts), encoding="utf-8")


def test_summaries_of_the_papers_counts_give_its_table(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir()
    summary(folder / "c.json", 80)
    lines = ["m,20-25,,calibration,c.json,,86"]
    for (day, time), (hr, br, yawns, grade, _) in PAPER.items():
        summary(folder / f"{day}{time}.json", br, yawns)
        lines.append(f"m,20-25,{day},{time},{day}{time}.json,{grade},{hr}")
    (folder / "sessions.csv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["study", str(folder), "--out", str(out)]) == 0
    rows = list(csv.reader((out / "table_1.csv").read_text().splitlines()))
    wanted = [
        "participant,age_group,day,HRC,HRT1,HRT2,BRC,BRT1,BRT2,CT1,CT2,ECS,LvlT1,LvlT2",
        "m,20-25,1,86,82,77,80,115,119,0,3,25,17.75,30.25",
        "m,20-25,2,86,84,86,80,99,102,0,1,0,9.25,11.50",
    ]
    assert rows == [line.split(",") for line in wanted]
    levels = list(csv.DictReader((out / "figure_6.csv").read_text().splitlines()))
    assert [(r["group"], r["time"], float(r["mean_level"])) for r in levels] == [
        (day, time, values[4]) for (day, time), values in PAPER.items()
    ]
    assert "simulated" not in (out / "study.html").read_text().lower()


def test_simulated_sessions_become_table_figures_and_page(tmp_path: Path) -> None:
    """Through landmarks, measures, gates and the paper's counting; shortened."""
    settings = FusionSettings(
        TIME_FOR_COUNTING_BLINKING=20.0,
        TIME_FOR_COUNTING_YAWNING=20.0,
        TIME_FOR_GETTING_HR=10.0,
        TIME_FOR_COUNTING_BLINKING_CALIB=30.0,
        blink_intervals=2,
    )
    folder, out = tmp_path / "sessions", tmp_path / "out"
    tired = {"20-25": {"T1": 0.1, "T2": 0.6}}
    write_study(folder, settings, 1, tired=tired)
    found = study.run(folder, MonitorSettings(fusion=settings))
    assert found.refused == []
    assert [found.simulated, *found.times] == [True, "T1", "T2"]
    head, [row] = found.table()
    cells = dict(zip(head, row, strict=True))
    own, (_, rested), (_, weary) = next(iter(found.references.values())), *found.sessions
    for at in (rested, weary):
        scores = {
            "heart_rate": heart_rate_score(own.heart_rate, at.heart_rate),
            "blink": blink_score(own.blinks, at.blinks),
            "yawn": yawn_score(round(at.yawns)),
            "sleep": 0.0,
        }
        assert at.level == pytest.approx(fatigue_level(scores))
    assert weary.heart_rate < rested.heart_rate - 2.0
    assert (rested.yawns, weary.yawns) == (0.0, 1.0)
    assert cells["LvlT2"] > cells["LvlT1"]
    written = found.write(out)
    assert {path.name for path in written} == {path.name for path in out.iterdir()}
    for path in written:
        if path.suffix == ".png":
            assert np.asarray(cv2.imread(str(path))).std() > 10
    page = (out / "study.html").read_text()
    assert "SIMULATED" in page
    assert "nothing about people" in page


def test_what_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary(tmp_path / "a.json", 80)
    (tmp_path / "b.json").write_text("{}")
    lines = "m,20-25,1,T1,a.json,4,\nm,20-25,1,T2,b.json,4,\n"
    (tmp_path / "sessions.csv").write_text("\ufeff" + HEAD + lines, encoding="utf-8")
    assert main(["study", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "b.json: expected a summary, but KeyError('duration_s')" in said
    assert "m: no session 'calibration', judged by what is usual in people" in said
    assert "no calibration to compare a summary with" in (tmp_path / "out/study.html").read_text()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ":1: expected the columns participant,age_group,day,time,file and"),
        ("participant,file\n", ":1: expected the columns .*; got participant,file"),
        (HEAD, ": expected sessions besides calibrations, found none"),
        (HEAD + "m,20,1,T1,a.json,4\n", ":2: expected 7 values, got 6"),
        (HEAD + "m,20,1,,a.json,4,\n", ":2: time: expected a value"),
        (HEAD + "m,20,1,T1,b.json,4,\n", r":2: .*b\.json: expected a bag or a summary"),
        (HEAD + "m,20,1,T1,a.json,6,\n", ":2: sleep: expected a grade from 1 to 5, got 6"),
        (HEAD + "m,20,1,T1,a.json,4,fast\n", ":2: heart_rate: expected 20 to 250"),
        (HEAD + "m,20,1,T1,a.json,4,0\n", ":2: heart_rate: expected 20 to 250"),
        (HEAD + 2 * "m,20,1,T1,a.json,4,\n", ":3: m, 1, T1: expected once"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, text: str, reason: str
) -> None:
    summary(tmp_path / "a.json", 80)
    (tmp_path / "sessions.csv").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"sessions\.csv" + reason):
        read_list(tmp_path)


def test_without_a_list_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", str(tmp_path)]) == 2
    assert "sessions.csv: cannot be read: No such file" in capsys.readouterr().err
