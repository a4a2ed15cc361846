from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Face
from fatigue_ros.learning.ff_yolo.labelling import Look, Watcher, minutes
from fatigue_ros.vision.head_pose import FACE_MODEL
from fatigue_ros.workload import Workload

TIRED = Workload(7, 7, 7, 7, 7, 7)
FRESH = Workload(6.9, 6.9, 6.9, 6.9, 6.9, 6.9)
RATE = 10


def looks(closed: Sequence[bool | None]) -> list[Look]:
    """One judgement for each second, ten frames each, the first of them sampled."""
    return [
        Look(second + frame / RATE, state, frame == 0)
        for second, state in enumerate(closed)
        for frame in range(RATE)
    ]


def test_drowsy_needs_more_than_thirty_percent() -> None:
    [at_limit] = minutes(looks([True] * 18 + [False] * 42))
    [above] = minutes(looks([True] * 19 + [False] * 41))
    assert at_limit.perclos == pytest.approx(0.3)
    assert not at_limit.drowsy(TIRED)
    assert above.drowsy(TIRED)


def test_drowsy_needs_both_the_eyes_and_the_answers() -> None:
    [asleep] = minutes(looks([True] * 60))
    [awake] = minutes(looks([False] * 60))
    assert asleep.drowsy(TIRED)
    assert not asleep.drowsy(FRESH)
    assert not awake.drowsy(TIRED)


def test_what_cannot_be_judged_is_neither_closed_nor_counted() -> None:
    [minute] = minutes(looks([True] * 10 + [None] * 20 + [False] * 30))
    assert minute.perclos == pytest.approx(10 / 40)
    assert minute.perclos_all == pytest.approx(10 / 40)
    assert minute.judged == pytest.approx(40 / 60)


def test_a_minute_hardly_seen_has_no_label() -> None:
    [half] = minutes(looks([True] * 30 + [None] * 30))
    [less] = minutes(looks([True] * 29 + [None] * 31))
    assert half.labelled
    assert not less.labelled


def test_a_minute_never_seen_has_no_perclos_and_is_not_drowsy() -> None:
    [minute] = minutes(looks([None] * 60))
    assert math.isnan(minute.perclos)
    assert not minute.labelled
    assert not minute.drowsy(TIRED)


def test_minutes_are_judged_each_by_itself_and_the_rest_is_left_out() -> None:
    first, second = minutes(looks([True] * 60 + [False] * 60 + [True] * 59))
    assert (first.perclos, second.perclos) == (1.0, 0.0)
    assert (first.start, second.start) == (0.0, 60.0)
    assert first.holds(59.9)
    assert second.holds(60.0)
    assert not second.holds(120.0)


def test_one_frame_a_second_and_all_frames_may_disagree() -> None:
    blinking = [
        Look(second + frame / RATE, frame == 0, frame == 0)
        for second in range(60)
        for frame in range(RATE)
    ]
    [minute] = minutes(blinking)
    assert minute.perclos == 1.0
    assert minute.perclos_all == pytest.approx(0.1)
    assert minute.drowsy(TIRED)
    assert not minute.drowsy(TIRED, every_frame=True)


def test_less_than_a_minute_is_labelled_only_when_asked_for() -> None:
    recorded = looks([True] * 59)
    with pytest.raises(FatigueError, match=r"recording of 60 s or more for PERCLOS, found 59\.0 s"):
        minutes(recorded)
    [minute] = minutes(recorded, short=True)
    assert minute.perclos == 1.0
    assert minute.seconds == pytest.approx(59.0)
    assert not minute.full


def test_a_recording_without_a_frame_is_refused() -> None:
    with pytest.raises(FatigueError, match="found no frame"):
        minutes([], short=True)


def face(stamp: float, ear: float, yaw: float = 0.0) -> Face:
    """The face model at 3 px per mm with eyes of this aspect ratio."""
    points = FACE_MODEL[:, :2].astype(np.float32) * 3.0 + 320.0
    for corner in (36, 42):
        width = float(np.linalg.norm(points[corner] - points[corner + 3]))
        middle = (points[corner] + points[corner + 3]) / 2.0
        for offset, side in ((1, -1), (2, -1), (4, 1), (5, 1)):
            points[corner + offset, 1] = middle[1] + side * ear * width / 2.0
    return Face(stamp=stamp, points=points, yaw=yaw, pitch=0.0, roll=0.0, width=640, height=640)


def test_the_eyes_are_closed_below_an_ear_of_a_fifth() -> None:
    watcher = Watcher()
    seen = [watcher.look(face(n / RATE, ear)).closed for n, ear in enumerate((0.3, 0.21, 0.19))]
    assert seen == [False, False, True]


def test_a_head_turned_away_or_out_of_sight_is_not_judged() -> None:
    watcher = Watcher()
    assert watcher.look(face(0.0, 0.1, yaw=1.2)).closed is None
    assert watcher.look(Face(stamp=0.1)).closed is None


@pytest.mark.parametrize("rate", [1.0, 7.0, 29.97, 30.0])
def test_sixty_frames_a_minute_are_sampled_whatever_the_rate(rate: float) -> None:
    watcher = Watcher()
    stamps = [5.0 + n / rate for n in range(round(60 * rate))]
    sampled = [stamp for stamp in stamps if watcher.look(Face(stamp=stamp)).sampled]
    assert len(sampled) == 60
    assert all(stamp - 5.0 - n < 1.0 / rate for n, stamp in enumerate(sampled))


def test_after_a_gap_sampling_goes_on_in_step() -> None:
    watcher = Watcher()
    stamps = [0.0, 0.5, 1.0, 4.7, 4.9, 5.0, 5.5]
    assert [s for s in stamps if watcher.look(Face(stamp=s)).sampled] == [0.0, 1.0, 4.7, 5.0]
