"""How a paper's networks are trained: one YAML file for each paper, refused with file and line."""

import dataclasses
import difflib
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.files import read_text
from fatigue_ros.models.regions import NAMES
from fatigue_ros.settings.parameters import Specification, check, parameter, specifications
from fatigue_ros.settings.yaml_file import YamlFile, form


class RecipeError(FatigueError):
    """A recipe cannot be used."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides what a training gives.

    Attributes:
        classes: name of each class, in the order of the network's output, with the folders of the
            data that hold its pictures.
    """

    paper: str = parameter("", "Whose networks these are, for people.")
    classes: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    drowsy: list[str] = parameter([], "Classes that mean a tired driver; some, not all.")
    networks: list[str] = parameter([], "Names in learning/networks.py, first to last.")
    region: str = parameter(
        "whole",
        "What of a picture the network sees: all of it, the face around its 68 points, or what the"
        " Haar stage cuts out.",
        choices=NAMES,
    )
    pretrained: bool = parameter(
        False, "Begin with weights learned on ImageNet and train the new head only."
    )
    image_size: int = parameter(
        224, "Width and height the pictures are brought to.", unit="px", limits=(16, 1024)
    )
    epochs: int = parameter(5, "Times each training picture is seen.", limits=(1, 10_000))
    patience: int = parameter(
        0,
        "Stop when the loss on the validation part has not fallen for so many epochs; 0: never.",
        limits=(0, 10_000),
    )
    batch_size: int = parameter(32, "Pictures in a step.", limits=(1, 4096))
    optimiser: str = parameter("adam", "How weights follow gradients.", choices=("adam", "sgd"))
    learning_rate: float = parameter(1e-4, "Of the optimiser.", limits=(1e-8, 10.0))
    momentum: float = parameter(0.9, "Of sgd.", limits=(0.0, 0.999))
    balance: str = parameter(
        "none",
        "What is done where classes differ in size: nothing, weights in the loss, or drawing the"
        " smaller ones more often.",
        choices=("none", "weights", "sampling"),
    )
    flip: bool = parameter(False, "Augmentation: mirror every other training picture.")
    rotation: float = parameter(
        0.0, "Augmentation: turn by up to this.", unit="deg", limits=(0.0, 180.0)
    )
    zoom: float = parameter(
        0.0, "Augmentation: enlarge or reduce by up to this share.", limits=(0.0, 0.9)
    )
    brightness: float = parameter(
        0.0, "Augmentation: brighter or darker by up to this share.", limits=(0.0, 1.0)
    )
    split: list[float] = parameter(
        [0.7, 0.15, 0.15],
        "Shares of the pictures for training, validation and test; they sum to 1.",
        limits=(0.01, 0.98),
    )
    groups: str = parameter(
        "", "CSV file (folder, first, last, group), beside the recipe: whom file numbers show."
    )
    person: str = parameter(
        "",
        "Regular expression whose first group is the person in the names of files, for folders that"
        " the groups file does not name.",
    )
    block: int = parameter(
        20,
        "Without either, pictures stay together by so many file numbers, in all those folders"
        " alike.",
        limits=(1, 100_000),
    )
    seed: int = parameter(0, "Of the split, the first weights and all drawing.", limits=(0, None))

    def __post_init__(self) -> None:
        """Check what concerns more than one value.

        Raises:
            ParameterError: the message begins with the key.
        """
        if len(self.classes) < 2:
            raise ParameterError(f"classes: expected two or more, got {len(self.classes)}")
        folders = [folder for names in self.classes.values() for folder in names]
        if any(not names for names in self.classes.values()) or len(set(folders)) != len(folders):
            raise ParameterError(
                f"classes: expected folders for each class, each folder once, got {self.classes}"
            )
        if not set() < set(self.drowsy) < set(self.classes):
            raise ParameterError(
                f"drowsy: expected some of {', '.join(self.classes)}, not all, got {self.drowsy}"
            )
        if not self.networks:
            raise ParameterError("networks: expected at least one, got none")
        try:
            persons = re.compile(self.person).groups
        except re.error as error:
            raise ParameterError(f"person: expected a regular expression, but {error}") from error
        if self.person and not persons:
            raise ParameterError(f"person: expected a group in the expression, got {self.person}")
        if len(self.split) != 3 or abs(sum(self.split) - 1.0) > 1e-6:
            raise ParameterError(f"split: expected three shares that sum to 1, got {self.split}")

    def replaced(self, assignments: Sequence[str]) -> "Recipe":
        """This recipe with some values changed, by ``key=value`` each, the value as in YAML.

        Raises:
            RecipeError: a key is unknown, or its value none that it can have.
        """
        values: dict[str, Any] = {}
        for text in assignments:
            key, equals, value = text.partition("=")
            if not equals or key not in _KNOWN:
                near = difflib.get_close_matches(key, list(_KNOWN), n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise RecipeError(
                    f"--set {text}: expected KEY=VALUE with a key of the recipe{hint}"
                )
            try:
                given = yaml.safe_load(value)
                if isinstance(given, str) and _KNOWN[key].kind is float:
                    with suppress(ValueError):
                        given = float(given)  # YAML takes 1e-3 for a text
                # Nothing behind the sign is no text, where a text is asked for.
                values[key] = check(_KNOWN[key], "" if given is None and not value else given)
            except (ParameterError, yaml.YAMLError) as error:
                raise RecipeError(f"--set {text}: {' '.join(str(error).split())}") from error
        try:
            return dataclasses.replace(self, **values)
        except ParameterError as error:
            raise RecipeError(f"--set: {error}") from error

    def to_yaml(self) -> str:
        """As a file that `load` reads."""
        return yaml.safe_dump(dataclasses.asdict(self), sort_keys=False)


_KNOWN: dict[str, Specification] = specifications(Recipe)
_FOLDERS = Specification("classes", list, str, [], "")


def load(path: Path) -> Recipe:
    """Read a recipe; a groups file that it names is taken to lie beside it.

    Raises:
        RecipeError: one line with file, line, key, what was expected and what came.
    """
    file = YamlFile(path, "recipe", RecipeError)
    root = file.root(read_text(path, RecipeError))
    nodes = file.mapping(root, "recipe", [*_KNOWN, "classes"])
    values: dict[str, Any] = {
        name: file.value(node, _KNOWN[name]) for name, node in nodes.items() if name != "classes"
    }
    if "classes" in nodes:
        named = file.mapping(nodes["classes"], "classes")
        values["classes"] = {name: _folders(file, name, node) for name, node in named.items()}
    if values.get("groups"):
        values["groups"] = str(path.parent.resolve() / values["groups"])
    try:
        return Recipe(**values)
    except ParameterError as error:
        key = str(error).partition(":")[0]
        file.refuse(file.line(nodes.get(key, root)), str(error))


def _folders(file: YamlFile, name: str, node: yaml.Node) -> list[str]:
    """One folder, or several."""
    if isinstance(node, yaml.ScalarNode):
        value = file.scalar(node, name)
        if not isinstance(value, str):
            file.refuse(file.line(node), f"classes: {name}: expected a folder, got {value!r}")
        return [value]
    if not isinstance(node, yaml.SequenceNode):
        file.refuse(file.line(node), f"classes: {name}: expected folders, got a {form(node)}")
    return [str(folder) for folder in file.value(node, _FOLDERS)]
