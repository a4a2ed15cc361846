"""A photograph of a face, placed in a car's cabin and measured, ready to be moved.

The photograph is scaled and turned until its eyes lie level at the size a dashboard camera sees
them, its background is exchanged for a plain cabin, and the 468 points of the face mesh are found
on the result. The indices named here are those of that mesh (MediaPipe's
``face_mesh_connections``).
"""

import dataclasses
import functools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import SourceError
from fatigue_ros.extras import load
from fatigue_ros.vision.engine import LandmarkSettings
from fatigue_ros.vision.litert_engine import load_networks
from fatigue_ros.vision.mesh.attention_mesh import AttentionMesh
from fatigue_ros.vision.mesh.detector import Detector

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mesh = npt.NDArray[np.float64]

DESIGN_SIZE = (640, 480)
"""[px] frame for which lengths in pixels are written; ``Portrait.unit`` scales them."""
EYE_DISTANCE = 122.0
"""[px of the design size] between the outer corners of the eyes, as where a dashboard camera looks
at a driver 0.6 to 0.7 m away (110 to 130 px in recordings of that kind)."""
EYES_AT = (0.5, 0.39)
"""Where the middle between the eyes lies, as a share of width and height."""
MARGIN = 40
"""[px of the design size] of picture kept around the frame, for the head to move into."""
SHARPEN_FROM = 1.2
"""Photographs enlarged by more than this are sharpened a little, or they look soft."""

MAXIMUM_TURN = 0.45
"""[rad] turn of the portrait beyond which one side of the face lacks the picture to work with."""
MINIMUM_EYE_OPENING = 0.16
"""Eye aspect ratio below which a portrait counts as eyes shut (open eyes: 0.2 to 0.4)."""
MAXIMUM_MOUTH_OPENING = 0.30
"""Lip gap over mouth width above which a portrait cannot be made to close its mouth."""

MASK_HEIGHT = 256
"""[px] of the picture in which person and background are told apart."""
MASK_ROUNDS = 5
"""[1] in which the colours of both are learned."""

RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263
RIGHT_CHEEK, LEFT_CHEEK = 234, 454
CHIN, FOREHEAD = 152, 10
# fmt: off
OVAL = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
]
# fmt: on
"""Outline of the face, clockwise from the forehead."""
_EAR_POINTS = ([33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380])


@dataclasses.dataclass(frozen=True)
class Portrait:
    """A placed photograph.

    Attributes:
        texture: shape (H + 2 margin, W + 2 margin, 3), BGR, the driver in the cabin.
        cabin: same shape, the cabin without the driver.
        mesh: shape (468, 3), [px] x right, y down, z towards the camera, on the texture.
        size: [px] (W, H) of the frame in the middle of the texture.
        margin: [px] texture around the frame.
        unit: [px] length of one pixel of the design size.
    """

    texture: Image
    cabin: Image
    mesh: Mesh
    size: tuple[int, int]
    margin: int
    unit: float


def smoothstep(low: float | Floats, high: float | Floats, x: Any) -> Any:
    """3t^2 - 2t^3 from 0 to 1; arrays in, arrays out.

    Args:
        low: it is 0 below.
        high: it is 1 above.
        x: where.
    """
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def read_photograph(path: str | Path | None) -> Image:
    """The photograph as BGR; the public-domain portrait of scikit-image for None.

    Raises:
        SourceError: the file is missing or no picture.
    """
    if path is None:
        # NASA photograph S93-33610 of Eileen Collins, public domain, inside the package.
        return np.ascontiguousarray(load("skimage.data").astronaut()[..., ::-1])
    if not Path(path).is_file():
        raise SourceError(f"{path}: no such portrait, expected a picture file with one face")
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceError(f"{path}: expected a picture (PNG, JPEG, ...), could not decode it")
    return np.asarray(picture, np.uint8)


def face_meshes(picture: Image) -> list[Mesh]:
    """The face mesh of every face in a picture.

    Returns:
        Arrays of shape (468, 3) as in ``Portrait.mesh``, the surest face first.

    Raises:
        EngineError: the networks of the face are not installed.
    """
    rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    detector, mesh = _networks()
    found = [mesh.find_deep(rgb, face.region()) for face in detector.find(rgb)]
    return [points.astype(np.float64) for points, sure in found if sure > 0.0]


@functools.cache
def _networks() -> tuple[Detector, AttentionMesh]:
    return load_networks(LandmarkSettings())


