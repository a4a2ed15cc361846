"""Speed from a DBC signal: our example file, frames on a virtual bus, a bus that goes away."""

from __future__ import annotations

import dataclasses
import math
import os
import pty
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import can
import cantools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.devices.can_link import CanLink
from fatigue_ros.devices.can_speed import CanSpeedSource, SpeedSignal
from fatigue_ros.devices.speed import SpeedSettings
from fatigue_ros.errors import SourceError

Wait = Callable[..., None]


def _settings(dbc_file: str, signal: str = "VehicleMotion.VehicleSpeed", **more: Any) -> Any:
    message, _, name = signal.partition(".")
    return SpeedSettings(
        source="can", dbc_file=dbc_file, can_message=message, can_signal=name, **more
    )


def _frame(dbc_file: str, message: str, **values: float) -> can.Message:
    """A frame as the sender's own software would encode it."""
    database = cantools.database.load_file(dbc_file)
    assert isinstance(database, cantools.database.Database)
    described = database.get_message_by_name(message)
    filled = {s.name: 0.0 for s in described.signals if s.multiplexer_ids is None}
    return can.Message(
        arbitration_id=described.frame_id,
        is_extended_id=described.is_extended_frame,
        data=described.encode(filled | values, strict=False),
    )


# The signal ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signal", "values", "expected"),
    [
        ("VehicleMotion.VehicleSpeed", {"VehicleSpeed": 90.0}, 25.0),
        ("VehicleMotion.VehicleSpeed", {"VehicleSpeed": 0.0}, 0.0),  # named Standstill
        ("WheelSpeeds.FrontLeft", {"FrontLeft": 12.34}, 12.34),  # big-endian, m/s
        ("WheelSpeeds.RearRight", {"RearRight": -2.5}, -2.5),  # signed
        ("Instruments.DisplayedSpeed", {"DisplayedSpeed": 100.0}, 44.704),  # mph
        ("BrakeStatus.ReferenceSpeed", {"Page": 0.0, "ReferenceSpeed": 36.0}, 10.0),
        ("CCVS1.WheelBasedVehicleSpeed", {"WheelBasedVehicleSpeed": 90.0}, 25.0),
    ],
)
def test_speed_is_decoded_and_converted(
    dbc_file: str, signal: str, values: dict[str, float], expected: float
) -> None:
    frame = _frame(dbc_file, signal.split(".", maxsplit=1)[0], **values)
    decoder = SpeedSignal(_settings(dbc_file, signal))
    assert decoder.matches(frame)
    assert decoder.decode(frame.data) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("signal", "data"),
    [
        ("VehicleMotion.VehicleSpeed", "FFFF000000000000"),  # named SNA, outside the range
        ("VehicleMotion.VehicleSpeed", "419C000000000000"),  # 400.01 km/h, above 400
        ("CCVS1.WheelBasedVehicleSpeed", "00FFFF0000000000"),  # J1939: not available
        ("CCVS1.WheelBasedVehicleSpeed", "0000FE0000000000"),  # J1939: error indicator
        ("WheelSpeeds.RearLeft", "00000000D8EF0000"),  # -100.01 m/s, below -100
    ],
)
def test_what_the_sender_does_not_know_is_not_a_number(
    dbc_file: str, signal: str, data: str
) -> None:
    speed = SpeedSignal(_settings(dbc_file, signal)).decode(bytes.fromhex(data))
    assert speed is not None
    assert math.isnan(speed)


def test_limits_are_inclusive(dbc_file: str) -> None:
    highest = SpeedSignal(_settings(dbc_file)).decode(bytes.fromhex("409C000000000000"))
    assert highest == pytest.approx(400.0 / 3.6)


def test_any_named_value_but_standstill_is_no_speed(dbc_file: str, tmp_path: Path) -> None:
    other = tmp_path / "named.dbc"
    text = Path(dbc_file).read_text(encoding="cp1252")
    other.write_text(text.replace('0 "Standstill"', '0 "Stand_Still" 1 "Init"'), encoding="cp1252")
    decoder = SpeedSignal(_settings(str(other)))
    assert decoder.decode(bytes(8)) == 0.0
    assert math.isnan(decoder.decode(bytes.fromhex("0100000000000000")) or 0.0)


