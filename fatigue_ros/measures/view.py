"""Whether eyes and mouth can be judged: by the turn of the head, and behind dark glasses.

Landmark engines see eyes behind dark glasses, too, but what they see is not there.
"""

import dataclasses
import math
from collections import deque

from fatigue_ros.face import Face, Points
from fatigue_ros.settings.parameters import parameter

_TURN_TIME = 0.1  # [s] averages the noise of single frames
_ROUNDING = 1e-6  # [s] of stamps since 1970 in double precision, and more
_NOSE_LENGTH = 1.25  # [1] share of half the distance of the outer eye corners
_SHADE_MARGIN = 0.08  # [1] below the limit, before the eyes are believed again
_NOSE_TIP, _RIGHT_CORNER, _LEFT_CORNER = 30, 36, 45


@dataclasses.dataclass(frozen=True, kw_only=True)
class ViewSettings:
    """What eyes and mouth have in common: head-pose window, time between frames, coverage."""

    max_yaw: float = parameter(
        0.65,
        "Head turned further than this from the camera: not judged. Beyond it the far eye hides "
        "behind the nose and the aspect ratios grow without bound (a dash or mirror camera sees "
        "an attentive driver at up to 0.6)",
        unit="rad",
        limits=(0.1, 1.5),
    )
    max_pitch: float = parameter(
        0.5,
        "Head tilted further than this up or down from the camera: not judged, because the lids "
        "foreshorten",
        unit="rad",
        limits=(0.1, 1.5),
    )
    pose_margin: float = parameter(
        0.05,
        "A head once inside the window leaves it only this much beyond its edge, so that noise "
        "at the edge does not cut a closure into pieces",
        unit="rad",
        limits=(0.0, 0.5),
    )
    max_turn_rate: float = parameter(
        2.0,
        "Head turning faster than this: not judged, because the image is blurred and landmarks "
        "lag behind (eyes often blink with such a turn anyway)",
        unit="rad/s",
        limits=(0.3, 20.0),
    )
    max_gap: float = parameter(
        0.25,
        "Longest time between two frames that counts as watched; a longer one is a gap in which "
        "nothing is judged and that ends what was in progress",
        unit="s",
        limits=(0.05, 1.0),
    )
    min_coverage: float = parameter(
        0.5,
        "Share of the window that must have been judged for the window measures to be valid",
        limits=(0.0, 1.0),
    )


def yaw_from_points(points: Points) -> float:
    """Estimate the yaw of a head from its landmarks alone.

    The nose tip stands out from the line between the outer eye corners, so its offset along that
    line, as a share of half of it, grows with the tangent of the yaw. The factor is the tip's
    distance from the line over half the line: 0.99 in MediaPipe's canonical face model seen from
    far away, 1.2 to 1.35 in faces half a metre from a dash camera, where the tip looms larger.

    Args:
        points: shape (68, 2), [px].

    Returns:
        [rad] positive when the driver turns to his or her own left; NaN when the eye corners
        coincide or a point is not finite.
    """
    (nx, ny), (rx, ry), (lx, ly) = points[[_NOSE_TIP, _RIGHT_CORNER, _LEFT_CORNER]].tolist()
    ux, uy = lx - rx, ly - ry
    square = ux * ux + uy * uy
    if not square > 0.0:
        return math.nan
    offset = 2.0 * ((nx - rx) * ux + (ny - ry) * uy) / square - 1.0
    return math.atan(offset / _NOSE_LENGTH)


class HeadPoseWindow:
    """Says of each face whether its pose allows a judgement, with hysteresis.

    An engine that gives no yaw leaves NaN; then the yaw is estimated from the points. Pitch
    cannot be had from them without knowing the person, so an unknown pitch is let pass.
    """

    def __init__(self, settings: ViewSettings) -> None:
        self._settings = settings
        self._yaws: deque[tuple[float, float]] = deque()
        self.reset()

    def reset(self) -> None:
        """Forget the last faces."""
        self._inside = False
        self._yaws.clear()

    def refusal(self, face: Face) -> str:
        """Why this face cannot be judged, empty when it can."""
        points, s = face.points, self._settings
        if points is None:
            self._inside = False
            return "no face found"
        yaw, pitch = face.yaw, face.pitch
        if math.isnan(yaw):
            yaw = yaw_from_points(points)
            if math.isnan(yaw):
                self._inside = False
                return "the landmarks are not finite"
        turning = self._turn_rate(face.stamp, yaw)
        margin = s.pose_margin if self._inside else 0.0
        self._inside = False
        for what, name, angle, limit in (
            ("turned away", "yaw", yaw, s.max_yaw),
            ("tilted", "pitch", pitch, s.max_pitch),
        ):
            if abs(angle) > limit + margin:
                degrees, most = math.degrees(angle), math.degrees(limit)
                return f"head {what} ({name} {degrees:.0f} deg, limit {most:.0f})"
        self._inside = True
        if turning > s.max_turn_rate:
            return f"head turning fast ({math.degrees(turning):.0f} deg/s)"
        return ""

    def _turn_rate(self, stamp: float, yaw: float) -> float:
        """[rad/s] how fast the head has turned over the last tenth of a second."""
        yaws = self._yaws
        yaws.append((stamp, yaw))
        # The newest of those that are old enough; much older ones are no neighbours.
        while len(yaws) > 1 and yaws[1][0] <= stamp - _TURN_TIME + _ROUNDING:
            yaws.popleft()
        passed = stamp - yaws[0][0]
        if not _TURN_TIME - _ROUNDING <= passed <= 4.0 * _TURN_TIME:
            return 0.0
        return abs(yaw - yaws[0][1]) / passed


class ShadeWatch:
    """Says of each face whether its eyes lie behind dark glasses.

    Args:
        limit: [1] ``Face.eye_shade`` above which they do.
        time: [s] that it must last.
        max_gap: [s] between two frames; after a longer one it begins anew.
    """

    def __init__(self, limit: float, time: float, max_gap: float) -> None:
        self._limit, self._time, self._max_gap = limit, time, max_gap
        self.reset()

    def reset(self) -> None:
        """Forget the last faces."""
        self._since = self._last = math.nan

    def refusal(self, face: Face) -> str:
        """Why the eyes of this face cannot be judged, empty when they can."""
        known = face.stamp - self._last <= self._max_gap + 1e-6
        limit = self._limit - _SHADE_MARGIN if known else self._limit
        if not face.eye_shade > limit:  # an unknown shade hides nothing
            self.reset()
            return ""
        self._last = face.stamp
        if not known:
            self._since = face.stamp
        if face.stamp - self._since < self._time - 1e-6:
            return ""
        return f"dark glasses (below the eyes {100.0 * face.eye_shade:.0f} % darker than the cheek)"
