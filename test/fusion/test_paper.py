"""Profile ``paper`` against Mafteiu-Scai and Bobora 2025."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.assessment import Cause, FatigueState, Severity
from fatigue_ros.fusion.calibration import CalibrationSettings
from fatigue_ros.fusion.judgement import Judgement
from fatigue_ros.fusion.profiles.evidence import EvidenceProfile
from fatigue_ros.fusion.profiles.paper import PaperProfile
from fatigue_ros.fusion.profiles.paper_rules import (
    BlinkScore,
    blink_score,
    fatigue_level,
    heart_rate_score,
    round_up,
    weights,
    yawn_score,
)
from fatigue_ros.fusion.profiles.profile import Context
from fatigue_ros.fusion.references import References, ReferenceStore
from fatigue_ros.fusion.session import Speed
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sleep_quality import SCALES
from fatigue_ros.fusion.warnings import Situation, WarningPolicy
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.settings.parameters import specifications

STANDING = Speed(True, "", 0.0)
DRIVING = Speed(True, "", 20.0)
UNKNOWN = Speed(False, "speed: no message yet")


def known(speed: Speed, sleep_score: float | None = None, **references: float) -> Context:
    """What is known beside the measures; the paper's metrics do not ask what time it is."""
    own = References(**references)
    return Context(now=math.nan, speed=speed, references=own, sleep_score=sleep_score)


# Table 1: heart rate reference and value, blink rate reference and value, yawns, grade, level
TABLE_1 = [
    pytest.param(86, 82, 80, 115, 0, 4, (5, 45, 0, 25), 17.75, id="day 1, T1"),
    pytest.param(86, 77, 80, 119, 3, 4, (15, 50, 30, 25), 30.25, id="day 1, T2"),
    pytest.param(86, 84, 80, 99, 0, 5, (5, 25, 0, 0), 9.25, id="day 2, T1"),
    pytest.param(86, 86, 80, 102, 1, 5, (0, 30, 10, 0), 11.5, id="day 2, T2"),
]
COLUMNS = "hrc, hrt, brc, brt, yawns, grade, scores, level"


@pytest.mark.parametrize("scale", ["monotone", "paper"])
@pytest.mark.parametrize(COLUMNS, TABLE_1)
def test_table_1(
    hrc: int,
    hrt: int,
    brc: int,
    brt: int,
    yawns: int,
    grade: int,
    scores: tuple[int, ...],
    level: float,
    scale: str,
) -> None:
    heart_rate, blink, yawn, sleep = (
        heart_rate_score(hrc, hrt),
        blink_score(brc, brt),
        yawn_score(yawns),
        SCALES[scale][grade],
    )
    assert (heart_rate, blink, yawn, sleep) == scores
    assert (
        fatigue_level({"heart_rate": heart_rate, "blink": blink, "yawn": yawn, "sleep": sleep})
        == level
    )


@pytest.mark.parametrize(COLUMNS, TABLE_1)
def test_table_1_measured_as_algorithm_1_says(
    hrc: int,
    hrt: int,
    brc: int,
    brt: int,
    yawns: int,
    grade: int,
    scores: tuple[int, ...],
    level: float,
) -> None:
    """The rows once more, through gates and counting: a drive of five intervals of 300 s.

    The eyes close and the lips part for a frame each; no other measure has a say. Each yawn of
    the table falls into an interval of its own.
    """
    profile = PaperProfile(FusionSettings())
    # The table counts per interval of five minutes, the references per minute.
    own = {"heart_rate": float(hrc), "blink_rate": brc / 5.0, "lip_distance": 12.0}
    standing, driving = known(STANDING, **own), known(DRIVING, SCALES["monotone"][grade], **own)
    for second in range(35):
        profile.on_pulse(PulseState(stamp=float(second), valid=True, bpm=float(hrt)), standing)
    steps = 4  # frames per second of this slow camera
    for i in range(5 * 300 * steps + 1):
        stamp = 100.0 + i / steps
        interval, place = divmod(max(i - 1, 0), 300 * steps)
        blink = place < 3 * brt and place % 3 == 0
        yawn = interval < yawns and place == 3
        eyes = EyeState(stamp=stamp, judged=True, ear=0.1 if blink else 0.3)
        profile.on_eyes(eyes, driving)
        mouth = MouthState(stamp=stamp, judged=True, lip_distance=40.0 if yawn else 12.0)
        profile.on_mouth(mouth, driving)
    verdict = profile.assess(driving)
    assert verdict.level == pytest.approx(level, abs=1e-9)
    assert tuple(m.score for m in verdict.metrics) == pytest.approx(scores)
    assert [m.weight for m in verdict.metrics] == [35, 30, 25, 10]
    assert verdict.metrics[2].value == yawns


