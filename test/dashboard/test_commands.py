"""What a page may ask for: every command in its range, and nothing else."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.dashboard.commands import Allowance, Command, CommandError, parse
from fatigue_ros.dashboard.snapshot import HISTORY, Snapshot, pack


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"do": "acknowledge"}', Command("acknowledge")),
        ('{"do": "calibrate", "number": 3}', Command("calibrate", None, 3)),
        ('{"do": "sleep_quality", "value": 5}', Command("sleep_quality", 5)),
        ('{"do": "kss", "value": 9}', Command("kss", 9)),
        (
            '{"do": "workload", "value": [8, 3, 8, 4, 7, 5]}',
            Command("workload", (8, 3, 8, 4, 7, 5)),
        ),
        ('{"do": "set_driver", "value": "ann.3_b-c"}', Command("set_driver", "ann.3_b-c")),
        ('{"do": "ignition", "value": false}', Command("ignition", False)),
        ('{"do": "speed", "value": 90}', Command("speed", 90.0)),
        ('{"do": "scenario", "value": "demo"}', Command("scenario", "demo")),
        ('{"do": "picture", "value": true}', Command("picture", True)),
    ],
)
def test_commands(text: str, command: Command) -> None:
    assert parse(text, bench=True) == command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON"),
        ("[" * 900, "JSON"),
        ("{" + " " * 2000 + "}", "at most"),
        ("[]", "object"),
        ("null", "object"),
        ("{}", "one of"),
        ('{"do": "fly"}', "one of"),
        ('{"do": ["acknowledge"]}', "one of"),
        ('{"do": "acknowledge", "also": 1}', "object"),
        ('{"do": "acknowledge", "value": 1}', "no value"),
        ('{"do": "acknowledge", "number": -1}', "number"),
        ('{"do": "acknowledge", "number": true}', "number"),
        ('{"do": "sleep_quality"}', "1 to 5"),
        ('{"do": "kss", "value": 0}', "1 to 9"),
        ('{"do": "kss", "value": 10}', "1 to 9"),
        ('{"do": "kss", "value": true}', "1 to 9"),
        ('{"do": "workload", "value": [8, 3, 8, 4, 7]}', "six whole numbers"),
        ('{"do": "workload", "value": [8, 3, 8, 4, 7, true]}', "six whole numbers"),
        ('{"do": "workload", "value": {"mental": 8}}', "six whole numbers"),
        ('{"do": "workload", "value": [8, 3, 8, 4, 7, 11]}', "frustration: expected 1 to 10"),
        ('{"do": "sleep_quality", "value": 0}', "1 to 5"),
        ('{"do": "sleep_quality", "value": true}', "1 to 5"),
        ('{"do": "sleep_quality", "value": 4.0}', "1 to 5"),
        ('{"do": "set_driver", "value": "../x"}', "letters"),
        ('{"do": "set_driver", "value": ""}', "letters"),
        ('{"do": "scenario", "value": "/etc/passwd"}', "letters"),
        ('{"do": "speed", "value": NaN}', "250 km/h"),
        ('{"do": "speed", "value": 251}', "250 km/h"),
        ('{"do": "ignition", "value": 1}', "true or false"),
    ],
)
def test_refused_with_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        parse(text, bench=True)


@pytest.mark.parametrize("name", ["ignition", "speed", "scenario"])
def test_the_vehicle_is_played_on_a_bench_only(name: str) -> None:
    with pytest.raises(CommandError, match="bench"):
        parse(json.dumps({"do": name, "value": True}), bench=False)


@settings(deadline=None)  # on a busy machine
@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["do", "value", "number"]), inner)
        ),
    ).map(json.dumps)
)
def test_garbage_is_refused_and_nothing_else_happens(text: str) -> None:
    with contextlib.suppress(CommandError):
        assert isinstance(parse(text, bench=True), Command)


def test_allowance_refills() -> None:
    allowance = Allowance(rate=2.0, burst=3.0, now=0.0)
    assert [allowance.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take(0.5)
    assert not allowance.take(0.6)
    assert [allowance.take(100.0) for _ in range(4)] == [True, True, True, False]


def fatigue(stamp: float, level: float = 10.0, valid: bool = True) -> dict[str, Any]:
    return {"stamp": stamp, "level": level, "valid": valid}


def test_history_is_a_point_a_second_and_no_more_than_ten_minutes() -> None:
    snapshot = Snapshot()
    for tick in range(0, 10 * 700):
        snapshot.hear("fatigue", 0.0, fatigue(1e9 + tick / 10.0))
    assert len(snapshot.history()) == HISTORY
    stamps = [stamp for stamp, _, _ in snapshot.history()]
    assert stamps[-1] - stamps[0] == pytest.approx(HISTORY, rel=0.11)


def test_a_short_warning_is_in_the_history() -> None:
    snapshot = Snapshot()
    snapshot.hear("fatigue", 0.0, fatigue(10.0))
    snapshot.hear("warning", 0.0, {"severity": 2})
    snapshot.hear("fatigue", 0.0, fatigue(10.2))
    snapshot.hear("warning", 0.0, {"severity": 0})
    snapshot.hear("fatigue", 0.0, fatigue(10.4, math.nan, valid=False))
    assert snapshot.history() == [(10.0, 10.0, 2)]


def test_a_recording_that_begins_again_begins_a_new_history() -> None:
    snapshot = Snapshot()
    for stamp in (100.0, 101.0, 50.0):
        snapshot.hear("fatigue", 0.0, fatigue(stamp))
    assert [stamp for stamp, _, _ in snapshot.history()] == [50.0]


def test_ages_go_on_and_no_value_is_null() -> None:
    snapshot = Snapshot()
    snapshot.hear("heart_rate", 5.0, {"bpm": math.nan, "valid": False})
    said = json.loads(pack("state", snapshot.state(7.5)))
    assert said == {"kind": "state", "heart_rate": {"bpm": None, "valid": False, "age": 2.5}}
