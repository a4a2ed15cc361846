"""The board in real time, on a pty, through the nodes and over DDS."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from std_srvs.srv import Trigger

from fatigue_ros.devices import serial_link
from fatigue_ros.msg import (
    ActuatorCommand,
    ActuatorStatus,
    FatigueWarning,
    HeartRate,
    PpgSamples,
)
from fatigue_ros.nodes import alert as alert_node
from fatigue_ros.nodes.alert import AlertNode
from fatigue_ros.nodes.heart_rate import HeartRateNode
from fatigue_ros.nodes.microcontroller import MicrocontrollerNode
from fatigue_ros.ros.base import ERROR, OK
from fatigue_ros.ros.conversions import seconds, to_stamp
from fatigue_ros.ros.qos import WARNING_QOS
from fatigue_ros.simulator.pulse_wave import pulse

ROOT = Path(__file__).resolve().parents[2]
RATE = 1000  # [Hz] of the simulator's waveforms
LENGTH = 60.0  # [s] a whole number of beats at any whole number of beats a minute
TOLERANCE = 1.0  # [1/min]
PATIENCE = 300.0  # [s] with a machine that does other things as well
PROMPT = 30.0  # [s] on any machine; what it takes is in docs/hardware.md

ERRORS: dict[str, list[str]] = {"clean": [], "disturbed": []}  # by rate fed

Wave = npt.NDArray[np.float64]
Figure = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board is not given up because it, or we, had no processor for a while."""
    monkeypatch.setattr(serial_link, "SILENCE", PATIENCE)
    monkeypatch.setattr(serial_link, "_WRITE_TIMEOUT", PATIENCE)


def finger(bpm: float) -> Wave:
    """Converter counts of a pulse without variability."""
    times = np.arange(0.0, LENGTH, 1.0 / RATE)
    beats = np.arange(-2.0, LENGTH + 2.0, 60.0 / bpm)
    return np.asarray(512.0 + 150.0 * (pulse(beats, times) - 0.35), np.float64)


def disturbed(wave: Wave) -> Wave:
    """With mains hum, noise, and a drift of twice the pulse's height."""
    times = np.arange(len(wave)) / RATE
    hum = 30.0 * np.sin(2.0 * np.pi * 50.0 * times)
    drift = 150.0 * np.sin(2.0 * np.pi * 6.0 * times / LENGTH)
    noise = 5.0 * np.random.default_rng(1).standard_normal(len(wave))
    return np.asarray(wave + hum + drift + noise, np.float64)


def moved(wave: Wave) -> Wave:
    """With a hand that moves for 1.2 s out of every 2.5 s, six times as strong as the pulse."""
    times = np.arange(len(wave)) / RATE
    random = np.random.default_rng(1)
    out = wave.copy()
    for centre in np.arange(1.0, LENGTH, 2.5):
        envelope = np.exp(-(((times - centre) / 0.6) ** 2))
        rate, phase = random.uniform(0.7, 3.0), random.uniform(0.0, 2.0 * np.pi)
        out += 450.0 * envelope * np.sin(2.0 * np.pi * rate * times + phase)
    return out


def microcontroller(
    bench: Any, port: str, namespace: str | None = None, *, alert: bool = True
) -> Any:
    """The node under test; with an `alert` that commands darkness, since a board needs one."""
    if alert:
        commander = AlertNode({"output": "board", "start_up_time": 120.0}, namespace)
        assert bench.add(commander).start()
    node = bench.add(MicrocontrollerNode({"port": port}, namespace))
    assert node.start(), node.problem
    return node


def program(name: str, *parameters: str) -> list[str]:
    """A node as a process of its own."""
    given = [word for parameter in parameters for word in ("-p", parameter)]
    return [sys.executable, "-m", "fatigue_ros.ros.executable", name, "--ros-args", *given]


def collect(bench: Any, kind: Any, topic: str) -> list[Any]:
    out: list[Any] = []
    bench.node.create_subscription(kind, topic, out.append, 100)
    return out


def slowness(samples: list[Any], rate: Any) -> float:
    """Time on the board that passed in a second of the stamps, in the window of a heart rate [1].

    One, but on a machine that is too busy to run the board as fast as a real one.
    """
    end = seconds(rate.header.stamp)
    stamps = np.array([seconds(m.header.stamp) for m in samples])
    first, *_, last = np.flatnonzero((stamps >= end - rate.window) & (stamps <= end))
    passed = 1e-6 * (samples[last].device_time - samples[first].device_time)
    return float(passed / (stamps[last] - stamps[first]))


