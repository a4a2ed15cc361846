"""Parts that are chosen by name: our own, and those that other installed packages add.

A package adds a part by an entry point (``[project.entry-points."fatigue_ros.engines"]``); its
name is then as good as one of ours wherever a parameter asks for one.
"""

import functools
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Generic, TypeVar

from fatigue_ros.errors import ParameterError, first_line
from fatigue_ros.extras import explained

T = TypeVar("T")


class Registry(Generic[T]):
    """The classes that one parameter chooses from.

    Args:
        parameter: its name, for messages.
        group: of the entry points.
        base: what each class derives from.
        own: where ours are, as ``module:Class``; a module is imported when its part is asked for.
    """

    def __init__(self, parameter: str, group: str, base: type[T], own: Mapping[str, str]) -> None:
        self.group = group
        self.own = tuple(own)
        self._parameter = parameter
        self._base = base
        self._own = [EntryPoint(name, place, group) for name, place in own.items()]

    def __iter__(self) -> Iterator[str]:
        """The names that can be chosen in this installation, ours first."""
        return iter(dict.fromkeys(found.name for found in self._all()))

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in list(self)  # ours need no look at what is installed

    def _all(self) -> list[EntryPoint]:
        return [*self._own, *_installed(self.group, tuple(sys.path))]

    def load(self, name: str) -> type[T]:
        """The class of this name.

        Raises:
            ParameterError: there is none, there are two, or it cannot be loaded; the message
                names the package that it is from.
        """
        found = [entry for entry in self._all() if entry.name == name]
        if not found:
            known = ", ".join(self)
            raise ParameterError(f"{self._parameter}: {name!r} is unknown, expected one of {known}")
        places = " and ".join(f"{entry.value} of {_package(entry)}" for entry in found)
        if len(found) > 1:
            raise ParameterError(f"{self._parameter}: {name!r} is the name of {places}")
        try:
            part = found[0].load()
        except Exception as error:  # whatever a module of somebody else does on import
            reason = f"{type(error).__name__}: {first_line(error)}"
            if isinstance(error, ImportError) and (missing := explained(error)) is not error:
                reason = str(missing)
            raise ParameterError(
                f"{self._parameter}: {name!r}, {places}, cannot be loaded ({reason})"
            ) from error
        base = self._base
        if not (isinstance(part, type) and issubclass(part, base)):
            raise ParameterError(
                f"{self._parameter}: {name!r}, {places}, is no class derived from "
                f"{base.__module__}.{base.__qualname__}"
            )
        return part


@functools.cache
def _installed(group: str, _: tuple[str, ...]) -> EntryPoints:
    """What is on this path; reading it for each of ten nodes would cost a quarter of a second."""
    return entry_points(group=group)


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "fatigue_ros"
