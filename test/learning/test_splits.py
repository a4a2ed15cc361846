"""Nobody is in two parts."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.learning.splits import (
    NumberRange,
    SplitError,
    Subset,
    group_of,
    read_groups,
    split_at_random,
    split_by_group,
)
from fatigue_ros.settings.resources import config

SHARES = (0.7, 0.15, 0.15)
PICTURES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=200)


@given(pictures=PICTURES, seed=st.integers(0, 1000))
def test_no_group_is_in_two_parts_and_no_class_in_less_than_three(
    pictures: list[tuple[int, int]], seed: int
) -> None:
    groups = [f"driver {group}" for group, _ in pictures]
    labels = np.array([label for _, label in pictures], np.int64)
    if set(labels) != set(range(labels.max() + 1)):
        return
    try:
        parts = split_by_group(groups, labels, SHARES, seed)
    except SplitError:
        # Right only where it cannot be done at all, or where few groups hold a class.
        fewest = min(len({g for g, q in pictures if q == label}) for label in set(labels))
        assert fewest < 16
        return
    for one, other in itertools.combinations(Subset, 2):
        here = {g for g, p in zip(groups, parts, strict=True) if p is one}
        there = {g for g, p in zip(groups, parts, strict=True) if p is other}
        assert not here & there
    for part in Subset:
        assert {q for q, p in zip(labels, parts, strict=True) if p is part} == set(labels)


def test_shares_are_kept_where_groups_are_small() -> None:
    labels = np.tile([0, 1], 500).astype(np.int64)
    groups = [f"{index // 10}" for index in range(1000)]
    parts = split_by_group(groups, labels, SHARES, 0)
    assert [sum(p is part for p in parts) for part in Subset] == [700, 150, 150]


def test_seed_decides_and_repeats() -> None:
    labels = np.tile([0, 1], 100).astype(np.int64)
    groups = [f"{index // 4}" for index in range(200)]
    first = split_by_group(groups, labels, SHARES, 1)
    assert first == split_by_group(groups, labels, SHARES, 1)
    assert first != split_by_group(groups, labels, SHARES, 2)


def test_too_few_groups_are_refused() -> None:
    labels = np.array([0, 1] * 20, np.int64)
    with pytest.raises(SplitError, match=r"2 groups are too few: none of class 0 for val"):
        split_by_group(["a", "b"] * 20, labels, SHARES, 0)


def test_at_random_each_class_keeps_its_shares() -> None:
    labels = np.repeat([0, 1], [100, 40]).astype(np.int64)
    parts = split_at_random(labels, SHARES, 0)
    for label, wanted in ((0, [70, 15, 15]), (1, [28, 6, 6])):
        mine = [p for p, q in zip(parts, labels, strict=True) if q == label]
        assert [mine.count(part) for part in Subset] == wanted


KNOWN = {"yawn": [NumberRange(1, 3, "anna"), NumberRange(7, 9, "ben")]}


@pytest.mark.parametrize(
    ("folder", "name", "group"),
    [
        ("yawn", "3.jpg", "anna"),
        ("yawn", "0007.jpg", "ben"),
        ("yawn", "clip2_frame_8.png", "ben"),
        ("open", "19.jpg", "numbers 0 to 19"),
        ("open", "_20.jpg", "numbers 20 to 39"),
        ("closed", "20.jpg", "numbers 20 to 39"),
    ],
)
def test_number_says_whom_a_picture_shows(folder: str, name: str, group: str) -> None:
    assert group_of(folder, name, KNOWN, 20) == group


def test_person_may_be_in_the_name() -> None:
    # As the MRL eye data set names its files: subject, number, then what the picture is like.
    mrl = r"^(s[0-9]{4})_"
    assert group_of("closed", "s0012_00345_0_0_0_1_1_01.png", KNOWN, 20, mrl) == "s0012"
    assert group_of("yawn", "8.jpg", KNOWN, 20, mrl) == "ben"
    with pytest.raises(SplitError, match=r"closed/12\.png: expected a person in the name by"):
        group_of("closed", "12.png", KNOWN, 20, mrl)


@pytest.mark.parametrize(
    ("folder", "name", "reason"),
    [
        ("yawn", "5.jpg", "yawn/5.jpg: the groups file names yawn, but not number 5"),
        ("open", "face.jpg", "open/face.jpg: expected a number in the file's name"),
    ],
)
def test_whoever_cannot_be_told_is_refused(folder: str, name: str, reason: str) -> None:
    with pytest.raises(SplitError, match=reason):
        group_of(folder, name, KNOWN, 20)


def test_groups_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "who.csv"
    path.write_text("# whom\nfolder,first,last,group\n\nyawn,1,3,anna\nyawn,7,9,ben\n")
    assert read_groups(path) == KNOWN
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_groups(path) == KNOWN, "as spreadsheets write it"


def test_the_list_of_drivers_covers_the_public_set() -> None:
    found = read_groups(config("learning") / "drivers.csv")
    assert {name: ranges[-1].last for name, ranges in found.items()} == {
        "yawn": 726,
        "no_yawn": 2623,
    }
    assert len({known.group for ranges in found.values() for known in ranges}) == 115


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("folder,from,to,group\n", r":1: expected folder,first,last,group, got folder,from,to"),
        ("folder,first,last,group\n#\na,1,x,b\n", r":3: expected folder, two numbers, group"),
        ("folder,first,last,group\na,1,2\n", r":2: expected folder, two numbers, group"),
        ("folder,first,last,group\n", "expected groups, found none"),
        ("folder,first,last,group\na,3,2,b\n", r":2: expected a first number up to the last"),
        ("folder,first,last,group\na,1,2,\n", r":2: expected a first .* and a group; got a,1,2,"),
        (
            "folder,first,last,group\na,1,5,b\nc,1,5,b\na,5,9,d\n",
            r":4: expected each number of a once, got 5 to 9 and, above, 1 to 5 \(b\)",
        ),
    ],
)
def test_bad_groups_files_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "who.csv"
    path.write_text(text)
    with pytest.raises(SplitError, match=reason):
        read_groups(path)
    with pytest.raises(SplitError, match=r"none\.csv: expected a CSV file of groups"):
        read_groups(tmp_path / "none.csv")