def test_other_page_of_a_multiplexed_message_carries_no_speed(dbc_file: str) -> None:
    decoder = SpeedSignal(_settings(dbc_file, "BrakeStatus.ReferenceSpeed"))
    assert decoder.decode(bytes.fromhex("01FF0000")) is None
    assert decoder.decode(bytes.fromhex("03FF0000")) is None  # a page that the file does not list


_HEAD = 'VERSION ""\nNS_ :\nBS_:\nBU_: X\n'
_SPEED = ' SG_ S : {start}|16@1+ (0.01,0) {limits} "km/h" X\n'


def _write(
    path: Path,
    identifier: int = 288,
    length: int = 8,
    *,
    start: int = 0,
    limits: str = "[0|400]",
    more: str = "",
    encoding: str = "utf-8",
) -> SpeedSettings:
    """A file with one message M and its speed S."""
    speed = _SPEED.format(start=start, limits=limits)
    text = f"{_HEAD}BO_ {identifier} M: {length} X\n{speed}{more}\n"
    path.write_text(text, encoding=encoding)
    return SpeedSettings(source="can", dbc_file=str(path), can_message="M", can_signal="S")


@pytest.mark.parametrize(
    ("name", "speed"),
    [
        ("Vehicle stopped", True),
        ("vehicle_not_moving", True),
        ("VehicleStandingStill", True),
        ("no motion", True),
        ("PARKED", True),
        ("0 km/h", True),
        ("0,0", True),
        ("Stop", True),
        ("Not stopped", False),
        ("Standstill not valid", False),
        ("SignalNotAvailable", False),
        ("zero fault", False),
        ("Init", False),
        ("No speed", False),
        ("255 km/h", False),
        ("Towing", False),
        ("", False),
    ],
)
def test_a_named_zero_is_a_speed_where_its_name_says_so(
    tmp_path: Path, name: str, speed: bool
) -> None:
    decoder = SpeedSignal(_write(tmp_path / "n.dbc", more=f'VAL_ 288 S 0 "{name}" 65535 "SNA" ;'))
    found = decoder.decode(bytes(8))
    assert found == 0.0 if speed else math.isnan(found or 0.0)
    assert decoder.decode(b"\x28\x23" + bytes(6)) == pytest.approx(25.0)  # 90 km/h
    assert math.isnan(decoder.decode(b"\xff\xff" + bytes(6)) or 0.0)


