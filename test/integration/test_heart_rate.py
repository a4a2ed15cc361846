"""heart_rate alone over DDS: samples in, a rate once a second out."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header

from fatigue_ros.msg import HeartRate, PpgSamples
from fatigue_ros.nodes.heart_rate import HeartRateNode
from fatigue_ros.ros.conversions import seconds, to_stamp
from fatigue_ros.simulator.pulse_wave import beat_times, ppg_samples
from fatigue_ros.simulator.scenario import QuantityProfile

START = 1_700_000_000.0  # [s] a day long past: stamps count, not the clock
BATCH = 10  # [1] samples a message of the UNO holds
FRAME = "pulse_sensor"


def steady(value: float) -> QuantityProfile:
    return QuantityProfile(np.zeros(1), np.full(1, value))


def messages(bpm: float, rate: float, length: float, first: int = 0) -> list[Any]:
    """A stretch of pulse of this length [s] as a board sends it; numbers start at ``first``."""
    random = np.random.default_rng(0)
    beats = beat_times(steady(bpm), length, random)
    samples = ppg_samples(beats, steady(0.02), rate, length, random)
    start = START + first * BATCH / rate
    return [
        PpgSamples(
            header=Header(stamp=to_stamp(start + index / rate), frame_id=FRAME),
            sequence=(first + number) % 2**32,
            sample_rate=rate,
            samples=samples[index : index + BATCH],
        )
        for number, index in enumerate(range(0, len(samples), BATCH))
    ]


class Pulse:
    """The node, with its input and what it says; its time goes on when it is asked for more."""

    def __init__(self, bench: Any, **overrides: Any) -> None:
        self.bench = bench
        self.said: list[Any] = []
        self._time = START + 1e8  # [s]
        self._clock = bench.clock()
        bench.node.create_subscription(HeartRate, "heart_rate", self.said.append, 100)
        self.node = bench.add(HeartRateNode({"use_sim_time": True, **overrides}))
        bench.until(lambda: self.tick() or self.node.now(), "the time")
        assert self.node.start(), self.node.problem
        self._ppg = bench.node.create_publisher(PpgSamples, "ppg", 100)
        bench.until(lambda: self._ppg.get_subscription_count() > 0, "a listener on ppg")
        bench.until(lambda: self.node.count_subscribers("heart_rate") > 0, "the bench to be heard")

    def send(self, stretch: list[Any]) -> None:
        """In portions that fit the queue, each after the one before was taken."""
        for index in range(0, len(stretch), 50):
            portion = stretch[index : index + 50]
            wanted = self.node._messages + len(portion)
            for message in portion:
                self._ppg.publish(message)
            self.bench.until(lambda wanted=wanted: self.node._messages >= wanted, "samples taken")

    def tick(self) -> Any:
        """Let a tenth of a second pass."""
        self._time += 0.1
        return self._clock.publish(Clock(clock=to_stamp(self._time)))

    def next(self) -> Any:
        """What is said after this."""
        out = self.node._flows["heart_rate"]
        self.bench.until(lambda: len(self.said) == out._count, "what was said before")
        count = len(self.said)
        while len(self.said) == count:
            self.tick()
            self.bench.until(
                lambda: self.node.now() == pytest.approx(self._time, abs=1e-3), "the time"
            )
            self.bench.spin(0.02)
        return self.said[-1]


@pytest.mark.parametrize(("bpm", "rate"), [(50.0, 500.0), (72.0, 500.0), (110.0, 100.0)])
def test_rate_of_any_board(bench: Any, bpm: float, rate: float) -> None:
    """The UNO at 500 Hz and a micro-ROS board at another rate differ in nothing but that."""
    pulse = Pulse(bench)
    pulse.send(messages(bpm, rate, 31.0))
    said = pulse.next()
    assert said.valid, said.reason
    assert said.reason == ""
    assert said.bpm == pytest.approx(bpm, abs=1.0)
    assert 0.01 < said.rmssd < 0.05  # the simulated heart's is about 0.025
    assert said.quality > 0.8
    assert said.window == pytest.approx(30.0)
    assert seconds(said.header.stamp) == pytest.approx(START + 31.0, abs=0.001)
    assert said.header.frame_id == FRAME


def test_silence_is_invalid_and_goes_on_being_said(bench: Any) -> None:
    pulse = Pulse(bench, ppg_timeout=1.5)
    said = pulse.next()
    assert (said.valid, said.reason) == (False, "no samples yet")
    assert math.isnan(said.bpm)
    stretch = messages(72.0, 100.0, 31.0)
    pulse.send(stretch)
    assert pulse.next().valid
    pulse.send([stretch[-1]])  # a board that is stuck says the same again
    while (said := pulse.next()).valid:
        assert len(pulse.said) < 10
    assert said.reason.startswith("no samples for ")
    assert math.isnan(said.bpm)
    assert math.isnan(said.rmssd)
    assert said.quality == 0.0
    later = pulse.next()
    assert seconds(later.header.stamp) - seconds(said.header.stamp) == pytest.approx(1.0, abs=0.01)
    # Back after 10 s: another 30 s until there is a rate again.
    pulse.send(messages(72.0, 100.0, 20.0, first=410))
    said = pulse.next()
    assert said.reason.startswith("warming up: 20 of 30 s since gap of 10.0 s")
    pulse.send(messages(72.0, 100.0, 20.0, first=610))
    said = pulse.next()
    assert said.valid, said.reason
    assert said.bpm == pytest.approx(72.0, abs=1.0)


def test_lost_messages_and_a_number_that_wraps(bench: Any) -> None:
    stretch = messages(72.0, 100.0, 31.0)
    for number, message in enumerate(stretch):
        message.sequence = (2**32 - 150 + number) % 2**32
    pulse = Pulse(bench)
    pulse.send([m for number, m in enumerate(stretch) if number not in (100, 151, 200)])
    said = pulse.next()
    assert said.valid, said.reason
    assert said.bpm == pytest.approx(72.0, abs=1.0)
    assert 0.6 < said.quality < 0.97


def test_bad_messages_are_refused_by_name(bench: Any) -> None:
    found: list[Any] = []
    bench.node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda m: found.extend(m.status), 10
    )
    pulse = Pulse(bench)
    bad = messages(72.0, 500.0, 1.0)
    for message, rate in zip(bad, itertools.cycle((math.inf, 1e9, 24.0, -500.0, 0.0, math.nan))):
        message.sample_rate = rate
    unstamped = messages(72.0, 500.0, 0.1)
    for message in unstamped:
        message.header.stamp = to_stamp(0.0)
    empty = PpgSamples(header=Header(stamp=to_stamp(START)), sample_rate=500.0)
    for stretch, complaint in (
        (unstamped, "header stamp is 0"),
        ([empty], "samples have shape (0,)"),
        (bad, "sample_rate is"),
    ):
        pulse.send(stretch)
        said = pulse.next()
        assert not said.valid
        assert said.reason.startswith(f"no samples yet; refused ppg: {complaint}")
    found.clear()
    bench.until(lambda: pulse.tick() or found, "diagnostics of it")
    assert found[-1].message.startswith("no samples yet")
    assert found[-1].level == DiagnosticStatus.WARN
    values = {value.key: value.value for value in found[-1].values}
    assert values["refused"] == values["messages"] == str(len(bad) + len(unstamped) + 1)
    # And it still works.
    pulse.send(messages(72.0, 500.0, 31.0))
    said = pulse.next()
    assert said.valid, said.reason


def test_a_shorter_window(bench: Any) -> None:
    pulse = Pulse(bench, TIME_FOR_GETTING_HR=10.0)
    pulse.send(messages(72.0, 100.0, 11.0))
    said = pulse.next()
    assert said.valid, said.reason
    assert said.window == pytest.approx(10.0)
    assert said.bpm == pytest.approx(72.0, abs=2.0)


def test_begins_anew_after_a_pause(bench: Any) -> None:
    pulse = Pulse(bench)
    pulse.send(messages(72.0, 100.0, 31.0))
    assert pulse.next().valid
    pulse.node.trigger_deactivate()
    pulse.node.trigger_activate()
    assert pulse.next().reason == "no samples yet"
