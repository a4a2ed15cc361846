"""Node `camera`: a device, file, folder of images or stream in; images out."""

import dataclasses

from fatigue_ros.ros.player_node import PlayerNode, PlayerSettings
from fatigue_ros.vision.sources import (
    CameraSettings,
    FrameSource,
    is_live,
    open_source,
    without_password,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CameraNodeSettings(CameraSettings, PlayerSettings):
    """Parameters of the camera node."""


class CameraNode(PlayerNode[CameraNodeSettings]):
    """Publishes what a source of frames gives."""

    name = "camera"
    Settings = CameraNodeSettings

    @property
    def source(self) -> str:
        """As the parameter says, without a password."""
        return without_password(self.settings.source)

    @property
    def live(self) -> bool:
        """Whether it is a camera or a stream."""
        return is_live(self.settings.source)

    def open(self) -> FrameSource:
        """Open what the parameter names."""
        return open_source(self.settings.source, self.settings)
