"""The published layouts of data sets, on tiny made-up copies of empty files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.validation.layouts import (
    find_videos,
    read_digits,
    read_stamps,
    read_tags,
)
from fatigue_ros.evaluation.validation.people import ALERT, BETWEEN, DROWSY, LOW, YAWNING

UTA = [
    *(f"Fold1_part1/01/{name}" for name in ("0.mov", "5.MOV", "10.mp4")),
    *(f"Fold3_part2/Fold3_part2/31/{name}" for name in ("0.m4v", "10_1.avi", "10_2.avi")),
]
NTHU = [
    "Training Dataset/001/glasses/sleepyCombination.avi",
    "Training Dataset/001/glasses/001_sleepyCombination_drowsiness.txt",
    "Training Dataset/001/glasses/001_sleepyCombination_eye.txt",
    "Training Dataset/001/night_noglasses/sleepyCombination.avi",
    "Training Dataset/001/night_noglasses/001_sleepyCombination_drowsiness.txt",
    "Evaluation Dataset/004_glasses_mix.mp4",
    "Evaluation Dataset/labels/004_glasses_mixing_drowsiness.txt",
]
YAWDD = [
    "Mirror/Female_mirror/1-FemaleNoGlasses-Normal.avi",
    "Mirror/Female_mirror/1-FemaleNoGlasses-Talking&Yawning.avi",
    "Mirror/Male_mirror/1-MaleGlasses-Yawning.avi",
    "Dash/Male/11-MaleGlasses.avi.avi",
]
EYEBLINK8 = ["1/26122013_223310_cam.avi", "1/26122013_223310_cam.tag", "11/a.avi", "11/a.tag"]


def make(folder: Path, names: list[str], **texts: str) -> Path:
    for name in [*names, *texts]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(name, ""), encoding="utf-8")
    return folder


def drozy(folder: Path) -> Path:
    names = ["videos_i8/1-1.mp4", "videos_i8/1-3.mp4", "videos_i8/2-2.mp4", "timestamps/1-3.txt"]
    return make(folder, names, **{"KSS.txt": "3 6 9\n2 5 7\n"})


def said(folder: Path) -> dict[object, list[tuple[str, object]]]:
    found = find_videos(folder)
    assert found is not None
    return {
        one.person: [(clip.path.name, clip.state) for clip in one.clips] for one in found.people
    }


def test_uta_rldd(tmp_path: Path) -> None:
    make(tmp_path, UTA)
    assert said(tmp_path) == {
        1: [("0.mov", ALERT), ("5.MOV", LOW), ("10.mp4", DROWSY)],
        31: [("0.m4v", ALERT), ("10_1.avi", DROWSY), ("10_2.avi", DROWSY)],
    }
    found = find_videos(tmp_path)
    assert found is not None
    assert found.layout == "UTA-RLDD"
    assert [one.alert and one.alert.path.name for one in found.people] == ["0.mov", "0.m4v"]


def test_drozy(tmp_path: Path) -> None:
    assert said(drozy(tmp_path)) == {
        "drozy 1": [("1-1.mp4", ALERT), ("1-3.mp4", DROWSY)],
        "drozy 2": [("2-2.mp4", BETWEEN)],
    }
    found = find_videos(tmp_path)
    assert found is not None
    assert [clip.kss for clip in found.people[0].clips] == [3, 9]
    assert [clip.stamps is not None for clip in found.people[0].clips] == [False, True]
    assert "3 of 6 tests have no video." in found.notes


def test_drozy_as_pictures(tmp_path: Path) -> None:
    make(tmp_path, ["images/1-1/0001.jpg", "images/1-2/0001.jpg"], **{"KSS.txt": "1 7 8\n"})
    assert said(tmp_path) == {"drozy 1": [("1-1", ALERT), ("1-2", LOW)]}


def test_nthu_ddd(tmp_path: Path) -> None:
    make(tmp_path, NTHU)
    assert said(tmp_path) == {
        "nthu 1": [("sleepyCombination.avi", None), ("sleepyCombination.avi", None)],
        "nthu 4": [("004_glasses_mix.mp4", None)],
    }


def test_yawdd(tmp_path: Path) -> None:
    make(tmp_path, YAWDD)
    assert said(tmp_path) == {
        "yawdd dash male 11": [("11-MaleGlasses.avi.avi", ALERT)],
        "yawdd mirror female 1": [
            ("1-FemaleNoGlasses-Normal.avi", ALERT),
            ("1-FemaleNoGlasses-Talking&Yawning.avi", YAWNING),
        ],
        "yawdd mirror male 1": [("1-MaleGlasses-Yawning.avi", YAWNING)],
    }


def test_eyeblink8(tmp_path: Path) -> None:
    make(tmp_path, EYEBLINK8)
    assert said(tmp_path) == {
        "eyeblink8 1": [("26122013_223310_cam.avi", ALERT)],
        "eyeblink8 11": [("a.avi", ALERT)],
    }


def test_what_is_no_data_set(tmp_path: Path) -> None:
    make(tmp_path, ["holiday/beach.mp4", "beach.mp4"])
    assert find_videos(tmp_path) is None


@pytest.mark.parametrize(
    ("names", "gone", "reason"),
    [
        (UTA, "Fold1_part1/01/0.mov", "01: person 1 has no alert video (0.*)"),
        (UTA, "Fold1_part1/01/10.mp4", "01: person 1 has no drowsy video (10.*)"),
        ([*UTA, "Fold1_part1/01/7.mp4"], "", "7.mp4: expected 0, 5 or 10"),
        (
            [*UTA, "Fold2_part1/31/0.mp4", "Fold2_part1/31/10.mp4"],
            "",
            "31: person 31 is in another fold too",
        ),
        (NTHU, NTHU[0], "001_sleepyCombination_drowsiness.txt: expected one video that it belongs"),
        (NTHU, NTHU[1], "sleepyCombination.avi: expected labels by frame"),
        (NTHU, NTHU[5], "004_glasses_mixing_drowsiness.txt: expected one video"),
        (
            [*YAWDD, "Mirror/1-Female.avi"],
            "",
            "1-Female.avi: expected <number>-<Male or Female...>-",
        ),
        ([*YAWDD, "Dash/trip.avi"], "", "trip.avi: expected <number>-<Male or Female...>.avi"),
        (EYEBLINK8, EYEBLINK8[0], "26122013_223310_cam.tag: expected one video of the same name"),
    ],
)
def test_incomplete_and_foreign_ones_are_refused_by_name(
    tmp_path: Path, names: list[str], gone: str, reason: str
) -> None:
    make(tmp_path, names)
    if gone:
        (tmp_path / gone).unlink()
    with pytest.raises(SourceError) as refused:
        find_videos(tmp_path)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("kss", "video", "reason"),
    [
        ("3 6\n", "1-1.mp4", "KSS.txt: expected a row of three KSS"),
        ("3 6 x\n", "1-1.mp4", "KSS.txt: expected a row of three KSS"),
        ("", "1-1.mp4", "KSS.txt: expected a row of three KSS"),
        (
            "3 6 9\n",
            "2-1.mp4",
            "2-1.mp4: expected <person>-<test> with a person of KSS.txt, 1 to 1",
        ),
        ("3 6 9\n", "film.mp4", "film.mp4: expected <person>-<test>"),
        ("0 6 9\n", "1-1.mp4", "1-1.mp4: expected a KSS of 1 to 9 in KSS.txt, found 0"),
        ("3 6 9\n1 2 3\n", "1-1.mp4", "person 2 of KSS.txt has no video or pictures"),
    ],
)
def test_drozy_that_is_damaged(tmp_path: Path, kss: str, video: str, reason: str) -> None:
    make(tmp_path, [f"videos_i8/{video}"], **{"KSS.txt": kss})
    with pytest.raises(SourceError) as refused:
        find_videos(tmp_path)
    assert reason in str(refused.value)


def test_times_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "1-1.txt"
    path.write_text("2015 3 9 23 59 59 900 0\n2015 3 9 23 59 59 933 1\n2015 3 10 0 0 0 100 2\n")
    assert read_stamps(path) == pytest.approx([0.0, 0.033, 0.2])
    path.write_text("2015 3 9 23 59\n")
    with pytest.raises(SourceError, match=r"1-1\.txt, line 1: expected year, month"):
        read_stamps(path)
    path.write_text("")
    with pytest.raises(SourceError, match="found none"):
        read_stamps(path)


def test_labels_by_frame(tmp_path: Path) -> None:
    path = tmp_path / "001_x_drowsiness.txt"
    path.write_text("0011\n0\n")
    assert read_digits(path) == [False, False, True, True, False]
    path.write_text("0012")
    with pytest.raises(SourceError, match="expected a digit 0 or 1"):
        read_digits(path)


def test_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.tag"
    rows = ["0:-1:N:X:X:X:X:1:2", "1:1:X:X:X:X:X:1", "2:1:X:C", "3:-1:X", "7:2:X", "8:2:X", "9:2:X"]
    path.write_text("made by hand\n#start\n" + "\n".join(rows) + "\n#end\n10:3:X\n")
    assert read_tags(path) == [(1.0, 2.0), (7.0, 9.0)]
    path.write_text("#start\n0:x:N\n#end\n")
    with pytest.raises(SourceError, match=r"a\.tag, line 2: expected <frame>"):
        read_tags(path)
    path.write_text("#start\n0:-1:N\n#end\n")
    with pytest.raises(SourceError, match="found none"):
        read_tags(path)
