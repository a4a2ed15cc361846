"""A head that sinks: lower in the picture or turned further down than this driver holds it.

A head that sinks takes the eyes out of sight just when they matter, so what can be said of it is
kept until it is seen upright again. Whether eyes that are lost were lost to a sinking head, a
mirror or the dark decides how loud that is said.
"""

import math

from fatigue_ros.face import Face

_TURNED = 0.25  # [rad] further down than usual; mirrors and the road ahead differ by less
_SUNK = 0.5  # [1] of the distance of the outer eye corners (about 9 cm): lower than usual
_BACK = 0.6  # [1] share of both, below which the head is up again
_USUAL_TIME = 10.0  # [s] over which the usual pose is learnt
_CHANGED_TIME = 60.0  # [s] the same for a head that stays down: a driver who sits otherwise now
_WARM_UP = 1.0  # [s] before which no pose is the usual one
_LONGEST_STEP = 0.5  # [s]
_RIGHT_CORNER, _LEFT_CORNER, _NOSE_BRIDGE = 36, 45, 27


class HeadDrop:
    """Follows the height and the pitch of the head.

    Attributes:
        down: the head sank or turned down, and has not been seen up since.
        turned: [rad] further down than usual in the last face; NaN where that is not known.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver."""
        self.down = False
        self.turned = math.nan
        self._stamp = math.nan
        self._watched = 0.0
        self._pitch = self._height = self._width = math.nan

    def update(self, face: Face, *, seen: bool) -> None:
        """Take a face; one that is not there changes nothing.

        Args:
            face: of a frame.
            seen: whether the eyes can be judged in it; else it teaches nothing of the usual pose.
        """
        self.turned = math.nan
        if face.points is None:
            return
        corners = face.points[[_RIGHT_CORNER, _LEFT_CORNER, _NOSE_BRIDGE]].tolist()
        (rx, ry), (lx, ly), (_, height) = corners
        width = math.hypot(lx - rx, ly - ry)
        if not (width > 0.0 and math.isfinite(height)):
            return
        passed = min(max(face.stamp - self._stamp, 0.0), _LONGEST_STEP)
        self._stamp = face.stamp
        if math.isnan(self._height):
            self._height, self._width, passed = height, width, 0.0
        if math.isnan(self._pitch):
            self._pitch = face.pitch
        self._watched += 0.0 if math.isnan(passed) else passed
        self.turned = turned = face.pitch - self._pitch  # NaN where the engine gives no pose
        sunk = (height - self._height) / self._width
        if self._watched >= _WARM_UP:
            limit = _BACK if self.down else 1.0
            self.down = turned > limit * _TURNED or sunk > limit * _SUNK
        time = _CHANGED_TIME if self.down else min(_USUAL_TIME, max(self._watched, 1e-3))
        share = min(passed / time, 1.0) if seen and passed > 0.0 else 0.0
        self._height += share * (height - self._height)
        self._width += share * (width - self._width)
        if math.isfinite(face.pitch):
            self._pitch += share * (face.pitch - self._pitch)
