"""Figures of a test against values known by hand, and their intervals."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="learned models are an extra: pip install .[learning]")

from fatigue_ros.learning import figures
from fatigue_ros.learning.scores import Floats, Scores, score
from fatigue_ros.learning.shrestha import PUBLISHED
from fatigue_ros.learning.splits import Indices
from fatigue_ros.learning.tables import comparison

NAMES = ("awake", "tired")


def two(values: list[float]) -> Floats:
    tired = np.array(values)
    return np.stack([1.0 - tired, tired], axis=1)


def made(labels: list[int], tired: list[float], resamples: int = 20) -> Scores:
    groups = [str(index) for index in range(len(labels))]
    return score(np.array(labels, np.int64), two(tired), groups, NAMES, resamples=resamples)


def test_report_by_hand() -> None:
    # Tired said of 3, right of 2; tired are 4. Awake said of 5, right of 3; awake are 4.
    scores = made([1, 1, 1, 1, 0, 0, 0, 0], [0.9, 0.8, 0.4, 0.3, 0.7, 0.2, 0.1, 0.1])
    assert scores.confusion.tolist() == [[3, 1], [2, 2]]
    assert scores.support == (4, 4)
    assert scores.accuracy.value == pytest.approx(5 / 8)
    tired, awake = scores.per_class["tired"], scores.per_class["awake"]
    assert tired["precision"].value == pytest.approx(2 / 3)
    assert tired["recall"].value == pytest.approx(2 / 4)
    assert tired["f1"].value == pytest.approx(4 / 7)
    assert awake["f1"].value == pytest.approx(6 / 9)
    assert scores.macro["f1"].value == pytest.approx((4 / 7 + 6 / 9) / 2)
    # Of the 16 pairs of a tired and an awake picture, all but the two with 0.7 are in order.
    assert tired["auc"].value == awake["auc"].value == pytest.approx(14 / 16)


def test_areas_by_hand() -> None:
    scores = made([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    assert scores.per_class["tired"]["auc"].value == pytest.approx(3 / 4)
    # Steps of recall from 0 to 1/2 at precision 1, and from 1/2 to 1 at precision 2/3.
    assert scores.per_class["tired"]["average_precision"].value == pytest.approx(5 / 6)
    rates = scores.roc["tired"].T.tolist()
    assert rates == [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]]


def test_four_classes() -> None:
    labels = np.arange(40, dtype=np.int64) % 4
    right = np.eye(4)[labels] * 0.7 + 0.075
    groups = [str(index // 4) for index in range(40)]
    scores = score(labels, right, groups, ("a", "b", "c", "d"), resamples=20)
    assert scores.confusion.tolist() == (10 * np.eye(4)).tolist()
    assert scores.macro["auc"].value == scores.macro["f1"].value == 1.0
    assert (scores.macro["f1"].low, scores.macro["f1"].high) == (1.0, 1.0)
    assert scores.groups == 10


def drawn(generator: np.random.Generator, count: int) -> tuple[Indices, Floats]:
    labels = generator.integers(0, 2, count).astype(np.int64)
    return labels, two(np.clip(0.3 * labels + 0.7 * generator.random(count), 0, 1).tolist())


def test_copies_of_a_persons_pictures_add_no_certainty() -> None:
    labels, said = drawn(np.random.default_rng(0), 30)
    persons = [f"{index:02d}" for index in range(30)]
    once = score(labels, said, persons, NAMES, resamples=100)
    often = score(
        np.repeat(labels, 5),
        np.repeat(said, 5, axis=0),
        sorted(persons * 5),
        NAMES,
        resamples=100,
    )
    assert (often.accuracy.low, often.accuracy.high) == (once.accuracy.low, once.accuracy.high)
    assert often.macro["auc"].low == pytest.approx(once.macro["auc"].low)
    # Taken for pictures of 150 people, they would.
    wrong = score(
        np.repeat(labels, 5),
        np.repeat(said, 5, axis=0),
        [str(index) for index in range(150)],
        NAMES,
        resamples=100,
    )
    assert wrong.accuracy.high - wrong.accuracy.low < 0.7 * (once.accuracy.high - once.accuracy.low)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # A coin that lands on its head in 70 % of throws, 60 throws, 40 times over.
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(40):
        labels = np.arange(60, dtype=np.int64) % 2
        right = generator.random(60) < 0.7
        tired = np.where(right, labels, 1 - labels) * 0.8 + 0.1
        groups = [str(index) for index in range(60)]
        accuracy = score(labels, two(tired.tolist()), groups, NAMES, resamples=30).accuracy
        held += accuracy.low <= 0.7 <= accuracy.high
    assert 33 <= held <= 40


def test_what_cannot_be_known_is_not_made_up() -> None:
    scores = made([1, 1, 1], [0.9, 0.8, 0.2])
    assert math.isnan(scores.per_class["awake"]["recall"].value)
    assert math.isnan(scores.per_class["tired"]["auc"].value)
    assert str(scores.per_class["tired"]["auc"]) == "-"
    # Strict JSON: no NaN in it.
    found = json.loads(scores.to_json(), parse_constant=pytest.fail)
    assert found["per_class"]["tired"]["auc"]["value"] is None
    assert found["confusion"] == [[0, 0], [1, 2]]


def test_pictures_are_written_and_the_same_each_time(tmp_path: Path) -> None:
    labels, said = drawn(np.random.default_rng(1), 40)
    scores = score(labels, said, [str(i) for i in range(40)], NAMES, resamples=10)
    first = {path.name: path.read_bytes() for path in figures.write(scores, tmp_path, "net")}
    assert set(first) == {"confusion.png", "roc.png", "precision_recall.png", "reliability.png"}
    again = {path.name: path.read_bytes() for path in figures.write(scores, tmp_path, "net")}
    assert first == again
    for name in first:
        picture = np.asarray(cv2.imread(str(tmp_path / name)))
        assert min(picture.shape[:2]) > 200
        assert picture.std() > 10


def test_curves_of_what_cannot_be_known_are_drawn_too(tmp_path: Path) -> None:
    assert len(figures.write(made([1, 1, 1], [0.9, 0.8, 0.2]), tmp_path, "net")) == 4


def test_calibration_error_is_the_distance_of_the_reliability_from_what_was_said() -> None:
    generator = np.random.default_rng(7)
    labels, said = drawn(generator, 200)
    scores = score(labels, said, [str(i) for i in range(200)], NAMES, resamples=20)
    sure, right, share = scores.reliability.T
    assert scores.ece.value == pytest.approx(float((share * abs(sure - right)).sum()), abs=1e-6)
    assert scores.ece.low <= scores.ece.value <= scores.ece.high
    assert share.sum() == pytest.approx(1.0)
    honest = score(
        np.array([0, 0, 0, 1], np.int64), np.full((4, 2), [0.75, 0.25]), list("abcd"), NAMES
    )
    assert honest.ece.value == pytest.approx(0.0, abs=1e-6)


def test_table_has_the_papers_figures_beside_ours() -> None:
    labels, said = drawn(np.random.default_rng(2), 40)
    scores = score(
        labels, said, [str(i) for i in range(40)], ("non_fatigue", "fatigue"), resamples=5
    )
    head, rule, *rows = comparison({"vgg16": scores, "lenet": scores}, "fatigue", PUBLISHED)
    assert head.count("|") == rule.count("|") == rows[0].count("|") == 10
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[0] == "vgg16"
    assert cells[2::2] == ["0.78", "0.80", "0.80", "0.78"]
    assert cells[1] == str(scores.accuracy)
    assert cells[3] == str(scores.per_class["fatigue"]["recall"])
    assert [cell.strip() for cell in rows[1].strip("|").split("|")][2::2] == ["-"] * 4