@pytest.mark.parametrize("bpm", [50, 72, 110])
def test_heart_rate_end_to_end(
    bench: Any, live_board: Callable[..., Any], figure: Figure, bpm: int
) -> None:
    """Converter, firmware, serial port, two nodes and DDS: two boards side by side."""
    waves = {"clean": finger(bpm), "disturbed": disturbed(finger(bpm))}
    nodes, rates, samples = {}, {}, {}
    for name, wave in waves.items():
        samples[name] = collect(bench, PpgSamples, f"{name}/ppg")
        rates[name] = collect(bench, HeartRate, f"{name}/heart_rate")
        nodes[name] = microcontroller(bench, live_board(wave).port, name)
        assert bench.add(HeartRateNode(None, name)).start()

    def settled(name: str) -> bool:
        heard = samples[name]
        passed = heard[-1].device_time - heard[0].device_time if heard else 0
        return bool(passed > 36e6 and rates[name][-1].valid)

    bench.until(lambda: all(map(settled, waves)), "36 s and a heart rate of each", PATIENCE)
    for name in waves:
        # Whatever was called valid at any time had to be right: as right as a board is even that
        # shares its processor.
        valid = [(m.bpm, slowness(samples[name], m)) for m in rates[name] if m.valid]
        found = [rate - bpm * slow for rate, slow in valid]
        error = max(map(abs, found))
        uneven = bpm * max(abs(1.0 - slow) for _, slow in valid)
        assert error < TOLERANCE + uneven, (name, valid)
        ERRORS[name].append(f"{bpm}: {error:.2f}")
        row = f"heart rate, greatest error by rate fed, {name} [1/min]"
        figure(row, ", ".join(ERRORS[name]))
    # The link meanwhile: half a minute without a gap, stamps as even as the board's clock.
    for node in nodes.values():
        bench.until(lambda node=node: node.diagnose().level == OK, "an even diagnosis")
        figures = node.diagnose().values
        assert figures["frames"] > 1500
        assert (figures["gaps"], figures["crc_errors"], figures["crc_errors_of_board"]) == (0, 0, 0)
        assert (figures["reconnects"], figures["board_restarts"]) == (0, 0)
    numbers = [m.sequence for m in samples["clean"]]
    assert {(n - numbers[0] - i) % 65536 for i, n in enumerate(numbers)} == {0}
    steps = np.diff([seconds(m.header.stamp) for m in samples["clean"][-500:]])
    assert steps.min() > 0.0
    figure(
        "stamps of successive batches",
        f"{1e3 * steps.mean():.2f} ms apart, {1e3 * steps.min():.2f} to {1e3 * steps.max():.2f} ms",
    )


def test_no_heart_rate_under_motion(
    bench: Any, live_board: Callable[..., Any], figure: Figure
) -> None:
    rates = collect(bench, HeartRate, "heart_rate")
    microcontroller(bench, live_board(moved(finger(72))).port)
    assert bench.add(HeartRateNode()).start()
    bench.until(lambda: sum(m.window >= 29.0 for m in rates) > 5, "full windows", PATIENCE)
    full = [m for m in rates if m.window >= 29.0]
    assert not any(m.valid for m in full)
    assert all(m.reason for m in full)
    figure("heart rates called valid under motion", f"{sum(m.valid for m in rates)}")


def test_real_pulse_through_the_board(
    bench: Any, live_board: Callable[..., Any], shared_data: Path, figure: Figure
) -> None:
    """A recording of 25 s at 100 Hz; its rate is that of the beats counted in it."""
    recorded = np.loadtxt(shared_data / "ppg" / "data.csv")
    wave = np.interp(
        np.arange(0.0, len(recorded) / 100.0, 1.0 / RATE),
        np.arange(len(recorded)) / 100.0,
        recorded,
    )
    samples = collect(bench, PpgSamples, "ppg")
    rates = collect(bench, HeartRate, "heart_rate")
    heart = bench.add(HeartRateNode({"TIME_FOR_GETTING_HR": 20.0}))
    assert heart.start()
    microcontroller(bench, live_board(wave).port)
    bench.until(lambda: any(m.valid for m in rates), "a heart rate", PATIENCE)
    rate = next(m for m in rates if m.valid)
    assert rate.bpm == pytest.approx(58.8 * slowness(samples, rate), abs=TOLERANCE)
    figure("a real pulse of 58.8 / min, its first 20 s", f"{rate.bpm:.1f} / min")


def warning(severity: int, cause: str, now: float) -> Any:
    message = FatigueWarning(severity=severity, cause=cause, text="test")
    message.header.stamp = to_stamp(now)
    message.until = to_stamp(now + 15.0)
    return message


