"""How the head is turned, from the 68 points of one frame.

The points are compared with a rigid model of a face through a pinhole camera
(perspective-n-point). What comes out is the head's turn relative to the line from the camera to
the face, so a face that looks into the lens reads zero wherever it is in the image. That is the
angle at which the lids and lips are seen, and it hardly depends on the focal length, which
often nobody knows. Where it is known, so is where the head is.
"""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.face import POINT_COUNT
from fatigue_ros.vision.camera_model import CameraModel

FACE_MODEL: npt.NDArray[np.float64] = np.array(
    [
        # jaw, right to left
        (-71, 7, 73),
        (-68, 36, 79),
        (-66, 52, 77),
        (-62, 68, 71),
        (-55, 82, 62),
        (-47, 91, 51),
        (-30, 106, 34),
        (-22, 111, 26),
        (0, 115, 19),
        (22, 111, 26),
        (30, 106, 34),
        (47, 91, 51),
        (55, 82, 62),
        (62, 68, 71),
        (66, 52, 77),
        (68, 36, 79),
        (71, 7, 73),
        # right brow
        (-57, -13, 26),
        (-51, -19, 17),
        (-41, -22, 10),
        (-29, -21, 3),
        (-15, -19, 0),
        # left brow
        (15, -19, 0),
        (29, -21, 3),
        (41, -22, 10),
        (51, -19, 17),
        (57, -13, 26),
        # nose bridge
        (0, 0, 0),
        (0, 16, -9),
        (0, 30, -20),
        (0, 38, -23),
        # nostrils
        (-17, 48, 3),
        (-8, 51, -4),
        (0, 51, -6),
        (8, 51, -4),
        (17, 48, 3),
        # right eye
        (-45, 3, 23),
        (-39, 0, 17),
        (-28, -1, 15),
        (-18, 5, 16),
        (-27, 7, 15),
        (-37, 7, 17),
        # left eye
        (18, 5, 16),
        (28, -1, 15),
        (39, 0, 17),
        (45, 3, 23),
        (37, 7, 17),
        (27, 7, 15),
        # outer lips
        (-26, 73, 17),
        (-20, 70, 6),
        (-7, 66, -3),
        (0, 68, -4),
        (7, 66, -3),
        (20, 70, 6),
        (26, 73, 17),
        (14, 81, 6),
        (8, 83, 3),
        (0, 84, 2),
        (-8, 83, 3),
        (-14, 81, 6),
        # inner lips
        (-23, 73, 15),
        (-6, 73, 3),
        (0, 74, 2),
        (6, 73, 3),
        (23, 73, 15),
        (6, 74, 4),
        (0, 74, 2),
        (-6, 74, 4),
    ],
    np.float64,
)
"""Shape (68, 3), [mm]: a face in the iBUG order, origin at the root of the nose.

x to the driver's left, y down, z from the camera into the head. Our own measurement: the mean of
MediaPipe's FaceMesh over 196 pictures of drivers with the mouth shut, aligned by rotation and
scale (residual 2.9 % of the distance between the outer eye corners), made symmetrical, scaled to
90 mm between the outer eye corners and turned until the Frankfurt plane (tragion to lower orbital
rim) is level, which is what pitch 0 means.
"""

# Points that hardly move with the face's expression: the jaw near the ears, brows, nose and the
# corners of the eyes. Lids, lips and chin would turn a blink or a yawn into a nod.
_RIGID = np.array([*range(4), *range(13, 37), 39, 42, 45])
_RIGID_MODEL = FACE_MODEL[_RIGID]
_PINHOLE = np.eye(3)  # for points in units of the focal length


class HeadPose(NamedTuple):
    """Angles of the head, [rad]; all NaN when they cannot be told.

    Yaw and pitch are azimuth and elevation of where the face points, roll is the turn about that
    direction (intrinsic order yaw, pitch, roll). All are zero for a level face that looks into
    the camera.

    Attributes:
        yaw: positive when the driver turns to his or her own left (right in the image).
        pitch: positive when the driver looks down.
        roll: positive when the head tilts towards the own right shoulder.
    """

    yaw: float = math.nan
    pitch: float = math.nan
    roll: float = math.nan


def rotation_matrix(pose: HeadPose) -> npt.NDArray[np.float64]:
    """Shape (3, 3): turns the face model by these angles, seen by a camera with y down."""
    (sy, sp, sr), (cy, cp, cr) = np.sin(pose), np.cos(pose)
    yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return np.asarray(yaw @ pitch @ roll, np.float64)


