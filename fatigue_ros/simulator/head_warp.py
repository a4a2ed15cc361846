"""Turning a flat portrait as if it were a head.

A coarse grid over the texture carries a depth (from the face mesh, continued smoothly into hair
and neck) and a weight (1 on the head, 0 on torso and cabin). A pose rotates the grid's points
about the neck and projects them; the inverse of that motion says where in the texture each pixel
of the frame comes from.
"""

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator  # type: ignore[import-untyped]

from fatigue_ros.simulator.portrait import (
    CHIN,
    FOREHEAD,
    LEFT_CHEEK,
    OVAL,
    RIGHT_CHEEK,
    Floats,
    Portrait,
    smoothstep,
)

STEP = 10
"""[px of the design size] between grid points; the motion is smooth, finer shows no difference."""
FOCAL_LENGTH = 1400.0
"""[px of the design size] stronger perspective than the cameras' own tears hair from the face."""
NECK_DEPTH = 0.55
"""How far behind the face's rim the axis of the neck lies, in half face widths."""
INVERSIONS = 6
"""Fixed-point steps to invert the motion: 95 % of the pixels are then within 0.2 px of the limit
at 0.35 rad and 0.5 px at 0.5 rad (measured); the others lie where hair folds over."""


class HeadWarp:
    """Where each pixel of a frame comes from, for a head pose."""

    def __init__(self, portrait: Portrait) -> None:
        """Measure depth and weight once."""
        self._size = portrait.size
        # The grid is laid so that cv2.resize makes the frame's map of it: whole pixels between
        # points, the points in the middle of what they stand for.
        self._step = max(1, round(STEP * portrait.unit))
        self._before = -(-portrait.margin // self._step) + 1  # points left of and above the frame
        self._first = portrait.margin + self._step * (0.5 - self._before) - 0.5
        x, y = np.meshgrid(
            *(
                self._first + self._step * np.arange(-(-length // self._step) + 2 * self._before)
                for length in portrait.size
            )
        )
        mesh = portrait.mesh
        centre = mesh[OVAL, :2].mean(axis=0)
        half_width = float(mesh[LEFT_CHEEK, 0] - mesh[RIGHT_CHEEK, 0]) / 2.0
        half_height = float(mesh[CHIN, 1] - mesh[FOREHEAD, 1]) / 2.0

        known = np.unique(np.r_[0:468:4, OVAL, 1, 4, 6, 168, CHIN])
        places, depths = [mesh[known, :2]], [mesh[known, 2]]
        around = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
        for radius, depth in ((1.75, -1.15), (2.3, -1.3)):  # the hair's rim lies behind the face
            ring = [half_width * np.cos(around), half_height * (np.sin(around) - 0.15 / radius)]
            places.append(centre + radius * np.stack(ring, axis=1))
            depths.append(np.full(len(around), 0.75 * depth * half_width))
        smooth = RBFInterpolator(
            np.vstack(places), np.hstack(depths), smoothing=30.0, kernel="thin_plate_spline"
        )
        z = smooth(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
        z = np.clip(z, -half_width, 1.2 * half_width).astype(np.float32)
        self._z = np.asarray(cv2.GaussianBlur(z, (0, 0), 1.2), np.float32)
        away = np.hypot(
            (x - centre[0]) / (2.0 * half_width),
            (y - centre[1] + 0.2 * half_height) / (1.75 * half_height),
        )
        weight = 1.0 - smoothstep(0.75, 1.45, away)
        chin = float(mesh[CHIN, 1])
        weight = weight * (1.0 - smoothstep(chin + 5.0, chin + 1.3 * half_height, y))
        self._weight = weight.astype(np.float32)
        self._x, self._y = x.astype(np.float32), y.astype(np.float32)
        self._pivot = (float(centre[0]), chin - 0.1 * half_height, -NECK_DEPTH * half_width)
        self._focal = FOCAL_LENGTH * portrait.unit

    def map(self, yaw: float, pitch: float, roll: float, tx: float, ty: float) -> Floats:
        """Texture position of each pixel of the frame.

        Args:
            yaw: [rad] as in ``fatigue_ros.face.Face``.
            pitch: [rad] likewise.
            roll: [rad] likewise.
            tx: [px] shift of the head to the right.
            ty: [px] and downwards.

        Returns:
            Shape (H, W, 2), [px].
        """
        r = _rotation(yaw, pitch, roll)
        px, py, pz = (np.float32(v) for v in self._pivot)
        x, y, z = self._x - px, self._y - py, self._z - pz
        towards = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z
        near = self._focal / (self._focal - (towards - z))
        dx = ((r[0, 0] * x + r[0, 1] * y + r[0, 2] * z) * near - x + np.float32(tx)) * self._weight
        dy = ((r[1, 0] * x + r[1, 1] * y + r[1, 2] * z) * near - y + np.float32(ty)) * self._weight
        motion = cv2.merge([dx, dy])
        u, v = self._x - dx, self._y - dy
        first, scale = np.float32(self._first), np.float32(1.0 / self._step)
        for _ in range(INVERSIONS):
            across, down = (u - first) * scale, (v - first) * scale
            there = cv2.remap(
                motion, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            u = 0.5 * (u + self._x - there[..., 0])
            v = 0.5 * (v + self._y - there[..., 1])
        # One point more on each side: beyond the last one there is nothing to come between.
        within = slice(self._before - 1, 1 - self._before)
        coarse = cv2.merge([u, v])[within, within]
        fine = cv2.resize(coarse, None, fx=self._step, fy=self._step)
        (width, height), step = self._size, self._step
        return np.asarray(fine[step : step + height, step : step + width], np.float32)


def _rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Shape (3, 3), x right, y down, z towards the camera: the image's left is the own right."""
    a, b, c = yaw, pitch, -roll
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    tilt = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(tilt @ nod @ turn, np.float32)
