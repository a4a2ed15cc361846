"""A profile is found by its name, be it ours or another package's."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.assessment import MetricScore, Severity
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.fusion.profiles.profile import PROFILES
from fatigue_ros.measures.states import EyeState, MouthState
from fatigue_ros.settings.parameters import from_mapping
from test.fixtures.plugins import Install

YAWNERS = """
from fatigue_ros.fusion.assessment import Verdict
from fatigue_ros.fusion.profiles.profile import Metric, Profile

YAWNS = Metric("yawns", "1")
FULL = 5  # yawns that score 100 %


class YawnProfile(Profile):
    calibration_kind = "calibration_yawners"

    def may_calibrate(self, context):
        return False

    def assess(self, context):
        reason = context.silent.get("mouth", "") or self.mouth.reason
        if reason:
            return Verdict(float("nan"), reason, (YAWNS.invalid(reason),))
        level = 100.0 * min(self.mouth.yawn_count / FULL, 1.0)
        return Verdict(level, "", (YAWNS.scored(self.mouth.yawn_count, level, 100.0),))
"""


def test_ours_are_there_and_no_other_name_is() -> None:
    assert PROFILES.own == ("evidence", "paper")
    with pytest.raises(ParameterError, match="profile: 'guess' is not one of 'evidence', 'paper'"):
        from_mapping(FusionSettings, {"profile": "guess"})
    with pytest.raises(ParameterError, match="profile: 'guess' is unknown"):
        Judgement(FusionSettings(profile="guess"))


def test_a_profile_of_another_package_is_one_file(install_plugin: Install) -> None:
    """It judges, warns through the same warnings, and the closure ladder runs beside it."""
    install_plugin("yawners", YAWNERS, {PROFILES.group: {"yawns": "yawners:YawnProfile"}})
    settings = from_mapping(FusionSettings, {"profile": "yawns", "state_directory": "none"})
    judgement = Judgement(settings)
    judgement.on_eyes(EyeState(stamp=0.0, valid=True, judged=True, ear=0.3, ear_open=0.3))
    found = judgement.update(0.0)
    assert (found.profile, found.reason) == ("yawns", "mouth: no message yet")
    assert math.isnan(found.level)
    for i in range(1, 41):
        stamp = i / 10
        judgement.on_mouth(MouthState(stamp=stamp, valid=True, yawn_count=4))
        judgement.on_eyes(EyeState(stamp=stamp, valid=True, judged=True, ear=0.3, ear_open=0.3))
        found = judgement.update(stamp)
    assert found.metrics == (MetricScore("yawns", True, "", 4, "1", 80.0, 100.0),)
    assert (found.level, found.calibration) == (80.0, 0.0)
    assert found.warning.severity is Severity.VISUAL
    judgement.on_ignition(5.0, False)
    judgement.on_ignition(6.0, True)
    assert math.isnan(judgement.update(6.0).level), "nothing of the last drive remains"