class HeadPlace(NamedTuple):
    """Where a head is and how it is turned, in the camera's optical frame (REP-103).

    Attributes:
        position: [m] of the root of the nose: x right in the image, y down, z away from the camera.
        rotation: shape (3, 3), of the head's axes: x out of the face, y to the driver's left, z up
            (those of a face in REP-155).
        pose: the head's turn against the line of sight, as `head_pose` gives it.
    """

    position: tuple[float, float, float]
    rotation: npt.NDArray[np.float64]
    pose: HeadPose


_HEAD_AXES = np.array([(0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)])
"""x, y and z of the head, as columns in the axes of the face model."""


def head_axes(turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The head's axes as columns, where the face model is turned by this matrix."""
    return np.asarray(turn @ _HEAD_AXES, np.float64)


def head_place(points: npt.NDArray[Any], camera: CameraModel) -> HeadPlace | None:
    """Where the head is, seen by a camera that is known.

    How far away it is rests on a distance of 90 mm between the outer eye corners: people differ
    in that by some 5 %.

    Args:
        points: shape (68, 2), [px], in the iBUG order.
        camera: for pictures of this size.

    Returns:
        None when the points are not finite or allow no solution.
    """
    seen = points[_RIGID].astype(np.float64)
    if not np.isfinite(seen).all():
        return None
    rays = camera.rays(seen)
    solved = _solved(rays)
    if solved is None:
        return None
    turn, shift = solved
    if shift[2] <= 0.0:
        return None
    x, y = np.add.reduce(rays) / len(rays)
    facing = rotation_matrix(HeadPose(math.atan2(-x, 1.0), math.atan2(-y, math.hypot(x, 1.0)), 0.0))
    metres = [float(value) / 1000.0 for value in shift]
    return HeadPlace((metres[0], metres[1], metres[2]), head_axes(turn), _angles(facing.T @ turn))


def _solved(
    rays: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Rotation of the face model and where [mm] it is, by its rigid points at a distance of 1."""
    try:
        solved, turn, shift = cv2.solvePnP(
            _RIGID_MODEL, rays, _PINHOLE, None, flags=cv2.SOLVEPNP_SQPNP
        )
    except cv2.error:
        return None
    if not solved or not math.isfinite(np.add.reduce(turn, axis=None)):
        return None
    return np.asarray(cv2.Rodrigues(turn)[0], np.float64), np.asarray(shift, np.float64).ravel()


def quaternion(rotation: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    """x, y, z, w of a rotation matrix."""
    turn = cv2.Rodrigues(rotation)[0].ravel()
    angle = float(np.linalg.norm(turn))
    if angle == 0.0:
        return 0.0, 0.0, 0.0, 1.0
    x, y, z = (turn * (math.sin(angle / 2.0) / angle)).tolist()
    return x, y, z, math.cos(angle / 2.0)


def head_pose(
    points: npt.NDArray[Any], width: int, height: int, camera: CameraModel | None = None
) -> HeadPose:
    """The head's turn against the line of sight.

    Solved with SQPnP (Terzakis and Lourakis, "A Consistently Fast and Globally Optimal Solution
    to the Perspective-n-Point Problem", ECCV 2020) as OpenCV has it. Without a camera that is
    known, the focal length is taken as the longer side of the image, a field of view of 53 degrees.

    Args:
        points: shape (68, 2), [px], in the iBUG order.
        width: [px] of the image.
        height: [px] of the image.
        camera: where it is known, for pictures of this size.

    Returns:
        The angles, NaN when the points are not finite or allow no solution.

    Raises:
        ValueError: the points have another shape.
    """
    if points.shape != (POINT_COUNT, 2):
        raise ValueError(f"points: expected shape ({POINT_COUNT}, 2), got {points.shape}")
    seen = points[_RIGID].astype(np.float64)
    centre = np.add.reduce(seen) / len(seen)
    if not math.isfinite(centre[0] + centre[1]):
        return HeadPose()
    if camera is not None:
        place = head_place(points, camera)
        return HeadPose() if place is None else place.pose
    # With the centre at the origin the optical axis is the line of sight to it.
    solved = _solved((seen - centre) / max(width, height))
    return HeadPose() if solved is None else _angles(solved[0])


def _angles(rotation: npt.NDArray[np.float64]) -> HeadPose:
    """The angles of which `rotation_matrix` would make this matrix."""
    (_, _, r02), (r10, r11, r12), (_, _, r22) = rotation.tolist()
    return HeadPose(
        yaw=math.atan2(-r02, r22),
        pitch=math.asin(max(-1.0, min(1.0, -r12))),
        roll=math.atan2(-r10, r11),
    )
