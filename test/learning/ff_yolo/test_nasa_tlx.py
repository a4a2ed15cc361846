from __future__ import annotations

import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.labelling import FATIGUED, WEIGHTS, Workload


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
