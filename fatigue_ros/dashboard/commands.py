"""What a page may ask for, checked before anybody acts on it."""

import dataclasses
import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from fatigue_ros.errors import FatigueError
from fatigue_ros.workload import WEIGHTS, Workload

MOST_CHARACTERS = 1024
"""Of a message from a page; no command is nearly as long."""

AS_SCRIPTED = -1.0
"""[km/h] Of a simulated drive: no speed by hand."""
_DEEPEST = 16

Value: TypeAlias = bool | int | float | str | tuple[int, ...] | None


class CommandError(FatigueError):
    """A page asked for something that is not a command."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A checked command.

    Attributes:
        name: one of COMMANDS.
        value: what it is about, None where the name says all.
        number: the page's own, repeated in the answer.
    """

    name: str
    value: Value = None
    number: int = 0


def _nothing(value: Any) -> None:
    if value is not None:
        raise CommandError(f"expected no value, got {value!r}")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise CommandError(f"expected true or false, got {value!r}")
    return value


def _grade(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 5:
        raise CommandError(f"expected 1 to 5, got {value!r}")
    return value


def _kss(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 9:
        raise CommandError(f"expected 1 to 9, got {value!r}")
    return value


def _workload(value: Any) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or len(value) != len(WEIGHTS)
        or any(type(score) is not int for score in value)
    ):
        names = ", ".join(WEIGHTS)
        raise CommandError(f"expected six whole numbers from 1 to 10 ({names}), got {value!r}")
    try:
        Workload(*value)
    except FatigueError as error:
        raise CommandError(str(error)) from None
    return tuple(value)


def _speed(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not 0.0 <= value <= 250.0:
        raise CommandError(f"expected 0 to 250 km/h, got {value!r}")
    return float(value)


def _name(value: Any) -> str:
    # The same as SetDriver.srv asks for; a scenario is a name too, never a path.
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
        raise CommandError(f"expected 1 to 64 letters, digits, '.', '_' or '-', got {value!r}")
    return value


def _token(value: Any) -> str:
    if not isinstance(value, str):
        raise CommandError("expected a text")
    return value


DRIVER: dict[str, Callable[[Any], Value]] = {
    "sleep_quality": _grade,
    "kss": _kss,
    "workload": _workload,
    "acknowledge": _nothing,
    "calibrate": _nothing,
    "set_driver": _name,
}
"""Commands that act on the driver monitor."""
BENCH: dict[str, Callable[[Any], Value]] = {
    "ignition": _boolean,
    "speed": _speed,
    "scenario": _name,
}
"""Commands that pretend to be the vehicle; a page gets them on a bench only."""
PAGE: dict[str, Callable[[Any], Value]] = {"token": _token, "picture": _boolean}
"""Commands between a page and its server."""
COMMANDS = DRIVER | BENCH | PAGE


def parse(text: str, *, bench: bool) -> Command:
    """Read a message such as ``{"do": "sleep_quality", "value": 4, "number": 7}``.

    Args:
        text: as it came on the socket.
        bench: whether commands in the vehicle's name are allowed.

    Raises:
        CommandError: it is no such message.
    """
    if len(text) > MOST_CHARACTERS:
        raise CommandError(f"message: expected at most {MOST_CHARACTERS} characters")
    if text.count("[") + text.count("{") > _DEEPEST:  # nothing for the parser to drown in
        raise CommandError("message: expected JSON of a depth of one")
    try:
        said = json.loads(text)
    except ValueError:
        raise CommandError("message: expected JSON") from None
    if not isinstance(said, dict) or not said.keys() <= {"do", "value", "number"}:
        raise CommandError("message: expected an object with do, value and number")
    name, number = said.get("do"), said.get("number", 0)
    if not isinstance(name, str) or name not in COMMANDS:
        raise CommandError(f"do: expected one of {', '.join(COMMANDS)}")
    if type(number) is not int or not 0 <= number < 2**31:
        raise CommandError("number: expected a whole number from 0")
    if name in BENCH and not bench:
        raise CommandError(f"{name}: the page has no bench controls here (parameter bench)")
    try:
        return Command(name, COMMANDS[name](said.get("value")), number)
    except CommandError as error:
        raise CommandError(f"{name}: {error}") from None


class Allowance:
    """How many commands may still come: so many at once, refilled at a rate (a token bucket).

    Args:
        rate: [1/s].
        burst: [1] at once after a rest.
        now: [s] any clock that does not jump.
    """

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> bool:
        """Use one up; False when there is none left."""
        self._left = min(self._burst, self._left + self._rate * (now - self._at))
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
