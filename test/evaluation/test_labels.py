"""Label files: what is read, and what is refused by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.labels import (
    NO_LABELS,
    HeartRateReference,
    SleepinessReport,
    labels_for,
    load_labels,
    merged,
)

HEADER = "bag,participant,kind,start_s,end_s,value\n"


def written(folder: Path, rows: str, header: str = HEADER) -> Path:
    path = folder / "labels.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def test_every_kind(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "drive,P1,blink,3.0,3.2,\n"
        "drive,,blink,1.0,1.2,\n"
        "# a remark,,,,,\n"
        "\n"
        "drive,,closure,5,7.5,\n"
        "drive,,yawn,,,\n"
        "drive,,kss,300,,8\n"
        "drive,,heart_rate,10,20,61.5\n"
        "drive,,heart_rate,25,,60\n"
        "drive,,ignore,30,40,\n"
        "drive,,ignore,35,50,yawn\n",
    )
    labels = load_labels([path])["drive"]
    assert labels.participant == "P1"
    assert labels.spans == {
        "blink": ((1.0, 1.2), (3.0, 3.2)),
        "closure": ((5.0, 7.5),),
        "yawn": (),  # looked for, none there
    }
    assert labels.kss == (SleepinessReport(300.0, 8),)
    assert labels.heart_rate == (
        HeartRateReference(10.0, 20.0, 61.5),
        HeartRateReference(25.0, 25.0, 60.0),
    )
    assert labels.ignored_for("blink") == ((30.0, 40.0),)
    assert labels.ignored_for("yawn") == ((30.0, 50.0),)


def test_nobody_looked_is_not_none_found(tmp_path: Path) -> None:
    labels = load_labels([written(tmp_path, "drive,P1,blink,1,2,\n")])["drive"]
    assert "yawn" not in labels.spans
    assert labels.kss is None
    assert labels.heart_rate is None


def test_names_with_and_without_ending(tmp_path: Path) -> None:
    labels = load_labels([written(tmp_path, "a.mcap,P1,yawn,,,\nb,P2,yawn,,,\n")])
    assert labels_for("x/a.mcap", labels).participant == "P1"
    assert labels_for(Path("x/b.mcap"), labels).participant == "P2"
    assert labels_for("x/c.mcap", labels) is NO_LABELS


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",P1,blink,1,2,", "bag: expected the name"),
        ("a,P1,wink,1,2,", "kind: expected one of blink, closure"),
        ("a,P1,blink,x,2,", "start_s: expected seconds"),
        ("a,P1,blink,-1,2,", "start_s: expected seconds"),
        ("a,P1,blink,nan,2,", "start_s: expected seconds"),
        ("a,P1,blink,1,,", "end_s: expected seconds"),
        ("a,P1,blink,2,2,", "end_s 2 does not come after start_s 2"),
        ("a,P1,blink,1,2,3", "value: expected nothing for a blink"),
        ("a,P1,kss,1,2,3", "end_s: a report is a moment"),
        ("a,P1,kss,1,,10", "value: expected a KSS from 1 to 9, found '10'"),
        ("a,P1,kss,1,,7.5", "value: expected a KSS"),
        ("a,P1,heart_rate,1,,900", "value: expected a heart rate"),
        ("a,P1,heart_rate,1,,", "value: expected a heart rate"),
        ("a,P1,ignore,1,2,eyes", "value: expected nothing (all kinds) or one of"),
        ("a,P1,ignore,,,", "start_s: expected seconds"),
        ("a,P1,blink,1,2,,too,many", "expected 6 cells, found more"),
        ("a,P1,blink,1,2,\na,P2,blink,3,4,", "line 3: participant: a is 'P1' further up"),
        ("a,P1,blink,1,2,\na,,closure,1.5,3,", "line 3: closure from 1.5 s begins before"),
    ],
)
def test_refused_with_file_and_line(tmp_path: Path, row: str, said: str) -> None:
    path = written(tmp_path, row + "\n")
    with pytest.raises(SourceError) as refusal:
        load_labels([path])
    assert said in str(refusal.value)
    assert f"{path}, line " in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_refused_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.csv: cannot be read"):
        load_labels([tmp_path / "gone.csv"])
    with pytest.raises(SourceError, match="value missing in: bag, kind"):
        load_labels([written(tmp_path, "", "bag,kind,participant,start_s,end_s\n")])
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\xff\xd8\xff\xe0 no text")
    with pytest.raises(SourceError, match=r"picture\.csv: expected a CSV file"):
        load_labels([path])


def test_merged() -> None:
    assert merged([(5.0, 6.0), (1.0, 3.0), (2.0, 4.0)]) == ((1.0, 4.0), (5.0, 6.0))


def test_conditions(tmp_path: Path) -> None:
    header = "bag,participant,kind,start_s,end_s,value,condition\n"
    rows = "a,P1,blink,,,,Night glasses\na,,yawn,,,,\nb,,blink,,,,\n"
    labels = load_labels([written(tmp_path, rows, header)])
    assert labels["a"].conditions == ("glasses", "night")
    assert labels["b"].conditions == ()
    path = written(tmp_path, rows + "a,,kss,1,,8,day\n", header)
    with pytest.raises(SourceError, match=r"line 5: condition: a cannot be by day and by night"):
        load_labels([path])
