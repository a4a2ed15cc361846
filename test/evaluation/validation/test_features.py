"""Folders of features: read, refused by name, and played; tiny ones are made up here."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.agreement import Array
from fatigue_ros.evaluation.validation.features import OWN_SHARE, play_features
from fatigue_ros.evaluation.validation.people import ALERT, DROWSY, LOW, Recording, split
from fatigue_ros.fusion.profiles.evidence_settings import EvidenceSettings
from fatigue_ros.measures import own_blinks

SETTINGS = EvidenceSettings()
Blinks = Array


def unrolled(blinks: Blinks) -> Array:
    """As published: windows of 30 with stride 2; fewer blinks than that behind rows of zeros."""
    if len(blinks) <= 30:
        return np.concatenate([np.zeros((30 - len(blinks), 4)), blinks])[None]
    return np.array([blinks[k : k + 30] for k in range(0, len(blinks) - 29, 2)])


def write_fold(folder: Path, number: int, courses: list[tuple[int, Blinks]]) -> None:
    windows = [unrolled(blinks) for _, blinks in courses]
    labels = [np.full((len(w), 1), float(s)) for (s, _), w in zip(courses, windows, strict=True)]
    np.save(folder / f"blinks_fold{number}.npy", np.concatenate(windows))
    np.save(folder / f"labels_fold{number}.npy", np.concatenate(labels))


def blinks(count: int, duration: float, rate: float = 0.1) -> Blinks:
    return np.column_stack([np.full(count, v) for v in (rate, 0.2, duration, -0.3)])


@pytest.fixture
def fold(tmp_path: Path) -> Path:
    """Two people in fold 3."""
    courses = [(ALERT, blinks(40, 0.1)), (LOW, blinks(12, 1.0)), (DROWSY, blinks(34, 5.0))]
    write_fold(tmp_path, 3, [*courses, (ALERT, blinks(20, 0.2)), (DROWSY, blinks(50, 0.3))])
    return tmp_path


def one(recordings: list[Recording], person: int, state: int) -> Recording:
    return next(r for r in recordings if (r.person, r.state) == (person, state))


def test_blinks_are_unrolled_person_by_person(fold: Path) -> None:
    played = play_features(fold, SETTINGS)
    assert played is not None
    assert [(r.person, r.state) for r in played.recordings] == [
        (25, ALERT), (25, LOW), (25, DROWSY), (26, ALERT), (26, DROWSY)
    ]  # fmt: skip
    assert [len(r.level) for r in played.recordings] == [40, 12, 34, 20, 50]
    drowsy = one(played.recordings, 25, DROWSY)
    assert drowsy.measures["blink_duration_mean"] == pytest.approx(5.0)
    assert drowsy.measures["long_blink_share"] == 1.0
    assert drowsy.measures["blink_tail"] == pytest.approx(own_blinks.upper_tail([5.0] * 34))
    assert drowsy.measures["lid_slowness"] == pytest.approx(0.3 * 34 / 44)
    assert drowsy.measures["amplitude_over_speed"] == pytest.approx(0.5)
    assert np.isnan(drowsy.level[:9]).all()
    assert drowsy.level[9] == pytest.approx(70.0)  # all the way beyond 3 deviations
    # Speed at 0.3 below the own scores with the blinks' number: 100 % * (slowness - 0.2) / 0.6.
    slow = (0.3 * 34 / 44 - 0.2) / 0.6
    assert drowsy.level[-1] == pytest.approx(100.0 - 30.0 * (1.0 - 0.3 * slow))
    # Only two thirds of the alert recording are there to be scored.
    assert one(played.recordings, 25, ALERT).duration == pytest.approx(400.0)
    assert drowsy.duration == 600.0


def test_copies_in_the_data_are_told_of(tmp_path: Path) -> None:
    same = blinks(34, 5.0)
    write_fold(tmp_path, 1, [(ALERT, blinks(20, 0.1)), (LOW, same), (DROWSY, same)])
    played = play_features(tmp_path, SETTINGS)
    assert played is not None
    assert "the same blinks twice: person 1 low vigilance and person 1 drowsy" in played.notes[-1]


def lids_csv(folder: Path, rows: list[tuple[int, str, float]]) -> None:
    lines = [f"{person},{k},{ear},{label}" for k, (person, label, ear) in enumerate(rows)]
    text = "subject_id,window_id,ear_mean_mean,label\n" + "\n".join(lines)
    (folder / "windows.csv").write_text(text, encoding="utf-8")


def test_the_own_level_is_that_of_the_first_third(tmp_path: Path) -> None:
    alert = [(7, "alert", 0.3)] * 30 + [(7, "alert", 0.27)] * 60
    lids_csv(tmp_path, [*alert, *[(7, "drowsy", 0.24)] * 90])
    played = play_features(tmp_path, SETTINGS)
    assert played is not None
    rested, drowsy = played.recordings
    assert (rested.duration, drowsy.duration) == (2.0 * 60, 2.0 * 90)
    assert rested.measures["droop"] == pytest.approx(0.1)
    assert drowsy.measures["droop"] == pytest.approx(0.2)
    assert drowsy.measures["below_0.85"] == 1.0
    assert drowsy.level[-1] == pytest.approx(0.75 * 45.0)  # 0.2 lies at 3/4 of 0.05 to 0.25
    assert math.isnan(drowsy.level[0])
    assert "only the rest of it is scored" in played.notes[0]
    assert pytest.approx(1 / 3) == OWN_SHARE


def one_hertz(folder: Path, person: int, state: int, ears: list[float]) -> None:
    text = "".join(f"{person},{ear},0.8,0.4,2.0\n" for ear in ears)
    (folder / f"person{person}_{state}.csv").write_text(text, encoding="utf-8")


def test_one_hertz(tmp_path: Path) -> None:
    one_hertz(tmp_path, 3, ALERT, [0.3] * 90)
    one_hertz(tmp_path, 3, DROWSY, [0.3, 0.2] * 45)
    played = play_features(tmp_path, SETTINGS)
    assert played is not None
    assert [r.measures["below_0.8"] for r in played.recordings] == [0.0, 0.5]
    assert played.recordings[1].level[-1] == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "labels_fold3.npy").unlink(), "labels_fold3.npy: cannot be read"),
        (lambda f: (f / "labels_fold3.npy").write_bytes(b"{}"), "expected an array of numbers"),
        (lambda f: np.save(f / "labels_fold3.npy", np.zeros(3)), "as many labels, found"),
        (lambda f: np.save(f / "blinks_fold3.npy", np.zeros((9, 30))), "shape (N, 30, 4)"),
        (lambda f: np.save(f / "blinks_fold3.npy", np.full((9, 3, 4), np.nan)), "finite numbers"),
        (lambda f: (f / "blinks_foldX.npy").write_bytes(b""), "blinks_fold<N>.npy with a number"),
        (lambda f: write_fold(f, 3, [(ALERT, blinks(20, 0.1))]), "person 25 has no drowsy blinks"),
        (
            lambda f: write_fold(f, 3, [(DROWSY, blinks(20, 0.1)), (7, blinks(20, 0.1))]),
            "labels 0, 5 and 10",
        ),
    ],
)
def test_incomplete_blinks_are_refused(
    fold: Path, change: Callable[[Path], object], said: str
) -> None:
    change(fold)
    with pytest.raises(SourceError) as refused:
        play_features(fold, SETTINGS)
    assert said in str(refused.value)
    assert str(fold) in str(refused.value)


def test_incomplete_lids_are_refused(tmp_path: Path) -> None:
    lids_csv(tmp_path, [(7, "alert", 0.3)] * 9)
    with pytest.raises(SourceError, match="person 7 has no drowsy recording"):
        play_features(tmp_path, SETTINGS)
    lids_csv(tmp_path, [(7, "asleep", 0.3)])
    with pytest.raises(SourceError, match=r"windows\.csv, line 2: label: expected alert"):
        play_features(tmp_path, SETTINGS)
    lids_csv(tmp_path, [(7, "alert", math.nan)])
    with pytest.raises(SourceError, match=r"line 2: expected a number, 0 or more, found 'nan'"):
        play_features(tmp_path, SETTINGS)
    (tmp_path / "windows.csv").unlink()
    (tmp_path / "person1_3.csv").write_text("1,2,3,4,5\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"person<N>_<0, 5 or 10>\.csv"):
        play_features(tmp_path, SETTINGS)
    (tmp_path / "person1_3.csv").rename(tmp_path / "person1_0.csv")
    (tmp_path / "person1_0.csv").write_text("1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="rows of five numbers"):
        play_features(tmp_path, SETTINGS)


def test_a_folder_of_something_else_is_none(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    assert play_features(tmp_path, SETTINGS) is None


def test_nobody_is_on_both_sides_of_the_split() -> None:
    sides = split()
    assert not sides["fitted"] & sides["left_out"]
    assert sides["fitted"] | sides["left_out"] == set(range(1, 61))
    for side in sides.values():  # folds of twelve stay together
        assert {(p - 1) // 12 for p in side} == {(p - 1) // 12 for p in side if p % 12 == 0}
