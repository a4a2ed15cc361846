"""The pass table, by hand."""

from __future__ import annotations

from fatigue_ros.evaluation.euro_ncap import pass_table
from fatigue_ros.evaluation.warning_score import ClosureDetection, DrowsyEpisode


def closure(duration: float, delay: float | None, **changes: object) -> ClosureDetection:
    fields = {"detected": delay is not None, "judged": 1.0, "told": None} | changes
    return ClosureDetection(start=0.0, duration=duration, delay=delay, **fields)  # type: ignore[arg-type]


def test_each_row() -> None:
    closures = [
        closure(1.5, 1.2),  # within the tolerance
        closure(2.9, 1.3),  # too late
        closure(1.5, None, detected=True),  # the warning was on already
        closure(3.0, 3.2),
        closure(7.0, None),
        closure(2.0, None, judged=0.0, told=4.0, visible=False),
        closure(4.0, None, judged=0.0, visible=False),
    ]
    episodes = [
        DrowsyEpisode(0.0, 8, warned=True, latency=5.0),
        DrowsyEpisode(900.0, 7, warned=False, latency=None),  # may be warned, must not
    ]
    table = pass_table(closures, episodes)
    rows = {r["row"]: (r["happened"], r["well"], r["passed"]) for r in table}
    assert rows == {
        "microsleep": (3, 2, False),
        "sleep": (1, 1, True),
        "unresponsive": (1, 0, False),
        "drowsiness": (1, 1, True),
        "degraded": (2, 1, False),
    }


def test_what_did_not_happen_is_not_passed() -> None:
    assert {row["passed"] for row in pass_table([], [])} == {None}
