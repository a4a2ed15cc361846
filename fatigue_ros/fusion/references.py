"""What is normal for a driver, and the files in which it is kept."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fatigue_ros.fusion.storage import RecordStore

_VERSION = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class References:
    """What is normal for a driver; NaN where it is not known.

    Attributes:
        heart_rate: [1/min].
        blink_rate: [1/min].
        blink_duration: [s].
        blink_deviation: [s] standard deviation of it.
        lid_speed: [1/s] peak speed of opening after a blink, in open levels a second.
        lid_speed_deviation: [1/s] standard deviation of it.
        ear_open: [1] open-eye level that the eye measure compares EAR with.
        ear_shut: [1] level of shut eyes.
        blink_depth: [1] amplitude that four in five blinks reach.
        lip_distance: [px] between the centres of the closed lips.
    """

    heart_rate: float = math.nan
    blink_rate: float = math.nan
    blink_duration: float = math.nan
    blink_deviation: float = math.nan
    lid_speed: float = math.nan
    lid_speed_deviation: float = math.nan
    ear_open: float = math.nan
    ear_shut: float = math.nan
    blink_depth: float = math.nan
    lip_distance: float = math.nan

    def __eq__(self, other: object) -> bool:
        """Whether all are the same; what neither knows is."""
        return isinstance(other, References) and all(
            (one := getattr(self, name)) == (two := getattr(other, name))
            or (math.isnan(one) and math.isnan(two))
            for name in References.__slots__
        )

    def __hash__(self) -> int:
        """Alike for those that are the same."""
        values = (getattr(self, name) for name in References.__slots__)
        return hash(tuple(None if math.isnan(value) else value for value in values))

    def or_population(self) -> "References":
        """The same, with population values where the driver's own are not known."""
        return References(
            **{
                name: getattr(POPULATION if math.isnan(getattr(self, name)) else self, name)
                for name in References.__slots__  # asdict would copy, thirty times a second
            }
        )


POPULATION = References(
    heart_rate=70.0,  # resting adults are between 60 and 100, most between 60 and 80 (AHA)
    blink_rate=17.0,  # at rest (Bentivoglio et al. 1997)
    # Alert means are 0.20 s in Caffier et al. 2003, and 0.13, 0.14 and 0.25 s from our detector on
    # three videos of eyeblink8. The upper end, so that nobody is called tired for being a slow
    # blinker.
    blink_duration=0.25,
    blink_deviation=0.06,  # blinks of one person, from our detector on three videos of eyeblink8
    ear_open=0.3,  # mean of open eyes (Soukupova and Cech 2016, figure 1)
)
"""Used until the driver's own are known. There is no such thing for a distance in pixels, nor for
the speed of lids, which depends on camera and landmarks."""

LIMITS = {
    "heart_rate": (30.0, 220.0),
    "blink_rate": (0.0, 120.0),
    "blink_duration": (0.03, 0.5),
    "blink_deviation": (0.0, 0.5),
    "lid_speed": (0.0, 100.0),
    "lid_speed_deviation": (0.0, 100.0),
    "ear_open": (0.05, 1.0),
    "ear_shut": (0.0, 1.0),
    "blink_depth": (0.0, 1.0),
    "lip_distance": (0.0, 2000.0),
}
"""What a stored reference can be at all; anything else is damage."""


class ReferenceStore:
    """References by driver in files; see RecordStore for its arguments and what it raises."""

    def __init__(self, directory: Path | None, kind: str = "calibration") -> None:
        self._store = RecordStore(directory, kind, _VERSION)

    def load(self, driver_id: str) -> References:
        """Read a driver's references; all NaN when there are none.

        Raises:
            StorageError: the file was damaged or older and has been set aside.
        """
        return self.load_all(driver_id)[0]

    def load_all(self, driver_id: str) -> tuple[References, tuple[References, ...]]:
        """Read a driver's references as learnt first, and those of drives judged alert.

        Raises:
            StorageError: the file was damaged or older and has been set aside.
        """
        record = self._store.load(driver_id)
        if record is None:
            return References(), ()
        drives = record.get("alert_drives", [])
        if not isinstance(drives, list):
            raise self._store.set_aside(driver_id, "alert_drives: expected a list")
        first = self._checked(driver_id, record.get("references"))
        return first, tuple(self._checked(driver_id, values) for values in drives)

    def _checked(self, driver_id: str, values: Any) -> References:
        if not isinstance(values, dict):
            raise self._store.set_aside(driver_id, "expected an object 'references'")
        known: dict[str, float] = {}
        for name, (low, high) in LIMITS.items():
            value: Any = values.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise self._store.set_aside(driver_id, f"{name}: expected a number, got {value!r}")
            if not low <= value <= high:
                raise self._store.set_aside(
                    driver_id, f"{name}: expected {low} to {high}, got {value}"
                )
            known[name] = float(value)
        return References(**known)

    def save(
        self,
        driver_id: str,
        references: References,
        stamp: float,
        alert_drives: Sequence[References] = (),
    ) -> None:
        """Write a driver's references, learnt at a time [s], and those of drives judged alert.

        Raises:
            StorageError: it could not be written.
        """
        record: dict[str, Any] = {"stamp": stamp, "references": _plain(references)}
        if alert_drives:
            record["alert_drives"] = [_plain(drive) for drive in alert_drives]
        self._store.save(driver_id, record)


def _plain(references: References) -> dict[str, float | None]:
    return {
        name: None if math.isnan(value) else value
        for name, value in dataclasses.asdict(references).items()
    }
