"""What the name of a signal's value says of a speed: DBC files call a 0 "Vehicle stopped"."""

import math
import re

_STANDING = re.compile(
    r"(stand|stood|steht|stop|halt|still|park|zero|rest|stationary|motionless)"
    r"(still|ing|ped|ed|stand|)"
)
_NOT_MOVING = re.compile(r"(no|non|not|without)(motion|move|moving|movement)")
_DOUBT = re.compile(
    r"avail|default|defect|err|fail|fault|plausib|init|valid|irregular|lost|miss|none|not|range|"
    r"reserve|signal|sna|undef|underflow|overflow|unknown|unused"
)
_SENDER_IN_DOUBT = re.compile(
    r"avail|err|fail|fault|defect|init|invalid|implausib|plausib|lost|reserve|sna|undef|unknown|unused"
)
_NO = re.compile(r"(is)?(no|not|off|none|inactive|closed|released|idle|normal|passive|standby)")
_NUMBER = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?)\s*[a-zA-Z/]*\s*")


def is_speed(name: str, value: float) -> bool:
    """Whether a value with this name is a speed.

    A name that nobody here knows is none: a speed that is not known keeps the warnings on, a 0
    that means something else would turn sound to light.

    Args:
        name: as the file has it.
        value: [the signal's unit] what the number alone stands for.
    """
    said = number(name)
    if said is not None:
        return math.isclose(said, value, abs_tol=1e-9)
    if value != 0.0:
        return False
    words = _words(name)
    joined = "".join(words)
    if _NOT_MOVING.search(joined):
        return True
    standing = any(map(_STANDING.fullmatch, [*words, joined]))
    return standing and not _DOUBT.search(joined)


def number(name: str) -> float | None:
    """The number that a name is: a value may be called "0 km/h"; None where it is none."""
    found = _NUMBER.fullmatch(name)
    return float(found[1].replace(",", ".")) if found else None


def is_no(name: str) -> bool:
    """Whether a value with this name says no: "Off", "not pressed", "Door_closed"."""
    return any(map(_NO.fullmatch, _words(name)))


def is_doubt(name: str) -> bool:
    """Whether a value with this name says that nobody knows: "SNA", "not available", "Error"."""
    return bool(_SENDER_IN_DOUBT.search("".join(_words(name))))


def _words(name: str) -> list[str]:
    """Told apart by blanks, dashes, underscores or capitals."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