@pytest.mark.parametrize("limits", ["[0|1]", "[0|0]", "[1|0]"])
def test_a_range_that_holds_no_speed_was_not_meant(tmp_path: Path, limits: str) -> None:
    decoder = SpeedSignal(_write(tmp_path / "r.dbc", limits=limits))
    assert decoder.decode(b"\x28\x23" + bytes(6)) == pytest.approx(25.0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    assert SpeedSignal(_write(tmp_path / "b.dbc", encoding=encoding)).unit == "km/h"


def test_a_frame_shorter_than_its_message_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    decoder = SpeedSignal(_write(tmp_path / "s.dbc"))
    assert decoder.decode(b"\x28\x23") == pytest.approx(25.0)
    with pytest.raises(cantools.database.DecodeError, match="1 bytes, expected 8"):
        decoder.decode(b"\x28")


def test_pages_within_pages(tmp_path: Path) -> None:
    path = tmp_path / "nested.dbc"
    path.write_text(
        _HEAD
        + "BO_ 2024 M: 8 X\n"
        + ' SG_ PID m1M : 23|8@0+ (1,0) [0|255] "" X\n'
        + ' SG_ Service M : 11|4@0+ (1,0) [0|15] "" X\n'
        + ' SG_ S m13 : 31|8@0+ (1,0) [0|255] "km/h" X\n'
        + ' SG_ Rpm m12 : 31|16@0+ (0.25,0) [0|16383] "rpm" X\n'
        + "SG_MUL_VAL_ 2024 S PID 13-13;\nSG_MUL_VAL_ 2024 Rpm PID 12-12;\n"
        + "SG_MUL_VAL_ 2024 PID Service 1-1;\n"
    )
    decoder = SpeedSignal(_settings(str(path), "M.S"))
    assert decoder.decode(bytes.fromhex("03410D5A00000000")) == pytest.approx(25.0)
    for other in ("04410C1AF8000000", "0341050000000000", "0442000000000000", ""):
        assert decoder.decode(bytes.fromhex(other)) is None


def test_of_two_messages_of_one_name_one_is_chosen_by_its_id(tmp_path: Path) -> None:
    more = 'BO_ 300 M: 8 X\n SG_ S : 0|16@1+ (1,0) [0|400] "mph" X\n'
    given = _write(tmp_path / "two.dbc", more=more)
    with pytest.raises(SourceError, match=r"2 messages 'M', give the id .*: 0x120, 0x12c"):
        SpeedSignal(given)
    chosen = _settings(given.dbc_file, "0x12C.S")
    assert SpeedSignal(chosen).unit == "mph"


@pytest.mark.parametrize(
    ("identifier", "more", "by_group"),
    [
        (0x98FEF121, "", False),
        (0x98FEF1FE, "", True),  # a sender that there is not
        (0x98FEF121, 'BA_DEF_ "ProtocolType" STRING ;\nBA_ "ProtocolType" "J1939";', True),
        (0x98FEF121, 'BA_DEF_ "protocoltype" STRING ;\nBA_ "protocoltype" "SAE J1939";', True),
        (0x98FEF121, 'BA_DEF_ "ProtocolType" STRING ;\nBA_ "ProtocolType" "CAN";', False),
    ],
)
def test_j1939_in_all_its_spellings(
    tmp_path: Path, identifier: int, more: str, by_group: bool
) -> None:
    speeds: list[float] = []
    source = CanSpeedSource(_write(tmp_path / "j.dbc", identifier, more=more), speeds.append)
    data = b"\x28\x23" + bytes(6)
    source.take(can.Message(arbitration_id=0x0CFEF155, is_extended_id=True, data=data))
    assert speeds == ([pytest.approx(25.0)] if by_group else [])
    assert ("0xcfef155 is" in source.fault) is not by_group  # never a silent nothing
    assert source.diagnose()["frames of other senders"] == str(int(not by_group))
    own = identifier & 0x1FFFFFFF
    source.take(can.Message(arbitration_id=own, is_extended_id=True, data=data))
    assert speeds[-1] == pytest.approx(25.0)
    assert not source.fault


def test_a_message_of_can_fd_is_heard(tmp_path: Path, channel: str, wait_until: Wait) -> None:
    given = _write(tmp_path / "fd.dbc", length=32, start=160)
    speeds: list[float] = []
    source = CanSpeedSource(
        dataclasses.replace(given, can_interface="virtual", can_channel=channel), speeds.append
    )
    source.start()
    data = bytes(20) + b"\x28\x23" + bytes(10)
    with can.Bus(interface="virtual", channel=channel, fd=True) as bus:
        bus.send(can.Message(arbitration_id=288, is_extended_id=False, is_fd=True, data=data))
        wait_until(lambda: speeds, "a speed")
    source.close()
    assert speeds == [pytest.approx(25.0)]
    assert SpeedSignal(given).is_fd
    assert not SpeedSignal(_write(tmp_path / "classic.dbc")).is_fd


@pytest.mark.parametrize(
    ("given", "gear", "sign"),
    [
        ("Gearbox.Gear=R", "01", -1.0),
        ("Gearbox.Gear=r", "03", 1.0),
        ("Gearbox.Gear=1", "01", -1.0),
        ("Gearbox.Gear=R", "07", 1.0),  # its sender does not know
        ("Gearbox.Gear=R", "", 1.0),  # nor does a frame without data say
        ("Gearbox.ReverseLamp", "08", -1.0),
        ("Gearbox.ReverseLamp", "00", 1.0),
        ("Gearbox.ReverseLamp", "18", 1.0),
    ],
)
def test_a_gear_gives_the_speed_its_sign(
    dbc_file: str, given: str, gear: str, sign: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds: list[float] = []
    source = CanSpeedSource(_settings(dbc_file, can_reverse=given), speeds.append)
    speed = _frame(dbc_file, "VehicleMotion", VehicleSpeed=18.0)
    source.take(speed)
    data = bytes.fromhex(gear)
    source.take(can.Message(arbitration_id=0x126, is_extended_id=False, data=data))
    source.take(speed)
    assert speeds == pytest.approx([5.0, sign * 5.0])
    assert source.diagnose()["reverse gear"] == str(sign < 0.0)
    later = time.monotonic() + 2.1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    source.take(speed)
    assert speeds[-1] == pytest.approx(5.0)  # a gear that the bus no longer says


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("Gearbox.Gear=X", ["can_reverse", "Gearbox.Gear", "'X'", "P, R, N, D, SNA"]),
        ("Gear=R", ["can_reverse", "no ''"]),
        ("Gearbox.Gaer", ["can_reverse", "mean Gear?"]),
    ],
)
def test_a_gear_that_is_not_there_is_refused(dbc_file: str, given: str, words: list[str]) -> None:
    with pytest.raises(SourceError) as refusal:
        CanSpeedSource(_settings(dbc_file, can_reverse=given), print)
    assert all(word in str(refusal.value) for word in words), str(refusal.value)


