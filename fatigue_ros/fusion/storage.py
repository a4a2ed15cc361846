"""Small versioned JSON files, one per driver, that survive a crash and refuse damage."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import NoFileError, read_bytes

_DRIVER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SIZE_LIMIT = 65536  # [byte] ours have a few hundred; more is not ours and is not read


class DriverIdError(FatigueError):
    """A driver's name that cannot be used, since it also names a file."""


class StorageError(FatigueError):
    """A record could not be read or written."""


def state_directory() -> Path:
    """The user's state directory for this program (XDG base directory specification)."""
    return platformdirs.user_state_path("fatigue_ros", appauthor=False)


def directory_of(given: str) -> Path | None:
    """The folder that a parameter state_directory stands for; None when nothing is kept."""
    if given == "none":
        return None
    return Path(given).expanduser() if given else state_directory()


def check_driver_id(driver_id: str) -> str:
    """Return the driver's name if it can name a file.

    Raises:
        DriverIdError: empty, longer than 64, or with other characters than letters, digits,
            dot, underscore and hyphen, or not beginning with a letter or digit.
    """
    if not _DRIVER_ID.fullmatch(driver_id):
        raise DriverIdError(
            f"driver_id: expected 1 to 64 letters, digits, '.', '_' or '-', beginning with a "
            f"letter or digit, got {driver_id[:80]!r}"
        )
    return driver_id


class RecordStore:
    """One JSON object per driver in ``<directory>/<kind>-<driver_id>.json``.

    Args:
        directory: where the files lie; made when first written to. None keeps nothing on disk.
        kind: first part of the file names.
        version: of the layout; a file of another version is set aside.
    """

    def __init__(self, directory: Path | None, kind: str, version: int) -> None:
        self._directory = directory
        self._kind = kind
        self._version = version

    def path(self, driver_id: str) -> Path | None:
        """File of a driver, None when nothing is kept on disk."""
        if self._directory is None:
            return None
        return self._directory / f"{self._kind}-{check_driver_id(driver_id)}.json"

    def load(self, driver_id: str) -> dict[str, Any] | None:
        """Read a driver's record; None when there is none.

        Raises:
            StorageError: the file is damaged or of another version (it has been set aside under
                the same name with ``.set-aside`` added), or cannot be read at all.
        """
        path = self.path(driver_id)
        if path is None:
            return None
        try:
            record = json.loads(read_bytes(path, _SIZE_LIMIT).decode("utf-8"))
        except NoFileError as error:
            raise self.set_aside(driver_id, str(error.strerror)) from error
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(f"{path}: cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise self.set_aside(driver_id, f"not JSON ({error})") from error
        if not isinstance(record, dict):
            raise self.set_aside(driver_id, f"expected an object, got {type(record).__name__}")
        if record.get("version") != self._version or isinstance(record["version"], bool):
            found = record.get("version")
            raise self.set_aside(driver_id, f"expected version {self._version}, got {found!r}")
        if record.get("driver_id") != driver_id:
            raise self.set_aside(driver_id, f"is of driver {record.get('driver_id')!r}")
        return record

    def set_aside(self, driver_id: str, reason: str) -> StorageError:
        """Rename a driver's file out of the way; returns the error that says so, to be raised."""
        path = self.path(driver_id)
        if path is None:
            return StorageError(f"{self._kind} of {driver_id}: {reason}")
        aside = path.with_name(path.name + ".set-aside")
        try:
            path.replace(aside)
        except OSError as error:
            return StorageError(f"{path}: {reason}; cannot be set aside: {error.strerror}")
        return StorageError(f"{path}: {reason}; set aside as {aside.name}")

    def save(self, driver_id: str, record: Mapping[str, Any]) -> None:
        """Write a driver's record so that a reader finds the old one or the new one whole.

        Raises:
            StorageError: it could not be written; what was there before is untouched.
        """
        path = self.path(driver_id)
        if path is None:
            return
        content = {"version": self._version, "driver_id": driver_id, **record}
        temporary = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2, allow_nan=False)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
