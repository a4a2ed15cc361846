"""The mouth of a portrait, from lips closed over the photograph's own mouth to a wide yawn."""

import dataclasses
from typing import Any

import cv2
import numpy as np

from fatigue_ros.simulator.patches import PatchBank, column_map, contour, sample, to_bytes
from fatigue_ros.simulator.portrait import (
    CHIN,
    LEFT_CHEEK,
    RIGHT_CHEEK,
    Floats,
    Mesh,
    Portrait,
    smoothstep,
)

LEVELS = 47
"""Pictures of the mouth: steps of 2.5 % of the opening."""
LIPS_CLOSED, YAWN = -0.15, 1.0
"""Ends of the opening scale; 0 is the mouth as in the photograph."""

UPPER_INNER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308]
LOWER_INNER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]
UPPER_OUTER = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291]
LOWER_OUTER = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291]
JAW = [58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288]
NOSE_BASE = 2

# Chosen by looking at enlarged sheets of several portraits.
OPENING = 0.62
"""Lip distance of a full yawn as a share of the photograph's inner mouth width; the mouth narrows
meanwhile, and the face mesh sees a mouth aspect ratio of 0.6 to 0.8, as on yawning people."""
NARROWING = 0.20
"""How much narrower the mouth gets on a yawn."""
RELAXED = 0.75
"""Share of a smile's curve that goes when the lips close; drivers do not smile all day."""
DARK = np.array([26.0, 20.0, 44.0], np.float32)
TONGUE = np.array([70.0, 66.0, 140.0], np.float32)
"""BGR of the inside of the mouth."""


@dataclasses.dataclass(frozen=True)
class _Mouth:
    """The mouth of the photograph and the rectangle it is drawn in; lengths in px."""

    mesh: Mesh
    unit: float
    face: Floats
    """The rectangle's picture."""
    columns: Floats
    rows: Floats
    centre: float
    half: float
    """Half the inner width of the mouth."""
    outer_half: float
    jaw_half: float
    nose: float
    """Row under the nose, above which nothing moves."""
    smile: float
    """How much lower the middle of the mouth lies than its corners."""


@dataclasses.dataclass(frozen=True)
class _Lips:
    """Where the lips are for one opening: rows per column, shape (X,), and where from."""

    upper: tuple[Floats, Floats]
    """Knots nose, upper lip's outer and inner edge: in the photograph and now, shape (3, X)."""
    lower: tuple[Floats, Floats]
    """Knots lower lip's inner and outer edge, jaw, end: in the photograph and now, (4, X)."""
    across: Floats
    """Column of the photograph that each column shows."""


def mouth_bank(portrait: Portrait) -> PatchBank:
    """Pictures of the lower face from ``LIPS_CLOSED`` to ``YAWN``."""
    mesh, unit = portrait.mesh[:, :2], portrait.unit
    inner_right, inner_left = mesh[UPPER_INNER[0]], mesh[UPPER_INNER[-1]]
    jaw_half = float(mesh[JAW[-1], 0] - mesh[JAW[0], 0]) / 2.0
    nose = float(mesh[NOSE_BASE, 1]) - 4.0 * unit
    height, width = portrait.texture.shape[:2]
    x0 = max(int(mesh[RIGHT_CHEEK, 0] - 4 * unit), 0)
    x1 = min(int(mesh[LEFT_CHEEK, 0] + 4 * unit), width)
    y0 = int(nose - 6 * unit)
    y1 = min(int(mesh[CHIN, 1] + 0.5 * jaw_half + 60 * unit), height - 1)
    mouth = _Mouth(
        mesh=mesh,
        unit=unit,
        face=portrait.texture[y0:y1, x0:x1].astype(np.float32),
        columns=np.arange(x0, x1).astype(np.float32),
        rows=np.arange(y0, y1).astype(np.float32),
        centre=float(inner_right[0] + inner_left[0]) / 2.0,
        half=float(inner_left[0] - inner_right[0]) / 2.0,
        outer_half=float(mesh[UPPER_OUTER[-1], 0] - mesh[UPPER_OUTER[0], 0]) / 2.0,
        jaw_half=jaw_half,
        nose=nose,
        smile=float(mesh[13, 1] + mesh[14, 1] - inner_right[1] - inner_left[1]) / 2.0,
    )
    fade_x = smoothstep(0.0, 12.0 * unit, mouth.columns - x0)
    fade_x = fade_x * smoothstep(0.0, 12.0 * unit, x1 - 1.0 - mouth.columns)
    fade_y = smoothstep(0.0, 5.0 * unit, mouth.rows - y0)
    fade_y = fade_y * smoothstep(0.0, 7.0 * unit, y1 - 1.0 - mouth.rows)
    fade = (fade_y[:, None] * fade_x[None])[..., None]
    pictures = []
    for opening in np.linspace(LIPS_CLOSED, YAWN, LEVELS):
        picture = _draw(mouth, _move(mouth, float(opening)), float(opening))
        pictures.append(to_bytes(mouth.face * (1.0 - fade) + picture * fade))
    return PatchBank(slice(y0, y1), slice(x0, x1), pictures)