def blinking(rates: list[float], reference: float) -> list[float]:
    """[%] score after each mean rate of five intervals."""
    score, shown = BlinkScore(), []
    for rate in rates:
        score.add(reference, rate)
        shown.append(score.score)
    return shown


@pytest.mark.parametrize(("day", "scores"), [((115, 119), [45, 50]), ((99, 102), [25, 30])])
def test_table_1_when_t2_is_a_rise_after_t1(day: tuple[int, int], scores: list[int]) -> None:
    """A tenth more multiplies: ten points more would have made 55 and 35 of T2."""
    assert blinking(list(day), 80) == scores
    assert blinking([day[1]], 80) == scores[1:], "and so does a comparison anew"


def test_the_best_rate_so_far_is_what_a_rise_is_measured_by() -> None:
    rates = [9.0, 12.0, 11.0, 12.0, 12.1, 20.0, 9.0]
    #        none  20 %  not risen    22->25  27.5->30, where a comparison anew makes 100
    assert blinking(rates, 10.0) == [0.0, 20.0, 20.0, 20.0, 25.0, 30.0, 30.0]
    assert blinking([20.0] + [20.0 + i for i in range(1, 5)], 10.0) == [100.0] * 5
    learnt_since = BlinkScore()
    learnt_since.add(17.0, 18.0)
    learnt_since.add(12.0, 18.0)
    assert learnt_since.score == blink_score(12.0, 18.0) == 50.0


def test_five_new_intervals_make_each_rate() -> None:
    """The first five are averaged, then five new ones; a rise within them is one rise."""
    profile = PaperProfile(FusionSettings(TIME_FOR_COUNTING_BLINKING=10.0, blink_intervals=2))
    driving, shown = known(DRIVING, blink_rate=12.0), []
    for i in range(6 * 40 + 1):
        interval = max(i - 1, 0) // 40
        shut = (i - 1) % 40 in range(2, 4 * (3 + interval), 4)
        profile.on_eyes(EyeState(stamp=i / 4, judged=True, ear=0.1 if shut else 0.3), driving)
        if i % 40 == 0 and i:
            blink = profile.assess(driving).metrics[1]
            shown.append((blink.value, blink.score) if blink.valid else None)
    assert shown == [None, *[(21.0, 75.0)] * 2, *[(33.0, 85.0)] * 2, (45.0, 95.0)]


def yawning(counts: list[int]) -> list[float]:
    """[%] score of yawns after each interval of so many."""
    profile = PaperProfile(FusionSettings(TIME_FOR_COUNTING_YAWNING=10.0))
    driving, shown = known(DRIVING, lip_distance=12.0), []
    for i in range(len(counts) * 40 + 1):
        interval, place = divmod(max(i - 1, 0), 40)
        wide = i > 0 and place % 4 == 2 and place < 4 * counts[min(interval, len(counts) - 1)]
        lips = 40.0 if wide else 12.0
        profile.on_mouth(MouthState(stamp=i / 4, judged=True, lip_distance=lips), driving)
        if i % 40 == 0 and i:
            shown.append(profile.assess(driving).metrics[2].score)
    return shown


def test_the_yawn_score_is_increased_once_for_an_interval_with_yawns_and_kept() -> None:
    """Section 3.7; ten for each yawn of the last interval would be 10, 10, 10, 10, 10."""
    assert yawning([1, 1, 1, 1, 1]) == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert yawning([0, 3, 0, 1]) == [0.0, 10.0, 10.0, 20.0]
    assert yawning([1] * 12)[-3:] == [100.0] * 3


