"""Units, plausibility, staleness and made-up speed."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.devices.made_up_speed import SpeedProfile
from fatigue_ros.devices.speed import (
    METRES_PER_SECOND,
    SOURCES,
    SpeedMonitor,
    SpeedReading,
    SpeedSettings,
    SpeedSource,
    canonical_unit,
    to_metres_per_second,
)
from fatigue_ros.errors import ParameterError
from fatigue_ros.settings.parameters import from_mapping, specifications


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(90.0, "km/h", 25.0), (10.0, "m/s", 10.0), (100.0, "mph", 44.704), (-36.0, "kph", -10.0)],
)
def test_conversion(value: float, unit: str, expected: float) -> None:
    assert to_metres_per_second(value, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("KM/H", "km/h"), (" kmh ", "km/h"), ("Km / h", "km/h"), ("m.s^-1", "m/s"), ("mi/h", "mph")],
)
def test_spellings_found_in_dbc_files(spelling: str, name: str) -> None:
    assert canonical_unit(spelling) == name


@pytest.mark.parametrize("unit", ["", "rpm", "km", "m/s2", "m/s^2", "°C"])
def test_what_is_not_a_speed_is_refused_by_name(unit: str) -> None:
    with pytest.raises(ParameterError, match=r"not a unit of speed.*m/s, km/h, mph"):
        to_metres_per_second(1.0, unit)


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.sampled_from(sorted(METRES_PER_SECOND)))
def test_conversion_is_linear(value: float, unit: str) -> None:
    assert to_metres_per_second(value, unit) == pytest.approx(
        value * to_metres_per_second(1.0, unit)
    )


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=0x17F)))
def test_any_text_is_a_unit_or_refused(text: str) -> None:
    with contextlib.suppress(ParameterError):
        assert canonical_unit(text) in METRES_PER_SECOND


def test_reverse_keeps_its_sign_and_contradicts_no_sender_without_one() -> None:
    monitor = SpeedMonitor(timeout=1.0)
    assert monitor.update(-3.0, 10.0, 10.0) == SpeedReading(10.0, -3.0)
    assert monitor.update(3.0, 10.01, 10.01) == SpeedReading(10.01, 3.0)
    assert monitor.update(-3.0, 10.02, 10.02) == SpeedReading(10.02, -3.0)
    assert monitor.contradictions == 0
    assert monitor.update(-20.0, 10.03, 10.03) == SpeedReading(10.03, -20.0)
    assert monitor.update(-0.1, 10.04, 10.04) == SpeedReading(10.04, -20.0)  # the larger counts
    assert monitor.contradictions == 1


@pytest.mark.parametrize("speed", [math.nan, math.inf, -math.inf, 120.1, -120.1, 182.0])
def test_implausible_speed_is_refused_and_counted(speed: float) -> None:
    monitor = SpeedMonitor(timeout=1.0)
    assert monitor.update(speed, 10.0, 10.0) is None
    assert monitor.current(10.0) is None
    assert (monitor.accepted, monitor.refused) == (0, 1)
    assert f"{speed:g} m/s is not plausible" in monitor.refusal
    assert monitor.update(120.0, 10.0, 10.0) is not None
    assert monitor.refusal == ""


def test_speed_grows_stale() -> None:
    monitor = SpeedMonitor(timeout=1.0)
    assert monitor.current(0.0) is None
    assert monitor.age(0.0) == math.inf
    reading = monitor.update(20.0, 10.0, 10.0)
    assert monitor.current(11.0) == reading
    assert monitor.current(11.01) is None


def test_a_clock_that_jumps_back_makes_it_stale() -> None:
    monitor = SpeedMonitor(timeout=1.0)
    monitor.update(20.0, 100.0, 100.0)
    assert monitor.current(5.0) is None
    assert monitor.update(21.0, 5.0, 5.0) is not None
    assert monitor.current(5.5) == SpeedReading(5.0, 21.0)


def test_stamps_of_a_recording_do_not_make_it_stale_but_are_told() -> None:
    monitor = SpeedMonitor(timeout=1.0)
    assert monitor.update(20.0, 100.0, 5000.0) == SpeedReading(100.0, 20.0)
    assert monitor.current(5000.9) == SpeedReading(100.0, 20.0)
    assert monitor.age(5000.9) == pytest.approx(0.9)
    assert monitor.current(5001.1) is None
    assert monitor.diagnose() == {
        "speeds accepted": "1",
        "implausible speeds refused": "0",
        "contradicting speeds": "0",
        "stamps behind the clock [s]": "4900.000",
    }


@pytest.mark.parametrize("period", [0.01, 0.1, 0.4])
@pytest.mark.parametrize("other", [0.0, 5.0])
def test_a_vehicle_stands_when_all_who_measure_say_so(period: float, other: float) -> None:
    monitor, found = SpeedMonitor(timeout=1.0), []
    for number in range(round(6.0 / period)):
        reading = monitor.update(25.0 if number % 2 == 0 else other, 0.0, period * number)
        assert reading is not None
        found.append(reading.metres_per_second)
    assert found == [25.0] * len(found)
    now = period * len(found)
    assert f"25.0 m/s, and {other:.1f} m/s" in monitor.contradiction(now)
    for number in range(round(2.0 / period)):
        reading = monitor.update(other, 0.0, now + period * number)
    assert reading == SpeedReading(0.0, other)
    assert monitor.contradiction(now + 2.5) == ""


@pytest.mark.parametrize("rate", [1.0, 10.0, 100.0])
def test_an_emergency_stop_is_no_contradiction(rate: float) -> None:
    monitor = SpeedMonitor(timeout=1.0)
    for number in range(round(6.0 * rate)):
        speed = max(0.0, 50.0 - 12.0 * number / rate)
        assert monitor.update(speed, 0.0, number / rate) == SpeedReading(0.0, speed)
    assert monitor.contradictions == 0


def test_profile_is_linear_between_its_corners_and_holds_its_ends() -> None:
    profile = SpeedProfile([10.0, 20.0, 30.0], [0.0, 90.0, 36.0])
    speeds = [profile.at(t) for t in (-5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 1e9)]
    assert speeds == pytest.approx([0.0, 0.0, 12.5, 25.0, 17.5, 10.0, 10.0])


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1e5), min_size=1, max_size=8, unique=True).map(sorted),
    st.data(),
    st.floats(-1e6, 1e6),
)
def test_profile_never_leaves_the_speeds_it_was_given(
    times: list[float], data: st.DataObject, time: float
) -> None:
    count = len(times)
    speeds = data.draw(st.lists(st.floats(0, 432), min_size=count, max_size=count))
    found = SpeedProfile(times, speeds).at(time)
    assert min(speeds) / 3.6 - 1e-9 <= found <= max(speeds) / 3.6 + 1e-9


@pytest.mark.parametrize(
    ("times", "speeds", "words"),
    [
        ([], [], "0 times and 0 speeds"),
        ([0.0, 1.0], [5.0], "2 times and 1 speeds"),
        ([0.0, 2.0, 2.0], [1.0, 2.0, 3.0], "2.0 s after 2.0 s"),
        ([3.0, 1.0], [1.0, 2.0], "1.0 s after 3.0 s"),
    ],
)
def test_profile_refusals(times: list[float], speeds: list[float], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        SpeedProfile(times, speeds)


def test_profile_wants_a_finite_time() -> None:
    with pytest.raises(ParameterError, match="nan"):
        SpeedProfile([0.0], [1.0]).at(math.nan)


def test_made_up_speed_by_settings() -> None:
    def source(name: str, **more: Any) -> SpeedSource:
        return SOURCES.load(name)(SpeedSettings(source=name, **more), print)

    assert source("fixed", fixed_speed_kmh=72.0).poll(123.0) == pytest.approx(20.0)
    profile = source("profile")
    profile.start()
    assert [profile.poll(t) for t in (100.0, 120.0)] == pytest.approx([0.0, 25.0])
    assert [profile.poll(t) for t in (50.0, 70.0)] == pytest.approx([0.0, 25.0])  # a bag anew
    profile.start()
    assert profile.poll(80.0) == 0.0
    for name in ("none", "twist_stamped", "twist", "odometry", "float32"):
        assert source(name).poll(123.0) is None


def test_settings_are_parameters_with_units() -> None:
    found = specifications(SpeedSettings)
    assert found["timeout"].unit == "s"
    assert found["fixed_speed_kmh"].unit == found["profile_speeds_kmh"].unit == "km/h"
    assert from_mapping(SpeedSettings, {"source": "obd"}).source == "obd"
    with pytest.raises(ParameterError, match=r"source.*'sonar'.*'twist_stamped'"):
        from_mapping(SpeedSettings, {"source": "sonar"})
    with pytest.raises(ParameterError, match=r"profile_speeds_kmh.*500\.0 km/h"):
        from_mapping(SpeedSettings, {"profile_speeds_kmh": [0.0, 500.0]})
