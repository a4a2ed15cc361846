"""A frame with what was found in it: face box, points, gaze, head axes, bars, level, reasons."""

import dataclasses
import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.face import LEFT_EYE, RIGHT_EYE, Face
from fatigue_ros.vision.head_pose import HeadPose, rotation_matrix
from fatigue_ros.vision.images import Picture

Colour = tuple[int, int, int]

# Blue, green, red. Told apart by people with a red-green deficiency as well (Okabe and Ito 2008).
WHITE: Colour = (245, 245, 245)
GREY: Colour = (150, 150, 150)
DARK: Colour = (24, 24, 24)
GOOD: Colour = (115, 158, 0)
CAUTION: Colour = (0, 159, 230)
ALARM: Colour = (0, 60, 230)
POINT: Colour = (233, 180, 86)
_SILENT: dict[str, tuple[Colour, Colour]] = {
    "eyes_closed": (WHITE, (16, 18, 74)),
    "cannot_see_driver": (WHITE, (112, 49, 42)),
    "system_fault": (WHITE, (67, 31, 91)),
}
"""Letters and ground of warnings by light only, as the page has them; others are CAUTION."""
_AXES: tuple[Colour, ...] = (ALARM, GOOD, (230, 140, 40))  # x, y, z, as rviz colours them

_NOSE_TIP = 30
_AXIS_LENGTH = 0.45  # of the face's width
_GAZE_LENGTH = 0.6  # of the face's width
_BOX_MARGIN = 0.06  # of the face's width
_FONT = cv2.FONT_HERSHEY_DUPLEX
_TEXT_HEIGHT = 1 / 40  # of the image's height
_SMALLEST_TEXT = 9  # [px] of a capital letter; below, nobody can read it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bar:
    """A measure as an upright bar.

    Attributes:
        name: a few letters.
        value: NaN when it cannot be judged: the bar stays empty.
        full: the value at which the bar is full.
        mark: a value to compare with, drawn as a line across; NaN for none.
        alarming: whether the value is past what it is compared with.
    """

    name: str
    value: float
    full: float
    mark: float = math.nan
    alarming: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Annotation:
    """What is to be drawn on a frame.

    Attributes:
        face: whose points are in pixels of the frame; None when nothing is known of one.
        bars: from left to right.
        headline: the level and the state, one line.
        warning: what the driver is told, empty for nothing.
        severity: 0 none, 1 visual, 2 acoustic, as in FatigueWarning.
        cause: in the words of FatigueWarning.
        notes: what is not valid and why, a line each.
    """

    face: Face | None = None
    bars: tuple[Bar, ...] = ()
    headline: str = ""
    warning: str = ""
    severity: int = 0
    cause: str = ""
    notes: tuple[str, ...] = ()


def annotate(picture: Picture, annotation: Annotation, max_width: int) -> Picture:
    """Draw on a copy of the picture, made smaller first where it is wider.

    Args:
        picture: shape (H, W, 3), blue, green, red; not changed.
        annotation: what to draw.
        max_width: [px] of the result.

    Returns:
        Shape (h, w, 3), uint8.
    """
    scale = min(1.0, max_width / picture.shape[1])
    if scale < 1.0:
        size = (max_width, max(1, round(picture.shape[0] * scale)))
        canvas = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    else:
        canvas = picture.copy()
    face = annotation.face
    if face is not None and face.points is not None:
        _draw_face(canvas, face.points.astype(np.float64) * scale, face, annotation.severity)
        if face.pupils is not None:
            _draw_gaze(canvas, face.pupils.astype(np.float64) * scale, face, scale)
    text = _Text(canvas.shape[0])
    _draw_bars(canvas, annotation.bars, text)
    _draw_strip(canvas, annotation, text)
    _draw_notes(canvas, annotation.notes, text)
    return canvas


