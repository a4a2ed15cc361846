"""YAML files that people write: everything wrong in one is refused with file, line and reason."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.settings.parameters import Specification, check


def form(node: yaml.Node) -> str:
    """What a node is, in words."""
    if isinstance(node, yaml.MappingNode):
        return "mapping"
    return "list" if isinstance(node, yaml.SequenceNode) else "single value"


class YamlFile:
    """Takes values out of YAML nodes, which know their lines.

    Args:
        path: where the text comes from, for messages.
        what: it is, such as "scenario", for messages.
        error: class of what is raised.
    """

    def __init__(self, path: Path, what: str, error: type[FatigueError]) -> None:
        self.path = path
        self._what = what
        self._error = error
        self._scalars = yaml.SafeLoader("")

    def refuse(self, line: int, reason: str) -> NoReturn:
        """Raise the error for a line, counted from 1."""
        raise self._error(f"{self.path}:{line}: {reason}")

    def line(self, node: yaml.Node) -> int:
        """Where a node begins, counted from 1."""
        return int(node.start_mark.line) + 1

    def root(self, text: str) -> yaml.Node:
        """The topmost node of the text."""
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ", ".join(filter(None, (error.context, error.problem)))
            self.refuse(mark.line + 1 if mark else 1, f"not YAML: {reason}")
        except yaml.reader.ReaderError as error:
            line = text[: error.position].count("\n") + 1
            self.refuse(line, f"not YAML: {error.reason}")
        except RecursionError:
            self.refuse(1, f"not a {self._what}: nested too deeply")
        if root is None:
            self.refuse(1, f"the file is empty, expected a {self._what}")
        return root

    def scalar(self, node: yaml.Node, name: str) -> Any:
        """A single value, of the type YAML gives it."""
        if not isinstance(node, yaml.ScalarNode):
            self.refuse(self.line(node), f"{name}: expected one value, got a {form(node)}")
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            reason = getattr(error, "problem", None) or str(error)
            self.refuse(self.line(node), f"{name}: {reason}")

    def value(self, node: yaml.Node, specification: Specification) -> Any:
        """The value of a parameter: one, or a list where the parameter is a list."""
        name = specification.name
        raw = (
            self.scalar(node, name)
            if specification.element is None
            else [self.scalar(item, name) for item in self.sequence(node, name)]
        )
        try:
            return check(specification, raw)
        except ParameterError as error:
            self.refuse(self.line(node), str(error))
        except OverflowError:
            self.refuse(self.line(node), f"{name}: the number is too large")

    def mapping(
        self, node: yaml.Node, what: str, known: Iterable[str] | None = None
    ) -> dict[str, yaml.Node]:
        """Names with their nodes; names that are not known, and double ones, are refused."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(self.line(node), f"{what}: expected names with values, got a {form(node)}")
        names = None if known is None else list(known)
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else f"a {form(key)}"
            if names is not None and name not in names:
                self.refuse(self.line(key), f"{what}: {self.unknown(name, names)}")
            if name in found:
                self.refuse(self.line(key), f"{what}: {name} is given twice")
            found[name] = value
        return found

    @staticmethod
    def unknown(name: str, names: list[str]) -> str:
        """What to say of a word that is none of the known ones."""
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(names)}"
        return f"unknown word {name!r}, {hint}"

    def sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The nodes of a list."""
        if not isinstance(node, yaml.SequenceNode):
            self.refuse(self.line(node), f"{what}: expected a list, got a {form(node)}")
        return list(node.value)
