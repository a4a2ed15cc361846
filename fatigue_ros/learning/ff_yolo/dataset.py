"""A data set in the folder layout of YOLO: balanced, split, and described by a YAML.

Tan et al. crop their frames to squares of 900 px, how they do not say. Here pictures stay whole, as
the camera gives them when the network is used, unless `cut_square` is asked for.
"""

import dataclasses
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml

from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Points
from fatigue_ros.learning.splits import Subset, split_at_random, split_by_group
from fatigue_ros.models import pictures
from fatigue_ros.vision.images import Picture

CLASSES = ("Drowsy", "Non-Drowsy")
"""In the order of Table 3; the first is the tired one."""

SHARES = (0.6, 0.2, 0.2)
"""[1] of the pictures for training, validation and test (section 3.4)."""

DESCRIPTION = "data.yaml"
"""Name of the file that describes a data set."""

_MARGIN = 0.1  # [1] share of the points' extent on each side; the 68 points end at the brows
_FOLDERS = {Subset.TRAIN: "train", Subset.VALIDATION: "val", Subset.TEST: "test"}


@dataclasses.dataclass(frozen=True, slots=True)
class YoloBox:
    """A box as YOLO labels have it: centre and size as shares of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float

    def line(self, number: int) -> str:
        """The line of a label file for class ``number``."""
        return f"{number} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"


def face_box(points: Points, width: int, height: int) -> YoloBox | None:
    """The box of a face, as far as it lies in the picture.

    Tan et al. do not say what their boxes hold; here it is all 68 points and a tenth more on
    each side.

    Args:
        points: shape (68, 2), [px].
        width: [px] of the picture.
        height: [px] of the picture.

    Returns:
        None when nothing of it lies in the picture.
    """
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    margin = _MARGIN * (high - low)
    size = np.array([width, height], np.float64)
    low, high = np.clip((low - margin) / size, 0, 1), np.clip((high + margin) / size, 0, 1)
    if not np.all(high > low):
        return None
    (x, y), (across, down) = (low + high) / 2.0, high - low
    return YoloBox(float(x), float(y), float(across), float(down))


def cut_square(picture: Picture, box: YoloBox, side: int) -> tuple[Picture, YoloBox]:
    """A square of a picture around a face, moved so far that it lies within the picture.

    Args:
        picture: RGB.
        box: of the face.
        side: [px] of the square; a picture that is smaller is cut as far as it goes, and no picture
            is enlarged.

    Returns:
        The square, and the box in it, which ends where the square does.
    """
    size = np.array([picture.shape[1], picture.shape[0]])
    centre = np.array([box.x, box.y]) * size
    lengths = np.minimum(size, side)
    start = np.clip(np.rint(centre - lengths / 2.0), 0, size - lengths).astype(int)
    half = np.array([box.width, box.height]) * size / 2.0
    low = np.clip((centre - half - start) / lengths, 0.0, 1.0)
    high = np.clip((centre + half - start) / lengths, 0.0, 1.0)
    (x, y), (width, height) = (low + high) / 2.0, high - low
    (left, top), (right, bottom) = start, start + lengths
    cut = np.ascontiguousarray(picture[top:bottom, left:right])
    return cut, YoloBox(float(x), float(y), float(width), float(height))


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """A labelled picture.

    Attributes:
        name: of its files, without ending; unique in a data set.
        person: who is in it.
        drowsy: whether it is labelled Drowsy.
        box: of the face.
    """

    name: str
    person: str
    drowsy: bool
    box: YoloBox


def balanced(samples: Sequence[Sample]) -> list[Sample]:
    """As many Drowsy as Non-Drowsy pictures of each person (section 3.1.2).

    The larger class is thinned out evenly, from the first to the last, so that the pictures kept
    cover the whole time. Of a person with one class alone nothing is kept.
    """
    classes: dict[str, tuple[list[Sample], list[Sample]]] = defaultdict(lambda: ([], []))
    for sample in samples:
        classes[sample.person][sample.drowsy].append(sample)
    kept: set[str] = set()
    for awake, drowsy in classes.values():
        count = min(len(awake), len(drowsy))
        for part in (awake, drowsy):
            chosen = np.linspace(0, len(part) - 1, count).round().astype(int)
            kept.update(part[index].name for index in chosen)
    return [sample for sample in samples if sample.name in kept]


def split(
    samples: Sequence[Sample], *, by_person: bool = True, seed: int = 0
) -> dict[str, list[Sample]]:
    """Samples by the name of their part: train, val, test, in the shares 6:2:2.

    Args:
        samples: to be divided.
        by_person: keep all pictures of a person in one part. The paper does not say that it
            does, and its Table 3 fits pictures drawn at random.
        seed: of the choice between equals.

    Raises:
        SplitError: a part would lack a class.
    """
    labels = np.array([not sample.drowsy for sample in samples], np.int64)
    if by_person:
        chosen = split_by_group([sample.person for sample in samples], labels, SHARES, seed)
    else:
        chosen = split_at_random(labels, SHARES, seed)
    parts: dict[str, list[Sample]] = {name: [] for name in _FOLDERS.values()}
    for sample, part in zip(samples, chosen, strict=True):
        parts[_FOLDERS[part]].append(sample)
    return parts


class PictureFolder:
    """Writes pictures and labels into a new folder, and sorts them into parts at the end.

    The folder is made; it must be empty or absent, but for what a broken-off one has left.

    Raises:
        FatigueError: it holds something or cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting = folder / ".unsorted"
        try:
            if folder.exists() and list(folder.iterdir()) == [self._waiting]:
                shutil.rmtree(self._waiting)
            if folder.exists() and any(folder.iterdir()):
                raise FatigueError(f"{folder}: expected a new or empty folder, found files in it")
            self._waiting.mkdir(parents=True)
        except OSError as error:
            raise FatigueError(f"{folder}: cannot be made: {error.strerror}") from error

    def write(self, name: str, picture: Picture) -> None:
        """Keep a picture, RGB, under the name of its sample.

        Raises:
            PictureError: it cannot be written.
        """
        pictures.write(self._waiting / f"{name}.jpg", picture)

    def sort(self, parts: Mapping[str, Sequence[Sample]]) -> Path:
        """Move the samples' pictures into their parts, drop the others, write labels and YAML.

        Returns:
            The data set's YAML, with paths relative to itself.
        """
        for part, samples in parts.items():
            images, labels = (self.folder / kind / part for kind in ("images", "labels"))
            images.mkdir(parents=True)
            labels.mkdir(parents=True)
            for sample in samples:
                file = self._waiting / f"{sample.name}.jpg"
                file.rename(images / file.name)
                line = sample.box.line(CLASSES.index("Drowsy" if sample.drowsy else "Non-Drowsy"))
                (labels / f"{sample.name}.txt").write_text(line + "\n", encoding="utf-8")
        for file in self._waiting.iterdir():
            file.unlink()
        self._waiting.rmdir()
        described = {
            **{part: f"images/{part}" for part in parts},
            "names": dict(enumerate(CLASSES)),
        }
        target = self.folder / DESCRIPTION
        target.write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")
        return target


def contents(parts: Mapping[str, Sequence[Sample]]) -> str:
    """Table 3 of a data set: pictures of each class in each part."""
    lines = [f"{'':12}" + "".join(f"{name:>12}" for name in CLASSES)]
    for part, samples in parts.items():
        count = Counter(sample.drowsy for sample in samples)
        lines.append(f"{part:12}{count[True]:12}{count[False]:12}")
    return "\n".join(lines)
