"""Events against labels, with what is not to be scored left out on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from fatigue_ros.evaluation.event_score import score_events, scored, total
from fatigue_ros.evaluation.labels import Labels
from fatigue_ros.face import EventKind


def test_precision_and_recall_by_hand(hand_made: Any) -> None:
    drive = hand_made(60.0)
    for start in (1.0, 5.0, 9.0, 20.0):  # the last is not labelled
        drive.event(EventKind.BLINK, start, start + 0.2)
    labels = Labels(spans={"blink": ((1.1, 1.3), (5.1, 5.2), (9.29, 9.4), (30.0, 30.2), (40, 41))})
    found = score_events(drive.seen, labels)["blink"]
    assert found["detected"] == 4
    assert found["labelled"] == 5
    assert found["precision"] == pytest.approx(3 / 4)  # 9.2 and 9.29 are 0.09 s apart
    assert found["recall"] == pytest.approx(3 / 5)
    assert found["f1"] == pytest.approx(6 / 9)


def test_a_long_blink_is_still_a_blink(hand_made: Any) -> None:
    drive = hand_made(60.0)
    drive.event(EventKind.CLOSURE, 10.0, 10.51)
    labels = Labels(spans={"blink": ((10.0, 10.49),)})
    assert score_events(drive.seen, labels)["blink"]["f1"] == 1.0


def test_only_kinds_that_were_looked_for(hand_made: Any) -> None:
    drive = hand_made(60.0)
    drive.event(EventKind.YAWN, 10.0, 13.0)
    assert score_events(drive.seen, Labels()) == {}
    assert score_events(drive.seen, Labels(spans={"yawn": ()}))["yawn"]["precision"] == 0.0


def test_ignored_with_its_partner() -> None:
    ignored = [(10.0, 20.0)]
    # Detected across the edge, labelled outside of it: both go, or one would be an error.
    assert scored([(9.0, 10.5)], [(9.0, 9.9)], ignored) == ([], [])
    assert scored([(9.0, 9.9)], [(9.0, 10.5)], ignored) == ([], [])
    # Nothing to do with it: both stay.
    assert scored([(1.0, 2.0)], [(30.0, 31.0)], ignored) == ([(1.0, 2.0)], [(30.0, 31.0)])


def test_totals_add_up_events_not_ratios() -> None:
    few = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "detected": 1, "labelled": 1}
    many = {"precision": 0.5, "recall": 5 / 9, "f1": 0.0, "detected": 10, "labelled": 9}
    both = total([few, many])
    assert both["precision"] == pytest.approx(6 / 11)
    assert both["recall"] == pytest.approx(6 / 10)
    assert both["f1"] == pytest.approx(12 / 21)
