"""A driver asleep is not missed, as stories through the true measures; one awake is left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fatigue_ros.fusion.assessment import Cause, FatigueState, Severity
from test.fusion.conftest import Drive

MakeDrive = Callable[..., Drive]


def sounds(story: Drive, cause: Cause = Cause.EYES_CLOSED) -> bool:
    warning = story.last.warning
    return warning.severity is Severity.ACOUSTIC and warning.cause is cause


def since(story: Drive, time: float, cause: Cause) -> float:
    """[s] after a time of the story at which a cause first sounds."""
    for warned in story.warned:
        if warned.time >= time and warned.cause is cause and warned.severity is Severity.ACOUSTIC:
            return warned.time - time
    raise AssertionError(f"{cause} never sounds: {story.warned}")


@pytest.mark.parametrize("every", [2, 6, 12, 20, 31])
def test_frames_that_cannot_be_judged_hide_no_closure(drive: MakeDrive, every: int) -> None:
    story = drive().play(70.0, fps=30.0)
    story.play(9.0, fps=30.0, in_sight=lambda t: round(t * 30.0) % every, closures=[(0.0, 9.0)])
    assert 1.0 <= since(story, 70.0, Cause.EYES_CLOSED) <= 1.0 + 3.0 / 30.0
    assert sounds(story)


@pytest.mark.parametrize("fps", [2.5, 3.0, 3.9, 4.0, 8.0])
def test_few_frames_hide_no_closure(drive: MakeDrive, fps: float) -> None:
    story = drive().play(30.0, fps=fps).play(10.0, fps=fps, closures=[(0.0, 10.0)])
    assert 1.0 <= since(story, 30.0, Cause.EYES_CLOSED) <= 1.0 + 2.0 / fps + 1e-6
    assert sounds(story)


@pytest.mark.parametrize("fps", [0.6, 1.0, 1.5])
def test_too_few_frames_are_no_sight(drive: MakeDrive, fps: float) -> None:
    story = drive(source_timeout=5.0).play(10.0, fps=fps)
    assert story.last.state is FatigueState.CANNOT_SEE


def test_a_head_that_sinks_first_sounds(drive: MakeDrive) -> None:
    story = drive().play(60.0, pitch=lambda _: 0.0)
    story.play(60.0, pitch=lambda t: min(0.7, t), closures=[(0.8, 59.0)])
    assert 9.5 <= since(story, 60.0, Cause.CANNOT_SEE_DRIVER) <= 11.5
    assert story.last.warning.severity is Severity.ACOUSTIC


def test_nodding_again_and_again_sounds(drive: MakeDrive) -> None:
    story = drive().play(60.0, pitch=lambda _: 0.0)
    story.play(60.0, pitch=lambda t: 0.7 if t % 6.0 < 3.5 else 0.0)
    assert since(story, 60.0, Cause.CANNOT_SEE_DRIVER) <= 20.0


@pytest.mark.parametrize("down", [0.0, 0.3])
def test_eyes_lost_without_a_sign_stay_with_the_light(drive: MakeDrive, down: float) -> None:
    """Lost in the dark, or looking ahead a little lower than usual when it got dark."""
    story = drive().play(60.0, pitch=lambda _: 0.0)
    story.play(5.0, pitch=lambda _: down / 2.0)
    story.play(120.0, in_sight=lambda _: 0.0)
    (warned,) = story.warned
    assert (warned.severity, warned.cause) == (Severity.VISUAL, Cause.CANNOT_SEE_DRIVER)
    assert 4.9 <= warned.time - 65.0 <= 5.2
    assert story.last.warning.chime, "one tone, when it began"


def test_over_the_shoulder_to_the_mirrors_and_the_radio(drive: MakeDrive) -> None:
    def yaw(t: float) -> float:
        return -1.3 if t % 20.0 < 1.8 else (0.8 if 8.0 < t % 20.0 < 9.0 else 0.0)

    def pitch(t: float) -> float:
        return 0.6 if 12.0 < t % 20.0 < 14.0 else 0.0

    story = drive().play(60.0, pitch=lambda _: 0.0).play(120.0, yaw=yaw, pitch=pitch, fps=30.0)
    assert story.warned == []


def asleep(drive: MakeDrive, **changes: float) -> Drive:
    """Who has slept for four seconds after a good minute."""
    story = drive(**changes).play(70.0).play(4.0, closures=[(0.0, 4.1)])
    assert sounds(story)
    return story


def test_no_lost_face_silence_or_driver_ends_the_alarm(drive: MakeDrive) -> None:
    story = asleep(drive)
    story.play(10.0, in_sight=lambda _: 0.0)
    assert sounds(story)
    story.play(10.0, frames=False)
    assert sounds(story)
    assert story.judgement.set_driver(story.now, "ben")[0]
    assert story.judgement.calibrate(story.now)[0]
    story.play(3.0, in_sight=lambda _: 0.0)
    assert sounds(story)
    story.play(2.0, blink_every=9.0)
    assert story.last.warning.cause is not Cause.EYES_CLOSED


def test_a_recording_that_begins_again_ends_no_alarm(drive: MakeDrive) -> None:
    story = asleep(drive)
    story.time = 0.0
    story.judgement.begin_again(story.now)
    story.play(5.0, in_sight=lambda _: 0.0)
    assert sounds(story)
    story.play(2.0, blink_every=9.0)
    assert story.last.warning.cause is not Cause.EYES_CLOSED


def test_fluttering_lids_do_not_end_it_and_open_ones_do(drive: MakeDrive) -> None:
    story = asleep(drive)
    story.play(8.0, closures=[(0.45 * i, 0.2) for i in range(18)], blink_every=99.0)
    assert sounds(story)
    story.play(0.6, blink_every=99.0)
    assert story.last.warning.cause is not Cause.EYES_CLOSED


def test_an_answer_quiets_for_a_while_only(drive: MakeDrive) -> None:
    story = asleep(drive).play(2.0, in_sight=lambda _: 0.0)
    done, message = story.judgement.acknowledge(story.now)
    assert done
    assert message == "the sound is off, the light stays"
    story.play(29.5, in_sight=lambda _: 0.0)
    assert not sounds(story)
    story.play(1.0, in_sight=lambda _: 0.0)
    assert sounds(story)
    assert story.judgement.acknowledge(story.now)[0]
    story.play(1.0, in_sight=lambda _: 0.0)
    assert not sounds(story), "there is always a way to make it stop"


def test_eyes_seen_shut_after_an_answer_sound_again_soon(drive: MakeDrive) -> None:
    story = asleep(drive)
    story.judgement.acknowledge(story.now)
    story.play(2.5, closures=[(0.0, 60.0)])
    assert story.last.warning.severity is Severity.VISUAL
    story.play(1.0, closures=[(0.0, 60.0)])
    assert sounds(story)


def test_standing_turns_sound_to_light_and_driving_on_turns_it_back(drive: MakeDrive) -> None:
    story = asleep(drive)
    story.play(9.0, kmh=0.0, closures=[(0.0, 99.0)])
    assert sounds(story), "it may roll on"
    story.play(4.0, kmh=0.0, closures=[(0.0, 99.0)])
    assert story.last.warning.severity is Severity.VISUAL
    story.play(2.0, kmh=60.0, closures=[(0.0, 99.0)])
    assert sounds(story)
    story.play(2.0, kmh=0.0, closures=[(0.0, 99.0)])
    story.judgement.on_ignition(story.now, False)
    assert story.update().state is FatigueState.OFF


def test_one_wrong_speed_among_others_does_not_make_it_stand(drive: MakeDrive) -> None:
    story = asleep(drive)
    for _ in range(60):
        story.judgement.on_speed(story.now, 0.0)
        story.play(0.2, closures=[(0.0, 9.0)])
        story.judgement.on_speed(story.now, 25.0)
    assert sounds(story)
    assert story.last.state is FatigueState.FAULT
    assert "speed: sources disagree (0 and 90 km/h" in story.last.reason


def test_when_the_alarm_ends_nothing_else_begins(drive: MakeDrive) -> None:
    """The eyes were in sight all the while: the watchdog has nothing to add."""
    story = drive().play(70.0).play(20.0, closures=[(0.0, 12.0)], blink_every=9.0)
    assert [w.cause for w in story.warned if w.cause is not Cause.FATIGUE_LEVEL] == [
        Cause.EYES_CLOSED
    ]
    assert not [a for a in story.since(71.0) if a.state is FatigueState.CANNOT_SEE]
