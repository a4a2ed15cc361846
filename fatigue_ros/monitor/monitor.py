"""The production measures and judgement, in the order the nodes run them, without ROS."""

from __future__ import annotations

import math

from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings
from fatigue_ros.measures.states import EyeState, MouthState


class Pipeline:
    """Faces in, assessments out, as fast as they are given.

    Attributes:
        judgement: takes speed, pulse, ignition and the rest directly.
        eye_state: what the eyes did in the last frame.
        mouth_state: what the mouth did in the last frame.
    """

    def __init__(
        self,
        eyes: EyeSettings | None = None,
        mouth: MouthSettings | None = None,
        fusion: FusionSettings | None = None,
    ) -> None:
        """Begin with nothing seen; without settings the defaults, and nothing kept on disk."""
        self.judgement = Judgement(fusion or FusionSettings(state_directory="none"))
        self._eyes = EyeMonitor(eyes or EyeSettings())
        self._mouth = MouthMonitor(mouth or MouthSettings())
        self.eye_state: EyeState = self._eyes.state
        self.mouth_state: MouthState = self._mouth.state

    def see(self, face: Face) -> Assessment:
        """Take the face of one frame, in the order of time, and judge."""
        self.mouth_state = self._mouth.update(face)
        self.eye_state = self._eyes.update(face)
        self.judgement.on_mouth(self.mouth_state)
        self.judgement.on_eyes(self.eye_state)
        assessment = self.judgement.update(face.stamp)
        known = self.judgement.references.ear_open
        self._eyes.ear_open = None if math.isnan(known) else known
        return assessment
