"""Reading scenario files: everything wrong in one is refused with file, line and reason."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import yaml

from fatigue_ros.errors import ParameterError
from fatigue_ros.parameters import Specification, check, specifications
from fatigue_ros.replay.scenario import (
    EVENTS,
    QUANTITIES,
    Event,
    Profile,
    Scenario,
    ScenarioError,
    occupies,
)

MAXIMUM_BYTES = 1_000_000
"""Longer files are no scenarios somebody wrote."""
_HEADER = specifications(Scenario)
_FOLDER = Path("config", "scenarios")


def scenario_folders() -> list[Path]:
    """Where scenarios lie by name: the checkout, then the installed package's share folders."""
    checkout = Path(__file__).resolve().parents[2]
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    shares = [Path(p, "share", "fatigue_ros") for p in [*prefixes, sys.prefix]]
    return [p / _FOLDER for p in [checkout, *shares] if (p / _FOLDER).is_dir()]


def scenario_names() -> list[str]:
    """Names of the scenarios that ship with the package."""
    return sorted({file.stem for folder in scenario_folders() for file in folder.glob("*.yaml")})


def find_scenario(name: str | Path) -> Path:
    """The file of a scenario.

    Args:
        name: a name such as ``demo``, or a path.

    Raises:
        ScenarioError: there is none; the message lists the names there are.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix not in {".yaml", ".yml"} and len(path.parts) == 1:
        for folder in scenario_folders():
            if (folder / f"{name}.yaml").is_file():
                return folder / f"{name}.yaml"
    known = ", ".join(scenario_names()) or "none found"
    raise ScenarioError(f"{name}: no such scenario, expected a YAML file or one of: {known}")


def load_scenario(name: str | Path) -> Scenario:
    """Read a scenario by name or path.

    Raises:
        ScenarioError: there is no such file or something in it is wrong; one line with file,
            line and reason.
    """
    path = find_scenario(name)
    try:
        with path.open("rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > MAXIMUM_BYTES:
        raise ScenarioError(f"{path}: expected at most {MAXIMUM_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ScenarioError(f"{path}:{line}: expected UTF-8 text") from error
    return parse_scenario(text, path)


def parse_scenario(text: str, path: Path) -> Scenario:
    """Read a scenario from text.

    Args:
        text: the YAML.
        path: where it comes from, for messages and for finding the portrait.

    Raises:
        ScenarioError: as ``load_scenario``.
    """
    return _Reader(path).read(text)


def _form(node: yaml.Node) -> str:
    """What a node is, in words."""
    if isinstance(node, yaml.MappingNode):
        return "mapping"
    return "list" if isinstance(node, yaml.SequenceNode) else "single value"


class _Reader:
    """Turns YAML nodes, which know their lines, into a scenario."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scalars = yaml.SafeLoader("")

    def _refuse(self, line: int, reason: str) -> NoReturn:
        raise ScenarioError(f"{self._path}:{line}: {reason}")

    def _at(self, node: yaml.Node) -> int:
        return int(node.start_mark.line) + 1

    def read(self, text: str) -> Scenario:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ", ".join(filter(None, (error.context, error.problem)))
            self._refuse(mark.line + 1 if mark else 1, f"not YAML: {reason}")
        except yaml.reader.ReaderError as error:
            line = text[: error.position].count("\n") + 1
            self._refuse(line, f"not YAML: {error.reason}")
        except RecursionError:
            self._refuse(1, "not a scenario: nested too deeply")
        if root is None:
            self._refuse(1, "the file is empty, expected a scenario")
        entries = self._mapping(root, "scenario", [*_HEADER, "profiles", "events"])
        header: dict[str, Any] = {}
        for name, specification in _HEADER.items():
            if name in entries:
                header[name] = self._value(entries[name], specification)
        for name in ("name", "duration"):
            if name not in entries:
                self._refuse(self._at(root), f"{name} is missing")
        duration = float(header["duration"])
        profiles, events = {}, []
        if "profiles" in entries:
            nodes = self._mapping(entries["profiles"], "profiles", QUANTITIES)
            profiles = {
                name: self._profile(node, QUANTITIES[name], duration)
                for name, node in nodes.items()
            }
        if "events" in entries:
            events = [
                (self._event(node, duration), self._at(node))
                for node in self._sequence(entries["events"], "events")
            ]
            events.sort(key=lambda pair: pair[0].at)
            self._refuse_overlaps(events)
        return Scenario(
            **header, profiles=profiles, events=tuple(e for e, _ in events), path=self._path
        )

    def _scalar(self, node: yaml.Node, name: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse(self._at(node), f"{name}: expected one value, got a {_form(node)}")
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            reason = getattr(error, "problem", None) or str(error)
            self._refuse(self._at(node), f"{name}: {reason}")

    def _value(self, node: yaml.Node, specification: Specification) -> Any:
        try:
            return check(specification, self._scalar(node, specification.name))
        except ParameterError as error:
            self._refuse(self._at(node), str(error))
        except OverflowError:
            self._refuse(self._at(node), f"{specification.name}: the number is too large")

    def _mapping(self, node: yaml.Node, what: str, known: Iterable[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(self._at(node), f"{what}: expected names with values, got a {_form(node)}")
        names = list(known)
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else f"a {_form(key)}"
            if name not in names:
                self._refuse(self._at(key), f"{what}: {self._unknown(name, names)}")
            if name in found:
                self._refuse(self._at(key), f"{what}: {name} is given twice")
            found[name] = value
        return found

    @staticmethod
    def _unknown(name: str, names: list[str]) -> str:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(names)}"
        return f"unknown word {name!r}, {hint}"

    def _sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self._refuse(self._at(node), f"{what}: expected a list, got a {_form(node)}")
        return list(node.value)

    def _time(self, node: yaml.Node, name: str, duration: float) -> float:
        specification = Specification(
            name, float, None, 0.0, "", unit="s", minimum=0.0, maximum=duration
        )
        return float(self._value(node, specification))

    def _profile(self, node: yaml.Node, specification: Specification, duration: float) -> Profile:
        name, step = specification.name, specification.kind is bool
        if isinstance(node, yaml.ScalarNode):
            value = float(self._value(node, specification))
            return Profile(np.zeros(1), np.array([value]), step)
        times: list[float] = []
        values: list[float] = []
        points = self._sequence(node, name)
        if not points:
            self._refuse(self._at(node), f"{name}: expected at least one [time, value]")
        for point in points:
            pair = self._sequence(point, name)
            if len(pair) != 2:
                self._refuse(
                    self._at(point), f"{name}: expected [time, value], got {len(pair)} entries"
                )
            time = self._time(pair[0], f"{name}: time", duration)
            if times and time <= times[-1]:
                self._refuse(
                    self._at(point),
                    f"{name}: times must increase, {time} s comes after {times[-1]} s",
                )
            times.append(time)
            values.append(float(self._value(pair[1], specification)))
        return Profile(np.array(times), np.array(values), step)

    def _event(self, node: yaml.Node, duration: float) -> Event:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(
                self._at(node), f"events: expected {{at: ..., do: ...}}, got a {_form(node)}"
            )
        words = {k.value: v for k, v in node.value if isinstance(k, yaml.ScalarNode)}
        if "do" not in words:
            self._refuse(self._at(node), f"event without do, expected one of {', '.join(EVENTS)}")
        kind = self._scalar(words["do"], "do")
        if not isinstance(kind, str) or kind not in EVENTS:
            unknown = self._unknown(str(kind), list(EVENTS))
            self._refuse(self._at(words["do"]), f"do: {unknown}")
        known = specifications(EVENTS[kind])
        entries = self._mapping(node, kind, ["do", *known])
        if "at" not in entries:
            self._refuse(self._at(node), f"{kind}: at (the time in s) is missing")
        values = {
            name: self._value(entries[name], specification)
            for name, specification in known.items()
            if name in entries
        }
        event = EVENTS[kind](**values)
        end = event.at + event.duration
        if end > duration:
            self._refuse(
                self._at(node),
                f"{kind} from {event.at:g} s to {end:g} s goes beyond the duration of "
                f"{duration:g} s",
            )
        return event

    def _refuse_overlaps(self, events: list[tuple[Event, int]]) -> None:
        busy: dict[str, tuple[Event, int]] = {}
        for event, line in events:
            thing = occupies(event)
            if thing in busy:
                earlier, earlier_line = busy[thing]
                end = earlier.at + earlier.duration
                if event.at < end:
                    self._refuse(
                        max(line, earlier_line),
                        f"{event.kind} at {event.at:g} s: {thing} are busy until {end:g} s "
                        f"with the {earlier.kind} of line {min(line, earlier_line)}",
                    )
            busy[thing] = (event, line)
