"""Where the eyes look, against the head, from the pupils of one frame.

An eye is a ball that turns about its middle, which moves with the head. Where that middle is seen
follows from the corners of the eye and the head's pose, and the pupil's distance from it, over the
radius on which the pupil moves, is the sine of the angle between gaze and camera.
"""

import math
from typing import NamedTuple

from fatigue_ros.face import LEFT_EYE, RIGHT_EYE, Points
from fatigue_ros.vision.head_pose import FACE_MODEL, HeadPose, rotation_matrix

OPEN = 0.1
"""[1] Eye aspect ratio, of an eye and of both, below which lids hide pupils and engines guess."""
RADIUS = 10.5
"""[mm] From the middle about which an eye turns to its pupil: 13.5 to the cornea of the textbooks'
eye, of which 3 lie before the pupil as it is seen."""
OUTWARD, UPWARD, FORWARD = 1.0, 1.6, 4.5
"""[mm] The pupil that looks straight ahead, from the middle between the corners of its eye. Ours:
what makes five drivers look ahead, with pupils that were found by the attention mesh."""

_EYES = slice(RIGHT_EYE.start, LEFT_EYE.stop)
_BETWEEN = float(FACE_MODEL[45, 0] - FACE_MODEL[36, 0])  # [mm] outer corners


class Gaze(NamedTuple):
    """Angles of the gaze in the head's frame, [rad]; NaN when they cannot be told.

    Both are zero when the eyes look where the face points.

    Attributes:
        yaw: positive: to the driver's own left.
        pitch: positive: down.
    """

    yaw: float = math.nan
    pitch: float = math.nan


def gaze(points: Points, pupils: Points | None, pose: HeadPose) -> Gaze:
    """The mean direction of the eyes that are open.

    Args:
        points: shape (68, 2), [px], in the iBUG order.
        pupils: shape (2, 2), [px], of the right and of the left eye; None: the engine has none.
        pose: of the head.

    Returns:
        The angles; NaN when the head's pose or the pupils are not known, or the eyes are shut.
    """
    if pupils is None or not math.isfinite(sum(pose)):
        return Gaze()
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation_matrix(pose).tolist()
    lids = points[_EYES].tolist()
    apart = math.hypot(xx, yx) * _BETWEEN  # of the outer corners, as the camera sees them
    scale = math.dist(lids[0], lids[9]) / max(apart, 1e-6)
    x = y = z = gaps = weights = 0.0
    for side, lid, (u, v) in zip((-1, 1), (lids[:6], lids[6:]), pupils.tolist(), strict=True):
        weight = math.dist(lid[0], lid[3]) ** 2
        gap = (math.dist(lid[1], lid[5]) + math.dist(lid[2], lid[4])) / 2.0
        gaps += gap * math.sqrt(weight)
        weights += weight
        if not (gap >= OPEN * math.sqrt(weight) > 0.0 and math.isfinite(u + v) and scale > 0.0):
            continue
        # The middle of the ball, from the middle between the corners: in the head, then as seen.
        a, b, c = side * OUTWARD, -UPWARD, RADIUS - FORWARD
        across = ((u - (lid[0][0] + lid[3][0]) / 2.0) / scale - xx * a - xy * b - xz * c) / RADIUS
        down = ((v - (lid[0][1] + lid[3][1]) / 2.0) / scale - yx * a - yy * b - yz * c) / RADIUS
        off = max(1.0, math.hypot(across, down))
        x += weight * across / off
        y += weight * down / off
        z -= weight * math.sqrt(max(0.0, 1.0 - (across**2 + down**2) / off**2))
    length = math.hypot(x, y, z)
    if not (length > 0.0 and gaps >= OPEN * weights):
        return Gaze()
    ahead = -(xz * x + yz * y + zz * z)
    return Gaze(
        yaw=math.atan2(xx * x + yx * y + zx * z, ahead),
        pitch=math.asin((xy * x + yy * y + zy * z) / length),
    )
