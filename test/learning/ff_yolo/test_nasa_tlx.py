from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.labelling import FATIGUED, compared, read_comparisons
from fatigue_ros.workload import WEIGHTS, Workload


def test_the_papers_example() -> None:
    assert Workload(8, 3, 8, 4, 7, 5).evaluation == pytest.approx(6.83)


def test_the_range_of_answers_is_the_range_of_the_evaluation() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert Workload(1, 1, 1, 1, 1, 1).evaluation == pytest.approx(1.0)
    assert Workload(10, 10, 10, 10, 10, 10).evaluation == pytest.approx(10.0)


@pytest.mark.parametrize("answers", [(4, 6, 9, 9, 9, 2), (5, 7, 9, 9, 8, 2), (7, 7, 7, 7, 7, 7)])
def test_what_sums_to_seven_is_seven(answers: tuple[int, ...]) -> None:
    assert sum(a * w for a, w in zip(answers, (26, 7, 20, 7, 33, 7), strict=True)) == 700
    assert Workload(*answers).evaluation == FATIGUED


def test_answers_as_people_write_them() -> None:
    assert Workload.parse("8, 3,8,4,7,5") == Workload(8, 3, 8, 4, 7, 5)


@pytest.mark.parametrize("text", ["8,3,8,4,7", "8,3,8,4,7,5,1", "8;3;8;4;7;5", ""])
def test_other_than_six_numbers_are_refused(text: str) -> None:
    with pytest.raises(FatigueError, match=r"expected six scores \(mental,physical,.*got"):
        Workload.parse(text)


@pytest.mark.parametrize("score", ["0", "10.5", "nan"])
def test_an_answer_out_of_range_is_named(score: str) -> None:
    with pytest.raises(FatigueError, match="NASA-TLX effort: expected 1 to 10, got"):
        Workload.parse(f"8,3,8,4,{score},5")


def chosen(**counts: int) -> list[str]:
    """So many of the 15 comparisons."""
    return [name for name, count in counts.items() for _ in range(count)]


PAPER = {"mental": 4, "physical": 1, "temporal": 3, "performance": 1, "effort": 5, "frustration": 1}


def test_the_papers_weights_come_of_fifteen_comparisons() -> None:
    """0.2667, 0.0667, 0.2, 0.0667, 0.3333, 0.0667 are cut off to 0.97; three times 0.01 are due."""
    assert compared(chosen(**PAPER)) == WEIGHTS


def test_weights_of_several_raters_sum_to_one() -> None:
    other = {**PAPER, "mental": 5, "effort": 4}
    both = compared(chosen(**PAPER) + chosen(**other))
    # 9, 2, 6, 2, 9, 2 of 30: 0.30 0.06 0.20 0.06 0.30 0.06 and 0.02 for the first of the smallest.
    assert list(both.values()) == [0.3, 0.07, 0.2, 0.07, 0.3, 0.06]
    assert Workload(8, 3, 8, 4, 7, 5).weighted(both) == pytest.approx(
        0.3 * 8 + 0.07 * 3 + 0.2 * 8 + 0.07 * 4 + 0.3 * 7 + 0.06 * 5
    )


RANKED = ("effort", "mental", "temporal", "physical", "performance", "frustration")


def lines(rater: str) -> list[str]:
    """A rater who is of one mind: always the one that stands first in RANKED."""
    pairs = itertools.combinations(WEIGHTS, 2)
    return [f"{rater},{a},{b},{min(a, b, key=RANKED.index)}" for a, b in pairs]


def test_comparisons_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    text = ["rater,first,second,chosen", *lines("anna"), *lines("ben")]
    path.write_text("\ufeff" + "\n".join(text), encoding="utf-8")
    found = read_comparisons(path)
    assert found == {
        "mental": 0.26,
        "physical": 0.13,
        "temporal": 0.2,
        "performance": 0.07,
        "effort": 0.33,
        "frustration": 0.01,
    }
    assert sum(found.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["who,a,b,c"], ":1: expected rater,first,second,chosen, got who,a,b,c"),
        (["rater,first,second,chosen"], ": expected comparisons, found none"),
        (["rater,first,second,chosen", "a,mental,effort,temporal"], ":2: expected a rater"),
        (["rater,first,second,chosen", "a,mental,mental,mental"], ":2: expected a rater"),
        (["rater,first,second,chosen", "a,mental,effort"], ":2: expected a rater"),
        (["rater,first,second,chosen", *lines("a"), "a,effort,mental,mental"], ":17: a has comp"),
        (["rater,first,second,chosen", *lines("a")[:-1]], ": a: expected effort compared with f"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, rows: list[str], reason: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(FatigueError, match=r"pairs\.csv" + reason):
        read_comparisons(path)


def test_answers_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "drive.nasa_tlx.json"
    answers = dict(zip(WEIGHTS, (8, 3, 8, 4, 7, 5), strict=True))
    path.write_text(json.dumps({**answers, "driver_id": "anna"}), encoding="utf-8")
    assert Workload.read(path) == Workload(8, 3, 8, 4, 7, 5)
    path.write_text(json.dumps({**answers, "effort": 11}), encoding="utf-8")
    with pytest.raises(FatigueError, match="NASA-TLX effort: expected 1 to 10, got 11"):
        Workload.read(path)
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(FatigueError, match=r"drive\.nasa_tlx\.json: expected numbers mental, phys"):
        Workload.read(path)
