"""What a four-class network says of a driver whose parts the Haar stage has found.

The network of Mujahidin et al. (2024) knows four classes, two that a whole face shows (yawn,
no_yawn) and two that a single eye shows (open, closed). So each part is judged between its own two;
the mouth is judged as part of the face, as it is in the paper's pictures.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from fatigue_ros.models.haar import FacePart, HaarStage, crop
from fatigue_ros.models.regions import Region
from fatigue_ros.vision.images import Picture

CLASSES: dict[FacePart, tuple[str, str]] = {
    FacePart.FACE: ("no_yawn", "yawn"),
    FacePart.RIGHT_EYE: ("open", "closed"),
    FacePart.LEFT_EYE: ("open", "closed"),
}
"""The classes between which a part is judged, the drowsy one last."""

_MAJORITY = 0.5  # [1] a crop whose own two classes have less is no such part: a false find


@contextmanager
def training_region() -> Iterator[Region]:
    """What the network is to see of training pictures: the region ``haar`` of a recipe.

    Pictures of the classes open and closed are a single eye already ("closed eyes and open eyes
    [...] have various lengths and widths", Mujahidin et al. 2024) and stay as they are. Of all
    others it is the face; a picture in which none is found neither trains nor is judged.

    Raises:
        EngineError: this OpenCV brings no Haar cascades.
    """
    stage = HaarStage()

    def cut(picture: Picture, name: str) -> Picture | None:
        if name in CLASSES[FacePart.RIGHT_EYE]:
            return picture
        face = stage.find(picture).face
        return None if face is None else crop(picture, face)

    yield cut


@dataclasses.dataclass(frozen=True, slots=True)
class PartsVerdict:
    """What the parts of one picture say together."""

    probabilities: npt.NDArray[np.float32]
    """Shape (C,), one for each class; those of a kind of part (face, eye) sum to 1, and are NaN
    when none of that kind was judged."""
    drowsy: bool | None
    """Whether a drowsy class is the more likely one of its kind. Without a judged face or without
    a judged eye a driver who shows no drowsy class is None: a closed eye is often not found."""


def verdict(
    classes: Sequence[str], probabilities: Mapping[FacePart, npt.NDArray[np.float32]]
) -> PartsVerdict:
    """Put together what the network says of the crops of one picture.

    Args:
        classes: the network's, in its order; those of ``CLASSES`` are among them.
        probabilities: its output of shape (C,) for each part that was found.
    """
    combined = np.full(len(classes), np.nan, np.float32)
    drowsy: list[bool] = []
    for pair in dict.fromkeys(CLASSES.values()):
        columns = [classes.index(name) for name in pair]
        rows = [
            probabilities[part][columns]
            for part, shown in CLASSES.items()
            if shown == pair and part in probabilities
        ]
        judged = [row / row.sum() for row in rows if row.sum() > _MAJORITY]
        if judged:
            combined[columns] = np.mean(judged, axis=0)
            drowsy.append(bool(combined[columns[1]] > combined[columns[0]]))
    if any(drowsy):
        return PartsVerdict(combined, True)
    kinds = len(set(CLASSES.values()))
    return PartsVerdict(combined, False if len(drowsy) == kinds else None)
