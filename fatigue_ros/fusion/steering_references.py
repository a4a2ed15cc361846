"""How drivers steer when they are rested, and the files in which that is kept."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from fatigue_ros.fusion.alert_drives import KEPT
from fatigue_ros.fusion.storage import RecordStore

_VERSION = 1
Start: TypeAlias = tuple[float, float]
"""The begin of a drive: [rad] bin of the prediction errors, and [1] the entropy with it."""
_LARGEST = (3.0, 1.001)


class SteeringStore:
    """The begins of a driver's last drives, in files; None as directory keeps nothing."""

    def __init__(self, directory: Path | None) -> None:
        self._store = RecordStore(directory, "steering", _VERSION)

    def load(self, driver_id: str) -> tuple[Start, ...]:
        """Read them, the newest last; none where there are none.

        Raises:
            StorageError: the file was damaged or older and has been set aside.
        """
        record = self._store.load(driver_id)
        if record is None:
            return ()
        drives = record.get("drives")
        if not isinstance(drives, list) or not all(map(_is_start, drives)):
            raise self._store.set_aside(driver_id, "drives: expected pairs of bin and entropy")
        return tuple((float(alpha), float(entropy)) for alpha, entropy in drives[-KEPT:])

    def save(self, driver_id: str, drives: Sequence[Start]) -> None:
        """Write the last of them.

        Raises:
            StorageError: it could not be written.
        """
        self._store.save(driver_id, {"drives": [list(start) for start in drives[-KEPT:]]})


def _is_start(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(_LARGEST)
        and all(
            isinstance(v, float | int)
            and not isinstance(v, bool)
            and math.isfinite(v)
            and 0.0 < v <= most
            for v, most in zip(value, _LARGEST, strict=True)
        )
    )
