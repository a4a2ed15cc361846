"""Things in front of the eyes: sunglasses and a hand."""

import dataclasses

import cv2
import numpy as np

from fatigue_ros.simulator.lid_patches import LEFT_LIDS, RIGHT_LIDS
from fatigue_ros.simulator.portrait import (
    LEFT_EYE_OUTER,
    RIGHT_EYE_OUTER,
    Floats,
    Image,
    Mesh,
    Portrait,
)

# Lengths in distances between the outer corners of the eyes.
LENS_HALF_WIDTH, LENS_HALF_HEIGHT, LENS_BELOW = 0.28, 0.21, 0.04
"""Sunglasses of ordinary size: a lens 55 mm wide and 41 mm high where the eyes are 98 mm apart."""
FRAME_THICKNESS = 0.025
FINGER = 0.17
"""Thickness of a finger: 18 mm."""
LENS_OPACITY = 0.96
"""Category 4 sunglasses let 3 to 8 % of the light through (ISO 12312-1)."""
EARS = (127, 356)
"""Mesh points where the temples of glasses disappear."""


@dataclasses.dataclass(frozen=True)
class Covering:
    """A picture laid over a rectangle of the texture."""

    rows: slice
    columns: slice
    colour: Floats
    """Shape (Y, X, 3), already multiplied by the opacity."""
    let_through: Floats
    """Shape (Y, X, 1), 1 minus opacity."""

    def lay_over(self, texture: Image) -> None:
        """Blend it into the texture."""
        under = texture[self.rows, self.columns]
        texture[self.rows, self.columns] = (under * self.let_through + self.colour).astype(np.uint8)


def _cut(colour: Floats, opacity: Floats) -> Covering:
    used = np.argwhere(opacity > 1e-3)
    (y0, x0), (y1, x1) = used.min(axis=0), used.max(axis=0) + 1
    rows, columns = slice(int(y0), int(y1)), slice(int(x0), int(x1))
    share = opacity[rows, columns][..., None]
    return Covering(rows, columns, colour[rows, columns] * share, 1.0 - share)


def _eyes(mesh: Mesh) -> tuple[list[Mesh], float, Mesh]:
    """Centres of the eyes, distance of their outer corners, unit vector from right to left."""
    centres = [mesh[lids[0] + lids[1], :2].mean(axis=0) for lids in (RIGHT_LIDS, LEFT_LIDS)]
    across = mesh[LEFT_EYE_OUTER, :2] - mesh[RIGHT_EYE_OUTER, :2]
    distance = float(np.hypot(*across))
    return centres, distance, across / distance


def _pixel(point: Mesh) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def sunglasses(portrait: Portrait) -> Covering:
    """Dark glasses that follow the head."""
    shape = portrait.texture.shape[:2]
    centres, distance, across = _eyes(portrait.mesh)
    down = np.array([-across[1], across[0]])
    opacity = np.zeros(shape, np.uint8)
    frame = np.zeros(shape, np.uint8)
    thick = max(1, round(FRAME_THICKNESS * distance))
    around = np.linspace(0.0, 2.0 * np.pi, 60)
    outline = np.stack([np.cos(around), np.sin(around)], axis=1)
    outline = np.sign(outline) * np.abs(outline) ** 0.7  # rounder than a box, squarer than an egg
    for side, centre in zip((-1, 1), centres, strict=True):
        middle = centre + LENS_BELOW * distance * down
        lens = middle + distance * (
            outline[:, :1] * LENS_HALF_WIDTH * across + outline[:, 1:] * LENS_HALF_HEIGHT * down
        )
        polygon = lens.round().astype(np.int32)
        cv2.fillPoly(opacity, [polygon], 255, cv2.LINE_AA)
        cv2.polylines(frame, [polygon], True, 255, thick, cv2.LINE_AA)
        hinge = middle + distance * (side * LENS_HALF_WIDTH * across - 0.09 * down)
        ear = portrait.mesh[EARS[0 if side < 0 else 1], :2]
        cv2.line(frame, _pixel(hinge), _pixel(ear), 255, thick, cv2.LINE_AA)
    inner = [
        centre + distance * (side * LENS_HALF_WIDTH * across - 0.05 * down)
        for side, centre in zip((1, -1), centres, strict=True)
    ]
    cv2.line(frame, _pixel(inner[0]), _pixel(inner[1]), 255, thick + 1, cv2.LINE_AA)
    lenses, rims = opacity.astype(np.float32) / 255.0, frame.astype(np.float32) / 255.0
    # A pale reflection of the windscreen, brightest at the top of the lens.
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    height = ((x - centres[0][0]) * down[0] + (y - centres[0][1]) * down[1]) / distance
    glare = 70.0 * np.clip(-height / LENS_HALF_HEIGHT, 0.0, 1.0) ** 2
    colour = np.array([30.0, 27.0, 25.0]) + glare[..., None] * np.array([1.0, 0.95, 0.88])
    colour = colour * (1.0 - rims[..., None]) + np.array([16.0, 16.0, 18.0]) * rims[..., None]
    return _cut(colour.astype(np.float32), np.maximum(LENS_OPACITY * lenses, rims))


def hand(portrait: Portrait) -> Covering:
    """The driver's right hand over both eyes."""
    shape = portrait.texture.shape[:2]
    centres, distance, across = _eyes(portrait.mesh)
    down = np.array([-across[1], across[0]])
    middle = (centres[0] + centres[1]) / 2.0
    cheek = _pixel(portrait.mesh[50, :2])
    reach = round(0.06 * distance)
    patch = portrait.texture[
        cheek[1] - reach : cheek[1] + reach, cheek[0] - reach : cheek[0] + reach
    ]
    skin = np.median(patch.reshape(-1, 3), axis=0) * 0.92
    colour = np.zeros((*shape, 3), np.float32)
    opacity = np.zeros(shape, np.uint8)
    thick = max(2, round(FINGER * distance))
    wrist = middle + distance * (-1.75 * across + 3.2 * down)
    palm = middle + distance * (-0.78 * across + 0.30 * down)
    strokes = [(wrist, palm, 3 * thick, 0.9), (palm, palm, 4 * thick, 0.95)]
    for finger, tip in enumerate((0.56, 0.68, 0.66, 0.52)):
        drop = (finger - 1.6) * FINGER * 0.98
        root = middle + distance * (-0.72 * across + (0.6 * drop + 0.12) * down)
        strokes.append((root, middle + distance * (tip * across + drop * down), thick, 1.0))
    for start, end, width, light in strokes:
        for ring, shade in ((width, 0.72), (round(0.84 * width), 0.9), (round(0.6 * width), 1.0)):
            tone = tuple(float(v) for v in skin * light * shade)
            cv2.line(colour, _pixel(start), _pixel(end), tone, max(ring, 1), cv2.LINE_AA)
        cv2.line(opacity, _pixel(start), _pixel(end), 255, width, cv2.LINE_AA)
    colour = np.asarray(cv2.GaussianBlur(colour, (0, 0), 0.015 * distance), np.float32)
    soft = cv2.GaussianBlur(opacity.astype(np.float32) / 255.0, (0, 0), 0.8 * portrait.unit)
    return _cut(colour, np.asarray(soft, np.float32))