def test_j1939_message_is_known_by_its_parameter_group(dbc_file: str) -> None:
    decoder = SpeedSignal(_settings(dbc_file, "CCVS1.WheelBasedVehicleSpeed"))
    for identifier, expected in [
        (0x18FEF100, True),  # from the engine
        (0x0CFEF131, True),  # another priority, another sender
        (0x18FEF200, False),  # another group
        (0x19FEF100, False),  # another data page
    ]:
        frame = can.Message(arbitration_id=identifier, is_extended_id=True, data=bytes(8))
        assert decoder.matches(frame) is expected
    assert not decoder.matches(can.Message(arbitration_id=0x100, is_extended_id=False))


def test_standard_identifier_is_not_taken_for_an_extended_one(dbc_file: str) -> None:
    decoder = SpeedSignal(_settings(dbc_file))
    assert decoder.matches(can.Message(arbitration_id=288, is_extended_id=False))
    assert not decoder.matches(can.Message(arbitration_id=288, is_extended_id=True))
    assert not decoder.matches(can.Message(arbitration_id=289, is_extended_id=False))


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        ("VehicleMotoin.VehicleSpeed", ["can_message", "VehicleMotoin", "did you mean", "Motion"]),
        ("VehicleMotion.Vehiclespeed", ["can_signal", "Vehiclespeed", "mean VehicleSpeed?"]),
        (".VehicleSpeed", ["can_message", "Instruments, BrakeStatus"]),
        ("WheelSpeeds.", ["can_signal", "FrontLeft, FrontRight"]),
        ("Instruments.EngineSpeed", ["Instruments.EngineSpeed", "'rpm'", "can_unit"]),
        ("VehicleMotion.MotionCounter", ["VehicleMotion.MotionCounter", "''", "can_unit"]),
    ],
)
def test_names_are_refused_with_what_there_is(dbc_file: str, signal: str, words: list[str]) -> None:
    with pytest.raises(SourceError) as refusal:
        SpeedSignal(_settings(dbc_file, signal))
    text = str(refusal.value)
    assert all(word in text for word in [*words, "vehicle.dbc"]), text
    assert "\n" not in text


def test_unit_can_be_overridden(dbc_file: str) -> None:
    decoder = SpeedSignal(_settings(dbc_file, "Instruments.EngineSpeed", can_unit="km/h"))
    assert decoder.decode(bytes.fromhex("00680100")) == pytest.approx(25.0)  # 360 * 0.25 km/h


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("", None, "expected a file"),
        ("absent.dbc", None, "absent.dbc cannot be read: No such file"),
        ("folder", "folder", "folder cannot be read: it is a folder, no file"),
        ("empty.dbc", b"", "empty.dbc does not describe CAN messages"),
        ("noise.dbc", bytes(range(256)), "noise.dbc does not describe CAN messages"),
        ("picture.png", b"\x89PNG\r\n", "picture.png does not describe CAN messages"),
        ("cut.dbc", b'VERSION "1', "cut.dbc does not describe CAN messages"),
        ("bare.dbc", b'VERSION "1"\n', "bare.dbc has no 'VehicleMotion', it has none"),
    ],
)
def test_files_are_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes | str | None, words: str
) -> None:
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(SourceError, match=words) as refusal:
        SpeedSignal(_settings(str(path) if name else ""))
    assert "\n" not in str(refusal.value)