def warnings_of(levels: Callable[[float], float], seconds: int, **changes: Any) -> list[Severity]:
    """What is shown at each second of a drive with these levels, by the plain rule."""
    policy = WarningPolicy(FusionSettings(**changes))
    return [
        policy.update(
            float(t),
            Situation(level=levels(t), level_plain=True, level_chimes=False, standing=t < 3),
        ).severity
        for t in range(seconds)
    ]


def test_the_plain_rule_warns_for_as_long_as_the_level_is_there() -> None:
    """No pause, no escalation, no hysteresis, no quiet where the car stands."""
    none, light, sound = Severity.NONE, Severity.VISUAL, Severity.ACOUSTIC
    assert warnings_of(lambda _: 75.0, 300) == [light] * 300
    assert warnings_of(lambda _: 85.001, 300) == [sound] * 300
    assert warnings_of(lambda _: 74.99, 300) == [none] * 300
    assert warnings_of(lambda t: 80.0 if t < 1 else 74.0, 25) == [light] * 20 + [none] * 5
    assert warnings_of(lambda t: 90.0 if t < 1 else 80.0, 36) == [sound] * 15 + [light] * 21
    assert warnings_of(lambda t: 80.0 if t < 5 else 90.0, 10) == [light] * 5 + [sound] * 5
    assert warnings_of(lambda t: 90.0 if t < 1 else math.nan, 16) == [sound] * 15 + [none]
    assert warnings_of(lambda t: 80.0 if t < 1 else 70.0, 6, TIME_FOR_OPTICAL_WARNING=5.0) == (
        [light] * 5 + [none]
    )


def test_an_answer_quiets_the_warning_that_is_shown() -> None:
    policy = WarningPolicy(FusionSettings())
    tired = Situation(level=90.0, level_plain=True, level_chimes=False)
    assert policy.update(0.0, tired).severity is Severity.ACOUSTIC
    policy.acknowledge(1.0)
    shown = [policy.update(t, tired).severity for t in (1.0, 14.9, 15.0)]
    assert shown == [Severity.VISUAL, Severity.VISUAL, Severity.ACOUSTIC]


@pytest.mark.parametrize("plain", [True, False])
def test_the_plain_rule_is_a_switch_of_this_profile_and_leaves_closed_eyes_alone(
    *, plain: bool
) -> None:
    settings = FusionSettings(state_directory="none", profile="paper", plain_warnings=plain)
    assert PaperProfile(settings).plain_warnings is plain
    assert not EvidenceProfile(settings).plain_warnings
    judgement = Judgement(settings)
    for i in range(60):
        judgement.on_speed(i / 30, 20.0)
        judgement.on_eyes(EyeState(stamp=i / 30, judged=True, ear=0.1 if i >= 15 else 0.3))
        warning = judgement.update(i / 30).warning
    assert (warning.severity, warning.cause) == (Severity.ACOUSTIC, Cause.EYES_CLOSED)


@pytest.mark.parametrize(
    ("percentage", "score"),
    [(0.0, 0), (-3.0, 0), (0.1, 5), (5.0, 5), (5.1, 10), (43.75, 45), (300.0, 100)],
)
def test_scores_round_up_to_the_next_multiple_of_5(percentage: float, score: float) -> None:
    assert round_up(percentage) == score


def test_weights_follow_what_is_valid() -> None:
    assert weights(frozenset({"heart_rate", "blink", "yawn", "sleep"})) == {
        "heart_rate": 35,
        "blink": 30,
        "yawn": 25,
        "sleep": 10,
    }
    assert weights(frozenset({"blink", "yawn", "sleep"})) == {"blink": 40, "yawn": 40, "sleep": 20}
    assert weights(frozenset({"heart_rate", "blink", "yawn"})) == {
        "heart_rate": 40,
        "blink": 30,
        "yawn": 30,
    }
    assert weights(frozenset({"blink", "yawn"})) == {"blink": 50, "yawn": 50}
    for without in ({"heart_rate", "blink", "sleep"}, {"heart_rate", "yawn"}, {"sleep"}, set()):
        assert weights(frozenset(without)) == {}
        assert math.isnan(fatigue_level(dict.fromkeys(without, 50.0)))


