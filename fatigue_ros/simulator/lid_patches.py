"""The eyelids of a portrait, from as open as in the photograph to shut."""

import cv2
import numpy as np

from fatigue_ros.simulator.patches import PatchBank, column_map, contour, sample, to_bytes
from fatigue_ros.simulator.portrait import Floats, Portrait, smoothstep

LEVELS = 41
"""Pictures of each eye: steps of 2.5 % closure, about the face mesh's own noise."""

RIGHT_LIDS = (
    [33, 246, 161, 160, 159, 158, 157, 173, 133],
    [33, 7, 163, 144, 145, 153, 154, 155, 133],
    [46, 53, 52, 65, 55],
)
LEFT_LIDS = (
    [362, 398, 384, 385, 386, 387, 388, 466, 263],
    [362, 382, 381, 380, 374, 373, 390, 249, 263],
    [285, 295, 282, 283, 276],
)
"""Mesh points of the upper and the lower lid margin and the brow's lower edge, each from the
image's left to its right."""

# Shapes in eye widths; chosen by looking at enlarged sheets of several portraits.
LASHES = 0.055
"""Height of the band above the lid margin that carries the lashes and moves with it."""
LOWER_LID_RISE = 0.03
"""Share of the opening that the lower lid closes; the upper lid does the rest."""
FOLLOW = 1.4
"""Exponent by which the lid is drawn ahead of the closure asked for: the face mesh takes a lid
half way down for a quarter, and drawn like this its eye aspect ratio falls in a straight line
with closure (to 6 % of the open level, on the default portrait)."""
CREASE = 0.20
"""How far above the open margin the skin lies that the shut lid takes its colour from."""


def lid_bank(portrait: Portrait, lids: tuple[list[int], list[int], list[int]]) -> PatchBank:
    """Pictures of one eye from open to shut.

    Args:
        portrait: where the eye is taken from.
        lids: ``RIGHT_LIDS`` or ``LEFT_LIDS``.
    """
    upper, lower, brow = (portrait.mesh[index, :2] for index in lids)
    unit = portrait.unit
    first, last = upper[0], upper[-1]
    width = float(last[0] - first[0])
    x0, x1 = int(first[0] - 0.28 * width), int(last[0] + 0.28 * width)
    middle = float(first[1] + last[1]) / 2.0
    y0, y1 = int(middle - 0.62 * width), int(middle + 0.5 * width)
    columns, rows = np.arange(x0, x1).astype(np.float32), np.arange(y0, y1).astype(np.float32)
    down = rows[:, None]
    open_upper = contour(upper, columns)
    open_lower = np.maximum(contour(lower, columns), open_upper)
    gap = open_lower - open_upper
    # 1 over the eye, 0 at its corners: what the lids do must not show beyond them.
    within = smoothstep(first[0] - 0.06 * width, first[0] + 0.10 * width, columns)
    within = within * (1.0 - smoothstep(last[0] - 0.10 * width, last[0] + 0.06 * width, columns))
    depth = np.sqrt(np.clip(gap / max(float(gap.max()), 1.0), 0.0, 1.0))
    lashes = LASHES * width * np.maximum(depth, 0.15)
    eye = portrait.texture[y0:y1, x0:x1].astype(np.float32)
    skin = _lid_skin(eye, open_upper - y0, width)
    across = np.repeat(columns[None] - x0, len(rows), axis=0).astype(np.float32)
    # Between brow and lid the skin stretches; the brow itself stays.
    top = np.interp(columns, brow[:, 0], brow[:, 1]).astype(np.float32)
    top = np.minimum(np.maximum(top, y0 + 2), open_upper - 2.0 * lashes)
    bottom = np.full_like(open_upper, y1 - 2)
    edge = 0.8 * unit

    pictures = []
    for level in range(LEVELS):
        closure = level / (LEVELS - 1)
        covered = 1.0 - (1.0 - closure) ** FOLLOW
        rise = LOWER_LID_RISE * covered * gap
        margin = open_upper + covered * (gap - rise)
        thinned = lashes * (1.0 - 0.35 * closure)
        above = column_map(
            np.stack([top, open_upper - lashes, open_upper]),
            np.stack([top, margin - thinned, margin]),
            rows,
        )
        beneath = column_map(
            np.stack([open_lower, open_lower + lashes / 2.0, bottom]),
            np.stack([open_lower - rise, open_lower + lashes / 2.0 - rise, bottom]),
            rows,
        )
        lid = sample(eye, across, above - y0)
        ball = sample(eye, across, beneath - y0)
        bare = np.clip((down - open_upper + lashes) / (2.0 * unit), 0.0, 1.0)
        bare = bare * np.clip((margin - 0.9 * lashes - down) / (2.0 * unit) + 0.5, 0.0, 1.0)
        bare = (0.8 * bare * smoothstep(0.0, 0.35, closure) * depth)[..., None]
        lid = lid * (1.0 - bare) + skin * bare
        below = np.clip((down - margin) / (2.0 * edge) + 0.5, 0.0, 1.0)[..., None]
        picture = lid * (1.0 - below) + ball * below
        spread = (1.8 + 1.1 * closure) * unit
        shadow = np.exp(-(((down - margin - 1.2 * unit) / spread) ** 2)) * depth * within
        picture = picture * (1.0 - ((0.25 + 0.27 * closure) * shadow)[..., None])
        blend = np.repeat(within[None], len(rows), axis=0)[..., None] * (1.0 if level else 0.0)
        pictures.append(to_bytes(eye * (1.0 - blend) + picture * blend))
    return PatchBank(slice(y0, y1), slice(x0, x1), pictures)


def _lid_skin(eye: Floats, open_upper: Floats, width: float) -> Floats:
    """Smooth lid skin of the eye picture's shape: the colour of each column above the crease."""
    height = eye.shape[0]
    sampled = np.empty((1, eye.shape[1], 3), np.float32)
    for x, margin in enumerate(open_upper):
        y = int(np.clip(margin - CREASE * width, 0, height - 1))
        sampled[0, x] = eye[max(0, y - 2) : y + 3, x].mean(axis=0)
    colour = np.asarray(cv2.GaussianBlur(sampled, (0, 0), 8.0), np.float32)
    smooth = np.repeat(colour, height, axis=0) * 0.97
    grain = eye - cv2.GaussianBlur(eye, (0, 0), 4.0)  # of the cheek below, where it is skin
    grain = np.roll(grain, -int(0.45 * width), axis=0) * 0.5 * (np.abs(grain) < 10.0)
    return np.asarray(smooth + grain, np.float32)
