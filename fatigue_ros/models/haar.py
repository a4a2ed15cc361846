"""Haar stage of Mujahidin et al. (2024): face, both eyes and mouth in a driver's picture.

The paper finds "eyes, mouth, and faces of drivers" with Haar cascades (Viola and Jones 2001) before
its network sees them, and names no cascade; these are our reading, all of them OpenCV's own. The
face is the frontal one or, as drivers look past a camera in the middle of the dashboard, one in
profile to either side. Eyes are looked for in the upper part of the face and the mouth in the lower
one, where OpenCV has no cascade but that of smiles: a mouth wide open is often not found.

What a cascade does not find stays None. A closed eye often is such a case, so that an eye which is
not found says nothing about the driver.
"""

import contextlib
import dataclasses
import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import EngineError
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture

Grey: TypeAlias = npt.NDArray[np.uint8]
"""Shape (height, width)."""

_SYSTEM_FOLDER = Path("/usr/share/opencv4/haarcascades")  # of Debian's package opencv-data
_SCALE_STEP = 1.1  # [1] OpenCV's default: the window grows by a tenth
_NEIGHBOURS = 3  # [1] OpenCV's default: so many raw hits make a find
_MOUTH_NEIGHBOURS = 10  # [1] the smile cascade answers to collars and chins with few
_LEAST_FACE = 1 / 6  # [1] of the picture's height; a driver's face fills more
_EYES = (0.125, 0.625)  # [1] of the face's height: below the hair, above the nostrils
_LEAST_EYE, _LARGEST_EYE = 1 / 7, 1 / 2  # [1] of the face's width
_MOUTH_FROM = 0.625  # [1] of the face's height
_LEAST_MOUTH = 1 / 4  # [1] of the face's width
_CHIN = 0.2
"""[1] of a face's height by which its box is drawn out below: the cascades frame a shut mouth, and
the jaw of a yawn would be cut off."""


class FacePart(enum.Enum):
    """A part of a driver's picture that the stage looks for."""

    FACE = "face"
    RIGHT_EYE = "right eye"
    """The driver's own right, which is on the left of a picture that is not mirrored."""
    LEFT_EYE = "left eye"
    MOUTH = "mouth"


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """Where each part is, in pixels; None: not found."""

    face: Box | None = None
    right_eye: Box | None = None
    left_eye: Box | None = None
    mouth: Box | None = None

    def found(self) -> dict[FacePart, Box]:
        """The parts that were found."""
        boxes = (self.face, self.right_eye, self.left_eye, self.mouth)
        return {part: box for part, box in zip(FacePart, boxes, strict=True) if box is not None}


def crop(picture: Picture, box: Box) -> Picture:
    """The part of a picture, RGB or grey, in a box that lies inside it; a view, not a copy."""
    left, top, right, bottom = (round(edge) for edge in box)
    return picture[top:bottom, left:right]