def test_the_twelve_parameters_have_the_names_and_defaults_of_the_paper() -> None:
    named = {n: s for n, s in specifications(FusionSettings).items() if n.isupper()}
    assert {n: (s.default, s.unit) for n, s in named.items()} == {
        "OPTICAL_WARNING_THRESHOLD_L": (75.0, "%"),
        "OPTICAL_WARNING_THRESHOLD_H": (85.0, "%"),
        "ACUSTICAL_WARNING_THRESHOLD": (85.001, "%"),
        "HR_SPEED_THRESHOLD_L": (0.0, "km/h"),
        "HR_SPEED_THRESHOLD_H": (5.0, "km/h"),
        "TIME_FOR_COUNTING_BLINKING": (300.0, "s"),
        "TIME_FOR_GETTING_HR": (30.0, "s"),
        "TIME_FOR_COUNTING_YAWNING": (300.0, "s"),
        "TIME_FOR_OPTICAL_WARNING": (20.0, "s"),
        "TIME_FOR_ACUSTICAL_WARNING": (15.0, "s"),
        "TIME_FOR_COUNTING_BLINKING_CALIB": (60.0, "s"),
        "TIME_FOR_COUNTING_YAWNING_CALIB": (30.0, "s"),
    }


def test_heart_rate_is_taken_only_up_to_5_kmh_and_kept() -> None:
    profile = PaperProfile(FusionSettings(TIME_FOR_GETTING_HR=5.0))
    driving = known(DRIVING, heart_rate=80.0)
    for second in range(30):
        profile.on_pulse(PulseState(stamp=float(second), valid=True, bpm=50.0), driving)
        profile.on_pulse(PulseState(stamp=float(second), valid=True, bpm=50.0), known(UNKNOWN))
    assert not profile.assess(driving).metrics[0].valid
    for second in range(30, 37):
        profile.on_pulse(PulseState(stamp=float(second), valid=True, bpm=72.0), known(STANDING))
    for second in range(37, 60):
        profile.on_pulse(PulseState(stamp=float(second), valid=False), driving)
    metric = profile.assess(driving).metrics[0]
    assert (metric.valid, metric.value, metric.score) == (True, 72.0, 10.0)


def test_an_interval_mostly_out_of_sight_does_not_count() -> None:
    profile = PaperProfile(FusionSettings(TIME_FOR_COUNTING_BLINKING=60.0, blink_intervals=1))
    driving = known(DRIVING, blink_rate=16.0)
    for i in range(60 * 4 + 1):
        profile.on_eyes(EyeState(stamp=i / 4, judged=i % 4 == 0), driving)
    blink = profile.assess(driving).metrics[1]
    assert not blink.valid
    assert blink.reason == "blink: 0 of 1 intervals counted"


def test_without_speed_nothing_is_counted_and_it_says_so() -> None:
    judgement = Judgement(
        FusionSettings(state_directory="none", profile="paper", TIME_FOR_COUNTING_BLINKING=10.0)
    )
    for i in range(60 * 4):
        judgement.on_eyes(EyeState(stamp=i / 4, judged=True, valid=True))
        assessment = judgement.update(i / 4)
    assert not assessment.valid
    assert not assessment.speed_valid
    assert "0 of 5 intervals" in assessment.reason


@pytest.mark.parametrize(("speed", "severity"), [(20.0, Severity.ACOUSTIC), (0.5, Severity.NONE)])
def test_more_than_ten_closed_frames_alarm_while_blinks_are_counted(
    speed: float, severity: Severity
) -> None:
    judgement = Judgement(FusionSettings(state_directory="none", profile="paper"))
    for i in range(30):
        judgement.on_speed(i / 30, speed)
        judgement.on_eyes(EyeState(stamp=i / 30, judged=True, ear=0.1 if i >= 15 else 0.3))
        warning = judgement.update(i / 30).warning
        if i <= 15 + 9:
            assert warning.severity is Severity.NONE
    assert warning.severity is severity
    assert warning.cause is (Cause.EYES_CLOSED if severity else Cause.NONE)


