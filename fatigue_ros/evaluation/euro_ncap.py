"""The pass table of Euro NCAP's driver monitoring, as far as recordings and labels can fill it.

Euro NCAP Safe Driving, Driver Engagement v1.1 (October 2025). It asks for much more than this: who
drives, lights, eyewear, how warnings look. A row here is what happened, not a point.
"""

from collections.abc import Sequence
from typing import Any

from fatigue_ros.evaluation.warning_score import (
    DROWSY,
    MICROSLEEP,
    SLEEP,
    ClosureDetection,
    DrowsyEpisode,
)

TOLERANCE = 0.2
"""[s] by which a warning may come later than the row says."""
UNRESPONSIVE = 6.0
"""[s] eyes closed for this long or longer are an unresponsive driver."""
DEGRADED = 10.0
"""[s] a loss of function is told of within this."""


def pass_table(
    closures: Sequence[ClosureDetection], episodes: Sequence[DrowsyEpisode]
) -> list[dict[str, Any]]:
    """A row for each thing asked: how often it happened, and how often all was well.

    Args:
        closures: labelled, of 1 s or longer.
        episodes: of sleepiness, as reported by the drivers.
    """
    seen = [c for c in closures if c.visible]
    drowsy = [e for e in episodes if e.highest >= DROWSY]
    unjudged = [c for c in closures if c.unjudged]
    return [
        _closed("microsleep", MICROSLEEP, [c for c in seen if c.duration < SLEEP]),
        _closed("sleep", SLEEP, [c for c in seen if SLEEP <= c.duration < UNRESPONSIVE]),
        _closed("unresponsive", UNRESPONSIVE, [c for c in seen if c.duration >= UNRESPONSIVE]),
        _row(
            "drowsiness",
            f"warned in an episode with KSS {DROWSY} or more",
            [e.warned for e in drowsy],
        ),
        _row(
            "degraded",
            f"eyes that are not judged told of within {DEGRADED:g} s",
            [c.told is not None and c.told <= DEGRADED for c in unjudged],
        ),
    ]


def _closed(row: str, after: float, closures: Sequence[ClosureDetection]) -> dict[str, Any]:
    # Where the warning was on already there is no time to be late by.
    limit = after + TOLERANCE
    asked = f"alarm no later than {after:g} s after the eyes closed, and {TOLERANCE:g} s"
    return _row(row, asked, [c.detected and (c.delay or 0.0) <= limit + 1e-9 for c in closures])


def _row(row: str, asked: str, well: Sequence[bool]) -> dict[str, Any]:
    happened = len(well)
    return {
        "row": row,
        "asked": asked,
        "happened": happened,
        "well": sum(well),
        "passed": all(well) if happened else None,
    }
