from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.conditions import read_conditions
from fatigue_ros.learning.ff_yolo.dataset import (
    PictureFolder,
    Sample,
    YoloBox,
    balanced,
    contents,
    split,
)
from fatigue_ros.learning.splits import SplitError

BOX = YoloBox(0.5, 0.5, 0.25, 0.5)


def samples(person: str, drowsy: int, awake: int) -> list[Sample]:
    return [
        Sample(f"{person}{number:03d}", person, number < drowsy, BOX)
        for number in range(drowsy + awake)
    ]


def test_each_person_gives_as_many_of_both_classes() -> None:
    kept = balanced([*samples("a", 10, 30), *samples("b", 7, 2), *samples("c", 0, 50)])
    assert Counter((s.person, s.drowsy) for s in kept) == {
        ("a", True): 10,
        ("a", False): 10,
        ("b", True): 2,
        ("b", False): 2,
    }


def test_what_is_kept_covers_the_whole_time() -> None:
    awake = [int(s.name[1:]) for s in balanced(samples("a", 3, 101)) if not s.drowsy]
    assert awake == [3, 53, 103]


def test_nobody_is_in_two_parts() -> None:
    parts = split([s for person in "abcdefghij" for s in samples(person, 6, 6)])
    persons = {name: {s.person for s in part} for name, part in parts.items()}
    assert {name: len(part) for name, part in parts.items()} == {"train": 72, "val": 24, "test": 24}
    assert not persons["train"] & persons["val"]
    assert not persons["train"] & persons["test"]
    assert not persons["val"] & persons["test"]


def test_too_few_persons_are_divided_only_at_random() -> None:
    alone = samples("a", 10, 10)
    with pytest.raises(SplitError):
        split(alone)
    parts = split(alone, by_person=False)
    assert {name: Counter(s.drowsy for s in part) for name, part in parts.items()} == {
        "train": {True: 6, False: 6},
        "val": {True: 2, False: 2},
        "test": {True: 2, False: 2},
    }


def test_a_folder_as_yolo_reads_it(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "set")
    kept, dropped = Sample("a1", "a", True, BOX), "a2"
    other = Sample("b1", "b", False, BOX)
    for name in (kept.name, dropped, other.name):
        folder.write(name, np.zeros((8, 8, 3), np.uint8))
    described = folder.sort({"train": [kept], "val": [], "test": [other]})
    found = {str(f.relative_to(tmp_path / "set")) for f in tmp_path.rglob("*") if f.is_file()}
    assert found == {
        "data.yaml",
        "images/train/a1.jpg",
        "labels/train/a1.txt",
        "images/test/b1.jpg",
        "labels/test/b1.txt",
    }
    label = (tmp_path / "set/labels/train/a1.txt").read_text()
    assert label == "0 0.500000 0.500000 0.250000 0.500000\n"
    assert yaml.safe_load(described.read_text()) == {
        "train": "images/train",
        "val": "images/val",
        "test": "images/test",
        "names": {0: "Drowsy", 1: "Non-Drowsy"},
    }


def test_a_folder_with_something_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FatigueError, match="expected a new or empty folder"):
        PictureFolder(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_what_a_broken_off_one_has_left_goes(tmp_path: Path) -> None:
    PictureFolder(tmp_path / "set").write("a1", np.zeros((8, 8, 3), np.uint8))
    described = PictureFolder(tmp_path / "set").sort({"all": []})
    assert [file.name for file in (tmp_path / "set").rglob("*.jpg")] == []
    with pytest.raises(FatigueError, match="expected a new or empty folder"):
        PictureFolder(described.parent)


def test_the_contents_as_in_table_3() -> None:
    table = contents({"train": samples("a", 3, 2), "test": samples("b", 0, 1)})
    assert [line.split() for line in table.splitlines()] == [
        ["Drowsy", "Non-Drowsy"],
        ["train", "3", "2"],
        ["test", "0", "1"],
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,condition\n", ":1: expected picture,condition, got file,condition"),
        ("picture,condition\na.jpg\n", ":2: expected a picture and its condition, got a.jpg"),
        ("picture,condition\na.jpg,\n", ":2: expected a picture and its condition, got a.jpg,"),
    ],
)
def test_lists_of_conditions_are_read_or_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "conditions.csv"
    path.write_text("\ufeffpicture,condition\na.jpg,night\nb,day\n", encoding="utf-8")
    assert read_conditions(path) == {"a": "night", "b": "day"}
    path.write_text(text)
    with pytest.raises(FatigueError, match=r"conditions\.csv" + reason):
        read_conditions(path)
