"""Speeds and commands, just below, at and above each limit."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.devices.confirmation import CommandWatch, SentCommands
from fatigue_ros.devices.heard_commands import HeardCommands
from fatigue_ros.devices.loudest_warning import LoudestWarning
from fatigue_ros.devices.speed import SpeedMonitor, canonical_unit, to_metres_per_second
from fatigue_ros.errors import ParameterError


@pytest.mark.parametrize(
    ("unit", "size"), [("m/s", 1.0), ("km/h", 1.0 / 3.6), ("mph", 0.44704), ("KPH", 1.0 / 3.6)]
)
def test_units(unit: str, size: float) -> None:
    assert to_metres_per_second(2.0, unit) == pytest.approx(2.0 * size)


def test_spellings() -> None:
    for name, spellings in {
        "m/s": "mps ms-1 m/s M/S",
        "km/h": "kmh kph kmph kmh-1 km/h Km/h",
        "mph": "mi/h mile/h miles/h MPH",
    }.items():
        assert {canonical_unit(spelling) for spelling in spellings.split()} == {name}
    assert canonical_unit("k m.h^-1*") == "km/h"
    with pytest.raises(ParameterError, match="'knots' is not a unit of speed, expected one of m/s"):
        canonical_unit("knots")


def test_a_speed_that_falls_faster_than_brakes_can_is_another_senders() -> None:
    # 15 m/s2 and 2 m/s of slack: after half a second from 30 m/s down to 20.5 m/s
    for speed, believed in ((20.5, 20.5), (20.49, 30.0)):
        monitor = SpeedMonitor(1.0)
        monitor.update(30.0, 10.0, 10.0)
        reading = monitor.update(speed, 10.5, 10.5)
        assert reading is not None
        assert reading.metres_per_second == believed
        assert monitor.contradictions == (believed == 30.0)
        said = (
            "speeds contradict each other: 30.0 m/s, and 20.5 m/s 0.50 s later; the larger counts"
        )
        assert monitor.contradiction(10.5) == (said if believed == 30.0 else "")


def test_the_larger_counts_for_the_timeout() -> None:
    for passed, believed in ((1.0, 30.0), (1.001, 0.0), (-0.1, 0.0)):
        monitor = SpeedMonitor(1.0)
        monitor.update(30.0, 10.0, 10.0)
        reading = monitor.update(0.0, 10.0, 10.0 + passed)
        assert reading is not None
        assert reading.metres_per_second == believed
    monitor = SpeedMonitor(1.0)
    monitor.update(-30.0, 9.0, 10.0)
    monitor.update(0.0, 9.5, 10.5)
    assert (monitor.accepted, monitor.refused, monitor.skew) == (2, 0, 1.0)
    assert monitor.contradiction(11.5)
    assert monitor.contradiction(11.501) == monitor.contradiction(10.4) == ""
    assert (monitor.age(11.5), monitor.current(11.5)) == (1.0, monitor.latest)
    assert monitor.current(11.501) is None
    assert monitor.current(9.5) is not None
    assert monitor.current(9.499) is None


def test_speeds_that_no_vehicle_has() -> None:
    monitor = SpeedMonitor(1.0)
    assert math.isinf(monitor.age(0.0))
    assert monitor.update(121.0, 0.0, 0.0) is None
    assert monitor.refusal == "a speed of 121 m/s is not plausible, expected at most 120 m/s"
    assert (monitor.accepted, monitor.refused) == (0, 1)
    assert monitor.update(120.0, 0.0, 0.0) is not None
    assert (monitor.accepted, monitor.refusal) == (1, "")
    assert monitor.diagnose() == {
        "speeds accepted": "1",
        "implausible speeds refused": "1",
        "contradicting speeds": "0",
        "stamps behind the clock [s]": "0.000",
    }


def test_a_command_is_waited_for_twice_as_long_each_time() -> None:
    watch = CommandWatch(0.5, 3)
    assert not watch.overdue(100.0)
    watch.send(7, 10.0)
    assert not watch.overdue(10.499)
    assert watch.trusted
    assert watch.overdue(10.5)
    assert not watch.trusted
    assert watch.unconfirmed == "the board did not confirm within 0.5 s"
    assert not watch.overdue(11.499)
    assert watch.overdue(11.5)
    assert not watch.overdue(13.499)
    assert watch.waiting
    assert not watch.overdue(13.5), "given up"
    assert (watch.waiting, watch.late, watch.trusted) == (False, 3, False)
    assert not watch.confirm(7, 14.0), "nobody waits for it"
    watch.send(8, 20.0)
    assert not watch.confirm(7, 20.1)
    assert watch.confirm(8, 20.25), "trusted again"
    assert watch.diagnose() == {
        "confirmed": 1,
        "not_confirmed_in_time": 3,
        "confirmation_delay": 0.25,
    }
    watch.send(9, 30.0)
    assert not watch.confirm(9, 30.1), "it was trusted"
    assert not watch.waiting


def test_the_lower_half_of_a_number() -> None:
    sent = SentCommands()
    sent.send(65_536 + 5, 1.0)
    assert sent.confirm(5, 1.5)
    assert (sent.acknowledged, sent.confirmed, sent.count, sent.delay) == (65_541, 1, 1, 0.5)
    sent.send(65_536 + 6, 2.0)
    assert not sent.confirm(5, 2.1)
    assert sent.acknowledged == 65_541
    sent.send(65_536 + 5, 3.0)
    assert sent.acknowledged == 0, "a sender that began anew"
    small = SentCommands()
    small.send(3, 1.0)
    assert not small.confirm(4, 1.1)
    assert small.acknowledged == 0


def test_a_command_that_is_repeated_for_ever_is_no_sign_of_life() -> None:
    heard = HeardCommands(10.0, 100.0)
    assert heard.silence(110.0) == ""
    assert heard.silence(110.5) == "no command from alert for 10 s since the start"
    assert heard.admit(1, (0,), 1, 111.0, two=False)
    assert heard.silence(113.0) == ""
    assert heard.silence(113.5) == "no command from alert for 2 s"
    assert heard.admit(1, (0,), 2, 113.0, two=False)
    assert not heard.admit(1, (0,), 3, 113.01, two=False)
    assert heard.repetitions == 1
    for number, sequence in enumerate((2, 3, 4), 4):
        assert heard.admit(sequence, (0,), number, 114.0, two=False)
    assert not heard.admit(1, (0,), 7, 117.0, two=False), "the last four are remembered"
    assert heard.admit(5, (0,), 8, 118.0, two=False)
    assert heard.admit(1, (0,), 9, 125.0, two=False)


def test_where_two_command_the_quieter_is_not_heard() -> None:
    heard = HeardCommands(10.0, 0.0)
    assert heard.admit(1, (2,), 1, 1.0, two=True)
    assert not heard.admit(2, (1,), 500, 2.0, two=True)
    assert heard.overruled == 1
    assert heard.admit(2, (1,), 501, 2.0, two=False)
    assert heard.admit(3, (1,), 502, 3.01, two=True), "the louder one is silent"


def test_whose_number_goes_on() -> None:
    for ahead, ends in ((8, True), (9, False)):
        loudest: LoudestWarning[str] = LoudestWarning(1.0)
        loudest.hear("loud", (2,), 10, 0.0)
        assert loudest.hear("quiet", (1,), 10 + ahead, 1.0) == ("quiet" if ends else "loud")
    for later, shown in ((1.0, "loud"), (1.01, "quiet")):
        loudest = LoudestWarning(1.0)
        loudest.hear("loud", (2,), 10, 0.0)
        assert loudest.hear("quiet", (1,), 500, later) == shown
    for later, several in ((4.0, True), (4.5, False)):
        loudest = LoudestWarning(1.0)
        loudest.hear("a", (1,), 10, 0.0)
        loudest.hear("b", (1,), 500, later - 0.5)
        loudest.hear("a", (1,), 11, later)
        assert loudest.several(later) is several
        if several:
            assert loudest.several(later + 2.0)
            assert not loudest.several(later + 2.01)
    assert not LoudestWarning(1.0).several(0.0)