def test_warning_reaches_the_pins(
    bench: Any, live_board: Callable[..., Any], figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_node, "CONFIRMATION", PATIENCE)  # no command is said twice
    board = live_board()
    statuses = collect(bench, ActuatorStatus, "actuators/status")
    node = microcontroller(bench, board.port, alert=False)
    alert = bench.add(AlertNode({"output": "board"}))
    publisher = bench.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
    assert alert.start(), alert.problem
    bench.until(publisher.get_subscription_count, "the alert node")
    bench.until(lambda: node.diagnose().level == OK, "the board")
    delays, began = [], time.monotonic()
    for i in range(20):
        lit = i % 2 == 0
        sent = time.monotonic()
        severity = FatigueWarning.VISUAL if lit else FatigueWarning.NONE
        cause = FatigueWarning.CAUSE_FATIGUE_LEVEL if lit else ""
        publisher.publish(warning(severity, cause, alert.now()))
        found = bench.until(
            lambda sent=sent, lit=lit: [c for c in board.changes("yellow", sent) if c[1] == lit],
            "the LED to change",
        )
        delays.append(found[0][0] - sent)
        bench.spin(0.05)
    assert [lit for _, lit in board.changes("yellow", began)] == [1, 0] * 10
    sent = time.monotonic()
    publisher.publish(warning(FatigueWarning.ACOUSTIC, "eyes_closed", alert.now()))
    for name in ("yellow", "red", "buzzer"):
        bench.until(lambda name=name: board.changes(name, sent), f"the {name} pin")
    bench.until(lambda: statuses[-1].buzzer_frequency == 2700, "the board's word for it")
    assert statuses[-1].red_led
    assert statuses[-1].yellow_led
    bench.until(lambda: not statuses[-1].host_lost, "the board to hear us")
    assert max(delays) < PROMPT
    bench.until(lambda: alert.diagnose().level == OK, "an even diagnosis")
    assert alert.diagnose().values["not_confirmed_in_time"] == 0
    figure(
        "warning on the topic to the pin",
        f"{1e3 * np.median(delays):.1f} ms median, {1e3 * max(delays):.1f} ms at most of 20",
    )
    # What goes on for a second is said again before it ends, and ends when nobody says it.
    node.stop()
    bench.until(lambda: [c for c in board.changes("red", sent) if not c[1]], "all off at the end")


