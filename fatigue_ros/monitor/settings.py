"""The settings of the production chain: those of its nodes, under the nodes' names."""

import dataclasses
from pathlib import Path

from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.mouth import MouthSettings
from fatigue_ros.measures.pulse import PulseSettings
from fatigue_ros.settings.parameter_files import ParameterFile


@dataclasses.dataclass(frozen=True, kw_only=True)
class MonitorSettings:
    """What the nodes `blink`, `yawn`, `heart_rate` and `fusion` are told."""

    blink: EyeSettings = dataclasses.field(default_factory=EyeSettings)
    yawn: MouthSettings = dataclasses.field(default_factory=MouthSettings)
    heart_rate: PulseSettings = dataclasses.field(default_factory=PulseSettings)
    fusion: FusionSettings = dataclasses.field(default_factory=FusionSettings)

    @classmethod
    def read(cls, file: ParameterFile, profile: str | None = None) -> "MonitorSettings":
        """What the nodes would be given by a file.

        Args:
            file: the file.
            profile: another one than the file's.

        Raises:
            ParameterError: a value is refused.
        """
        fusion = file.settings("fusion", FusionSettings)
        return cls(
            blink=file.settings("blink", EyeSettings),
            yawn=file.settings("yawn", MouthSettings),
            heart_rate=file.settings("heart_rate", PulseSettings),
            fusion=dataclasses.replace(fusion, profile=profile or fusion.profile),
        )

    def for_a_recording(self, state: Path | None = None) -> "MonitorSettings":
        """The same, but what is learnt of a driver is kept in this folder only, or nowhere.

        Nowhere, since the next recording shows another driver.
        """
        kept = "none" if state is None else str(state)
        return dataclasses.replace(
            self, fusion=dataclasses.replace(self.fusion, state_directory=kept)
        )