def _move(mouth: _Mouth, opening: float) -> _Lips:
    """Where lips and jaw go."""
    opened, closed = max(opening, 0.0), max(-opening, 0.0) / -LIPS_CLOSED
    mesh, unit, half = mouth.mesh, mouth.unit, mouth.half
    aside = mouth.columns - mouth.centre
    narrow = NARROWING * opened * np.exp(-((aside / (1.15 * mouth.outer_half)) ** 2))
    from_x = (mouth.centre + aside * (1.0 + narrow)).astype(np.float32)
    off = np.abs(from_x - mouth.centre)
    inner_up = contour(mesh[UPPER_INNER], from_x)
    inner_low = np.maximum(contour(mesh[LOWER_INNER], from_x), inner_up)
    outer_up = np.minimum(contour(mesh[UPPER_OUTER], from_x), inner_up - 3.0 * unit)
    outer_low = np.maximum(contour(mesh[LOWER_OUTER], from_x), inner_low + 3.0 * unit)
    jaw = np.maximum(np.interp(from_x, mesh[JAW, 0], mesh[JAW, 1]), outer_low + 8.0 * unit)
    gap = inner_low - inner_up

    drop = OPENING * 2.0 * half * opened
    lens = np.sqrt(np.clip(1.0 - (off / half) ** 2.4, 0.0, 1.0))  # the hole: 1 in the middle
    chin = 1.0 - smoothstep(0.45 * mouth.jaw_half, mouth.jaw_half, np.abs(aside))
    chin = 0.80 * drop * chin
    common = 0.45 * drop * np.exp(-((aside / (1.3 * half)) ** 2))  # the corners sink too
    # A smile goes both ways: when the lips close and when the jaw drops.
    relaxed = max(closed, float(smoothstep(0.0, 0.6, opened)))
    relaxed = RELAXED * relaxed * max(mouth.smile, 0.0)
    level_out = relaxed * np.minimum((off / half) ** 2, 1.0)
    level_out = level_out * (1.0 - smoothstep(half, 2.2 * half, off))
    shut = 0.45 * closed * gap
    up = 0.25 * common - 0.05 * drop * lens + shut + 0.75 * common * (1.0 - lens) + level_out
    low = np.maximum(common + 0.57 * drop * lens - shut + level_out, up - 0.92 * gap)
    new_up = inner_up + up
    new_low = np.maximum(inner_low + low, new_up)
    lip_up = np.minimum(outer_up + 0.85 * up, new_up - 3.0 * unit)
    lip_low = outer_low + np.maximum(low - 0.05 * drop * lens, np.minimum(low, chin))
    new_jaw = np.maximum(jaw + chin, lip_low + 6.0 * unit)
    top, bottom = np.full_like(from_x, mouth.nose), np.full_like(from_x, mouth.rows[-1])
    return _Lips(
        upper=(np.stack([top, outer_up, inner_up]), np.stack([top, lip_up, new_up])),
        lower=(
            np.stack([inner_low, outer_low, jaw, bottom]),
            np.stack([new_low, lip_low, new_jaw, bottom]),
        ),
        across=np.repeat(from_x[None] - mouth.columns[0], len(mouth.rows), axis=0),
    )


def _draw(mouth: _Mouth, lips: _Lips, opening: float) -> Floats:
    """The rectangle's picture with the lips moved and the mouth filled."""
    opened, closed = max(opening, 0.0), max(-opening, 0.0) / -LIPS_CLOSED
    unit, half, y0 = mouth.unit, mouth.half, mouth.rows[0]
    down = mouth.rows[:, None]
    inner_up, up = lips.upper[0][-1], lips.upper[1][-1]
    inner_low, low = lips.lower[0][0], lips.lower[1][0]
    gap = inner_low - inner_up
    off = np.abs(lips.across[0] + mouth.columns[0] - mouth.centre)

    def moved(rows: Any) -> Floats:
        return sample(mouth.face, lips.across, (rows - y0).astype(np.float32))

    is_lower = np.clip((down - (up + low) / 2.0) / (1.5 * unit) + 0.5, 0.0, 1.0)[..., None]
    skin = moved(column_map(*lips.upper, mouth.rows)) * (1.0 - is_lower)
    skin = skin + moved(column_map(*lips.lower, mouth.rows)) * is_lower

    # Inside: the photograph's teeth hang from the upper lip, then dark, then the tongue.
    teeth = moved(np.clip(down - up + inner_up, None, np.maximum(inner_low - unit, inner_up)))
    teeth = teeth * (1.0 - 0.25 * float(smoothstep(0.05, 0.5, opened)))
    into = (down - up) / np.maximum(low - up, 1.0)
    tongue = np.exp(-(((mouth.columns - mouth.centre) / (0.55 * half)) ** 2))
    tongue = 0.45 * tongue * smoothstep(0.55, 0.9, into) * smoothstep(0.25, 0.6, opened)
    inside = DARK + (TONGUE - DARK) * tongue[..., None]
    if opened > 0.0:
        toothed = 1.0 - smoothstep(0.75 * gap, gap + 0.5 * unit, down - up)[..., None]
        inside = teeth * toothed + inside * (1.0 - toothed)
    else:
        inside = teeth
    hole = np.clip((down - up) / (1.5 * unit) + 0.5, 0.0, 1.0)
    hole = hole * np.clip((low - down) / (1.5 * unit) + 0.5, 0.0, 1.0)
    hole = hole * np.clip((low - up) / (3.0 * unit), 0.0, 1.0) * (off < 1.05 * half)
    hole = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), 0.8 * unit)[..., None]
    picture = skin * (1.0 - hole) + inside * hole
    if gap.max() > 3.0 * unit:  # lips that are closed in the photograph have their own line
        line = np.exp(-(((down - (up + low) / 2.0) / (1.8 * unit)) ** 2))
        line = 0.45 * closed * line * np.clip((1.05 - off / half) / 0.2, 0.0, 1.0)
        picture = picture * (1.0 - line[..., None])
    return np.asarray(picture, np.float32)
