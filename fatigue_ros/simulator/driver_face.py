"""A driver's face under control: one portrait, any lids, mouth, head pose and light.

It stands in for the person in front of the camera (the programmable "automaton" that the hybrid
assistance paper names as future work). It proves plumbing and timing, not accuracy on people.

>>> driver = DriverFace()
>>> driver.render(FaceFrame(right_lid=1.0, left_lid=1.0)).shape
(480, 640, 3)
"""

import dataclasses
import functools
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.simulator.coverings import Covering, hand, sunglasses
from fatigue_ros.simulator.head_warp import HeadWarp
from fatigue_ros.simulator.lid_patches import LEFT_LIDS, RIGHT_LIDS, lid_bank
from fatigue_ros.simulator.mouth_patches import (
    LIPS_CLOSED,
    LOWER_OUTER,
    UPPER_OUTER,
    YAWN,
    mouth_bank,
)
from fatigue_ros.simulator.patches import PatchBank
from fatigue_ros.simulator.portrait import DESIGN_SIZE, OVAL, Floats, Image, Portrait, load_portrait

GRAIN = 1.6
"""[grey levels] standard deviation of the sensor noise at ``noise`` 1, as a webcam by daylight."""
GRAIN_FIELDS = 3
GRAIN_SHIFT = 32
"""[px] the noise fields are larger than the frame by this and shifted at random within it."""
GRAIN_PERIOD = 4096
"""Frames after which the noise repeats."""
FINE = 4
"""Bits after the binary point while light and pulse are added: a pulse of half a grey level then
survives, dithered by the noise."""
LOOK = 16
"""[px] A part of the texture is looked for in every so many pixels of the frame."""
NO_MAP = np.empty(0, np.float32)
"""cv2.remap's second map, which maps of two channels do without."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FaceFrame:
    """What the driver and the light do in one frame.

    Attributes:
        right_lid, left_lid: 0 as open as in the portrait, 1 shut.
        mouth: -0.15 lips closed, 0 as in the portrait, 1 a wide yawn.
        yaw, pitch, roll: [rad] signs of ``fatigue_ros.face.Face``, relative to the portrait;
            believable to about 0.35.
        tx, ty: [px of the frame] shift of the head to the right and downwards.
        light: gain on the whole picture, 1 the portrait's own light.
        side_light: -1 from the image's left to 1 from its right: share added at the bright edge
            and taken at the dark one.
        noise: sensor noise, 1 ordinary, 0 none.
        pulse: [grey levels] what the blood adds to the green of the skin.
        infrared: grey picture of a night camera.
        sunglasses, covered: dark glasses, a hand over the eyes.
        gone: the seat is empty.
        grain: which noise to take, usually the number of the frame.
    """

    right_lid: float = 0.0
    left_lid: float = 0.0
    mouth: float = LIPS_CLOSED
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    tx: float = 0.0
    ty: float = 0.0
    light: float = 1.0
    side_light: float = 0.0
    noise: float = 1.0
    pulse: float = 0.0
    infrared: bool = False
    sunglasses: bool = False
    covered: bool = False
    gone: bool = False
    grain: int = 0


@dataclasses.dataclass(frozen=True)
class _Parts:
    """All that a frame is put together from, but the noise; never changed once made."""

    portrait: Portrait
    right: PatchBank
    left: PatchBank
    mouth: PatchBank
    warp: HeadWarp
    glasses: Covering
    hand: Covering
    skin: Image
    skin_box: tuple[int, int, int, int]
    """[px of the texture] left, top, width, height of the skin."""


class DriverFace:
    """Renders frames of a driver from one portrait.

    A frame is a function of the constructor's arguments and the ``FaceFrame`` alone: the same
    give the same bytes, in any order.
    """

    def __init__(
        self, portrait: str | Path | None = None, size: tuple[int, int] = DESIGN_SIZE, seed: int = 0
    ) -> None:
        """Draw everything that a frame is put together from.

        That takes about a second; with the default portrait, only for the first of a size.

        Args:
            portrait: photograph of one frontal face, eyes open, mouth about closed; None for
                the public-domain portrait that comes with scikit-image.
            size: [px] (width, height) of the frames.
            seed: of the sensor noise.

        Raises:
            SourceError: the portrait cannot be used; the message says why.
        """
        self.size = size
        self._parts = _default_parts(size) if portrait is None else _make_parts(portrait, size)
        width, height = size
        random = np.random.default_rng(seed)
        shape = (height + GRAIN_SHIFT, width + GRAIN_SHIFT, 3)
        self._grain = []
        for _ in range(GRAIN_FIELDS):
            white = random.normal(0.0, 1.0, shape).astype(np.float32)
            soft = np.asarray(cv2.GaussianBlur(white, (0, 0), 0.6), np.float32)
            soft = soft * (GRAIN * (1 << FINE) / soft.std())
            self._grain.append(soft.astype(np.int16))
        self._shifts = random.integers(0, GRAIN_SHIFT, (GRAIN_PERIOD, 2))
        self._fields = random.integers(0, GRAIN_FIELDS, GRAIN_PERIOD)
        ramp = np.linspace(-1.0, 1.0, width, dtype=np.float32)
        self._ramp = np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (height, width, 3)))

    def render(self, frame: FaceFrame) -> Image:
        """One frame, shape (H, W, 3), BGR."""
        width, height = self.size
        margin = self._parts.portrait.margin
        where = None
        if frame.gone:
            picture = self._parts.portrait.cabin[margin : margin + height, margin : margin + width]
        else:
            texture = self._parts.portrait.texture.copy()
            self._parts.right.paste(texture, frame.right_lid)
            self._parts.left.paste(texture, frame.left_lid)
            self._parts.mouth.paste(texture, (frame.mouth - LIPS_CLOSED) / (YAWN - LIPS_CLOSED))
            if frame.sunglasses:
                self._parts.glasses.lay_over(texture)
            if frame.covered:
                self._parts.hand.lay_over(texture)
            where = self._parts.warp.map(frame.yaw, frame.pitch, frame.roll, frame.tx, frame.ty)
            # The same in whole numbers, which cv2.remap reads in half the time.
            whole, fractions = cv2.convertMaps(where, NO_MAP, cv2.CV_16SC2)
            picture = np.asarray(
                cv2.remap(
                    texture, whole, fractions, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
                ),
                np.uint8,
            )
        if frame.infrared:
            # Skin is bright in the near infrared; red is the closest that a photograph has.
            grey = cv2.addWeighted(picture[..., 2], 0.7, picture[..., 1], 0.3, 0.0)
            picture = np.asarray(cv2.merge([grey, grey, grey]), np.uint8)
        fine = picture.astype(np.int16)
        fine <<= FINE
        if frame.pulse and where is not None:
            box = _seen(where, self._parts.skin_box)
            skin = cv2.remap(self._parts.skin, where[box], NO_MAP, cv2.INTER_NEAREST)
            added = (skin * np.float32(frame.pulse * (1 << FINE) / 255.0)).astype(np.int16)
            fine[box][..., 1] += added
            fine[box][..., 2] += added >> 2
        if frame.noise:
            self._add_grain(fine, frame)
        gain = frame.light / (1 << FINE)
        if frame.side_light:
            gains = self._ramp * np.float32(gain * frame.side_light)
            gains += np.float32(gain)
            return np.asarray(cv2.multiply(fine, gains, dtype=cv2.CV_8U), np.uint8)
        cv2.threshold(fine, 0, 0, cv2.THRESH_TOZERO, dst=fine)
        return np.asarray(cv2.convertScaleAbs(fine, alpha=gain), np.uint8)

    def _add_grain(self, fine: npt.NDArray[np.int16], frame: FaceFrame) -> None:
        width, height = self.size
        turn = frame.grain % GRAIN_PERIOD
        down, right = (int(v) for v in self._shifts[turn])
        field = self._grain[int(self._fields[turn])]
        grain = field[down : down + height, right : right + width]
        if frame.noise == 1.0:
            fine += grain
        else:
            fine += (grain * np.float32(frame.noise)).astype(np.int16)


def _seen(where: Floats, box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    """Rows and columns of the frame that show a part of the texture.

    Args:
        where: [px] texture position of each pixel of the frame, shape (H, W, 2).
        box: [px] left, top, width, height of the part.
    """
    left, top, width, height = box
    every = where[::LOOK, ::LOOK]
    inside = (every >= (left, top)) & (every <= (left + width, top + height))
    found = np.argwhere(inside.all(axis=2)) * LOOK
    if not found.size:
        return slice(0), slice(0)
    first, last = np.maximum(found.min(0) - LOOK, 0), found.max(0) + LOOK
    return slice(first[0], last[0]), slice(first[1], last[1])


def _make_parts(photograph: str | Path | None, size: tuple[int, int]) -> _Parts:
    portrait = load_portrait(photograph, size)
    skin = _skin_mask(portrait)
    left, top, width, height = cv2.boundingRect(skin)
    return _Parts(
        portrait=portrait,
        right=lid_bank(portrait, RIGHT_LIDS),
        left=lid_bank(portrait, LEFT_LIDS),
        mouth=mouth_bank(portrait),
        warp=HeadWarp(portrait),
        glasses=sunglasses(portrait),
        hand=hand(portrait),
        skin=skin,
        skin_box=(left, top, width, height),
    )


@functools.lru_cache(maxsize=2)
def _default_parts(size: tuple[int, int]) -> _Parts:
    # A scenario that follows another one in the same process must not wait for them again.
    return _make_parts(None, size)


def _skin_mask(portrait: Portrait) -> Image:
    """Shape of the texture's rows and columns, 255 on the face's skin: where a pulse shows."""
    points = portrait.mesh[:, :2].astype(np.int32)
    mask = np.zeros(portrait.texture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [points[OVAL]], 255)
    for hole in (RIGHT_LIDS, LEFT_LIDS, (UPPER_OUTER, LOWER_OUTER)):
        cv2.fillPoly(mask, [cv2.convexHull(points[hole[0] + hole[1]])], 0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 6.0 * portrait.unit), np.uint8)
