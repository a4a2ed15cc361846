"""Names in ROS parameter files that no node of ours has; rcl passes over them without a word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

_PARAMETERS = "ros__parameters"
_WILDCARDS = {"**": "(?:/[^/]+)*", "*": "/[^/]+"}


def given(args: Sequence[str]) -> list[Path]:
    """The parameter files among the arguments of a program."""
    files, ros = [], False
    for argument, following in zip(args, [*args[1:], ""], strict=True):
        ros = argument == "--ros-args" or (ros and argument != "--")
        if ros and argument == "--params-file" and following:
            files.append(Path(following))
    return files


def complaint(path: Path, names: Iterable[str], namespace: str) -> str:
    """One line about the names in a file that are no node's; empty when all are.

    Args:
        path: of a file that rcl has read.
        names: of all nodes that there can be.
        namespace: which they are in, ``/`` for none.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return ""  # rcl has read it: what it accepts is its own affair
    known = sorted(names)
    nodes = [f"{namespace.rstrip('/')}/{name}" for name in known]
    strangers = [
        name
        for name in _named(content, "")
        if not any(re.fullmatch(_pattern(name), node) for node in nodes)
    ]
    if not strangers:
        return ""
    where = f" in namespace {namespace}" if namespace != "/" else ""
    return (
        f"{path}: no node{where} is called {', '.join(strangers)}, so that their parameters have "
        f"no effect; expected one of {', '.join(known)}"
    )


def _named(content: Any, prefix: str) -> Iterator[str]:
    """The full names that have parameters: keys may be nested, one inside another."""
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key == _PARAMETERS:
            yield prefix
        else:
            yield from _named(value, f"{prefix}/{str(key).strip('/')}")


def _pattern(name: str) -> str:
    """A name in a parameter file as a regular expression, with ``*`` and ``**`` as rcl has them."""
    tokens = [token for token in name.split("/") if token]
    return "".join(_WILDCARDS.get(token, "/" + re.escape(token)) for token in tokens)
