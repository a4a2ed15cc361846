"""A simulated drive in time: frames that go on without a camera, and all that happens beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fatigue_ros.simulator.drive import (
    SAMPLE_RATE,
    SAMPLES,
    DriveEvent,
    DriveEvents,
    IgnitionEvent,
    PulseEvent,
    SleepAnswer,
    SpeedEvent,
    SteadySource,
)
from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.scenario_file import parse_scenario

SCENARIO = """
name: cables
seed: 5
duration: 6.5
profiles:
  speed: [[0.0, 0.0], [6.0, 12.0]]
  ignition: [[0.0, true], [5.25, false]]
events:
  - {at: 1.5, do: answer_sleep, grade: 2}
  - {at: 2.0, do: unplug, device: camera, duration: 1.0}
  - {at: 3.0, do: unplug, device: board, duration: 2.0}
  - {at: 4.0, do: unplug, device: speed, duration: 1.0}
"""


@pytest.fixture(scope="module")
def script() -> DriverScript:
    return DriverScript(parse_scenario(SCENARIO, Path("cables.yaml")))


@pytest.fixture(scope="module")
def happened(script: DriverScript) -> list[DriveEvent]:
    return list(DriveEvents(script).until())


def test_in_the_order_of_time(happened: list[DriveEvent]) -> None:
    times = [h.time for h in happened]
    assert times == sorted(times)
    assert times[0] >= 0.0
    assert times[-1] <= 6.5


def test_speed_ten_times_a_second_until_the_cable_is_off(happened: list[DriveEvent]) -> None:
    said = [h for h in happened if isinstance(h, SpeedEvent)]
    assert len(said) == 65 - 10
    assert not [s for s in said if 4.0 <= s.time < 5.0]
    assert all(s.metres_per_second == pytest.approx(min(2.0 * s.time, 12.0)) for s in said)


def test_the_boards_messages_are_the_readings_without_what_was_lost(
    script: DriverScript, happened: list[DriveEvent]
) -> None:
    readings = script.ppg(SAMPLE_RATE)
    runs = [h for h in happened if isinstance(h, PulseEvent)]
    assert len(runs) == 65 - 20
    for run in runs:
        assert run.first == pytest.approx(run.sequence * SAMPLES / SAMPLE_RATE)
        assert run.time == pytest.approx(run.first + (SAMPLES - 1) / SAMPLE_RATE)
        expected = readings[run.sequence * SAMPLES : (run.sequence + 1) * SAMPLES]
        assert np.array_equal(run.samples, expected)
        assert not 2.95 < run.first < 4.95


def test_ignition_is_repeated_and_changes_at_once(happened: list[DriveEvent]) -> None:
    said = [(h.time, h.on) for h in happened if isinstance(h, IgnitionEvent)]
    assert said == [(t, True) for t in range(6)] + [(5.3, False), (6.0, False)]


def test_the_answer_comes_once(happened: list[DriveEvent]) -> None:
    assert [h for h in happened if isinstance(h, SleepAnswer)] == [SleepAnswer(1.5, 2)]


def test_time_goes_on_without_a_camera(script: DriverScript) -> None:
    with SteadySource(script.scenario) as source:
        frames = []
        while (frame := source.read()) is not None:
            frames.append(frame)
    assert [f.time for f in frames] == pytest.approx(np.arange(195) / 30.0)
    assert [f.time for f in frames if not f.image.size] == pytest.approx(np.arange(60, 90) / 30.0)
    assert {f.image.shape for f in frames if f.image.size} == {(480, 640, 3)}
