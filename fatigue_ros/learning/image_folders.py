"""Folders of labelled pictures, decoded once into memory at the size a network takes."""

import csv
import dataclasses
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LARGEST_PICTURE, read_bytes
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.splits import (
    Indices,
    Subset,
    group_of,
    read_groups,
    split_at_random,
    split_by_group,
)
from fatigue_ros.models import pictures
from fatigue_ros.models.regions import region
from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.recordings import pictures_in

LEAST_PER_CLASS = 12
"""Fewer pictures of a class cannot be trained on, tested with and told apart by person."""
_COLUMNS = ["file", "class", "group", "part"]


class ImagesError(FatigueError):
    """Folders of pictures cannot be used."""


@dataclasses.dataclass(frozen=True)
class Images:
    """Labelled pictures.

    Attributes:
        pixels: uint8, shape (N, size, size, 3), RGB.
        labels: shape (N,), index into the classes.
        groups: whom each shows.
        files: of each, below the data's folder, as folder/name.
        parts: what each is for.
        skipped: files left out, with the reason.
    """

    pixels: Picture
    labels: Indices
    groups: list[str]
    files: list[str]
    parts: list[Subset]
    skipped: list[tuple[str, str]]

    def indices(self, part: Subset) -> Indices:
        """The pictures of a part."""
        return np.flatnonzero([p is part for p in self.parts]).astype(np.int64)


def load(
    root: Path,
    recipe: Recipe,
    *,
    random_split: bool = False,
    on_read: Callable[[int], None] = lambda _: None,
) -> Images:
    """Read the pictures of a recipe's classes and divide them.

    Args:
        root: holds the folders that the recipe names.
        recipe: classes, region, size, groups and shares.
        random_split: divide without regard to persons, which leaks them into the test.
        on_read: called after each file with how many have been read.

    Raises:
        ImagesError: a folder is missing, or a class has too few pictures.
        SplitError: persons cannot be told apart, or there are too few of them.
    """
    files, labels = _files(root, recipe)
    pixels, kept, skipped = _decode(root, files, labels, recipe, on_read)
    labels = labels[kept]
    _refuse_too_few(root, recipe, labels, skipped)
    files = [files[index] for index in kept]
    known = read_groups(Path(recipe.groups)) if recipe.groups else {}
    if random_split:
        groups = files
        parts = split_at_random(labels, recipe.split, recipe.seed)
    else:
        groups = [
            group_of(folder, name, known, recipe.block, recipe.person)
            for folder, _, name in (file.rpartition("/") for file in files)
        ]
        parts = split_by_group(groups, labels, recipe.split, recipe.seed)
    return Images(pixels, labels, groups, files, parts, skipped)


def split_text(images: Images, classes: Sequence[str]) -> str:
    """Which picture was for what, as CSV."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for name, label, group, part in zip(
        images.files, images.labels, images.groups, images.parts, strict=True
    ):
        rows.writerow([name, classes[label], group, part.value])
    return text.getvalue()


def load_split(
    root: Path,
    path: Path,
    recipe: Recipe,
    parts: Sequence[Subset] = tuple(Subset),
    on_read: Callable[[int], None] = lambda _: None,
) -> Images:
    """Read the pictures that an earlier training used, divided as they were then.

    Args:
        root: holds the folders that the recipe names.
        path: of the list, as from `split_text`.
        recipe: classes, region and size.
        parts: which of them.
        on_read: called after each file with how many have been read.

    Raises:
        ImagesError: the file is no such list, or a picture has gone.
    """
    classes = list(recipe.classes)
    try:
        with io.StringIO(read_bytes(path, LARGEST_PICTURE).decode("utf-8"), newline="") as file:
            rows = [
                (row["file"], classes.index(row["class"]), row["group"], Subset(row["part"]))
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise ImagesError(f"{path}: expected the pictures of a training, but {error}") from error
    rows = [row for row in rows if row[3] in parts]
    files = [row[0] for row in rows]
    labels = np.array([row[1] for row in rows], np.int64)
    pixels, kept, skipped = _decode(root, files, labels, recipe, on_read)
    if skipped:
        file_, reason = skipped[0]
        raise ImagesError(
            f"{root / file_}: {reason}, but the training used it ({len(skipped)} such files)"
        )
    return Images(
        pixels,
        labels,
        [row[2] for row in rows],
        [files[index] for index in kept],
        [row[3] for row in rows],
        [],
    )


def _files(root: Path, recipe: Recipe) -> tuple[list[str], Indices]:
    files: list[str] = []
    labels: list[int] = []
    for label, (name, folders) in enumerate(recipe.classes.items()):
        before = len(files)
        for folder in folders:
            if not (root / folder).is_dir():
                raise ImagesError(f"{root / folder}: expected a folder of class {name}, found none")
            # By plain names: another order would be another split.
            names = sorted(path.name for path in pictures_in(root / folder) if path.is_file())
            files += [f"{folder}/{name}" for name in names]
        if len(files) == before:
            raise ImagesError(
                f"{', '.join(str(root / folder) for folder in folders)}: expected pictures of "
                f"class {name}, found none"
            )
        labels += [label] * (len(files) - before)
    return files, np.array(labels, np.int64)


def _decode(
    root: Path,
    files: Sequence[str],
    labels: Indices,
    recipe: Recipe,
    on_read: Callable[[int], None],
) -> tuple[Picture, Indices, list[tuple[str, str]]]:
    """Pixels of what can be used, their indices in files, and what cannot be used."""
    size, classes = recipe.image_size, list(recipe.classes)
    pixels = np.empty((len(files), size, size, 3), np.uint8)
    kept: list[int] = []
    skipped: list[tuple[str, str]] = []
    with region(recipe.region) as cut:
        for index, file in enumerate(files):
            picture = pictures.decoded(root / file)
            part = None if picture is None else cut(picture, classes[labels[index]])
            if part is not None:
                pixels[len(kept)] = pictures.resized(part, size)
                kept.append(index)
            elif picture is None:
                skipped.append((file, "cannot be read as a picture"))
            else:
                skipped.append((file, "no face is found in it"))
            on_read(index + 1)
    return pixels[: len(kept)], np.array(kept, np.int64), skipped


def _refuse_too_few(
    root: Path, recipe: Recipe, labels: Indices, skipped: Sequence[tuple[str, str]]
) -> None:
    for label, name in enumerate(recipe.classes):
        count = int(np.count_nonzero(labels == label))
        if count < LEAST_PER_CLASS:
            raise ImagesError(
                f"{root}: expected at least {LEAST_PER_CLASS} usable pictures of class {name}, "
                f"found {count} ({len(skipped)} files of all classes are not usable)"
            )
