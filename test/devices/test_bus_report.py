"""When frames go out, by a clock of the test's, seen by a receiver that knows only the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cantools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.devices.bus_frames import read_messages
from fatigue_ros.devices.bus_report import BusReport
from fatigue_ros.devices.end_to_end import Protection
from fatigue_ros.nodes.vehicle_output import VehicleOutputSettings

pytest.importorskip("e2e", reason="autosar-e2e: .[bus]")

DBC_FILE = str(Path(__file__).resolve().parents[2] / "config" / "driver_fatigue.dbc")
TICK = 0.02  # [s]
ACTIVE = {"state": "active", "valid": "yes", "unresponsive": "no"}


class Bus:
    """What the report sends, as (time, message, signals)."""

    def __init__(self) -> None:
        self.database: Any = cantools.database.load_file(DBC_FILE)
        self.report = BusReport(read_messages(DBC_FILE, VehicleOutputSettings().signals), 1.0, 5.0)
        self.now = 100.0
        self.heard: list[tuple[float, str, dict[str, Any]]] = []
        self.works = True

    def send(self, message: Any, data: bytes) -> bool:
        if self.works:
            assert message.protection.check(data)
            found = self.database.decode_message(message.name, data, decode_choices=True)
            self.heard.append((self.now, message.name, {k: str(v) for k, v in found.items()}))
        return self.works

    def run(self, seconds: float, level_every: float = 0.0, **level: Any) -> None:
        """Let time go on, with a fresh level now and then."""
        due = self.now
        for _ in range(round(seconds / TICK)):
            if level_every and self.now >= due - 1e-9:
                self.report.tell({**ACTIVE, "level": 20.0, **level}, self.now)
                due += level_every
            self.report.send_due(self.now, self.send)
            self.now += TICK

    def of(self, name: str, signal: str) -> list[str]:
        return [found[signal] for _, message, found in self.heard if message == name]

    def times(self) -> list[float]:
        return [at for at, message, _ in self.heard if message == "DriverFatigue"]


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.mark.parametrize("every", [1 / 30, 0.1, 0.25])
def test_fresh_levels_are_cyclic_and_count_on(bus: Bus, every: float) -> None:
    bus.run(10.0, every)
    counters = [int(c) for c in bus.of("DriverFatigue", "Counter")]
    assert counters == list(range(len(counters)))
    gaps = [b - a for a, b in zip(bus.times(), bus.times()[1:], strict=False)]
    assert max(gaps) <= 0.25 + max(every, TICK) + 1e-6
    assert min(gaps) >= 0.25 - 1e-6
    assert set(bus.of("DriverFatigue", "FatigueLevel")) == {"20.0"}


def test_a_change_is_told_at_once_but_not_in_a_flood(bus: Bus) -> None:
    bus.run(1.0, 0.1)
    bus.heard.clear()
    bus.report.warn("acoustic", "eyes_closed", bus.now - 1.5, bus.now)
    bus.run(TICK)
    assert bus.of("DriverFatigue", "WarningCause") == ["EyesClosed"]
    assert bus.of("DriverFatigue", "WarningTime") == ["2"]  # 1.5 s
    bus.heard.clear()
    for step in range(100):  # 2 s of a state that flaps fifty times a second
        bus.report.tell({**ACTIVE, "state": ("active", "cannot_see")[step % 2]}, bus.now)
        bus.run(TICK)
    assert 20 <= len(bus.heard) <= 2.0 / 0.05 + 1


def test_an_old_level_is_not_available_then_silent_and_never_counts(bus: Bus) -> None:
    bus.run(2.0, 0.1)
    lost = bus.now
    bus.run(8.0)
    last = [found["Counter"] for _, _, found in bus.heard if found["FatigueLevel"] != "SNA"][-1]
    old = [found for at, name, found in bus.heard if at - lost > 1.0]
    assert {found["FatigueLevel"] for found in old} == {"SNA"}
    assert {found["MonitorState"] for found in old} == {"SNA"}
    assert {found["Counter"] for found in old} == {last}
    assert bus.times()[-1] == pytest.approx(lost + 4.9, abs=0.3)  # 5 s after the last level
    first = next(at for at, _, found in bus.heard if found["FatigueLevel"] == "SNA")
    assert first - lost < 1.0 + 2 * TICK
    bus.heard.clear()
    bus.run(0.1, 0.1)
    assert int(bus.of("DriverFatigue", "Counter")[0]) == int(last) + 1


def test_warnings_alone_do_not_keep_a_level_alive(bus: Bus) -> None:
    bus.run(1.0, 0.1)
    for _ in range(8):
        bus.report.warn("acoustic", "eyes_closed", bus.now, bus.now)
        bus.run(1.0)
    assert bus.now - bus.times()[-1] > 2.5


def test_a_warning_that_is_not_repeated_is_not_available(bus: Bus) -> None:
    bus.report.warn("visual", "fatigue_level", bus.now, bus.now)
    bus.run(2.0, 0.1)
    assert bus.of("DriverFatigue", "WarningSeverity")[-1] == "Visual"
    bus.run(2.0, 0.1)
    assert bus.of("DriverFatigue", "WarningSeverity")[-1] == "SNA"
    assert bus.of("DriverFatigue", "FatigueLevel")[-1] == "20.0"


def test_the_lifesign_needs_the_node_and_no_level(bus: Bus) -> None:
    for _ in range(6):
        bus.report.beat("starting", bus.now)
        bus.run(0.5)
    counters = [int(c) for c in bus.of("DriverMonitorLife", "Counter")]
    assert counters == list(range(len(counters)))
    assert len(counters) >= 6
    assert set(bus.of("DriverMonitorLife", "Operation")) == {"Starting"}
    bus.run(3.0)
    bus.heard.clear()
    bus.run(2.0)
    assert bus.heard == []
    assert bus.times() == []


def test_a_frame_that_could_not_be_sent_is_no_gap(bus: Bus) -> None:
    bus.run(1.0, 0.1)
    bus.works = False
    bus.run(1.0, 0.1)
    bus.works = True
    bus.run(1.0, 0.1, level=30.0)
    counters = [int(c) for c in bus.of("DriverFatigue", "Counter")]
    assert counters == list(range(len(counters)))


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["level", "warning", "nothing"]), st.integers(1, 80)), max_size=20
    )
)
def test_whatever_comes_no_frame_is_newer_than_its_level(events: list[tuple[str, int]]) -> None:
    """A value is never said more than a second after its level came; the counter never then."""
    bus = Bus()
    told = -1e9
    for kind, ticks in events:
        if kind == "level":
            told = bus.now
            bus.report.tell({**ACTIVE, "level": 20.0}, bus.now)
        elif kind == "warning":
            bus.report.warn("none", "none", bus.now, bus.now)
        before = len(bus.heard)
        bus.run(ticks * TICK)
        for at, _, found in bus.heard[before:]:
            known = found["FatigueLevel"] != "SNA"
            assert known == (at - told <= 1.0 + 1e-9)
            assert at - told <= 5.0 + 1e-9
    fresh = [int(f["Counter"]) for _, _, f in bus.heard if f["FatigueLevel"] != "SNA"]
    assert fresh == list(range(len(fresh)))


def test_the_receivers_check_needs_the_messages_own_number() -> None:
    bus = Bus()
    bus.report.tell({**ACTIVE, "level": 20.0}, bus.now)
    kept: list[bytes] = []

    def keep(_: object, data: bytes) -> bool:
        kept.append(data)
        return True

    bus.report.send_due(bus.now, keep)
    assert Protection("P05", 0xF200, 8, "M").check(kept[0])
    assert not Protection("P05", 0xF201, 8, "M").check(kept[0])
