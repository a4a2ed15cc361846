"""All parameters of the judgement in one flat block, as the fusion node declares them."""

import dataclasses
from pathlib import Path

from fatigue_ros.fusion.alert_drives import DriveSettings
from fatigue_ros.fusion.calibration import CalibrationSettings
from fatigue_ros.fusion.ladder import LadderSettings
from fatigue_ros.fusion.nodding import NoddingSettings
from fatigue_ros.fusion.profiles.evidence_settings import EvidenceSettings
from fatigue_ros.fusion.profiles.paper_settings import PaperSettings
from fatigue_ros.fusion.profiles.profile import PROFILES
from fatigue_ros.fusion.session import SessionSettings
from fatigue_ros.fusion.sleep_quality import SleepSettings
from fatigue_ros.fusion.storage import check_driver_id, directory_of
from fatigue_ros.fusion.three_process import TimeSettings
from fatigue_ros.fusion.visibility import VisibilitySettings
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.settings.parameters import check_rising, parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class FusionSettings(
    PaperSettings,
    EvidenceSettings,
    SleepSettings,
    TimeSettings,
    CalibrationSettings,
    DriveSettings,
    VisibilitySettings,
    LadderSettings,
    NoddingSettings,
    SessionSettings,
    WarningSettings,
):
    """Every part's settings; each part reads only its own.

    Raises:
        ParameterError: values that are fine each but not together.
        DriverIdError: a driver's name that cannot be used.
    """

    profile: str = parameter(
        "evidence",
        "How metrics become a level: 'evidence' (eyelid closure carries it) or 'paper' "
        "(Mafteiu-Scai and Bobora 2025 to the letter)",
        choices=PROFILES,
    )
    driver_id: str = parameter(
        "driver",
        "Whose references are used at start: 1 to 64 letters, digits, '.', '_' or '-'",
    )

    state_directory: str = parameter(
        "",
        "Folder for references and sleep quality; empty: the user's state directory "
        "($XDG_STATE_HOME/fatigue_ros, else ~/.local/state/fatigue_ros); 'none': nothing is kept",
    )

    @property
    def directory(self) -> Path | None:
        """The folder that state_directory stands for; None when nothing is kept."""
        return directory_of(self.state_directory)

    def __post_init__(self) -> None:
        """Check what no single field can."""
        check_driver_id(self.driver_id)
        check_rising(
            self,
            "OPTICAL_WARNING_THRESHOLD_L",
            "OPTICAL_WARNING_THRESHOLD_H",
            "ACUSTICAL_WARNING_THRESHOLD",
            strict=False,
        )
        check_rising(self, "HR_SPEED_THRESHOLD_L", "HR_SPEED_THRESHOLD_H", strict=False)
        check_rising(self, "long_blink_time", "microsleep_time", "sleep_time", "unresponsive_time")
        self.check_evidence(self.OPTICAL_WARNING_THRESHOLD_L, clock=self.woke_at >= 0.0)
