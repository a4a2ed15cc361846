"""Who drives, and what is known of that person: references, calibration, last night's sleep."""

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.calibration import Calibration
from fatigue_ros.fusion.references import References, ReferenceStore
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sleep_quality import LocalDay, SleepQuality
from fatigue_ros.fusion.storage import StorageError, check_driver_id


class Driver:
    """The driver at the wheel.

    Attributes:
        driver_id: the name.
        calibration: learns the driver's references.
        notes: what happened that a person may want to know, one line each.
        store_problem: why what is known of drivers was not read or kept; empty since it last was.

    Args:
        settings: first driver, calibration, sleep, and where it is all kept.
        calibration_kind: first part of the names of the files of references.
        day: calendar day of a stamp, for sleep quality.
    """

    def __init__(self, settings: FusionSettings, calibration_kind: str, day: LocalDay) -> None:
        self._settings = settings
        self._store = ReferenceStore(settings.directory, calibration_kind)
        self._sleep = SleepQuality(settings, settings.directory, day)
        self._known: dict[str, References] = {}
        self.notes: list[str] = []
        self.store_problem = ""
        self.driver_id = settings.driver_id
        self.calibration = self._calibration()

    @property
    def references(self) -> References:
        """The driver's own, frozen where known and NaN elsewhere."""
        return self.calibration.references

    def change(self, driver_id: str) -> bool:
        """Somebody drives; returns whether it is another than before.

        Raises:
            DriverIdError: the name cannot be used.
        """
        check_driver_id(driver_id)
        if driver_id == self.driver_id:
            return False
        self.driver_id = driver_id
        self.calibration = self._calibration()
        return True

    def calibrate(self) -> None:
        """Learn the references over again."""
        self._known.pop(self.driver_id, None)
        self.calibration = Calibration(self._settings, References())

    def keep_references(self, stamp: float) -> None:
        """Store what was learnt at a time [s]."""
        self._known[self.driver_id] = self.references
        try:
            self._store.save(self.driver_id, self.references, stamp)
            self.store_problem = ""
        except StorageError as error:
            self._complain(error)

    def sleep_score(self, now: float) -> float | None:
        """[%] of last night, None when not given on the day of a time [s]."""
        return self._sleep.score(now, self.driver_id)

    def sleep_known(self, now: float) -> bool:
        """Whether the driver has graded last night on the day of a time [s]."""
        return self._sleep.grade(now, self.driver_id) is not None

    def load_sleep(self, driver_id: str) -> None:
        """Read back the grade that a driver gave before the program began."""
        try:
            self._sleep.load(driver_id)
        except StorageError as error:
            self._complain(error)

    def set_sleep(self, stamp: float, grade: int, driver_id: str) -> tuple[bool, str]:
        """Take a driver's word on last night, an empty name being the one at the wheel.

        Returns:
            Whether it was taken, and what to say; see SleepQuality.set for what is refused.
        """
        name = driver_id or self.driver_id
        try:
            self.load_sleep(name)
            score = self._sleep.set(stamp, grade, name)
            self.store_problem = ""
        except StorageError as error:
            self._complain(error)
            return True, f"grade {grade} taken, but only until the program ends: {error}"
        except FatigueError as error:
            return False, str(error)
        return True, f"{name}: sleep quality {grade} scores {score:.0f} % today"

    def take_notes(self) -> list[str]:
        """The notes since the last call."""
        if self.calibration.note:
            self.notes.append(f"{self.driver_id}: {self.calibration.note}")
            self.calibration.note = ""
        notes, self.notes = self.notes, []
        return notes

    def _calibration(self) -> Calibration:
        if self.driver_id not in self._known:
            try:
                self._known[self.driver_id] = self._store.load(self.driver_id)
            except StorageError as error:
                self._complain(error, "calibration runs anew: ")
                self._known[self.driver_id] = References()
        return Calibration(self._settings, self._known[self.driver_id])

    def _complain(self, error: StorageError, consequence: str = "") -> None:
        self.store_problem = str(error)
        self.notes.append(f"{consequence}{error}")