class _Text:
    """Letters of a size that fits the picture. OpenCV's fonts know ASCII only."""

    def __init__(self, height: int) -> None:
        self.height = max(_SMALLEST_TEXT, round(height * _TEXT_HEIGHT))
        self._scale = float(cv2.getFontScaleFromHeight(_FONT, self.height, 1))
        self.line = round(self.height * 1.7)

    def width(self, text: str) -> int:
        return int(cv2.getTextSize(text, _FONT, self._scale, 1)[0][0])

    def fit(self, text: str, width: int) -> str:
        """As much of the text as fits."""
        if self.width(text) <= width:
            return text
        while text and self.width(text + "...") > width:
            text = text[:-1]
        return text.rstrip() + "..."

    def wrap(self, text: str, width: int, lines: int) -> list[str]:
        """The text in at most so many lines; the last is cut short where need be."""
        found: list[str] = []
        words = text.split()
        while words and len(found) < lines - 1:
            count = 1
            while count < len(words) and self.width(" ".join(words[: count + 1])) <= width:
                count += 1
            found.append(self.fit(" ".join(words[:count]), width))
            words = words[count:]
        return [*found, self.fit(" ".join(words), width)] if words else found

    def put(self, canvas: Picture, text: str, x: int, y: int, colour: Colour) -> None:
        """With the lower left corner of the first letter at x, y."""
        plain = text.encode("ascii", "replace").decode()
        cv2.putText(canvas, plain, (x, y), _FONT, self._scale, colour, 1, cv2.LINE_AA)


def _shade(canvas: Picture, top: int, bottom: int, colour: Colour, left: int = 0) -> None:
    """Lay a see-through colour over some rows, so that letters can be read on any picture."""
    region = canvas[max(0, top) : bottom, left:]
    if region.size:
        tint = np.full_like(region, colour)
        cv2.addWeighted(region, 0.25, tint, 0.75, 0.0, dst=region)


def _draw_face(canvas: Picture, points: npt.NDArray[np.float64], face: Face, severity: int) -> None:
    low, high = points.min(axis=0), points.max(axis=0)
    width = float(high[0] - low[0])
    margin = _BOX_MARGIN * width
    thickness = max(1, round(canvas.shape[0] / 300))
    colour = (GOOD, CAUTION, ALARM)[min(severity, 2)]
    cv2.rectangle(canvas, _pixel(low - margin), _pixel(high + margin), colour, thickness)
    for eye in (RIGHT_EYE, LEFT_EYE):
        outline = np.rint(points[eye]).astype(np.int32)
        cv2.polylines(canvas, [outline], isClosed=True, color=POINT, thickness=1, lineType=16)
    for point in points:
        cv2.circle(canvas, _pixel(point), thickness, POINT, cv2.FILLED, cv2.LINE_AA)
    pose = HeadPose(face.yaw, face.pitch, face.roll)
    if all(math.isfinite(angle) for angle in pose):
        # Seen from afar: an axis is as long as it looks. The third comes out of the face.
        ends = rotation_matrix(pose)[:2] * (1.0, 1.0, -1.0) * _AXIS_LENGTH * width
        nose = points[_NOSE_TIP]
        for end, axis_colour in zip(ends.T, _AXES, strict=True):
            cv2.line(canvas, _pixel(nose), _pixel(nose + end), axis_colour, 2 * thickness, 16)


def _draw_gaze(canvas: Picture, pupils: npt.NDArray[np.float64], face: Face, scale: float) -> None:
    """Pupils, and where they look as it is seen from the camera."""
    pose = HeadPose(face.yaw, face.pitch, face.roll)
    looks = math.isfinite(face.gaze_yaw + face.gaze_pitch + sum(pose))
    if not looks or face.points is None:  # behind shut lids nobody sees them
        return
    (yaw, pitch), size = (face.gaze_yaw, face.gaze_pitch), float(np.ptp(face.points[:, 0]))
    ahead = (math.sin(yaw) * math.cos(pitch), math.sin(pitch), -math.cos(yaw) * math.cos(pitch))
    line = rotation_matrix(pose)[:2] @ ahead * _GAZE_LENGTH * size * scale
    thickness = max(1, round(canvas.shape[0] / 300))
    for pupil in pupils:
        cv2.line(canvas, _pixel(pupil), _pixel(pupil + line), WHITE, thickness, cv2.LINE_AA)
        cv2.circle(canvas, _pixel(pupil), 2 * thickness, WHITE, cv2.FILLED, cv2.LINE_AA)


