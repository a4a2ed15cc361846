"""The driver's own word on last night's sleep: once per calendar day, kept in a file."""

import dataclasses
import datetime
import math
from collections.abc import Callable
from pathlib import Path

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.storage import RecordStore, check_driver_id
from fatigue_ros.settings.parameters import parameter

VERSION = 1
SCALES: dict[str, dict[int, float]] = {
    "monotone": {5: 0.0, 4: 25.0, 3: 50.0, 2: 75.0, 1: 100.0},
    "paper": {5: 0.0, 4: 25.0, 3: 75.0, 1: 100.0},
}
"""Grade to score [%]. ``paper`` is Mafteiu-Scai and Bobora 2025, section 3.4, to the letter: no
score for grade 2 and 75 % for grade 3. ``monotone`` is our reading of what was meant."""

LocalDay = Callable[[float], datetime.date]
"""Calendar day, where the driver is, of a time [s]."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SleepSettings:
    """How a grade becomes a score."""

    sleep_scale: str = parameter(
        "monotone",
        "Grades 5 to 1 score 0, 25, 50, 75, 100 % ('monotone'), or 0, 25, 75, refused, 100 % as "
        "printed in Mafteiu-Scai and Bobora 2025 ('paper')",
        choices=tuple(SCALES),
    )


class SleepQualityError(FatigueError):
    """A grade that is refused."""


def local_day(stamp: float) -> datetime.date:
    """Calendar day of a time [s since 1970] in the machine's time zone."""
    return datetime.datetime.fromtimestamp(stamp).date()


def local_hour(stamp: float) -> float:
    """[h] Time of day of a time [s since 1970] in the machine's time zone, NaN for no such time."""
    try:
        local = datetime.datetime.fromtimestamp(stamp)
    except (ValueError, OverflowError, OSError):
        return math.nan
    return local.hour + local.minute / 60.0 + local.second / 3600.0


class SleepQuality:
    """Grades by driver, valid for the calendar day they were given on.

    Args:
        settings: the scale.
        directory: where they are kept; None keeps them in memory.
        day: calendar day of a stamp.
    """

    def __init__(
        self, settings: SleepSettings, directory: Path | None = None, day: LocalDay = local_day
    ) -> None:
        self._scale = SCALES[settings.sleep_scale]
        self._store = RecordStore(directory, "sleep", VERSION)
        self._day = day
        self._grades: dict[str, tuple[datetime.date, int]] = {}
        self._read: set[str] = set()

    def load(self, driver_id: str) -> None:
        """Read a driver's grade back after a restart.

        Raises:
            StorageError: the file was damaged and has been set aside; there is no grade then.
        """
        if driver_id in self._read:
            return
        self._read.add(driver_id)
        record = self._store.load(driver_id)
        if record is None:
            return
        day, grade = record.get("day"), record.get("grade")
        try:
            known = datetime.date.fromisoformat(day) if isinstance(day, str) else None
        except ValueError:
            known = None
        if known is None or type(grade) is not int or not 1 <= grade <= 5:
            raise self._store.set_aside(driver_id, f"day {day!r} with grade {grade!r} is no answer")
        self._grades[driver_id] = (known, grade)

    def set(self, stamp: float, grade: int, driver_id: str) -> float:
        """Take a grade.

        Args:
            stamp: [s] now.
            grade: 5 slept very well ... 1 did not sleep.
            driver_id: who answers.

        Returns:
            Its score [%].

        Raises:
            SleepQualityError: not a grade of the scale, or already given today.
            DriverIdError: the name cannot be used.
            StorageError: it could not be written; it holds until the program ends.
        """
        check_driver_id(driver_id)
        if grade not in self._scale:
            grades = ", ".join(str(g) for g in sorted(self._scale))
            raise SleepQualityError(f"sleep quality: expected one of {grades}, got {grade!r}")
        given = self.grade(stamp, driver_id)
        if given is not None:
            raise SleepQualityError(
                f"sleep quality: {driver_id} already answered today with grade {given}"
            )
        today = self._day(stamp)
        self._grades[driver_id] = (today, grade)
        self._store.save(driver_id, {"day": today.isoformat(), "grade": grade})
        return self._scale[grade]

    def grade(self, stamp: float, driver_id: str) -> int | None:
        """The grade a driver gave on the day of a stamp [s], None when not asked yet."""
        known = self._grades.get(driver_id)
        if known is None or known[0] != self._day(stamp):
            return None
        return known[1]

    def score(self, stamp: float, driver_id: str) -> float | None:
        """[%] its score, None when not evaluated (the paper's -1)."""
        grade = self.grade(stamp, driver_id)
        return None if grade is None else self._scale.get(grade)
