"""`fatigue learn live`: people in front of a camera, as clips of known state."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fatigue_ros.cli.main import main
from fatigue_ros.learning.live_test import Tally

RED, GREEN = (0, 0, 255), (0, 255, 0)
RATE = 30  # [Hz] of folders of pictures
HEAD = "clip,person,condition,state,start,end"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Three seconds each: green, which the model calls tired, and red, which it calls awake."""
    for name, colour in (("green", GREEN), ("red", RED)):
        picture = np.full((48, 64, 3), colour, np.uint8)
        (tmp_path / name).mkdir()
        for number in range(3 * RATE):
            cv2.imwrite(str(tmp_path / name / f"{number:03}.png"), picture)
    return tmp_path


def test_two_people_in_three_conditions(
    people: Path, model_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    clips = people / "people.csv"
    clips.write_text(
        f"\ufeff{HEAD}\n"
        "green,anna,day,drowsy,,\n"
        "red,anna,day,awake,,\n"
        "green,anna,night,awake,1.0,2.0\n"  # told wrong, and too short for an alarm
        "green,ben,glasses,tired,,\n"
        "red,ben,glasses,drowsy,,1.5\n"  # missed
    )
    out = people / "said.csv"
    assert (
        main(["learn", "live", "--model", str(model_file()), "--clips", str(clips), "-o", str(out)])
        == 0
    )
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("|")
    ][2:]
    looks = {3.0: 15, 1.0: 5, 1.5: 8}  # at five a second
    assert [row[:6] for row in rows] == [
        ["anna", "day", "2", "1", "30", "30"],
        ["anna", "night", "1", "0", "5", "5"],
        ["ben", "glasses", "2", "1", "23", "23"],
        ["anna", "all", "3", "1", "35", "35"],
        ["ben", "all", "2", "1", "23", "23"],
        ["all", "all", "5", "2", "58", "58"],
    ]
    assert rows[0][6:] == ["100.0 %", "100.0 %", "100.0 %"]
    assert rows[1][6:] == ["0.0 %", "0.0 %", "–"]  # nobody was drowsy
    assert rows[2][6:] == ["65.2 %", "100.0 %", "65.2 %"]
    assert rows[3][6:] == ["85.7 %", "75.0 %", "100.0 %"]
    with out.open() as file:
        said = list(csv.DictReader(file))
    assert [int(row["looks"]) for row in said] == [looks[t] for t in (3.0, 3.0, 1.0, 3.0, 1.5)]
    assert [row["alarms"] for row in said] == ["1", "0", "0", "1", "0"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clip,person\n", ":1: expected the columns clip, person, condition, state"),
        (f"{HEAD}\n", "expected clips, found none"),
        (f"{HEAD}\nred,anna,day,sleepy,,\n", ":2: state: expected one of drowsy, awake, tired"),
        (f"{HEAD}\nred,anna,,awake,,\n", ":2: expected clip, person"),
        (f"{HEAD}\nblue,anna,day,awake,,\n", "blue: no such file or folder"),
        (f"{HEAD}\nred,anna,day,awake,2,1\n", ":2: expected start below end"),
        (f"{HEAD}\nred,anna,day,awake,soon,\n", ":2: expected a time in seconds, got soon"),
        (f"{HEAD}\nred,anna,day,awake,9,\n", "expected pictures from 9 s on, found none"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_line(
    text: str,
    said: str,
    people: Path,
    model_file: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clips = people / "people.csv"
    clips.write_text(text)
    assert main(["learn", "live", "--model", str(model_file()), "--clips", str(clips)]) == 2
    assert said in capsys.readouterr().err


def test_what_is_not_judged_is_neither_right_nor_wrong() -> None:
    tally = Tally()
    for said in (True, None, False):
        tally.take(said=said, drowsy=True)
    assert (tally.looks, tally.judged, tally.hits, tally.misses) == (3, 2, 1, 1)
    assert tally.accuracy == tally.sensitivity == 0.5