def _person_mask(picture: Image, mesh: Mesh) -> Floats:
    """How surely each pixel belongs to the person, by colours like those of face and background.

    Args:
        picture: shape (H, W, 3), with one face.
        mesh: of the face.

    Returns:
        Shape (H, W), 0..1.
    """
    points = mesh[:, :2].astype(np.float32)
    centre = points[OVAL].mean(axis=0)
    head = points[OVAL] - centre
    half = float(points[LEFT_CHEEK, 0] - points[RIGHT_CHEEK, 0]) / 2.0
    chin, bottom = float(points[CHIN, 1]), float(picture.shape[0])
    labels = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)

    def paint(outline: Floats, label: int) -> None:
        cv2.fillPoly(labels, [outline.astype(np.int32)], label)

    def torso(neck: float, shoulder: float) -> Floats:
        """From the chin down, so many half faces wide at neck and shoulder."""
        sides = [(neck, chin - 0.2 * half), (neck, chin), (shoulder, chin + 1.6 * half)]
        sides.append((shoulder, bottom))
        left = [(centre[0] - x * half, y) for x, y in sides]
        return np.array(left + [(centre[0] + x * half, y) for x, y in reversed(sides)], np.float32)

    paint(centre + 2.1 * head, cv2.GC_PR_BGD)
    paint(torso(1.6, 4.5), cv2.GC_PR_FGD)
    paint(centre + (1.35, 1.5) * head, cv2.GC_PR_FGD)
    paint(torso(0.5, 1.6), cv2.GC_FGD)
    paint(points[OVAL], cv2.GC_FGD)
    scale = MASK_HEIGHT / picture.shape[0]
    size = (round(picture.shape[1] * scale), MASK_HEIGHT)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    labels = np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    nowhere, background, foreground = (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its clusters of colours begin at random
    cv2.grabCut(small, labels, nowhere, background, foreground, MASK_ROUNDS, cv2.GC_INIT_WITH_MASK)
    person = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    # One person, without holes: what hangs together with the face, and all that it encloses.
    outlines, _ = cv2.findContours(person, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    x, y = (scale * centre).tolist()
    own = [outline for outline in outlines if cv2.pointPolygonTest(outline, (x, y), False) >= 0]
    mask = np.zeros(person.shape, np.float32)
    cv2.drawContours(mask, own, -1, 1.0, cv2.FILLED)
    for row in mask[round(scale * chin) :]:  # nor has a body gaps
        within = np.flatnonzero(row)
        if within.size:
            row[within[0] : within[-1]] = 1.0
    height, width = picture.shape[:2]
    return np.asarray(cv2.resize(cv2.GaussianBlur(mask, (0, 0), 1.0), (width, height)), np.float32)


def _only_face(picture: Image, name: str) -> Mesh:
    """The mesh of the one frontal, open-eyed face in a photograph, or an error that says why."""
    meshes = face_meshes(picture)
    if len(meshes) != 1:
        found = "none" if not meshes else "more than one"
        raise SourceError(f"{name}: expected a photograph of one face, found {found}")
    mesh = meshes[0]
    across = mesh[LEFT_CHEEK] - mesh[RIGHT_CHEEK]
    turn = abs(float(np.arctan2(across[2], np.hypot(across[0], across[1]))))
    if turn > MAXIMUM_TURN:
        raise SourceError(
            f"{name}: expected a frontal face (turned at most {MAXIMUM_TURN} rad), "
            f"found one turned by {turn:.2f} rad"
        )
    flat = mesh[:, :2]
    opening = float(np.mean([_eye_aspect_ratio(flat[index]) for index in _EAR_POINTS]))
    if opening < MINIMUM_EYE_OPENING:
        raise SourceError(
            f"{name}: expected open eyes (eye aspect ratio of {MINIMUM_EYE_OPENING} or more), "
            f"found {opening:.2f}"
        )
    gap = float(np.linalg.norm(flat[13] - flat[14]) / np.linalg.norm(flat[78] - flat[308]))
    if gap > MAXIMUM_MOUTH_OPENING:
        raise SourceError(
            f"{name}: expected a closed mouth or a smile (lip gap over mouth width at most "
            f"{MAXIMUM_MOUTH_OPENING}), found {gap:.2f}"
        )
    return mesh


def _eye_aspect_ratio(p: Mesh) -> float:
    """EAR = (|p2-p6| + |p3-p5|) / (2 |p1-p4|) of six points, Soukupova and Cech 2016."""
    lengths = np.linalg.norm([p[1] - p[5], p[2] - p[4], p[0] - p[3]], axis=1)
    return float((lengths[0] + lengths[1]) / (2.0 * lengths[2]))


def _place(mesh: Mesh, size: tuple[int, int], margin: int, unit: float) -> Floats:
    """Shape (2, 3): similarity that brings the eyes of a photograph to their place."""
    right, left = mesh[RIGHT_EYE_OUTER, :2], mesh[LEFT_EYE_OUTER, :2]
    across, middle = left - right, (left + right) / 2.0
    scale = EYE_DISTANCE * unit / float(np.hypot(*across))
    angle = float(np.arctan2(across[1], across[0]))
    turn = scale * np.array(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float64
    )
    target = margin + np.array(EYES_AT) * size
    return np.column_stack([turn, target - turn @ middle]).astype(np.float32)


def _cabin(width: int, height: int, margin: int, unit: float) -> Image:
    """A blurred driver's seat between two side windows, seen from the dashboard."""

    def at(*points: tuple[float, float]) -> npt.NDArray[np.int32]:
        return np.array([(margin + x * unit, margin + y * unit) for x, y in points], np.int32)

    shade = np.linspace(78.0, 36.0, height)[:, None, None] * np.array([1.0, 0.97, 0.94])
    cabin = np.repeat(shade, width, axis=1).astype(np.uint8)
    right = width / unit - 2 * MARGIN
    for pane in (
        [(-40.0, 40.0), (130.0, 30.0), (110.0, 265.0), (-40.0, 290.0)],
        [(right - 120, 30.0), (right + 40, 40.0), (right + 40, 290.0), (right - 100, 265.0)],
    ):
        outline = at(*pane)
        cv2.fillPoly(cabin, [outline], (208, 199, 186))
        low = outline.copy()
        low[:2, 1] += int(150 * unit)
        cv2.fillPoly(cabin, [low], (112, 138, 116))
    middle = right / 2.0
    seat = [(middle - 185, 480.0), (middle - 165, 350.0), (middle - 90, 320.0)]
    seat += [(2 * middle - x, y) for x, y in reversed(seat)]
    cv2.fillPoly(cabin, [at(*[(x, 600.0 if y == 480.0 else y) for x, y in seat])], (40, 38, 38))
    rest = at((middle, 190.0))[0]
    axes = (int(132 * unit), int(150 * unit))
    cv2.ellipse(cabin, (int(rest[0]), int(rest[1])), axes, 0, 0, 360, (46, 44, 44), -1)
    return np.asarray(cv2.GaussianBlur(cabin, (0, 0), 6.0 * unit), np.uint8)


def load_portrait(
    photograph: str | Path | None = None, size: tuple[int, int] = DESIGN_SIZE
) -> Portrait:
    """Place a photograph of one frontal face in the cabin.

    Args:
        photograph: picture file; None for the public-domain portrait inside scikit-image.
        size: [px] (width, height) of the frames to be rendered.

    Raises:
        SourceError: no picture, no face or more than one, a turned face, shut eyes, open mouth.
    """
    name = "the portrait of scikit-image" if photograph is None else str(photograph)
    picture = read_photograph(photograph)
    unit = min(size[0] / DESIGN_SIZE[0], size[1] / DESIGN_SIZE[1])
    margin = round(MARGIN * unit)
    width, height = size[0] + 2 * margin, size[1] + 2 * margin
    move = _place(_only_face(picture, name), size, margin, unit)
    scale = float(np.hypot(move[0, 0], move[1, 0]))
    flags = cv2.INTER_CUBIC if scale > 1.0 else cv2.INTER_AREA
    enlarged = cv2.warpAffine(
        picture, move, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    if scale > SHARPEN_FROM:
        soft = cv2.GaussianBlur(enlarged, (0, 0), 1.6)
        enlarged = cv2.addWeighted(enlarged, 1.35, soft, -0.35, 0)
    placed: Image = np.asarray(enlarged, np.uint8)
    meshes = face_meshes(placed)
    if not meshes:
        raise SourceError(f"{name}: expected a face of at least a fifth of the picture's height")
    cabin = _cabin(width, height, margin, unit)
    # What lies beside or above the photograph is cabin; below it, clothes go on.
    inside = cv2.warpAffine(
        np.full(picture.shape[:2], 255, np.uint8), move, (width, height), borderValue=0
    )
    inside = np.maximum.accumulate(inside, axis=0)
    mask = np.clip((_person_mask(placed, meshes[0]) - 0.45) / 0.5, 0.0, 1.0) * (inside / 255.0)
    eroded = cv2.erode(mask.astype(np.float32), np.ones((5, 5), np.uint8))
    share = cv2.GaussianBlur(eroded, (0, 0), 1.6 * unit)[..., None]
    texture = (placed * share + cabin * (1.0 - share)).astype(np.uint8)
    return Portrait(
        texture=texture, cabin=cabin, mesh=meshes[0], size=size, margin=margin, unit=unit
    )