def test_calibrates_at_speed_0_only() -> None:
    settings = FusionSettings(
        state_directory="none", profile="paper", TIME_FOR_COUNTING_BLINKING_CALIB=10.0
    )
    judgement = Judgement(settings)
    shown = {}
    for i in range(80 * 4):
        stamp = i / 4
        judgement.on_speed(stamp, 0.0 if stamp >= 40.0 else 15.0)
        ear = 0.1 if i % 8 == 0 else 0.3
        judgement.on_eyes(EyeState(stamp=stamp, judged=True, ear=ear, ear_open=0.31))
        shown[stamp] = judgement.update(stamp)
    assert shown[39.5].calibration == 0.0
    assert shown[39.5].state is FatigueState.CALIBRATING
    assert shown[79.5].calibration == 100.0
    assert judgement.references.blink_rate == pytest.approx(30.0, rel=0.15)
    assert CalibrationSettings().TIME_FOR_COUNTING_BLINKING_CALIB == 60.0


def test_blinks_and_yawns_are_the_papers_and_not_those_of_the_measures() -> None:
    """Half-shut eyes and an open mouth as the measures see them count for nothing here."""
    profile = PaperProfile(
        FusionSettings(
            TIME_FOR_COUNTING_BLINKING=60.0, TIME_FOR_COUNTING_YAWNING=60.0, blink_intervals=1
        )
    )
    driving = known(DRIVING, blink_rate=16.0, lip_distance=12.0)
    seen = Event(EventKind.BLINK, 0.0, 0.2, 0.5), Event(EventKind.YAWN, 0.0, 3.0, 0.9)
    for i in range(60 * 4 + 1):
        eyes = EyeState(stamp=i / 4, judged=True, ear=0.25, events=seen[:1])
        assert profile.on_eyes(eyes, driving).events == ()
        mouth = MouthState(stamp=i / 4, judged=True, lip_distance=30.0, events=seen[1:])
        profile.on_mouth(mouth, driving)
    _, blink, yawn, _ = profile.assess(driving).metrics
    assert (blink.valid, blink.value) == (True, 0.0)
    assert (yawn.valid, yawn.value) == (True, 0.0)


def test_without_the_closed_lips_no_yawn_is_counted_and_it_says_so() -> None:
    profile = PaperProfile(FusionSettings(TIME_FOR_COUNTING_YAWNING=10.0))
    for i in range(20 * 4):
        mouth = MouthState(stamp=i / 4, judged=True, lip_distance=40.0 if i % 4 else 12.0)
        profile.on_mouth(mouth, known(DRIVING))
    yawn = profile.assess(known(DRIVING)).metrics[2]
    assert not yawn.valid
    assert "closed lips are not known" in yawn.reason


def test_a_driver_is_calibrated_and_judged_by_one_rule(drive: Callable[..., Any]) -> None:
    """Landmarks through the measures, the gates and the paper's counting, into its level."""
    story = drive(
        profile="paper",
        blink_intervals=1,
        TIME_FOR_COUNTING_BLINKING=60.0,
        TIME_FOR_COUNTING_YAWNING=60.0,
    )
    closed, yawning = (lambda _: 0.02), (lambda t: 0.9 if 20.0 < t < 24.0 else 0.02)
    story.play(65.0, kmh=0.0, blink_every=4.0, mouth=closed)
    own = story.judgement.references
    assert own.blink_rate == pytest.approx(15.0, abs=2.0)
    assert story.last.calibration == 100.0
    assert not story.last.valid
    story.play(62.0, kmh=50.0, blink_every=2.5, mouth=yawning)
    _, blink, yawn, _ = story.last.metrics
    assert blink.value == pytest.approx(24.0, abs=2.0)
    assert blink.score == blink_score(own.blink_rate, blink.value) > 0.0
    assert (yawn.value, yawn.score) == (1.0, 10.0)
    assert story.last.level == 0.5 * blink.score + 5.0


def test_the_references_of_the_other_profile_are_not_used(tmp_path: Path) -> None:
    """They are counted by another rule."""
    ReferenceStore(tmp_path).save("anna", References(ear_open=0.3, blink_rate=12.0), 0.0)
    settings: dict[str, Any] = {"state_directory": str(tmp_path), "driver_id": "anna"}
    assert Judgement(FusionSettings(**settings)).references.blink_rate == 12.0
    paper = Judgement(FusionSettings(**settings, profile="paper"))
    assert math.isnan(paper.references.blink_rate)
    assert not paper.take_notes()
