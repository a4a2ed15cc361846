"""The vehicle_output node over DDS, heard on the bus by who knows only the DBC file."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import can
import pytest
from std_msgs.msg import Header

from fatigue_ros.msg import FatigueLevel, FatigueWarning
from fatigue_ros.ros.base import ERROR, OK, WARN
from fatigue_ros.ros.composition import create
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.ros.qos import WARNING_QOS

pytest.importorskip("e2e", reason="autosar-e2e: .[bus]")
from test.integration.bus_receiver import (
    GAP,
    REPEATED,
    TIMED_OUT,
    WRONG,
    Receiver,
)
from test.integration.bus_receiver import (
    OK as FINE,
)

CONFIG = Path(__file__).resolve().parents[2] / "config"
FATIGUE, LIFE = "DriverFatigue", "DriverMonitorLife"


class Vehicle:
    """fusion on one side, a unit of the vehicle on the other."""

    def __init__(self, bench: Any, **parameters: Any) -> None:
        self.bench, channel = bench, f"test-{uuid.uuid4()}"
        self.channel = channel
        name = parameters.setdefault("dbc_file", "driver_fatigue.dbc")
        self.receiver = Receiver(str(CONFIG / name))
        self.bus = can.Bus(interface="virtual", channel=channel)
        given = {"can_interface": "virtual", "can_channel": channel} | parameters
        self.node = bench.add(create("vehicle_output", given))
        self.level = bench.node.create_publisher(FatigueLevel, "fatigue", 10)
        self.warning = bench.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
        self.stamp = 1_000_000.0
        self.frame: Any = None

    def start(self) -> Vehicle:
        assert self.node.start(), self.node.problem
        for talk in (self.level, self.warning):
            self.bench.until(talk.get_subscription_count, "the node to listen")
        return self

    def tell(self, **fields: Any) -> None:
        self.stamp += 0.1
        message = FatigueLevel(header=Header(stamp=to_stamp(self.stamp)), level=math.nan)
        for name, value in {"state": FatigueLevel.ACTIVE, **fields}.items():
            setattr(message, name, value)
        self.level.publish(message)

    def hear(self) -> None:
        while (frame := self.bus.recv(0)) is not None:
            self.frame = frame
            self.receiver.take(frame, time.monotonic())
        self.receiver.look(time.monotonic())

    def until(self, condition: Callable[[], Any], what: str, **fields: Any) -> None:
        """Drive on, ten levels a second, until it is so; without fields, fusion is mute."""
        due = 0.0

        def done() -> Any:
            nonlocal due
            if fields and time.monotonic() >= due:
                self.tell(**fields)
                due = time.monotonic() + 0.1
            self.hear()
            return condition()

        self.bench.until(done, what)

    def says(self, **signals: str) -> bool:
        said = self.receiver.said.get(FATIGUE, {})
        return all(said.get(name) == value for name, value in signals.items())


@pytest.fixture
def vehicle(bench: Any) -> Iterator[Callable[..., Vehicle]]:
    made: list[Vehicle] = []

    def make(**parameters: Any) -> Vehicle:
        made.append(Vehicle(bench, **parameters))
        return made[-1]

    yield make
    for one in made:
        one.node.stop()
        one.bus.shutdown()


RESTED = {"valid": True, "level": 20.0, "kss": 3}


def test_a_drive_as_the_vehicle_hears_it(vehicle: Callable[..., Vehicle]) -> None:
    drive = vehicle().start()
    receiver = drive.receiver
    drive.until(lambda: receiver.said.get(LIFE, {}).get("Operation") == "Starting", "a lifesign")
    assert FATIGUE not in receiver.said  # nothing is known yet
    assert drive.node.diagnose().level == WARN
    drive.until(
        lambda: drive.says(FatigueLevel="20.0", KssReading="3", MonitorState="Active"),
        "the level",
        **RESTED,
    )
    assert drive.says(LevelValid="Yes", DriverUnresponsive="No", WarningSeverity="SNA")
    assert receiver.said[LIFE]["Operation"] == "Starting" or drive.node.diagnose().level == OK
    now = to_stamp(2_000.0)
    drive.warning.publish(
        FatigueWarning(
            header=Header(stamp=now),
            severity=FatigueWarning.ACOUSTIC,
            cause=FatigueWarning.CAUSE_EYES_CLOSED,
            since=to_stamp(1_990.0),
        )
    )
    drive.until(
        lambda: drive.says(
            WarningSeverity="Acoustic", WarningCause="EyesClosed", DriverUnresponsive="Yes"
        ),
        "the warning",
        **RESTED,
        unresponsive=True,
    )
    assert 10 <= float(receiver.said[FATIGUE]["WarningTime"]) <= 15
    drive.until(
        lambda: drive.says(MonitorState="CannotSee", FatigueLevel="SNA", KssReading="SNA"),
        "that the driver cannot be seen",
        state=FatigueLevel.CANNOT_SEE,
    )
    assert receiver.seen == {FATIGUE: {FINE}, LIFE: {FINE}}
    assert drive.node.diagnose().values[f"{FATIGUE} sent"] >= 3


def test_what_fusion_no_longer_says_ends_in_silence(vehicle: Callable[..., Vehicle]) -> None:
    drive = vehicle(stale_after=0.5, silent_after=1.0).start()
    receiver = drive.receiver
    drive.until(lambda: drive.says(FatigueLevel="20.0"), "the level", **RESTED)
    last = [f["Counter"] for n, f in receiver.frames if n == FATIGUE][-1]
    drive.until(lambda: drive.says(FatigueLevel="SNA", MonitorState="SNA"), "no level")
    assert receiver.said[FATIGUE]["Counter"] == last
    assert receiver.verdict[FATIGUE] == REPEATED
    drive.until(lambda: receiver.verdict[FATIGUE] == TIMED_OUT, "silence")
    assert receiver.verdict[LIFE] == FINE
    drive.until(lambda: receiver.said[LIFE]["Operation"] == "LevelLost", "its reason")
    said = drive.node.diagnose()
    assert said.level == ERROR
    assert "no fresh level for" in said.message
    # The same level again and again is none.
    drive.stamp -= 0.1
    again = FatigueLevel(header=Header(stamp=to_stamp(drive.stamp + 0.1)), valid=True)
    before = len(receiver.frames)
    for _ in range(3):
        drive.level.publish(again)
    drive.until(lambda: drive.node.diagnose().values["levels said again"] == 3, "the repetition")
    assert FATIGUE not in [name for name, _ in receiver.frames[before:]]
    drive.stamp += 1.0
    drive.until(lambda: receiver.verdict[FATIGUE] == FINE, "the level again", **RESTED)
    drive.node.stop()
    drive.until(lambda: receiver.verdict[LIFE] == TIMED_OUT, "the end of the lifesign")


def test_a_receiver_sees_gaps_and_wrong_checksums(vehicle: Callable[..., Vehicle]) -> None:
    """What happens to frames on the way: one is lost, one is changed, one is of somebody else."""
    drive = vehicle().start()
    receiver = drive.receiver
    drive.until(lambda: receiver.verdict[FATIGUE] == FINE, "the level", **RESTED)

    def lost() -> bool:
        """One frame of the level does not reach the receiver."""
        drive.tell(**RESTED)
        frame = drive.bus.recv(0)
        return frame is not None and frame.arbitration_id == 0x3F0

    drive.bench.until(lost, "a frame that gets lost")
    drive.until(lambda: GAP in receiver.seen[FATIGUE], "the gap", **RESTED)
    for byte in range(8):
        broken = bytearray(drive.frame.data)
        if byte < len(broken):
            broken[byte] ^= 0x10
            frame = can.Message(
                arbitration_id=drive.frame.arbitration_id, is_extended_id=False, data=broken
            )
            receiver.take(frame, time.monotonic())
            assert WRONG in receiver.verdict.values()
            receiver.verdict = dict.fromkeys(receiver.verdict, FINE)
    # Somebody else sends with our number: the node says so.
    drive.bus.send(can.Message(arbitration_id=0x3F0, is_extended_id=False, data=bytes(8)))
    drive.until(lambda: drive.node.diagnose().level == ERROR, "the other sender", **RESTED)
    assert "somebody else sends" in drive.node.diagnose().message


def test_can_fd(vehicle: Callable[..., Vehicle]) -> None:
    drive = vehicle(dbc_file="driver_fatigue_fd.dbc").start()
    drive.until(lambda: drive.says(FatigueLevel="20.1"), "the level", **{**RESTED, "level": 20.1})
    sizes = {(len(drive.frame.data), drive.frame.is_fd)}
    assert sizes <= {(16, True), (4, False)}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"dbc_file": "absent.dbc"}, "absent.dbc cannot be read"),
        ({"signals": ["operation=DriverMonitorLife.Operation"]}, "more than the lifesign"),
        ({"signals": ["level"]}, "expected quantity=Message.Signal"),
        ({"stale_after": 5.0}, "stale_after: expected less than silent_after"),
        ({"can_interface": "pigeon"}, "can_interface: 'pigeon' is unknown"),
    ],
)
def test_what_cannot_work_leaves_it_unconfigured(
    bench: Any, parameters: dict[str, Any], words: str
) -> None:
    node = bench.add(create("vehicle_output", {"can_interface": "virtual"} | parameters))
    assert not node.start()
    assert words in node.problem


class Unit:
    """A unit on a J1939 bus, with a name of its own."""

    def __init__(self, channel: str, address: int, identity: int) -> None:
        library: Any = pytest.importorskip("j1939", reason="can-j1939: .[j1939]")
        self._unit = library.ElectronicControlUnit()
        self._unit.connect(interface="virtual", channel=channel)
        name = library.Name(arbitrary_address_capable=1, identity_number=identity)
        self.us = self._unit.add_ca(name=name, device_address=address)
        self.groups: list[tuple[int, int]] = []
        self._unit.subscribe(
            lambda _priority, group, source, *_: self.groups.append((group, source))
        )

    def claim(self) -> None:
        self.us.start()

    def close(self) -> None:
        self._unit.disconnect()
        self._unit.stop()


def test_j1939(vehicle: Callable[..., Vehicle]) -> None:
    """Another unit, which knows the mapping alone, takes our address; it hears us from the next."""
    drive = vehicle(dbc_file="driver_fatigue_j1939.dbc")
    other = Unit(drive.channel, 0xE5, identity=0)
    drive.start()
    receiver, groups = drive.receiver, other.groups
    assert "no address on the bus: not claimed yet" in drive.node.diagnose().message
    level = {"FatigueLevel": "20.0", "MonitorState": "Active"}
    drive.until(lambda: drive.says(**level), "the level", **RESTED)
    assert {source for _, source in groups} == {0xE5}
    assert {group for group, _ in groups} == {0xFFD0, 0xFFD1}
    assert drive.node.diagnose().level == OK
    other.claim()
    drive.until(lambda: drive.node.diagnose().values["address"] == 0xE6, "the next one", **RESTED)
    before = len(groups)
    drive.until(lambda: len(groups) > before + 2, "frames from there", **RESTED)
    assert {source for _, source in groups[before:]} == {0xE6}
    assert receiver.verdict[FATIGUE] == FINE
    assert WRONG not in receiver.seen[FATIGUE]
    # What nobody has said yet is all ones, the bits that no signal has too (SAE J1939-71).
    drive.until(
        lambda: len(drive.frame.data) == 8 and drive.frame.data[7] >> 2 == 0x3F, "ones", **RESTED
    )
    other.close()
