"""One face from frame to frame."""

from __future__ import annotations

from fatigue_ros.vision.mesh.attention_mesh import POINTS, AttentionMesh
from fatigue_ros.vision.mesh.detector import Detector
from fatigue_ros.vision.mesh.region import Floats, Picture, Region, angle_between, logit

RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners in the mesh: the line between them is made level


class Tracker:
    """Looks for a face, then follows it by its own points until it is lost."""

    def __init__(self, detector: Detector, mesh: AttentionMesh, confidence: float) -> None:
        """Start without a face.

        Args:
            detector: finds it.
            mesh: follows it.
            confidence: [1] below which the face is lost.
        """
        self._detector, self._mesh = detector, mesh
        self._least = logit(confidence)
        self._region: Region | None = None

    def find(self, rgb: Picture) -> Floats | None:
        """Points [px] of the face that is followed or found, shape (478, 2); None without one."""
        region = self._region
        if region is None:
            faces = self._detector.find(rgb)
            if not faces:
                return None
            region = faces[0].region()
        return self.look(rgb, region)

    def look(self, rgb: Picture, region: Region) -> Floats | None:
        """The same, for the face in a region, which is followed from here on."""
        points, face = self._mesh.find(rgb, region)
        if face <= self._least:
            self._region = None
            return None
        mesh = points[:POINTS]
        angle = angle_between(mesh[RIGHT_EYE], mesh[LEFT_EYE])
        self._region = region.towards(Region.around(mesh.min(0), mesh.max(0), angle))
        return points
