"""Scenario files: what ships loads, what is wrong is refused with file, line and reason."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.settings.parameters import specifications
from fatigue_ros.simulator.scenario import (
    EVENTS,
    QUANTITIES,
    Closure,
    Scenario,
    ScenarioError,
    Yawn,
)
from fatigue_ros.simulator.scenario_file import (
    load_scenario,
    parse_scenario,
    scenario_names,
)

ROOT = Path(__file__).resolve().parents[2]
PERSONAS = {
    "steering",
    "demo",
    "rested",
    "slow_decline",
    "microsleeps",
    "talking",
    "looking_down",
    "mirror_checks",
    "red_light",
    "sunglasses",
    "camera_lost",
    "pulse_lost",
    "asleep",
    "night",
    "reflections",
    "second_driver",
    "ignition",
    "tired_start",
    "bench",
}
HEAD = "name: x\nduration: 30.0\n"
WORDS = [b"", b"&a", b"*a", b"<<: ", b"!!python/name:os ", b"{", b"[", b"- ", b"\n", b"? "]


def parse(text: str) -> Scenario:
    return parse_scenario(text, Path("x.yaml"))


@pytest.mark.parametrize("name", sorted(PERSONAS))
def test_what_ships_loads(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.description
    assert "\n" not in scenario.description


def test_the_shipped_list_is_complete() -> None:
    assert set(scenario_names()) >= PERSONAS


def test_values_arrive() -> None:
    scenario = parse(
        "name: nap\nseed: 4\nduration: 20\nportrait: me.png\n"
        "profiles:\n  speed: [[0, 0.0], [8, 25]]\n  ignition: [[0, off], [2, on]]\n"
        "  blink_rate: 12\n"
        "events:\n  - {at: 12, do: closure, duration: 2}\n  - {at: 3.0, do: yawn}\n"
    )
    assert scenario.seed == 4
    assert scenario.frame_rate == 30.0
    assert scenario.portrait_file == Path("me.png")
    assert scenario.events == (Yawn(at=3.0), Closure(at=12.0, duration=2.0))
    assert scenario.profile("speed")(np.array([4.0, 9.0])) == pytest.approx([12.5, 25.0])
    assert scenario.profile("ignition")(np.array([1.99, 2.0])) == pytest.approx([0.0, 1.0])
    assert scenario.profile("blink_rate")(np.array([7.0])) == pytest.approx([12.0])
    assert scenario.profile("light")(np.array([7.0])) == pytest.approx([1.0])


BAD = {
    "empty": ("", 1, "empty"),
    "a list": ("- 1\n- 2\n", 1, "expected names with values, got a list"),
    "not YAML": ("name: x\nevents: [\n", 3, "not YAML"),
    "tab": ("name: x\n\tduration: 3\n", 2, "not YAML"),
    "control character": ("name: x\nseed: \x01\n", 2, "not YAML"),
    "two documents": (HEAD + "---\nname: y\n", 3, "single document"),
    "nested without end": ("[" * 3000, 1, "nested too deeply|not YAML"),
    "no name": ("duration: 3.0\n", 1, "name is missing"),
    "no duration": ("name: x\n", 1, "duration is missing"),
    "misspelt word": (HEAD + "evnts: []\n", 3, "did you mean events"),
    "given twice": (HEAD + "name: y\n", 3, "name is given twice"),
    "wrong type": ("name: x\nduration: long\n", 2, "duration: expected float, got 'long'"),
    "list for a value": ("name: x\nduration: [1]\n", 2, "expected one value, got a list"),
    "not a number": ("name: x\nduration: .nan\n", 2, "finite"),
    "no time": ("name: x\nduration: 0.0\n", 2, "out of range, expected 0.1"),
    "huge number": ("name: x\nduration: 1" + "0" * 400 + "\n", 2, "duration"),
    "negative seed": (HEAD + "seed: -1\n", 3, "seed: -1 is out of range"),
    "python object": (HEAD + "seed: !!python/object:os.system 1\n", 3, "constructor"),
    "unknown profile": (HEAD + "profiles: {sped: 1.0}\n", 3, "did you mean speed"),
    "profile of events": (HEAD + "profiles: []\n", 3, "expected names with values"),
    "empty profile": (HEAD + "profiles: {speed: []}\n", 3, "at least one"),
    "profile out of range": (
        HEAD + "profiles:\n  speed: [[0, 1], [4, 400]]\n",
        4,
        "speed: 400.0 m/s is out of range",
    ),
    "point of three": (HEAD + "profiles:\n  speed: [[0, 1, 2]]\n", 4, "got 3 entries"),
    "point without time": (HEAD + "profiles:\n  speed: [1, 2]\n", 4, "expected a list"),
    "time runs back": (
        HEAD + "profiles:\n  speed:\n  - [4, 1]\n  - [4, 2]\n",
        6,
        "times must increase",
    ),
    "profile beyond the end": (
        HEAD + "profiles:\n  speed:\n  - [0, 1]\n  - [31, 2]\n",
        6,
        "time: 31.0 s is out of range",
    ),
    "number for a switch": (HEAD + "profiles: {ignition: 1}\n", 3, "expected bool"),
    "events no list": (HEAD + "events: {at: 1}\n", 3, "expected a list, got a mapping"),
    "event no mapping": (HEAD + "events: [yawn]\n", 3, "got a single value"),
    "event without do": (HEAD + "events:\n- {at: 1}\n", 4, "event without do"),
    "event without at": (HEAD + "events:\n- {do: yawn}\n", 4, "yawn: at .* is missing"),
    "unknown event": (HEAD + "events:\n- {at: 1, do: yawning}\n", 4, "did you mean yawn"),
    "event's type": (HEAD + "events:\n- {at: 1, do: [yawn]}\n", 4, "do: expected one value"),
    "unknown setting": (
        HEAD + "events:\n- at: 1\n  do: yawn\n  droop: 1\n",
        6,
        "yawn: unknown word 'droop'",
    ),
    "negative time": (
        HEAD + "events:\n- {at: 1, do: yawn}\n- {at: -1, do: yawn}\n",
        5,
        "at: -1.0 s is out of range",
    ),
    "yawn too short": (
        HEAD + "events:\n- {at: 1, do: yawn, duration: 0.5}\n",
        4,
        "duration: 0.5 s is out of range, expected 2.0 to 12.0",
    ),
    "beyond the end": (
        HEAD + "events:\n- {at: 27, do: yawn}\n",
        4,
        "yawn from 27 s to 32 s goes beyond the duration of 30 s",
    ),
    "two yawns at once": (
        HEAD + "events:\n- {at: 1, do: yawn}\n- {at: 20, do: yawn}\n- {at: 4, do: talk}\n",
        6,
        "the mouth are busy until 6 s with the yawn of line 4",
    ),
    "blink in a closure": (
        HEAD + "events:\n- {at: 5, do: blink}\n- {at: 4, do: closure}\n",
        5,
        "blink at 5 s: the lids are busy until 6 s with the closure of line 4",
    ),
    "unknown device": (
        HEAD + "events:\n- {at: 5, do: unplug, device: radio}\n",
        4,
        "'radio' is not one of 'camera', 'board', 'speed'",
    ),
    "no such grade": (HEAD + "events:\n- {at: 5, do: answer_sleep, grade: 6}\n", 4, "grade: 6"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_refused_with_its_line(case: str) -> None:
    text, line, reason = BAD[case]
    with pytest.raises(ScenarioError, match=reason) as refused:
        parse(text)
    message = str(refused.value)
    assert message.startswith(f"x.yaml:{line}: ")
    assert "\n" not in message


def test_different_things_may_overlap() -> None:
    scenario = parse(
        HEAD
        + "events:\n- {at: 4, do: yawn}\n- {at: 5, do: closure}\n- {at: 5, do: turn, yaw: 0.2}\n"
        "- {at: 4, do: unplug, device: board}\n- {at: 4, do: unplug, device: speed}\n"
    )
    assert len(scenario.events) == 5


def refusal(file: Path, data: bytes) -> str:
    """What is said against a file, empty when nothing; any other exception is a failure."""
    file.write_bytes(data)
    try:
        load_scenario(file)
    except ScenarioError as error:
        return str(error)
    return ""


@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "text.yaml"
    assert refusal(file, text.encode(errors="replace")).startswith(str(file))


@settings(deadline=None)
@given(place=st.integers(0, 2000), change=st.binary(max_size=20), word=st.sampled_from(WORDS))
def test_no_change_of_bytes_does_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: bytes, word: bytes
) -> None:
    whole = (ROOT / "config" / "scenarios" / "demo.yaml").read_bytes()
    file = tmp_path_factory.getbasetemp() / "changed.yaml"
    said = refusal(file, whole[:place] + change + word + whole[place + len(change) :])
    assert not said or said.startswith(str(file))


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere: no such scenario, .* demo"):
        load_scenario("nowhere")
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml: no such scenario"):
        load_scenario(tmp_path / "nowhere.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: x\ndescription: müde\n".encode("latin-1"))
    with pytest.raises(ScenarioError, match=r"latin\.yaml:2: expected UTF-8"):
        load_scenario(latin)
    long = tmp_path / "long.yaml"
    long.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ScenarioError, match=r"long\.yaml: .* it is larger than 1000000 bytes"):
        load_scenario(long)


def test_every_word_is_explained() -> None:
    """The page beside the scenarios names each profile, event, setting and shipped file."""
    page = (ROOT / "config" / "scenarios" / "README.md").read_text(encoding="utf-8")
    words = {*specifications(Scenario), *QUANTITIES, *EVENTS, *PERSONAS}
    for event in EVENTS.values():
        words |= set(specifications(event))
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []


def test_installed_scenarios_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "share" / "fatigue_ros" / "config" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "extra.yaml").write_text("name: extra\nduration: 5.0\n")
    with pytest.raises(ScenarioError, match="extra: no such scenario"):
        load_scenario("extra")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere{os.pathsep}{tmp_path}")
    assert load_scenario("extra").path == folder / "extra.yaml"
    assert "extra" in scenario_names()
