"""Folders of features that others published of UTA-RLDD, through the scores of the level.

Nobody may pass the videos on, but what was measured in them is public: blinks (deviations from the
person's own), means of the lids over two seconds, the lids once a second. Each allows some of the
scores of profile ``evidence``; the others are not valid there and add nothing.
"""

import csv
import itertools
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.agreement import Array
from fatigue_ros.evaluation.labels import table_rows
from fatigue_ros.evaluation.validation.people import (
    ALERT,
    DROWSY,
    LOW,
    STATES,
    PlayedFolder,
    Recording,
)
from fatigue_ros.files import LARGEST_PICTURE, check_file
from fatigue_ros.fusion.profiles import evidence
from fatigue_ros.fusion.profiles.evidence_settings import EvidenceSettings
from fatigue_ros.measures import own_blinks
from fatigue_ros.measures.droop import droop, low_share, opening
from fatigue_ros.measures.eye_settings import EyeSettings

VIDEO_LENGTH = 600.0
"""[s] of a recording of UTA-RLDD by its authors' word; the blinks have no times of their own."""
BLINKS_IN_WINDOW = 100
"""[1] blinks that stand for ``blink_tail_window`` where there is no time: 5 min at 20 a minute."""
RATE_PER_DEVIATION = 0.03
"""[1] share of the own blink rate that is one published deviation of it: the number of blinks in
ten minutes against their mean deviation, median of 24 people (who are named in split.yaml)."""
OWN_SHARE = 1.0 / 3.0
"""[1] first part of an alert recording that the own level of the lids comes from."""
FOLD_SIZE = 12
_WINDOW = 2.0  # [s] sixty frames
_ONE_HERTZ = 1.0
_LEAST_LIDS = 10  # [1] values before there is an opening that stands for anything

Courses = dict[tuple[int, int], Array]


def play_features(folder: Path, settings: EvidenceSettings) -> PlayedFolder | None:
    """Read and play a folder of features; None when it is none.

    Raises:
        SourceError: it is incomplete or damaged.
    """
    for looks_like, play in _LAYOUTS:
        if any(folder.glob(looks_like)):
            return play(folder, settings)
    return None


# --- blinks -----------------------------------------------------------------------------------


def _play_blinks(folder: Path, settings: EvidenceSettings) -> PlayedFolder:
    courses: Courses = {}
    for path in sorted(folder.glob("blinks_fold*.npy")):
        courses |= _read_fold(path)
    notes = [
        "Blinks are deviations from the last third of the person's own alert recording, by the "
        "data set's own normalisation; that third is not among what is scored. There is no time "
        f"axis: a window is {BLINKS_IN_WINDOW} blinks, a recording counts for ten minutes, an "
        "alert one for two thirds of that.",
        "Within a fold people stand in an order that nobody wrote down: their numbers here are the "
        "fold's first and so on.",
        *_copies(courses),
    ]
    recordings = [
        _play_blink_course(person, state, course, settings)
        for (person, state), course in sorted(courses.items())
    ]
    return PlayedFolder(folder.name, recordings, notes)


def _play_blink_course(
    person: int, state: int, course: Array, settings: EvidenceSettings
) -> Recording:
    rate, amplitude, duration, speed = (column.tolist() for column in course.T)
    johns = [a - v for a, v in zip(amplitude, speed, strict=True)]
    level = []
    for end in range(1, len(course) + 1):
        recent = slice(max(0, end - BLINKS_IN_WINDOW), end)
        ratio = 1.0 + RATE_PER_DEVIATION * float(np.mean(rate[recent]))
        tail = evidence.blink_tail(settings, own_blinks.upper_tail(duration[recent]))
        metrics = (
            tail,
            evidence.lid_speed(settings, own_blinks.slowness(speed[recent])),
            evidence.blink_rate(settings, ratio, 1.0),
        )
        level.append(evidence.level(metrics) if tail.valid else math.nan)
    return Recording(
        person=person,
        state=state,
        measures={
            "blink_duration_mean": own_blinks.mean(duration),
            "blink_duration_p90": own_blinks.quantile(duration, own_blinks.TAIL),
            "blink_tail": own_blinks.upper_tail(duration),
            "long_blink_share": own_blinks.long_share(duration),
            "blink_duration_spread": own_blinks.spread(duration),
            "lid_slowness": own_blinks.slowness(speed),
            "amplitude_over_speed": own_blinks.mean(johns),
            "blink_rate": own_blinks.mean(rate),
        },
        level=np.array(level),
        duration=VIDEO_LENGTH * (1.0 - OWN_SHARE if state == ALERT else 1.0),
    )


def _read_fold(path: Path) -> Courses:
    named = re.fullmatch(r"blinks_fold([1-9]\d{0,2})", path.stem)
    if named is None:
        raise SourceError(f"{path}: expected blinks_fold<N>.npy with a number from 1 on")
    number = int(named[1])
    partner = path.with_name(f"labels_fold{number}.npy")
    windows, labels = _array(path), _array(partner).ravel()
    if windows.ndim != 3 or windows.shape[2] != 4 or len(windows) != len(labels):
        raise SourceError(
            f"{path}: expected windows of blinks of shape (N, 30, 4) and as many labels, found "
            f"{windows.shape} and {len(labels)} labels"
        )
    if set(labels.tolist()) - set(STATES):
        raise SourceError(f"{partner}: expected labels 0, 5 and 10, found {set(labels.tolist())}")
    courses: Courses = {}
    person, last = FOLD_SIZE * (number - 1), DROWSY
    begin = 0
    for state, run in itertools.groupby(int(label) for label in labels):
        end = begin + len(list(run))
        if last == DROWSY:
            person += 1
        elif (person, state) in courses:
            raise SourceError(f"{partner}: person {person} has state {state} twice")
        part = windows[begin:end]
        blinks = np.concatenate([part[0], *(window[-2:] for window in part[1:])])
        courses[person, state] = blinks[np.any(blinks != 0.0, axis=1)]
        begin, last = end, state
    for number_, state in itertools.product({p for p, _ in courses}, (ALERT, DROWSY)):
        if not len(courses.get((number_, state), ())):
            raise SourceError(f"{partner}: person {number_} has no {STATES[state]} blinks")
    return courses