def _draw_bars(canvas: Picture, bars: tuple[Bar, ...], text: _Text) -> None:
    height, width = canvas.shape[:2]
    top, bottom = round(0.24 * height), round(0.64 * height)  # the notes are below
    thick, step = round(1.2 * text.height), round(4.5 * text.height)
    if not bars:
        return
    left = width - step * len(bars)
    _shade(canvas, top - text.line, bottom + 2 * text.line, DARK, left)
    for index, bar in enumerate(bars):
        middle = left + index * step + step // 2
        x = middle - thick // 2
        known = math.isfinite(bar.value)
        text.put(
            canvas, bar.name, middle - text.width(bar.name) // 2, top - text.height // 2, WHITE
        )
        cv2.rectangle(canvas, (x, top), (x + thick, bottom), GREY, 1)
        if known:
            level = _level(bar.value, bar.full, top, bottom)
            colour = ALARM if bar.alarming else GOOD
            cv2.rectangle(canvas, (x, level), (x + thick, bottom), colour, cv2.FILLED)
        if math.isfinite(bar.mark):
            line = _level(bar.mark, bar.full, top, bottom)
            cv2.line(canvas, (x - thick // 2, line), (x + thick + thick // 2, line), WHITE, 2)
        number = f"{bar.value:.2f}" if known else "--"
        below = bottom + text.line
        text.put(canvas, number, middle - text.width(number) // 2, below, WHITE if known else GREY)


def _level(value: float, full: float, top: int, bottom: int) -> int:
    return round(bottom - (bottom - top) * min(1.0, max(0.0, value / full)))


def _draw_strip(canvas: Picture, annotation: Annotation, text: _Text) -> None:
    width = canvas.shape[1]
    pad = text.height // 2
    warned = annotation.severity > 0 and annotation.warning
    lines = [(annotation.headline, WHITE, DARK)] if annotation.headline else []
    if warned:
        strong = annotation.severity > 1
        silent = _SILENT.get(annotation.cause, (DARK, CAUTION))
        colours = (WHITE, ALARM) if strong else silent
        lines += [(line, *colours) for line in text.wrap(annotation.warning, width - 2 * pad, 2)]
    for index, (line, colour, ground) in enumerate(lines):
        _shade(canvas, index * text.line, (index + 1) * text.line, ground)
        text.put(
            canvas, text.fit(line, width - 2 * pad), pad, (index + 1) * text.line - pad, colour
        )


def _draw_notes(canvas: Picture, notes: tuple[str, ...], text: _Text) -> None:
    height, width = canvas.shape[:2]
    pad = text.height // 2
    room = max(1, int(0.25 * height) // text.line)
    lines = [part for note in notes for part in text.wrap(note, width - 2 * pad, 3)]
    if len(lines) > room:
        lines = [*lines[: room - 1], f"... and {len(lines) - room + 1} more"]
    top = height - text.line * len(lines)
    if lines:
        _shade(canvas, top, height, DARK)
    for index, line in enumerate(lines):
        text.put(canvas, line, pad, top + (index + 1) * text.line - pad, CAUTION)


def _pixel(point: npt.NDArray[Any]) -> tuple[int, int]:
    # A point far outside, as of a face at the edge, must not overflow OpenCV's integers.
    x, y = np.clip(np.rint(point), -30_000, 30_000)
    return int(x), int(y)
