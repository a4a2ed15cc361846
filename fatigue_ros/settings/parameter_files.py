"""ROS parameter files: which a program was given, whom they name, and what they say to a node.

rcl reads them for the nodes; the desk's tools read the same files here, so that what is measured
at the desk has the settings of the vehicle.
"""

import collections
import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import yaml

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.files import LONGEST_TEXT, read_bytes
from fatigue_ros.settings.parameters import from_mapping, specifications
from fatigue_ros.settings.resources import config

T = TypeVar("T")
_PARAMETERS = "ros__parameters"
_WILDCARDS = {"**": "(?:/[^/]+)*", "*": "/[^/]+"}
_ROS = frozenset({"use_sim_time"})  # what every ROS node has


def given(args: Sequence[str]) -> list[Path]:
    """The parameter files among the arguments of a program."""
    files, ros = [], False
    for argument, following in pairwise([*args, ""]):
        ros = argument == "--ros-args" or (ros and argument != "--")
        if ros and argument == "--params-file" and following:
            files.append(Path(following))
    return files


def check(args: Sequence[str]) -> None:
    """See that rcl, which waits for a pipe and ends a text at a null, gets what it can read.

    Args:
        args: of the program; values and parameter files are looked at.

    Raises:
        FatigueError: a file is none or too large, or there is a null character in a value.
    """
    for path in given(args):
        _refuse_null(str(path), _content(path))
    for argument in args:
        name, assigned, value = argument.partition(":=")
        if assigned:
            _refuse_null(name, value.encode(errors="surrogateescape"))


def _refuse_null(where: str, text: bytes) -> None:
    try:
        # Not loaded: a few lines may stand for millions of values.
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.ScalarToken) and "\0" in token.value:
                raise ParameterError(
                    f"{where}:{token.start_mark.line + 1}: expected a text without a null "
                    f"character, found {token.value[:60]!r}"
                )
    except yaml.YAMLError:
        return  # rcl says what is wrong, and where


def complaint(path: Path, names: Iterable[str], namespace: str) -> str:
    """One line about the names in a file that are no node's; empty when all are.

    Args:
        path: of a file that rcl has read.
        names: of all nodes that there can be.
        namespace: which they are in, ``/`` for none.
    """
    try:
        sections = read(path)
    except FatigueError:
        return ""  # rcl has read it: what it accepts is its own affair
    known = sorted(names)
    nodes = [f"{namespace.rstrip('/')}/{name}" for name in known]
    strangers = [
        name
        for name, _ in sections
        if not any(re.fullmatch(_pattern(name), node) for node in nodes)
    ]
    where = f" in namespace {namespace}" if namespace != "/" else ""
    return _passed_over(path, strangers, where, known) if strangers else ""


def foreign(path: Path) -> str:
    """One line about parameters for all nodes, such as under ``/**``, that none of ours has.

    Other packages' nodes read the same file. Empty where there are none.

    Args:
        path: of a file that rcl has read.
    """
    try:
        names = _shared(read(path))
    except FatigueError:
        return ""  # as in `complaint`
    if not names:
        return ""  # without reading what ours have
    ours = set().union(*_known().values())
    names = [name for name in names if name not in ours]
    return _no_effect(path, names) if names else ""


def shared(args: Sequence[str]) -> frozenset[str]:
    """Parameters that the files among a program's arguments give to whatever node has them.

    One that is also given to a node by its name is not among them.
    """
    sections = []
    for path in given(args):
        with contextlib.suppress(FatigueError):  # rcl says what is wrong
            sections += read(path)
    return frozenset(_shared(sections))


def _shared(sections: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    sections = list(sections)
    named = {key for name, values in sections if not _for_all(name) for key in values}
    found = [key for name, values in sections if _for_all(name) for key in values]
    return [key for key in dict.fromkeys(found) if key not in named]


def _for_all(name: str) -> bool:
    return name.rpartition("/")[2] in _WILDCARDS


def _known() -> dict[str, set[str]]:
    """The parameters of each of our nodes."""
    known = read(config("fatigue.yaml"))
    return {name.rpartition("/")[2]: {*has, *_ROS} for name, has in known}


def _no_effect(path: Path, names: Iterable[str]) -> str:
    return f"{path}: no node here has a parameter {' or '.join(names)}, so that it has no effect"


def _passed_over(path: Path, strangers: list[str], where: str, known: Iterable[str]) -> str:
    return (
        f"{path}: no node{where} is called {', '.join(strangers)}, so that their parameters have "
        f"no effect; expected one of {', '.join(known)}"
    )


def read(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """Full names, such as ``/car/fusion`` or ``/**``, and the parameters given to each.

    Raises:
        FatigueError: it is no such file.
    """
    try:
        content = yaml.safe_load(_content(path))
    except (yaml.YAMLError, RecursionError) as error:
        text = " ".join(str(error).split())
        raise FatigueError(f"{path}: expected a ROS parameter file ({text})") from error
    return list(_sections(path, content, ""))


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path, LONGEST_TEXT)
    except OSError as error:
        raise FatigueError(f"{path}: expected a ROS parameter file ({error.strerror})") from error


def _sections(path: Path, content: Any, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Keys may be nested, one name inside another."""
    if not isinstance(content, dict):
        raise FatigueError(
            f"{path}: expected a ROS parameter file, found no {_PARAMETERS} under {name or 'it'}"
        )
    for key, value in content.items():
        if key != _PARAMETERS:
            yield from _sections(path, value, f"{name}/{str(key).strip('/')}")
        elif isinstance(value, dict):
            yield name, value
        else:
            raise FatigueError(f"{path}: {name}: expected names and values in {_PARAMETERS}")


def _pattern(name: str) -> str:
    """A name in a parameter file as a regular expression, with ``*`` and ``**`` as rcl has them."""
    tokens = [token for token in name.split("/") if token]
    return "".join(_WILDCARDS.get(token, "/" + re.escape(token)) for token in tokens)


class ParameterFile:
    """What a file says to our nodes, in whatever namespace they are; later sections win.

    Attributes:
        path: of the file; None is one that says nothing.
        warning: names that are no node's, as `complaint` has them, and parameters that no node
            has, as `foreign` has them; empty when there are none.

    Raises:
        FatigueError: it is no such file.
        ParameterError: a section names one of our nodes, which has no such parameter.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._values: dict[str, dict[str, Any]] = collections.defaultdict(dict)
        self.warning = ""
        if path is None:
            return
        ours = _known()
        sections = read(path)
        shared = _shared(sections)
        strangers, foreign = [], []
        for name, values in sections:
            nodes = [node for node in ours if _for_all(name) or name.endswith(f"/{node}")]
            strangers += [] if nodes else [name]
            for key, value in values.items():
                takers = [node for node in nodes if key in ours[node]]
                if nodes and not takers and key not in shared:
                    raise ParameterError(f"{path}: {name}: {key}: no node has such a parameter")
                foreign += [] if takers or not nodes else [key]
                for taker in takers:
                    self._values[taker][key] = value
        warnings = [_passed_over(path, strangers, "", ours)] if strangers else []
        warnings += [_no_effect(path, dict.fromkeys(foreign))] if foreign else []
        self.warning = "; ".join(warnings)

    def settings(self, node: str, kind: type[T]) -> T:
        """The part of a node's parameters that a dataclass of settings declares.

        Raises:
            ParameterError: a value is refused.
        """
        names = specifications(kind)
        own = {name: value for name, value in self._values[node].items() if name in names}
        try:
            return from_mapping(kind, own)
        except FatigueError as error:
            raise ParameterError(f"{self.path}: {node}: {error}") from error