def _array(path: Path) -> Array:
    try:
        check_file(path, LARGEST_PICTURE)
        array = np.asarray(np.load(path, allow_pickle=False), np.float64)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, EOFError) as error:
        raise SourceError(f"{path}: expected an array of numbers ({error})") from error
    if not (array.size and np.isfinite(array).all()):
        raise SourceError(f"{path}: expected finite numbers, found none or others")
    return array


def _copies(courses: Courses) -> Iterator[str]:
    for (a, first), (b, second) in itertools.combinations(sorted(courses.items()), 2):
        if np.array_equal(first, second):
            yield (
                f"The published file has the same blinks twice: person {a[0]} {STATES[a[1]]} and "
                f"person {b[0]} {STATES[b[1]]}. Both are kept, as others count them."
            )


# --- the lids over time -----------------------------------------------------------------------


def _play_windows(folder: Path, settings: EvidenceSettings) -> PlayedFolder:
    path = folder / "windows.csv"
    values: dict[tuple[int, int], list[float]] = {}
    for where, cells in table_rows(path, ("subject_id", "window_id", "ear_mean_mean", "label")):
        states = {name: state for state, name in STATES.items()}
        if cells["label"] not in states:
            raise SourceError(f"{where}: label: expected alert or drowsy, found {cells['label']!r}")
        key = (int(_number(cells["subject_id"], where)), states[cells["label"]])
        values.setdefault(key, []).append(_number(cells["ear_mean_mean"], where))
    courses = {key: np.array(course) for key, course in values.items()}
    return _play_lids(folder, courses, _WINDOW, settings)


def _play_one_hertz(folder: Path, settings: EvidenceSettings) -> PlayedFolder:
    courses: Courses = {}
    for path in sorted(folder.glob("person*_*.csv")):
        named = re.fullmatch(r"person(\d{1,4})_(0|5|10)", path.stem)
        if named is None:
            raise SourceError(f"{path}: expected person<N>_<0, 5 or 10>.csv")
        courses[int(named[1]), int(named[2])] = _second_column(path)
    return _play_lids(folder, courses, _ONE_HERTZ, settings)


def _play_lids(
    folder: Path, courses: Courses, step: float, settings: EvidenceSettings
) -> PlayedFolder:
    recordings = []
    for person in sorted({person for person, _ in courses}):
        for state in (ALERT, DROWSY):
            if (person, state) not in courses:
                raise SourceError(f"{folder}: person {person} has no {STATES[state]} recording")
        alert = courses[person, ALERT]
        part = round(OWN_SHARE * len(alert))
        own = opening(alert[:part].tolist())
        for state in (ALERT, LOW, DROWSY):
            course = courses.get((person, state))
            if course is not None:
                scored = course[part:] if state == ALERT else course
                recordings.append(_play_lid_course(person, state, scored, own, step, settings))
    notes = [
        f"EAR once in {step:g} s. The own level of the lids is that of the first third of the "
        "alert recording; only the rest of it is scored. Droop is the one score that these figures "
        "allow, and droop alone never warns: warnings and sensitivity are 0 by construction."
    ]
    return PlayedFolder(folder.name, recordings, notes)


def _play_lid_course(
    person: int, state: int, course: Array, own: float, step: float, settings: EvidenceSettings
) -> Recording:
    count = round(EyeSettings().droop_window / step)
    level = []
    for end in range(1, len(course) + 1):
        recent = course[max(0, end - count) : end].tolist()
        known = end >= _LEAST_LIDS
        missing = droop(opening(recent), own) if known else math.nan
        metric = evidence.drooping(settings, missing, low_share(recent, own))
        level.append(evidence.level([metric]) if metric.valid else math.nan)
    return Recording(
        person=person,
        state=state,
        measures={
            "droop": droop(opening(course.tolist()), own) if len(course) else math.nan,
            "below_0.85": float(np.mean(course < 0.85 * own)),
            "below_0.8": low_share(course.tolist(), own),
        },
        level=np.array(level),
        duration=step * len(course),
    )


def _second_column(path: Path) -> Array:
    try:
        check_file(path, LARGEST_PICTURE)
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: expected a CSV file in UTF-8 ({error})") from error
    if not rows or any(len(row) != 5 for row in rows):
        raise SourceError(f"{path}: expected rows of five numbers: person, EAR and three more")
    return np.array([_number(row[1], f"{path}, line {i}") for i, row in enumerate(rows, 1)])


def _number(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0.0):
        raise SourceError(f"{where}: expected a number, 0 or more, found {cell!r}")
    return value


_LAYOUTS: tuple[tuple[str, Callable[[Path, EvidenceSettings], PlayedFolder]], ...] = (
    ("blinks_fold*.npy", _play_blinks),
    ("windows.csv", _play_windows),
    ("person*_*.csv", _play_one_hertz),
)
FEATURE_FOLDERS = " or ".join(looks_like for looks_like, _ in _LAYOUTS)
"""What a folder of features holds."""
