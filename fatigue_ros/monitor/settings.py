"""The settings of a replay: those of the nodes, from the same parameter file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.mouth import MouthSettings
from fatigue_ros.measures.pulse_settings import PulseSettings
from fatigue_ros.settings.parameters import from_mapping, specifications
from fatigue_ros.settings.resources import config
from fatigue_ros.vision.engine import LandmarkSettings

T = TypeVar("T")
_PARAMETERS = "ros__parameters"
_ROS = frozenset({"use_sim_time"})  # what every ROS node has


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReplaySettings:
    """What the nodes `landmarks`, `blink`, `yawn`, `heart_rate` and `fusion` are told."""

    landmarks: LandmarkSettings = dataclasses.field(default_factory=LandmarkSettings)
    blink: EyeSettings = dataclasses.field(default_factory=EyeSettings)
    yawn: MouthSettings = dataclasses.field(default_factory=MouthSettings)
    heart_rate: PulseSettings = dataclasses.field(default_factory=PulseSettings)
    fusion: FusionSettings = dataclasses.field(default_factory=FusionSettings)


def load_settings(path: Path) -> ReplaySettings:
    """Read a ROS parameter file; parameters of nodes that a replay has no use for are let pass.

    Args:
        path: sections as in config/fatigue.yaml; of their names only the node counts, not the
            namespace, and ``/**`` stands for all nodes. What comes later in the file wins.

    Raises:
        FatigueError: it is no such file.
        ParameterError: a node has no such parameter, or its value is refused.
    """
    known = {node: set(given) | _ROS for node, given in _sections(config("fatigue.yaml"))}
    values: dict[str, dict[str, Any]] = {node: {} for node in known}
    for node, given in _sections(path):
        for name, value in given.items():
            takers = [n for n in known if node in (n, "**") and name in known[n]]
            if not takers:
                raise ParameterError(f"{path}: {node}: {name}: no node has such a parameter")
            for taker in takers:
                values[taker][name] = value

    def made(node: str, kind: type[T]) -> T:
        names = specifications(kind)
        own = {name: value for name, value in values[node].items() if name in names}
        try:
            return from_mapping(kind, own)
        except ParameterError as error:
            raise ParameterError(f"{path}: {node}: {error}") from error

    return ReplaySettings(
        landmarks=made("landmarks", LandmarkSettings),
        blink=made("blink", EyeSettings),
        yawn=made("yawn", MouthSettings),
        heart_rate=made("heart_rate", PulseSettings),
        fusion=made("fusion", FusionSettings),
    )


def _sections(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Node name without its namespace, and its parameters."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FatigueError(f"{path}: expected a ROS parameter file ({error})") from error
    except yaml.YAMLError as error:
        text = " ".join(str(error).split())
        raise FatigueError(f"{path}: expected a ROS parameter file ({text})") from error
    for name, section in content.items() if isinstance(content, dict) else [("it", None)]:
        parameters = section.get(_PARAMETERS) if isinstance(section, dict) else None
        if not isinstance(parameters, dict):
            raise FatigueError(
                f"{path}: expected a ROS parameter file, found no {_PARAMETERS} under {name}"
            )
        yield str(name).rpartition("/")[2], parameters
