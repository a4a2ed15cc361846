"""Reading scenario files: everything wrong in one is refused with file, line and reason."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from fatigue_ros.files import read_text
from fatigue_ros.settings.parameters import Specification, specifications
from fatigue_ros.settings.resources import shares
from fatigue_ros.settings.yaml_file import YamlFile, form
from fatigue_ros.simulator.scenario import (
    EVENTS,
    QUANTITIES,
    QuantityProfile,
    Scenario,
    ScenarioError,
    ScenarioEvent,
    occupies,
)

_HEADER = specifications(Scenario)
_FOLDER = Path("config", "scenarios")


def scenario_folders() -> list[Path]:
    """Where scenarios lie by name: the checkout, then the installed package's share folders."""
    return [path / _FOLDER for path in shares() if (path / _FOLDER).is_dir()]


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
    return parse_scenario(read_text(path, ScenarioError), path)


def parse_scenario(text: str, path: Path) -> Scenario:
    """Read a scenario from text.

    Args:
        text: the YAML.
        path: where it comes from, for messages and for finding the portrait.

    Raises:
        ScenarioError: as ``load_scenario``.
    """
    return _Reader(path).read(text)


class _Reader(YamlFile):
    """Turns YAML nodes into a scenario."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "scenario", ScenarioError)

    def read(self, text: str) -> Scenario:
        root = self.root(text)
        entries = self.mapping(root, "scenario", [*_HEADER, "profiles", "events"])
        header: dict[str, Any] = {}
        for name, specification in _HEADER.items():
            if name in entries:
                header[name] = self.value(entries[name], specification)
        for name in ("name", "duration"):
            if name not in entries:
                self.refuse(self.line(root), f"{name} is missing")
        duration = float(header["duration"])
        profiles, events = {}, []
        if "profiles" in entries:
            nodes = self.mapping(entries["profiles"], "profiles", QUANTITIES)
            profiles = {
                name: self._profile(node, QUANTITIES[name], duration)
                for name, node in nodes.items()
            }
        if "events" in entries:
            events = [
                (self._event(node, duration), self.line(node))
                for node in self.sequence(entries["events"], "events")
            ]
            events.sort(key=lambda pair: pair[0].at)
            self._refuse_overlaps(events)
        return Scenario(
            **header, profiles=profiles, events=tuple(e for e, _ in events), path=self.path
        )

    def _time(self, node: yaml.Node, name: str, duration: float) -> float:
        specification = Specification(
            name, float, None, 0.0, "", unit="s", minimum=0.0, maximum=duration
        )
        return float(self.value(node, specification))

    def _profile(
        self, node: yaml.Node, specification: Specification, duration: float
    ) -> QuantityProfile:
        name, step = specification.name, specification.kind is bool
        if isinstance(node, yaml.ScalarNode):
            value = float(self.value(node, specification))
            return QuantityProfile(np.zeros(1), np.array([value]), step)
        times: list[float] = []
        values: list[float] = []
        points = self.sequence(node, name)
        if not points:
            self.refuse(self.line(node), f"{name}: expected at least one [time, value]")
        for point in points:
            pair = self.sequence(point, name)
            if len(pair) != 2:
                self.refuse(
                    self.line(point), f"{name}: expected [time, value], got {len(pair)} entries"
                )
            time = self._time(pair[0], f"{name}: time", duration)
            if times and time <= times[-1]:
                self.refuse(
                    self.line(point),
                    f"{name}: times must increase, {time} s comes after {times[-1]} s",
                )
            times.append(time)
            values.append(float(self.value(pair[1], specification)))
        return QuantityProfile(np.array(times), np.array(values), step)

    def _event(self, node: yaml.Node, duration: float) -> ScenarioEvent:
        if not isinstance(node, yaml.MappingNode):
            self.refuse(
                self.line(node), f"events: expected {{at: ..., do: ...}}, got a {form(node)}"
            )
        words = {k.value: v for k, v in node.value if isinstance(k, yaml.ScalarNode)}
        if "do" not in words:
            self.refuse(self.line(node), f"event without do, expected one of {', '.join(EVENTS)}")
        kind = self.scalar(words["do"], "do")
        if not isinstance(kind, str) or kind not in EVENTS:
            unknown = self.unknown(str(kind), list(EVENTS))
            self.refuse(self.line(words["do"]), f"do: {unknown}")
        known = specifications(EVENTS[kind])
        entries = self.mapping(node, kind, ["do", *known])
        if "at" not in entries:
            self.refuse(self.line(node), f"{kind}: at (the time in s) is missing")
        values = {
            name: self.value(entries[name], specification)
            for name, specification in known.items()
            if name in entries
        }
        event = EVENTS[kind](**values)
        end = event.at + event.duration
        if end > duration:
            self.refuse(
                self.line(node),
                f"{kind} from {event.at:g} s to {end:g} s goes beyond the duration of "
                f"{duration:g} s",
            )
        return event

    def _refuse_overlaps(self, events: list[tuple[ScenarioEvent, int]]) -> None:
        busy: dict[str, tuple[ScenarioEvent, int]] = {}
        for event, line in events:
            thing = occupies(event)
            if thing in busy:
                earlier, earlier_line = busy[thing]
                end = earlier.at + earlier.duration
                if event.at < end:
                    self.refuse(
                        max(line, earlier_line),
                        f"{event.kind} at {event.at:g} s: {thing} are busy until {end:g} s "
                        f"with the {earlier.kind} of line {min(line, earlier_line)}",
                    )
            busy[thing] = (event, line)
