"""docs/fatigue_level.md says what the code does."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest

from fatigue_ros.fusion.assessment import Cause
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.fusion.ladder import LadderSettings
from fatigue_ros.fusion.profiles.evidence_settings import CORROBORATING, EvidenceSettings
from fatigue_ros.fusion.scores import combine
from fatigue_ros.fusion.session import SessionSettings
from fatigue_ros.fusion.visibility import VisibilitySettings
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.settings.parameters import specifications

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "fatigue_level.md"


@pytest.mark.parametrize(
    "settings", [LadderSettings, SessionSettings, VisibilitySettings, WarningSettings]
)
def test_every_time_and_threshold_is_named_with_its_default(settings: type) -> None:
    text = DOCUMENT.read_text()
    for name, specification in specifications(settings).items():
        assert f"`{name}`" in text
        if isinstance(specification.default, (int, float)):
            said = re.search(rf"`{name}` ([\d.]+)", text)
            assert said, name
            assert float(said[1]) == specification.default, name


def test_the_constants_of_the_evidence_profile_stand_in_its_table() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|", DOCUMENT.read_text(), re.MULTILINE)
    said: dict[str, float] = {}
    for names, values in rows:
        numbers = [float(v) for v in re.findall(r"\d+(?:\.\d+)?", values.replace("1/min", ""))]
        listed = re.findall(r"`(\w+)`", names)
        if len(numbers) == len(listed):
            said.update(zip(listed, numbers, strict=True))
    defaults = {n: s.default for n, s in specifications(EvidenceSettings).items()}
    assert {n: said.get(n) for n in defaults} == defaults


def test_the_reach_of_the_corroborating_metrics() -> None:
    settings = EvidenceSettings()
    most = combine([getattr(settings, f"{name}_weight") for name in CORROBORATING])
    text = DOCUMENT.read_text()
    assert f"reach {most:.1f} % at most" in text
    assert f"they reach {combine([most, settings.droop_weight]):.1f} %" in text
    assert combine([47.0, most]) >= 75.0 > combine([46.0, most])


@pytest.mark.parametrize(("video", "level"), [("2", 56.5), ("3", 16.9), ("4", 8.6)])
def test_people_at_a_computer(shared_data: Path, video: str, level: float) -> None:
    """The figures under "What it has been tried on"; a change of the eye measure may move them."""
    eyes, judgement = EyeMonitor(EyeSettings()), Judgement(FusionSettings(state_directory="none"))
    highest, causes = 0.0, set()
    name = f"eyeblink8_video{video}.csv"
    with (shared_data / "blink_annotations" / name).open() as file:
        for row in csv.DictReader(file):
            ear = float(row["ear"]) if row["ear"] else math.nan
            state = eyes.update_ear(float(row["time_s"]), ear)
            judgement.on_eyes(state)
            found = judgement.update(state.stamp)
            highest = max(highest, found.level if found.valid else 0.0)
            causes.add(found.warning.cause)
    assert highest < 75.0
    assert highest == pytest.approx(level, abs=10.0)
    assert Cause.FATIGUE_LEVEL not in causes
    assert Cause.EYES_CLOSED not in causes
