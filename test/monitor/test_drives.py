"""What is normal for a driver over several drives, as short stories through the whole chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.fusion.assessment import Assessment, Cause
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.monitor.monitor import Monitor
from fatigue_ros.monitor.settings import MonitorSettings

FPS = 15.0
START = 60.0  # [s] in sight that tell here whether a drive began alert
TIRED = {"ear": 0.27, "blink": 0.47, "every": 2.5}


class Driving:
    """One driver, drive after drive: EAR goes in, assessments come out."""

    def __init__(self, folder: Path | None = None, **settings: Any) -> None:
        fusion = FusionSettings(
            state_directory=str(folder or "none"), alert_drive_time=START, **settings
        )
        self.shown: list[Assessment] = []
        self.monitor = Monitor(MonitorSettings(fusion=fusion), listener=self.shown.append)
        self.time = self._blink = 1000.0
        self.notes = ""

    def play(
        self,
        seconds: float,
        *,
        ear: float = 0.30,
        shut: float = 0.05,
        blink: float = 0.2,
        every: float = 4.0,
        kmh: float = 90.0,
    ) -> Driving:
        begin = self.time
        for i in range(1, round(seconds * FPS) + 1):
            self.time = begin + i / FPS
            self.monitor.advance(self.time)
            if i % 8 == 0:
                self.monitor.on_speed(self.time, kmh / 3.6)
            if self.time >= self._blink + blink:  # blinks come unevenly, without chance
                self._blink = self.time + every * (0.6 + 0.8 * (self.time * 0.618 % 1.0))
            self.monitor.on_ear(self.time, shut if self.time >= self._blink else ear)
        self.notes = " ".join(self.monitor.take_notes())
        return self

    def drive(self, **eyes: Any) -> Driving:
        """A whole drive, long enough to be judged; the ignition before and after it."""
        self.monitor.on_ignition(True)
        self.shown.clear()
        return self.play(START + 35.0, **eyes)

    def start(self) -> Driving:
        """The next drive begins."""
        self.monitor.on_ignition(True)
        return self.play(1.0)

    def park(self) -> Driving:
        self.play(3.0, kmh=0.0)
        self.monitor.on_ignition(False)
        self.time += 3600.0
        self.monitor.advance(self.time)
        return self

    def score(self, name: str) -> float:
        return next(m.score for m in self.shown[-1].metrics if m.name == name)

    @property
    def alarms(self) -> set[Cause]:
        return {a.warning.cause for a in self.shown} & {Cause.EYES_CLOSED, Cause.FATIGUE_LEVEL}


def test_a_first_drive_is_never_called_normal() -> None:
    """Blinks longer than those of rested people are held against rested people's."""
    story = Driving().drive(blink=0.34)
    assert story.shown[-1].first_drive
    assert story.monitor.references.blink_duration == pytest.approx(0.34, abs=0.02)
    assert not story.alarms
    story.park().drive(blink=0.34)
    assert not story.shown[-1].first_drive, "of two drives that began alert, one is known"


def test_the_median_of_the_last_five_alert_drives_is_in_use(tmp_path: Path) -> None:
    story = Driving(tmp_path)
    for ear in (0.28, 0.30, 0.29, 0.31, 0.27, 0.31, 0.31):
        story.drive(ear=ear).park()
    later = Driving(tmp_path).start()
    assert later.monitor.alert_drives == 5
    assert later.monitor.references.ear_open == pytest.approx(0.31, abs=0.004)
    before = later.monitor.references
    later.play(START, ear=0.26, blink=0.3)
    assert later.monitor.references == before, "nothing follows the driver within a drive"


def test_a_wide_eyed_drive_does_not_hold_the_reference_up_for_ever() -> None:
    story = Driving().drive(ear=0.35).park()
    droops = []
    for _ in range(4):
        story.drive()
        assert not story.alarms
        droops.append(story.score("droop"))
        story.park()
    assert droops[0] > 30.0
    assert droops == sorted(droops, reverse=True)
    assert droops[-1] == 0.0


def test_a_tired_start_is_not_learnt() -> None:
    story = Driving().drive(**TIRED)
    assert story.monitor.alert_drives == 0
    assert "did not begin alert" in story.notes
    story.park().drive().park()
    story.drive(**TIRED)
    assert story.monitor.alert_drives == 1
    assert story.monitor.references.ear_open == pytest.approx(0.30, abs=0.01)
    assert story.score("droop") > 0.0
    assert story.score("blink_tail") == 100.0
    story.park().start()
    assert story.monitor.alert_drives == 1


def test_another_camera_or_seat_is_noticed_and_not_called_tired() -> None:
    story = Driving().drive().park().drive().park()
    story.drive(ear=0.20, shut=0.033)
    assert "another camera, seat or eyewear" in story.notes
    assert story.monitor.alert_drives == 0
    story.play(35.0, ear=0.20, shut=0.033)
    assert story.monitor.references.ear_open == pytest.approx(0.20, abs=0.01)
    assert story.score("droop") == 0.0
    assert not story.alarms
    story.play(3.0, ear=0.033)
    assert story.alarms == {Cause.EYES_CLOSED}, "shut eyes are still heard"
    story.play(3.0, ear=0.20).park().start()
    assert story.monitor.references.ear_open == pytest.approx(0.20, abs=0.01)


def test_lids_that_hang_from_the_start_are_not_another_seat() -> None:
    story = Driving().drive().park().drive().park()
    story.drive(ear=0.20)
    assert "another camera" not in story.notes
    assert story.monitor.references.ear_open == pytest.approx(0.30, abs=0.01)
    assert story.score("droop") == 100.0
    story.play(3.0, ear=0.10)
    assert story.alarms == {Cause.EYES_CLOSED}, "shut by the level that is known"


def test_glasses_put_on_are_quiet_and_shut_eyes_behind_them_are_heard() -> None:
    story = Driving().drive().park()
    story.drive(ear=0.29, shut=0.11)
    assert not story.alarms
    story.play(3.0, ear=0.11)
    assert story.alarms == {Cause.EYES_CLOSED}


def test_calibrating_forgets_earlier_drives(tmp_path: Path) -> None:
    story = Driving(tmp_path).drive(ear=0.34).park().start()
    assert story.monitor.alert_drives == 1
    assert story.monitor.calibrate()[0]
    story.play(130.0, ear=0.30)
    assert story.monitor.alert_drives == 0
    assert story.monitor.references.ear_open == pytest.approx(0.30, abs=0.01)
    again = Driving(tmp_path).start()
    assert again.monitor.references.ear_open == pytest.approx(0.30, abs=0.01)


def test_profile_paper_learns_once() -> None:
    story = Driving(profile="paper").play(70.0, kmh=0.0).play(START)
    assert story.monitor.alert_drives == 0
    assert not story.notes