def test_host_killed(
    domain: int, started: Any, live_board: Callable[..., Any], figure: Figure
) -> None:
    """A process that dies without a word, with everything lit; by the board's time."""
    board = live_board()
    host = started(
        *program("microcontroller", f"port:={board.port}", "start_up_time:=120.0"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )

    def times(kind: str, after: float = 0.0) -> list[float]:
        return [e.time for e in list(board.events) if e.kind == kind and e.time > after]

    def wait(condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, what
            time.sleep(0.01)

    wait(lambda: len(times("rx")) >= 4 or host.poll() is not None, "no heartbeat has come")
    assert host.poll() is None
    first = times("rx")[0]
    wait(lambda: times("rx")[-1] > first + 3.0, "the heartbeats end")
    assert not times("yellow", first + 0.5)  # heartbeats hold off the safe state
    host.send_signal(signal.SIGKILL)
    host.wait()
    wait(lambda: times("yellow", first + 0.5), "the board does not go to its safe state")
    lit = next(e for e in board.events if e.kind == "yellow" and e.time > first + 0.5)
    assert lit.value == 1
    gone = lit.time - times("rx")[-1]
    assert 1.95 < gone < 2.1
    figure("host killed to the board's safe state", f"{gone:.2f} s after its last heartbeat")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_alert_gone(
    bench: Any,
    domain: int,
    started: Any,
    live_board: Callable[..., Any],
    figure: Figure,
    how: signal.Signals,
) -> None:
    """The board says so though `microcontroller` lives, and somebody repeats the last command."""
    board = live_board()
    statuses = collect(bench, ActuatorStatus, "actuators/status")
    commands = collect(bench, ActuatorCommand, "actuators/command")
    node = microcontroller(bench, board.port, alert=False)
    alert = started(
        *program("alert", "output:=board", "start_up_time:=120.0"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    bench.until(lambda: len(commands) > 4 and statuses[-1].acknowledged > 4, "commands")
    bench.until(lambda: not statuses[-1].host_lost and node.diagnose().level == OK, "all well")
    alert.send_signal(how)
    last, gone = commands[-1], time.monotonic()
    again = bench.node.create_publisher(ActuatorCommand, "actuators/command", 10)
    bench.node.create_timer(0.1, lambda: again.publish(last))
    bench.until(lambda: "no command from alert for" in node.diagnose().message, "word of it")
    assert node.diagnose().level == ERROR
    lit = bench.until(lambda: [c for c in board.changes("yellow", gone) if c[1]], "the safe state")
    bench.until(lambda: statuses[-1].host_lost, "the board's word of it")
    assert node.diagnose().values["repetitions_refused"] > 0
    assert lit[0][0] - gone < PROMPT
    figure("`alert` killed or stopped to the board's safe state", f"{lit[0][0] - gone:.1f} s")
    if how is signal.SIGSTOP:
        alert.send_signal(signal.SIGCONT)
    else:
        assert bench.add(AlertNode({"output": "board"})).start()
    bench.until(lambda: not statuses[-1].host_lost and node.diagnose().level == OK, "its return")


def test_no_alert_since_the_start(bench: Any, live_board: Callable[..., Any]) -> None:
    """It has its time; afterwards the board shows that it is alone."""
    statuses = collect(bench, ActuatorStatus, "actuators/status")
    node = bench.add(MicrocontrollerNode({"port": live_board().port, "start_up_time": 3.0}))
    assert node.start(), node.problem
    bench.until(lambda: node.diagnose().level == OK, "an even diagnosis before the time is over")
    assert not statuses or not statuses[-1].host_lost
    bench.until(lambda: "no command from alert for" in node.diagnose().message, "word of it")
    assert "since the start" in node.diagnose().message
    bench.until(lambda: statuses and statuses[-1].host_lost, "the board's word of it")


def test_cable_pulled_and_back(bench: Any, live_board: Callable[..., Any], figure: Figure) -> None:
    """The cable feeds the board too: it starts anew."""
    board = live_board()
    samples = collect(bench, PpgSamples, "ppg")
    statuses = collect(bench, ActuatorStatus, "actuators/status")
    node = microcontroller(bench, board.port)
    bench.until(lambda: len(samples) > 50, "samples")
    board.power_off()
    bench.until(lambda: statuses[-1].connected is False, "word of the loss")
    assert node.diagnose().level == ERROR
    assert board.port in node.diagnose().message
    bench.spin(2.0)
    before = len(samples)
    plugged = time.monotonic()
    board.power_on()
    bench.until(lambda: len(samples) > before, "samples again")
    gone = time.monotonic() - plugged
    assert gone < PROMPT
    bench.until(lambda: statuses[-1].connected, "word of its return")
    bench.until(lambda: node.diagnose().level == OK, "an even diagnosis")
    assert node.diagnose().values["reconnects"] == 1
    stamps = [seconds(m.header.stamp) for m in samples]
    assert all(np.diff(stamps) > 0.0)
    figure("cable back to samples flowing", f"{gone:.2f} s")


def test_port_that_goes_while_the_board_runs_on(bench: Any, live_board: Callable[..., Any]) -> None:
    """A board with its own supply: safe while the cable is out, and taken up where it is."""
    board = live_board()
    samples = collect(bench, PpgSamples, "ppg")
    node = microcontroller(bench, board.port)
    bench.until(lambda: len(samples) > 20, "samples")
    pulled = time.monotonic()
    board.command("unplug")
    lit = bench.until(lambda: board.changes("yellow", pulled + 0.1), "the safe state")
    assert lit[0][1] == 1
    before = len(samples)
    board.command("plug")
    bench.until(lambda: len(samples) > before + 20, "samples again")
    assert samples[-1].device_time > samples[before - 1].device_time
    bench.until(lambda: not node._status.host_lost and node._status.connected, "to be heard")
    assert node.diagnose().values["reconnects"] == 1


def test_its_button_acknowledges(bench: Any, live_board: Callable[..., Any]) -> None:
    asked: list[Any] = []

    def answer(_: Any, response: Any) -> Any:
        asked.append(time.monotonic())
        response.success, response.message = True, "heard"
        return response

    bench.node.create_service(Trigger, "acknowledge", answer)
    board = live_board()
    samples = collect(bench, PpgSamples, "ppg")
    node = microcontroller(bench, board.port)
    bench.until(node._button._client.service_is_ready, "the service")
    bench.until(lambda: len(samples) > 10 and node._button._was is False, "the board's word of it")
    for presses in (1, 2):
        board.command("press")
        bench.until(lambda n=presses: len(asked) == n, "an acknowledgement")
        board.command("release")
        bench.until(lambda: node._button._was is False, "the end of the press")
    bench.spin(0.2)
    assert len(asked) == node._button.answers == 2


def test_the_pulse_is_read_while_the_vehicle_is_slow(
    bench: Any, live_board: Callable[..., Any]
) -> None:
    board = live_board()
    samples = collect(bench, PpgSamples, "ppg")
    node = bench.add(MicrocontrollerNode({"port": board.port, "pulse_up_to": 5.0}))
    assert bench.add(AlertNode({"output": "board", "start_up_time": 120.0})).start()
    assert node.start(), node.problem
    vehicle = bench.node.create_publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)

    def drive(kmh: float, until: Callable[[], Any], what: str) -> None:
        message = TwistStamped()
        message.twist.linear.x = kmh / 3.6

        def going() -> Any:
            vehicle.publish(message)
            return until()

        bench.until(going, what)

    bench.until(lambda: len(samples) > 10, "samples, though no speed is known")
    drive(30.0, lambda: node.diagnose().message.startswith("resting"), "the board to rest")
    last = {"count": 0, "at": time.monotonic()}

    def silent() -> bool:
        """For 25 times as long as from one message to the next."""
        if len(samples) != last["count"]:
            last.update(count=len(samples), at=time.monotonic())
        return time.monotonic() > last["at"] + 0.5

    drive(30.0, silent, "no samples")
    before = len(samples)
    assert node.diagnose().level == OK
    drive(4.0, lambda: len(samples) > before + 10, "samples again")
    drive(4.0, lambda: node.diagnose().message == "sampling", "an even diagnosis")
    stamps = [seconds(m.header.stamp) for m in samples]
    assert (np.diff(stamps) > 0.0).all()
    assert node.diagnose().values["gaps"] == 0
    assert node.diagnose().values["board_restarts"] == 0


def test_board_that_hangs(bench: Any, live_board: Callable[..., Any]) -> None:
    """Its watchdog starts it anew while the port stays open."""
    board = live_board()
    samples = collect(bench, PpgSamples, "ppg")
    node = microcontroller(bench, board.port)
    bench.until(lambda: len(samples) > 100, "samples")
    board.command("hang")
    bench.until(lambda: samples[-1].device_time < samples[50].device_time, "a new start")
    bench.spin(1.0)
    assert node._device_clock.restarts == 1
    assert node.diagnose().values["gaps"] == 0
    assert node.diagnose().values["board_restarts"] == 1
    bench.until(
        lambda: abs(seconds(samples[-1].header.stamp) - node.now()) < 0.5, "stamps of this moment"
    )
    assert (np.diff([seconds(m.header.stamp) for m in samples]) > 0.0).all()


def test_stamps_are_those_of_the_samples(
    bench: Any, live_board: Callable[..., Any], figure: Figure
) -> None:
    """The simulator says when, by the host's clock, each tick of the board was."""
    board = live_board()
    samples = collect(bench, PpgSamples, "ppg")
    node = microcontroller(bench, board.port)

    def late() -> Any:
        """[s] median of the stamps of the last five seconds."""
        before, now, after = time.monotonic(), node.now(), time.monotonic()
        if len(samples) < 250 or after - before > 1e-4:  # the processor was with somebody else
            return math.inf
        # Whoever is late by the wall, the simulator or a reader of its time, was so the least once.
        began = min(e.wall - e.time for e in list(board.events) if e.kind == "rx")
        times = [seconds(m.header.stamp) - m.device_time / 1e6 for m in samples[-250:]]
        return np.median(times) - (now - before) - began

    # Sampling begins within a millisecond of the board's start; the simulator paces as finely.
    found = bench.until(lambda: found if abs(found := late()) < 0.005 else None, "even stamps")
    figure("stamp against the sample's time", f"{1e3 * found:+.1f} ms median")


def test_no_board(bench: Any, tmp_path: Path) -> None:
    """Says so, goes on waiting, drops commands and counts them."""
    statuses = collect(bench, ActuatorStatus, "actuators/status")
    node = microcontroller(bench, str(tmp_path / "ttyNONE"), alert=False)
    publisher = bench.node.create_publisher(ActuatorCommand, "actuators/command", 10)
    bench.until(publisher.get_subscription_count, "the node")
    publisher.publish(ActuatorCommand(sequence=1, yellow_led=True, duration=1.0))
    bench.until(lambda: statuses, "a status")
    assert not statuses[-1].connected
    bench.until(lambda: "ttyNONE" in node.diagnose().message, "the reason")
    assert node.diagnose().level == ERROR
    bench.until(lambda: node.diagnose().values["commands_not_sent"] == 1, "the count")
