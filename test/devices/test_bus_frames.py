"""Quantities as frames of our DBC files and of others, read back by whoever has the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cantools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.devices.bus_frames import QUANTITIES, SentMessage, Value, read_messages
from fatigue_ros.errors import ParameterError, SourceError
from fatigue_ros.nodes.vehicle_output import VehicleOutputSettings

pytest.importorskip("e2e", reason="autosar-e2e: .[bus]")

CONFIG = Path(__file__).resolve().parents[2] / "config"
SIGNALS = VehicleOutputSettings().signals
ALERT: dict[str, Value] = {
    "level": 31.5,
    "kss": 4.0,
    "state": "active",
    "valid": "yes",
    "unresponsive": "no",
    "warning": "acoustic",
    "cause": "eyes_closed",
    "warning_time": 12.0,
    "calibration": 40.0,
}


def read(name: str, *more: str) -> tuple[SentMessage, Any]:
    """The first message as it is sent, and as a receiver has it."""
    path = str(CONFIG / name)
    message = read_messages(path, [*SIGNALS, *more])[0]
    database: Any = cantools.database.load_file(path)
    return message, database.get_message_by_name(message.name)


def test_a_receiver_with_the_file_reads_what_was_said() -> None:
    sent, known = read("driver_fatigue.dbc")
    data = sent.encode(ALERT, 259)
    assert len(data) == 8
    found = known.decode(data)
    assert {name: str(value) for name, value in found.items() if name != "Checksum"} == {
        "Counter": "3",
        "FatigueLevel": "31.5",
        "KssReading": "4",
        "MonitorState": "Active",
        "WarningSeverity": "Acoustic",
        "WarningCause": "EyesClosed",
        "LevelValid": "Yes",
        "WarningTime": "12",
        "DriverUnresponsive": "No",
    }
    assert (sent.cycle, sent.delay, sent.fd) == (0.25, 0.05, False)


def test_can_fd_says_it_finer_and_more() -> None:
    sent, known = read("driver_fatigue_fd.dbc", "calibration=DriverFatigue.Calibration")
    found = known.decode(sent.encode(ALERT | {"level": 31.47}, 7))
    assert sent.fd
    assert found["FatigueLevel"] == pytest.approx(31.47)
    assert found["Calibration"] == 40.0
    assert found["WarningCause"] == "EyesClosed"


@pytest.mark.parametrize(
    "name", ["driver_fatigue.dbc", "driver_fatigue_fd.dbc", "driver_fatigue_j1939.dbc"]
)
def test_what_is_not_known_is_not_available(name: str) -> None:
    sent, known = read(name)
    found = known.decode(sent.encode({"level": float("nan")}, 0))
    assert {str(v) for k, v in found.items() if k not in ("Checksum", "Counter")} == {"SNA"}


OURS = read("driver_fatigue.dbc")


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_any_number_is_sent_within_its_range(level: float, lasted: float) -> None:
    sent, known = OURS
    found = known.decode(sent.encode({"level": level, "warning_time": lasted}, 0))
    assert found["FatigueLevel"] == pytest.approx(min(max(level, 0.0), 100.0), abs=0.25)
    assert found["WarningTime"] == pytest.approx(min(max(lasted, 0.0), 250.0), abs=0.5)


def test_words_of_another_file_are_found_by_their_names(tmp_path: Path) -> None:
    """Other numbers, other spelling, no protection, and a signal that is not ours."""
    file = tmp_path / "other.dbc"
    file.write_text(
        'VERSION ""\nNS_ :\nBS_:\nBU_: X\nBO_ 7 M: 3 X\n SG_ W : 7|4@0+ (1,0) [0|14] "" X\n'
        ' SG_ L : 15|8@0- (1,0) [0|100] "" X\n SG_ Z : 23|8@0+ (1,0) [0|255] "" X\n'
        'VAL_ 7 W 3 "NONE" 5 "visual" 6 "Acoustic" 14 "SignalNotAvailable" ;\n',
        encoding="utf-8",
    )
    (message,) = read_messages(str(file), ["warning=M.W", "level=M.L"])
    assert message.encode({"warning": "visual", "level": 99.6}, 5).hex() == "5064ff"
    assert message.encode({}, 6).hex() == "e080ff"
    with pytest.raises(SourceError, match=r"signal M.W has no value named 'off' for state, it has"):
        read_messages(str(file), ["state=M.W"])
    with pytest.raises(SourceError, match=r"signal M.Z has no value for 'not available'"):
        read_messages(str(file), ["level=M.Z"])


def test_a_signal_in_the_place_of_the_checksum_is_refused() -> None:
    path = str(CONFIG / "driver_fatigue.dbc")
    with pytest.raises(SourceError, match=r"DriverFatigue\.Counter lies in the first 24 bits"):
        read_messages(path, ["kss=DriverFatigue.Counter"])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("level", "expected quantity=Message.Signal, got 'level'"),
        ("level=FatigueLevel", "expected quantity=Message.Signal"),
        ("mood=A.B", f"'mood' is unknown, expected one of {', '.join(QUANTITIES)}"),
        ("kss=A.B", "signals: kss is there twice"),
    ],
)
def test_entries_that_say_nothing_are_refused(entry: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        read_messages(str(CONFIG / "driver_fatigue.dbc"), [*SIGNALS, entry])


def test_a_signal_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match=r"signals: .*did you mean DriverFatigue"):
        read_messages(str(CONFIG / "driver_fatigue.dbc"), ["level=DriverFatigu.FatigueLevel"])