def test_message_with_overlapping_signals_is_refused_and_others_are_not(
    dbc_file: str, tmp_path: Path
) -> None:
    other = tmp_path / "overlap.dbc"
    text = Path(dbc_file).read_text(encoding="cp1252")
    other.write_text(text.replace("YawRate : 16|16", "YawRate : 8|16"), encoding="cp1252")
    with pytest.raises(SourceError, match=r"VehicleMotion of .*overlap\.dbc cannot be decoded"):
        SpeedSignal(_settings(str(other)))
    assert SpeedSignal(_settings(str(other), "WheelSpeeds.FrontLeft")).unit == "m/s"


# The source on a bus -------------------------------------------------------------------------


@pytest.fixture
def make(dbc_file: str, channel: str) -> Iterator[Callable[..., Any]]:
    """Make a started source and the list of the speeds it hands on."""
    sources: list[CanSpeedSource] = []

    def build(signal: str = "VehicleMotion.VehicleSpeed") -> tuple[CanSpeedSource, list[float]]:
        speeds: list[float] = []
        source = CanSpeedSource(
            _settings(dbc_file, signal, can_interface="virtual", can_channel=channel),
            speeds.append,
        )
        sources.append(source)
        source.start()
        return source, speeds

    yield build
    for source in sources:
        source.close()


def test_speeds_come_from_the_bus(
    dbc_file: str, make: Any, vehicle: can.BusABC, wait_until: Wait
) -> None:
    source, speeds = make()
    for kmh in (0.0, 36.0, 72.0):
        vehicle.send(_frame(dbc_file, "Instruments", DisplayedSpeed=99.0))
        vehicle.send(_frame(dbc_file, "VehicleMotion", VehicleSpeed=kmh))
    wait_until(lambda: len(speeds) == 3, "three speeds")
    assert speeds == pytest.approx([0.0, 10.0, 20.0])
    assert source.problem == ""
    found = source.diagnose()
    assert found["signal"] == "VehicleMotion.VehicleSpeed [km/h]"
    assert found["speeds received"] == found["frames received"] == "3"


def test_bad_frames_are_counted_and_do_no_harm(
    dbc_file: str, make: Any, vehicle: can.BusABC, wait_until: Wait
) -> None:
    source, speeds = make()
    vehicle.send(can.Message(arbitration_id=288, is_extended_id=False, data=b"\x01"))
    wait_until(lambda: source.undecodable == 1, "a frame that is too short")
    assert "VehicleMotion.VehicleSpeed" in source.problem
    vehicle.send(can.Message(arbitration_id=288, is_extended_id=False, data=b"\xff" * 8))
    wait_until(lambda: source.not_available == 1, "a speed that is not available")
    assert "not available" in source.problem
    vehicle.send(can.Message(arbitration_id=288, is_extended_id=False, is_remote_frame=True, dlc=8))
    wait_until(lambda: source.link.bad_frames == 1, "a remote frame")
    assert speeds == []
    vehicle.send(_frame(dbc_file, "VehicleMotion", VehicleSpeed=36.0))
    wait_until(lambda: speeds == pytest.approx([10.0]), "a speed")
    assert source.problem == ""


def test_no_callback_after_close(
    dbc_file: str, make: Any, vehicle: can.BusABC, wait_until: Wait
) -> None:
    before = set(threading.enumerate())
    source, speeds = make()
    vehicle.send(_frame(dbc_file, "VehicleMotion", VehicleSpeed=36.0))
    wait_until(lambda: speeds, "a speed")
    source.close()
    source.close()
    vehicle.send(_frame(dbc_file, "VehicleMotion", VehicleSpeed=72.0))
    assert set(threading.enumerate()) <= before
    assert len(speeds) == 1
    source.start()
    vehicle.send(_frame(dbc_file, "VehicleMotion", VehicleSpeed=90.0))
    wait_until(lambda: len(speeds) == 2, "a speed after starting again")
    assert speeds[-1] == pytest.approx(25.0)


def test_unknown_interface_is_refused(dbc_file: str) -> None:
    with pytest.raises(SourceError, match=r"can_interface: 'carrier_pigeon'.*socketcan.*virtual"):
        CanSpeedSource(_settings(dbc_file, can_interface="carrier_pigeon"), print)


