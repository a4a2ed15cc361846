"""All parameters of the judgement in one flat block, as the fusion node declares them."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.calibration import CalibrationSettings
from fatigue_ros.fusion.ladder import LadderSettings
from fatigue_ros.fusion.profiles.evidence_settings import EvidenceSettings
from fatigue_ros.fusion.profiles.paper import PaperSettings
from fatigue_ros.fusion.session import SessionSettings
from fatigue_ros.fusion.sight import SightSettings
from fatigue_ros.fusion.sleep_quality import SleepSettings
from fatigue_ros.fusion.storage import check_driver_id, state_directory
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class FusionSettings(
    PaperSettings,
    EvidenceSettings,
    SleepSettings,
    CalibrationSettings,
    SightSettings,
    LadderSettings,
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
        choices=("evidence", "paper"),
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
        if self.state_directory == "none":
            return None
        return (
            Path(self.state_directory).expanduser() if self.state_directory else state_directory()
        )

    def __post_init__(self) -> None:
        """Check what no single field can."""
        check_driver_id(self.driver_id)
        self.check_warnings()
        self.check_evidence(self.OPTICAL_WARNING_THRESHOLD_L)
        if self.HR_SPEED_THRESHOLD_L > self.HR_SPEED_THRESHOLD_H:
            raise ParameterError(
                f"HR_SPEED_THRESHOLD_L: expected at most HR_SPEED_THRESHOLD_H "
                f"({self.HR_SPEED_THRESHOLD_H} km/h), got {self.HR_SPEED_THRESHOLD_L} km/h"
            )
        steps = ("long_blink_time", "microsleep_time", "sleep_time", "unresponsive_time")
        for low, high in itertools.pairwise(steps):
            if getattr(self, low) >= getattr(self, high):
                raise ParameterError(
                    f"{low}: expected less than {high} ({getattr(self, high)} s), "
                    f"got {getattr(self, low)} s"
                )
