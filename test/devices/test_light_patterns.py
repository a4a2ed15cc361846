"""What each kind of warning looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fatigue_ros.devices.light_patterns import Lights, Pattern

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hardware.md"


def test_the_paper_s_two() -> None:
    assert Pattern.VISUAL.value.at(7.0) == Lights(yellow=True)
    assert Pattern.ACOUSTIC.value.at(7.0) == Lights(yellow=True, red=True, sound=True)


def test_changing_ones_come_round() -> None:
    cycle = Pattern.FAULT.value
    assert [str(cycle.at(t)) for t in (0.0, 0.49, 0.5, 0.99, 1.0, 100.6)] == [
        *("yellow", "yellow", "red", "red", "yellow", "red")
    ]
    assert str(Pattern.CANNOT_SEE.value.at(0.3)) == "dark"


def test_all_differ_and_only_one_sounds() -> None:
    cycles = [pattern.value for pattern in Pattern]
    assert len({cycle.steps for cycle in cycles}) == len(cycles)
    loud = [p for p in Pattern if any(lights.sound for lights in p.value.steps)]
    assert loud == [Pattern.ACOUSTIC]


@pytest.mark.parametrize("pattern", list(Pattern))
def test_the_page_shows_it(pattern: Pattern) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert pattern.name.lower() in rows
