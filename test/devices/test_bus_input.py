"""What a vehicle says of wheel, lane, key and button, by our example file."""

from __future__ import annotations

import math
import uuid
from typing import Any

import can
import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.devices.bus_input import BusInput
from fatigue_ros.devices.named_values import is_doubt, is_no
from fatigue_ros.errors import ParameterError, SourceError

SIGNALS = [
    "steering_angle=Steering.WheelAngle",
    "lateral_position=Steering.LanePosition",
    "assistance=Steering.LaneKeeping",
    "ignition=Body.Ignition",
    "indicator=Body.Indicator",
    "acknowledge=Body.DriverButton",
]
CONTROLS = [
    "wipers=Body.WiperLever",
    "brake=Body.BrakePedal",
    "accelerator=Body.Accelerator",
    "driver_door=Body.DriverDoor",
]


class Heard:
    def __init__(self, dbc_file: str, signals: list[str] = SIGNALS) -> None:
        self.values: list[tuple[str, float]] = []
        self.input = BusInput(
            "virtual", str(uuid.uuid4()), 0, dbc_file, signals, lambda *v: self.values.append(v)
        )
        self.database: Any = cantools.database.load_file(dbc_file)

    def take(self, message: str, **values: Any) -> dict[str, float]:
        self.values.clear()
        known = self.database.get_message_by_name(message)
        data = known.encode({s.name: 0 for s in known.signals} | values, strict=False)
        frame = can.Message(arbitration_id=known.frame_id, is_extended_id=False, data=data)
        self.input.take(frame)
        return dict(self.values)


def test_numbers_come_in_our_units(dbc_file: str) -> None:
    heard = Heard(dbc_file)
    found = heard.take("Steering", WheelAngle=-90.0, LanePosition=0.25, LaneKeeping=2)
    assert heard.input.diagnose()["steering_angle received"] == "1"
    assert found == {
        "steering_angle": pytest.approx(-math.pi / 2),
        "lateral_position": pytest.approx(0.25),
        "assistance": 1.0,
    }


def test_what_is_so_or_not(dbc_file: str) -> None:
    heard = Heard(dbc_file)
    assert heard.take("Body", Ignition=1, Indicator=2, DriverButton=1) == {
        "ignition": 1.0,
        "indicator": 1.0,
        "acknowledge": 1.0,
    }
    off = heard.take("Body")
    assert off == {"ignition": 0.0, "indicator": 0.0, "acknowledge": 0.0}
    assert heard.take("Steering", LaneKeeping=1)["assistance"] == 0.0  # named Standby


def test_hands_feet_and_the_door(dbc_file: str) -> None:
    heard = Heard(dbc_file, CONTROLS)
    names = [entry.partition("=")[0] for entry in CONTROLS]
    assert heard.take("Body") == dict.fromkeys(names, 0.0)
    said = {"WiperLever": 2, "BrakePedal": 1, "Accelerator": 12.0, "DriverDoor": 1}
    assert heard.take("Body", **said) == dict.fromkeys(names, 1.0)
    unknown = {"WiperLever": 7, "BrakePedal": 2, "Accelerator": 102.0, "DriverDoor": 3}
    assert heard.take("Body", **unknown) == {}


def test_what_the_sender_does_not_know_is_not_said(dbc_file: str) -> None:
    heard = Heard(dbc_file)
    assert heard.take("Body", Ignition=3, Indicator=3, DriverButton=2) == {}
    assert heard.take("Steering", WheelAngle=3000.0, LanePosition=9.0, LaneKeeping=3) == {}
    assert heard.input.not_available == 6
    assert "5" not in heard.input.diagnose()["ignition received"]


def test_a_frame_that_is_too_short_is_counted(dbc_file: str) -> None:
    heard = Heard(dbc_file)
    heard.input.take(can.Message(arbitration_id=292, is_extended_id=False, data=b"\0"))
    assert heard.values == []
    assert heard.input.undecodable == 3
    assert "cannot decode Steering." in heard.input.fault


@given(st.integers(0, 0x7FF), st.binary(max_size=8))
def test_whatever_frame_comes_nothing_is_raised(identifier: int, data: bytes) -> None:
    frame = can.Message(arbitration_id=identifier, is_extended_id=False, data=data)
    EVERY.take(frame)


EVERY = BusInput("virtual", "x", 0, "config/vehicle.dbc", SIGNALS, lambda *_: None)


@pytest.mark.parametrize(
    ("signals", "error", "words"),
    [
        ([], ParameterError, "expected one or more, found none"),
        (["mood=A.B"], ParameterError, "'mood' is unknown, expected one of steering_angle"),
        (["ignition=Body.Key"], SourceError, r"signals: message Body of .* has no 'Key'"),
        (["steering_angle=Steering.LanePosition"], SourceError, "has the unit 'm', expected one"),
    ],
)
def test_what_cannot_work_is_refused(
    dbc_file: str, signals: list[str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Heard(dbc_file, signals)


@pytest.mark.parametrize("name", ["Off", "not pressed", "NotPressed", "DOOR_CLOSED", "Inactive"])
def test_names_of_a_no(name: str) -> None:
    assert is_no(name)
    assert not is_doubt(name)


@pytest.mark.parametrize("name", ["SNA", "Not available", "SignalInvalid", "Init", "error"])
def test_names_of_a_doubt(name: str) -> None:
    assert is_doubt(name)


@pytest.mark.parametrize("name", ["On", "Left", "Pressed", "Active", "1"])
def test_names_of_a_yes(name: str) -> None:
    assert not is_no(name)
    assert not is_doubt(name)
