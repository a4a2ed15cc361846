"""Banks of ready-made pictures of a part of the face, one for each degree of opening.

The lids and the mouth are drawn once, when the driver is built; a frame only pastes the picture
for its degree. Both are made by moving each column of the portrait up and down: knots (lip
edges, lid margins) go from where they are in the photograph to where they shall be, the rows
between them follow linearly.
"""

import dataclasses

import cv2
import numpy as np

from fatigue_ros.simulator.portrait import Floats, Image, Mesh


@dataclasses.dataclass(frozen=True)
class PatchBank:
    """Pictures of one rectangle of the texture, in the order of their degree."""

    rows: slice
    columns: slice
    pictures: list[Image]

    def paste(self, texture: Image, share: float) -> None:
        """Put the picture for a degree, 0 the first and 1 the last, into the texture."""
        last = len(self.pictures) - 1
        texture[self.rows, self.columns] = self.pictures[round(min(max(share, 0.0), 1.0) * last)]


def contour(points: Mesh, columns: Floats) -> Floats:
    """Smooth y(x) through the points of a lid or lip, held level beyond its ends.

    Args:
        points: shape (N, 2), [px].
        columns: shape (X,), [px].
    """
    points = points[np.argsort(points[:, 0])]
    fit = np.polynomial.Polynomial.fit(points[:, 0], points[:, 1], min(5, len(points) - 1))
    return np.asarray(fit(np.clip(columns, points[0, 0], points[-1, 0])), np.float32)


def column_map(source: Floats, target: Floats, rows: Floats) -> Floats:
    """Which row of the photograph each row of the new picture shows.

    Args:
        source: shape (K, X), [px] rows of the knots in the photograph, increasing downwards.
        target: shape (K, X), [px] where they go.
        rows: shape (Y,), [px].

    Returns:
        Shape (Y, X); rows outside the knots show themselves.
    """
    shown = np.repeat(rows[:, None], target.shape[1], axis=1).astype(np.float32)
    for k in range(len(target) - 1):
        share = (rows[:, None] - target[k]) / np.maximum(target[k + 1] - target[k], 1e-3)
        within = (share >= 0.0) & (share < 1.0)
        shown = np.where(within, source[k] + share * (source[k + 1] - source[k]), shown)
    return np.asarray(shown, np.float32)


def sample(picture: Floats, columns: Floats, rows: Floats) -> Floats:
    """The picture at other places, its edges held.

    Args:
        picture: shape (H, W, ...).
        columns: [px] shape (Y, X).
        rows: [px] shape (Y, X).
    """
    remapped = cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(remapped, np.float32)


def to_bytes(picture: Floats) -> Image:
    """Clipped to 0..255."""
    return np.clip(picture, 0.0, 255.0).astype(np.uint8)
