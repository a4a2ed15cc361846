"""The made-up hands at the wheel, and their way through a drive."""

from __future__ import annotations

import numpy as np

from fatigue_ros.simulator.drive import DriveEvents, SteeringEvent
from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.simulator.wheel import steer


def test_hands_keep_the_lane_and_the_same_seed_gives_the_same() -> None:
    none = np.zeros(2400)
    awake, again = steer(none, none, none), steer(none, none, none)
    assert (awake.angle == again.angle).all()
    assert np.abs(awake.position).max() < 0.6
    tired = steer(none + 1.0, none, none)
    assert 0.6 < np.abs(tired.position).max() < 1.75  # never out of a lane of 3.5 m
    curve = steer(none, none + 0.4, none)
    assert np.allclose(curve.angle, awake.angle + 0.4)


def test_a_drive_says_how_it_is_steered_where_the_scenario_asks_for_it() -> None:
    scenario = load_scenario("steering")
    events = list(DriveEvents(DriverScript(scenario)).until(440.0))
    said = [e for e in events if isinstance(e, SteeringEvent)]
    assert len(said) == 440 * 20 + 1
    assert [e.time for e in events] == sorted(e.time for e in events)
    assert {e.assisted for e in said if e.time < 430.0} == {False}
    assert said[-1].assisted
    in_curve = [e.angle for e in said if 376.0 < e.time < 389.0]
    assert 0.3 < float(np.mean(in_curve)) < 0.5
    demo = DriveEvents(DriverScript(load_scenario("demo"))).until(20.0)
    assert not any(isinstance(e, SteeringEvent) for e in demo)
