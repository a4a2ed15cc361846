"""What the report's pictures show."""

from __future__ import annotations

import numpy as np

from fatigue_ros.evaluation.plots import level_by_kss, level_distribution
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.plot_style import ACOUSTIC, SEEN, VISUAL

WARNS = WarningSettings(
    OPTICAL_WARNING_THRESHOLD_L=40.0,
    OPTICAL_WARNING_THRESHOLD_H=60.0,
    ACUSTICAL_WARNING_THRESHOLD=60.001,
)


def test_levels_have_the_colours_of_the_warnings_that_were_set() -> None:
    svg = level_distribution(np.ones(5), np.array([0.0, 20.0, 40.0, 60.0, 80.0, 100.0]), WARNS)
    assert [svg.count(f"fill: {colour}") for colour in (SEEN, VISUAL, ACOUSTIC)] == [2, 1, 2]


def test_the_line_of_warnings_lies_where_they_were_set() -> None:
    pairs = [(3, 20.0), (8, 80.0)]
    assert level_by_kss(pairs, WARNS) != level_by_kss(pairs, WarningSettings())