def test_interface_without_its_driver_is_refused(dbc_file: str) -> None:
    source = CanSpeedSource(_settings(dbc_file, can_interface="vector"), print)
    with pytest.raises(SourceError, match=r"'vector' cannot be used here: .*Windows"):
        source.start()
    source.close()


def test_settings_that_the_interface_refuses(dbc_file: str) -> None:
    source = CanSpeedSource(_settings(dbc_file, can_interface="kvaser"), print)
    with pytest.raises(
        SourceError, match="kvaser can0 refuses its settings: channel must be an int"
    ):
        source.start()


class PtyAdapter:
    """A CAN adapter on a serial port that can be pulled out: a pseudo-terminal behind a link."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = -1

    def plug_in(self) -> None:
        self.master, slave = pty.openpty()
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def pull_out(self) -> None:
        os.close(self.master)
        self.path.unlink()

    def send(self, identifier: int, data: bytes) -> None:
        """A frame in the format of python-can's serial interface."""
        head = b"\xaa" + bytes(4) + bytes([len(data)]) + identifier.to_bytes(4, "little")
        os.write(self.master, head + data + b"\xbb")


def test_bus_that_is_lost_comes_back(dbc_file: str, tmp_path: Path, wait_until: Wait) -> None:
    adapter = PtyAdapter(tmp_path / "ttyCAN0")
    frames: list[can.Message] = []
    link = CanLink(
        "serial",
        str(adapter.path),
        0,
        filters=[SpeedSignal(_settings(dbc_file)).filter],
        on_frame=frames.append,
        first_retry=0.01,
    )
    link.start()  # nothing there yet
    assert "No such file" in link.problem
    assert link.diagnose()["bus open"] == "no"
    adapter.plug_in()
    wait_until(lambda: link.reconnects == 1, "the adapter to be found")
    adapter.send(288, bytes(8))
    wait_until(lambda: len(frames) == 1, "a frame")
    assert link.problem == ""
    adapter.pull_out()
    wait_until(lambda: link.diagnose()["bus open"] == "no", "the loss to be noticed")
    assert "is lost" in link.problem
    adapter.plug_in()
    wait_until(lambda: link.diagnose()["bus open"] == "yes", "the adapter to be found again")
    adapter.send(288, bytes(8))
    wait_until(lambda: len(frames) == 2, "a frame after the loss")
    os.write(adapter.master, b"\xaa garbage that is no frame")
    wait_until(lambda: link.reconnects >= 3, "garbage to be survived")
    adapter.send(288, bytes(8))
    wait_until(lambda: len(frames) >= 3, "a frame after garbage")
    link.close()
    assert link.problem == "closed"
    os.close(adapter.master)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([288, 289, 290, 291, 0x18FEF1FE]),
    st.booleans(),
    st.binary(max_size=8),
    st.sampled_from(
        [
            "VehicleMotion.VehicleSpeed",
            "WheelSpeeds.FrontLeft",
            "BrakeStatus.ReferenceSpeed",
            "CCVS1.WheelBasedVehicleSpeed",
        ]
    ),
)
def test_no_frame_raises_or_yields_nonsense(
    sources: dict[str, tuple[CanSpeedSource, list[float]]],
    identifier: int,
    extended: bool,
    data: bytes,
    signal: str,
) -> None:
    source, speeds = sources[signal]
    speeds.clear()
    source.take(
        can.Message(
            arbitration_id=identifier if extended else identifier & 0x7FF,
            is_extended_id=extended,
            data=data,
        )
    )
    assert all(0.0 <= speed <= 656.0 for speed in speeds)


@pytest.fixture(scope="session")
def sources(dbc_file: str) -> dict[str, tuple[CanSpeedSource, list[float]]]:
    found = {}
    for signal in (
        "VehicleMotion.VehicleSpeed",
        "WheelSpeeds.FrontLeft",
        "BrakeStatus.ReferenceSpeed",
        "CCVS1.WheelBasedVehicleSpeed",
    ):
        speeds: list[float] = []
        found[signal] = (CanSpeedSource(_settings(dbc_file, signal), speeds.append), speeds)
    return found
