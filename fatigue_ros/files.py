"""Files that somebody names: only ordinary ones of a bounded size are opened.

A pipe waits for whoever writes to it, a terminal for a key, and /dev/zero has no end: none of them
may hold up a program that wanted a file.
"""

import errno
import os
import stat
from pathlib import Path

from fatigue_ros.errors import FatigueError

LONGEST_TEXT = 1_000_000
"""[bytes] Longer texts are none that somebody wrote."""
LARGEST_PICTURE = 200_000_000
"""[bytes] The largest picture, or table of figures, that is read."""
LARGEST_MODEL = 1_000_000_000
"""[bytes] The largest network, or description of a vehicle's bus, that is read."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


class NoFileError(OSError):
    """What is there is no ordinary file, or larger than the program reads."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EINVAL, reason, str(path))


def check_file(path: Path, most: int | None = None) -> None:
    """See that a library that opens files itself is given one that has an end.

    Args:
        path: of the file.
        most: [bytes] it may have; None for any number.

    Raises:
        OSError: it is none (NoFileError) or not there; ``strerror`` says so.
    """
    try:
        _check(path, path.stat(), most)
    except ValueError as error:  # a null character
        raise NoFileError(path, str(error)) from None


def read_bytes(path: Path, most: int) -> bytes:
    """All of a file.

    Args:
        path: of the file.
        most: [bytes] it may have.

    Raises:
        OSError: it is none (NoFileError) or cannot be read; ``strerror`` says so.
    """
    check_file(path, most)  # first: to open a device may already do something
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        _check(path, os.fstat(handle), most)  # it may have been exchanged
        content = file.read(most + 1)
    if len(content) > most:  # of /proc, or still growing
        raise _too_large(path, most)
    return content


def read_text(path: Path, error: type[FatigueError], most: int = LONGEST_TEXT) -> str:
    """The text of a file.

    Raises:
        FatigueError: of the class given; it cannot be read, is too long or not UTF-8.
    """
    try:
        data = read_bytes(path, most)
    except OSError as reason:
        raise error(f"{path}: cannot be read: {reason.strerror}") from reason
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise error(f"{path}:{line}: expected UTF-8 text") from reason


def _check(path: Path, found: os.stat_result, most: int | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise NoFileError(path, f"it is {kind}, no file")
    if most is not None and found.st_size > most:
        raise _too_large(path, most)


def _too_large(path: Path, most: int) -> NoFileError:
    return NoFileError(path, f"it is larger than {most} bytes")