class HaarStage:
    """Finds a driver's parts with OpenCV's cascades. The same picture gives the same parts.

    Raises:
        EngineError: this OpenCV brings no Haar cascades.
    """

    def __init__(self) -> None:
        folder = _cascade_folder()
        self._frontal = _Cascade(folder / "haarcascade_frontalface_alt2.xml")
        self._profile = _Cascade(folder / "haarcascade_profileface.xml")
        self._eye = _Cascade(folder / "haarcascade_eye.xml")
        self._smile = _Cascade(folder / "haarcascade_smile.xml")

    def find(self, picture: Picture) -> Parts:
        """Look for the largest face and, in it, for the eyes and the mouth.

        Args:
            picture: RGB, not mirrored.
        """
        grey: Grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
        found = self._face(grey)
        if found is None:
            return Parts()
        width, height = found.right - found.left, found.bottom - found.top
        face = Box(
            found.left, found.top, found.right, min(found.bottom + round(_CHIN * height), len(grey))
        )
        upper = Box(
            face.left, face.top + _EYES[0] * height, face.right, face.top + _EYES[1] * height
        )
        eyes = self._eye.find(grey, upper, _LEAST_EYE * width, _LARGEST_EYE * width)
        right_eye, left_eye = _pair(eyes, middle=(face.left + face.right) / 2)
        lower = face._replace(top=face.top + _MOUTH_FROM * height)
        mouths = self._smile.find(
            grey, lower, _LEAST_MOUTH * width, width, neighbours=_MOUTH_NEIGHBOURS
        )
        return Parts(face, right_eye, left_eye, mouths[0] if mouths else None)

    def _face(self, grey: Grey) -> Box | None:
        height, width = grey.shape
        least, everything = _LEAST_FACE * height, Box(0, 0, width, height)
        faces = self._frontal.find(grey, everything, least, height)
        if not faces:
            # The cascade knows profiles that look to the picture's left: the mirror has the others.
            faces = self._profile.find(grey, everything, least, height)
            mirrored = self._profile.find(grey[:, ::-1], everything, least, height)
            faces += [b._replace(left=width - b.right, right=width - b.left) for b in mirrored]
        return max(faces, key=lambda box: (box.area, box), default=None)


def _cascade_folder() -> Path:
    """Where this OpenCV keeps its cascades.

    Raises:
        EngineError: nowhere.
    """
    if hasattr(cv2, "CascadeClassifier"):
        shipped = getattr(getattr(cv2, "data", None), "haarcascades", _SYSTEM_FOLDER)
        for folder in (Path(shipped), _SYSTEM_FOLDER):
            if (folder / "haarcascade_frontalface_alt2.xml").is_file():
                return folder
    raise EngineError(
        f"Haar stage: OpenCV {cv2.__version__} brings no Haar cascades (version 5 ships none), "
        "expected OpenCV 4: pip install 'opencv-contrib-python-headless<5'"
    )


class _Cascade:
    """One of OpenCV's cascades.

    Raises:
        EngineError: its file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._classifier: Any = cv2.CascadeClassifier()
        with contextlib.suppress(cv2.error):  # no XML at all
            self._classifier.load(str(path))
        if self._classifier.empty():
            raise EngineError(
                f"Haar stage: {path}: expected a cascade that OpenCV {cv2.__version__} can read"
            )
        width, height = self._classifier.getOriginalWindowSize()
        self._shape = height / width

    def find(
        self, grey: Grey, region: Box, least: float, largest: float, neighbours: int = _NEIGHBOURS
    ) -> list[Box]:
        """What is found in a region of a picture, the surest first.

        Args:
            grey: the picture.
            region: where to look.
            least: width of the smallest find, [px].
            largest: width of the largest one, [px].
            neighbours: raw hits that make a find.
        """
        rectangles, hits = self._classifier.detectMultiScale2(
            np.ascontiguousarray(crop(grey, region)),
            _SCALE_STEP,
            neighbours,
            minSize=(round(least), round(least * self._shape)),
            maxSize=(round(largest), round(largest * self._shape)),
        )
        left, top = round(region.left), round(region.top)
        found = [
            (-int(count), Box(left + int(x), top + int(y), left + int(x + w), top + int(y + h)))
            for (x, y, w, h), count in zip(rectangles, hits, strict=True)
        ]
        return [box for _, box in sorted(found)]


def _pair(eyes: Sequence[Box], middle: float) -> tuple[Box | None, Box | None]:
    """Right and left eye among the finds, the surest first.

    The second eye is the next find beside the first one, at its height. One eye alone is the one of
    its half of the face.
    """
    if not eyes:
        return None, None
    first = eyes[0]
    for other in eyes[1:]:
        beside = other.left >= first.right or other.right <= first.left
        level = abs(other.top - first.top) < (first.bottom - first.top) / 2
        if beside and level:
            return min(first, other), max(first, other)
    return (first, None) if (first.left + first.right) / 2 < middle else (None, first)
