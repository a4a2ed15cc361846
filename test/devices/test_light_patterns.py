"""What each kind of warning looks and sounds like."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from fatigue_ros.devices.light_patterns import GENTLE, Lights, Pattern, pattern_of
from fatigue_ros.fusion.assessment import Cause, Severity

ROOT = Path(__file__).resolve().parents[2]
ALARM = 2700  # [Hz]
CAUSES = [cause.value for cause in Cause if cause is not Cause.NONE]
WARNINGS = list(itertools.product((Severity.VISUAL, Severity.ACOUSTIC), CAUSES))


def course(pattern: Pattern, step: float = 0.125, length: float = 4.0) -> list[Lights]:
    """What is on at so many times."""
    return [pattern.value.at(step * n) for n in range(round(length / step))]


def shift(what: Sequence[object]) -> list[Sequence[object]]:
    """The same, begun to be looked at at any time."""
    return [[*what[n:], *what[:n]] for n in range(len(what))]


def test_the_paper_s_two_are_the_level_s() -> None:
    """Yellow; yellow, red and the speaker."""
    assert set(course(pattern_of(Severity.VISUAL, "fatigue_level"))) == {Lights(yellow=True)}
    urgent = course(pattern_of(Severity.ACOUSTIC, "fatigue_level"))
    assert set(urgent) == {Lights(True, True, GENTLE), Lights(yellow=True)}


def test_each_warning_has_lights_and_a_sound_of_its_own() -> None:
    """Whenever one begins to look, or to listen, and whatever the causes are about."""
    patterns = [pattern_of(*warning) for warning in WARNINGS]
    for one, other in itertools.combinations([Pattern.DARK, Pattern.HOST_LOST, *patterns], 2):
        leds = [[(lights.yellow, lights.red) for lights in course(p)] for p in (one, other)]
        assert leds[0] not in shift(leds[1])
        if one.value.loud and other.value.loud:
            tones = [[lights.tone for lights in course(p)] for p in (one, other)]
            assert tones[0] not in shift(tones[1])


@pytest.mark.parametrize(("severity", "cause"), WARNINGS)
def test_what_sounds_does_so_at_once_and_what_is_silent_never(severity: int, cause: str) -> None:
    pattern = pattern_of(severity, cause)
    loud = severity == Severity.ACOUSTIC
    assert pattern.value.loud is (pattern.value.at(0.0).tone > 0.0) is loud
    assert pattern.value.at(0.0).leds != "dark"


def test_closed_eyes_are_the_most_urgent() -> None:
    """The only sound without a pause, at the frequency where buzzers are loudest, with both."""
    alarm = course(pattern_of(Severity.ACOUSTIC, "eyes_closed"))
    assert min(lights.tone for lights in alarm) > 0.5
    assert max(lights.tone for lights in alarm) == 1.0
    assert all(lights.yellow and lights.red for lights in alarm)
    for cause in CAUSES:
        if cause != "eyes_closed":
            tones = {lights.tone for lights in course(pattern_of(Severity.ACOUSTIC, cause))}
            assert 0.0 in tones
            assert max(tones) <= 0.5


def test_what_is_not_known_is_shown_as_the_most_urgent() -> None:
    assert pattern_of(Severity.ACOUSTIC, "?") is Pattern.EYES_CLOSED_LOUD
    assert pattern_of(255, "eyes_closed") is Pattern.EYES_CLOSED_LOUD
    assert pattern_of(Severity.VISUAL, "?") is Pattern.EYES_CLOSED
    assert pattern_of(Severity.NONE, "eyes_closed") is Pattern.DARK


def test_words_and_frequencies() -> None:
    assert Pattern.FAULT_LOUD.value.leds == "yellow 1 s, red 1 s"
    assert Pattern.TIRED_LOUD.value.leds == "yellow and red 0.5 s, yellow 1.5 s"
    assert Pattern.EYES_CLOSED_LOUD.value.sound(2000) == "2000 Hz 0.25 s, 1500 Hz 0.25 s"
    assert Pattern.FAULT.value.sound(2000) == "silent"
    assert [Lights(tone=GENTLE).frequency(hz) for hz in (2700, 100)] == [675, 31]
    assert Lights(yellow=True).frequency(2700) == 0


def test_the_page_is_the_table() -> None:
    page = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \|$", page, re.MULTILINE)
    made = [(p.name.lower(), p.value.leds, p.value.sound(ALARM), p.value.meaning) for p in Pattern]
    assert told == made


def test_the_firmware_s_own_pattern_is_in_the_table() -> None:
    header = (ROOT / "firmware" / "uno" / "warning_outputs.h").read_text(encoding="utf-8")
    half = re.search(r"kBlinkHalfMs = (\d+);", header)
    assert half is not None
    assert Pattern.HOST_LOST.value.step == int(half[1]) / 1000.0
    assert Pattern.HOST_LOST.value.leds == "yellow 1 s, dark 1 s"
