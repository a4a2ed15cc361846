"""Who drives, and what is known of that person: references, calibration, last night's sleep."""

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.alert_drives import KEPT, DriveStart, not_more_tired, typical
from fatigue_ros.fusion.calibration import Calibration
from fatigue_ros.fusion.references import References, ReferenceStore
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sleep_quality import LocalDay, SleepQuality
from fatigue_ros.fusion.storage import StorageError, check_driver_id
from fatigue_ros.measures.states import EyeState


class Driver:
    """The driver at the wheel.

    Attributes:
        driver_id: the name.
        calibration: learns the driver's references.
        drive: the first minutes of this drive.
        references: those in use: NaN where nothing is known, and held for the drive otherwise.
        level_references: what the level is held against: of a first drive nobody knows whether
            it is normal.
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
        self._alert_drives: dict[str, tuple[References, ...]] = {}
        self.notes: list[str] = []
        self.store_problem = ""
        self.driver_id = settings.driver_id
        self.begin_drive()

    @property
    def alert_drives(self) -> int:
        """[1] earlier drives judged alert that the references rest on; 0: a first drive."""
        return len(self._normal)

    def begin_drive(self) -> None:
        """A drive begins, or somebody else's."""
        self.calibration = self._calibration()
        self._normal = self._alert_drives[self.driver_id]
        self._watch()

    def change(self, driver_id: str) -> bool:
        """Somebody drives; returns whether it is another than before.

        Raises:
            DriverIdError: the name cannot be used.
        """
        check_driver_id(driver_id)
        if driver_id == self.driver_id:
            return False
        self.driver_id = driver_id
        self.begin_drive()
        return True

    def calibrate(self) -> None:
        """Learn the references over again."""
        self._known.pop(self.driver_id, None)
        self._alert_drives[self.driver_id] = self._normal = ()
        self.calibration = Calibration(self._settings, References())
        self._watch()

    def on_eyes(self, state: EyeState) -> None:
        """Take a frame of the first minutes of the drive: are these the eyes that are known?"""
        drive, own = self.drive, self.references
        if drive.on_eyes(state) and drive.other_eyes(drive.ear_open, drive.ear_shut, own):
            self.notes.append(
                f"{self.driver_id}: open eyes are at {drive.ear_open:.2f} and were at "
                f"{own.ear_open:.2f}: another camera, seat or eyewear; calibration starts over"
            )
            self._normal = ()
            self.calibration = Calibration(self._settings, References())
            self._use()

    def on_level(self, now: float, level: float, stamp: float) -> None:
        """Take the level without droop [%] at a time [s]; ``stamp`` [s since 1970] for the file."""
        found = self.drive.on_level(now, level)
        if not self.drive.judged:
            return
        if found is None:
            self.notes.append(f"{self.driver_id}: this drive did not begin alert; not kept")
            return
        before = self._alert_drives[self.driver_id]
        own = typical(before, References(), ("ear_open", "ear_shut"))
        if self.drive.other_eyes(found.ear_open, found.ear_shut, own):
            before = ()
        self._alert_drives[self.driver_id] = (*before, found)[-KEPT:]
        self.notes.append(f"{self.driver_id}: this drive began alert and is kept")
        self.keep_references(stamp)

    def keep_references(self, stamp: float) -> None:
        """Store what was learnt at a time [s]."""
        first = self._known[self.driver_id] = self.calibration.references
        self._use()
        try:
            self._store.save(self.driver_id, first, stamp, self._alert_drives[self.driver_id])
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

    def _watch(self) -> None:
        self.drive = DriveStart(self._settings, self._settings.calibration_closure_limit)
        self._use()

    def _use(self) -> None:
        self.references = self.level_references = self.calibration.references
        if self._normal:
            self.references = self.level_references = typical(self._normal, self.references)
        else:
            self.level_references = not_more_tired(self.references)

    def _calibration(self) -> Calibration:
        if self.driver_id not in self._known:
            try:
                first, drives = self._store.load_all(self.driver_id)
            except StorageError as error:
                self._complain(error, "calibration runs anew: ")
                first, drives = References(), ()
            self._known[self.driver_id], self._alert_drives[self.driver_id] = first, drives[-KEPT:]
        return Calibration(self._settings, self._known[self.driver_id])

    def _complain(self, error: StorageError, consequence: str = "") -> None:
        self.store_problem = str(error)
        self.notes.append(f"{consequence}{error}")
