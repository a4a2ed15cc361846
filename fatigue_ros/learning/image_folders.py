"""Folders of labelled pictures, decoded once into memory at the size a network takes."""

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LARGEST_PICTURE, read_bytes
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.splits import (
    Indices,
    NumberRange,
    SplitError,
    Subset,
    UnknownNumberError,
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
        files: of each, below the data's folder, as folder/name, the folder as the recipe spells it.
        parts: what each is for.
        skipped: files left out, with the reason.
        divided: by what, for people; empty for pictures that a list divides.
        unit: what a group is, in the plural: persons, blocks of file numbers, or pictures.
    """

    pixels: Picture
    labels: Indices
    groups: list[str]
    files: list[str]
    parts: list[Subset]
    skipped: list[tuple[str, str]]
    divided: str = ""
    unit: str = "groups"

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

    All that can be refused without looking into a picture is refused before the first is decoded.

    Raises:
        ImagesError: a folder is missing, or a class has too few pictures.
        SplitError: persons cannot be told apart, or there are too few of them.
    """
    files, labels = _files(root, recipe, recipe.classes)
    known = {} if random_split or not recipe.groups else read_groups(Path(recipe.groups))
    divided, unit = _dividing(recipe, known, random_split=random_split)
    strangers: list[tuple[str, str]] = []
    if random_split:
        groups = files
    else:
        named = _whom(files, known, recipe, strangers)
        indices = [index for index, file in enumerate(files) if file in named]
        files, labels = [files[index] for index in indices], labels[indices]
        groups = [named[file] for file in files]
    _refuse_too_few(root, recipe, labels, strangers)
    _divide(groups, labels, recipe, random_split=random_split)
    pixels, kept, skipped = _decode(root, files, labels, recipe, on_read)
    labels = labels[kept]
    _refuse_too_few(root, recipe, labels, strangers + skipped)
    files, groups = [files[index] for index in kept], [groups[index] for index in kept]
    parts = _divide(groups, labels, recipe, random_split=random_split)
    return Images(pixels, labels, groups, files, parts, strangers + skipped, divided, unit)


@dataclasses.dataclass(frozen=True)
class Listed:
    """Labelled files, none of them opened yet; the fields are those of Images."""

    files: list[str]
    labels: Indices
    groups: list[str]
    skipped: list[tuple[str, str]]
    divided: str
    unit: str


def listed(root: Path, recipe: Recipe) -> Listed:
    """The files of a test: classes need not all have a folder, and nothing is divided.

    Where nothing tells persons apart, each picture is by itself.

    Raises:
        ImagesError: no class has a folder.
        SplitError: the groups file cannot be used.
    """
    there = {
        name: [folder for folder in folders if _folder(root, folder).is_dir()]
        for name, folders in recipe.classes.items()
    }
    if not any(there.values()):
        wanted = ", ".join(folder for folders in recipe.classes.values() for folder in folders)
        raise ImagesError(f"{root}: expected folders of pictures {wanted}, found none of them")
    files, labels = _files(root, recipe, there)
    known = read_groups(Path(recipe.groups)) if recipe.groups else {}
    divided, unit = _dividing(recipe, known, random_split=False)
    strangers: list[tuple[str, str]] = []
    try:
        named = _whom(files, known, recipe, strangers)
    except SplitError:
        if known or recipe.person:
            raise
        return Listed(
            files, labels, files, [], "not at all: file names have no numbers", "pictures"
        )
    indices = [index for index, file in enumerate(files) if file in named]
    files = [files[index] for index in indices]
    groups = [named[file] for file in files]
    return Listed(files, labels[indices], groups, strangers, divided, unit)


def looked_at(path: Path) -> tuple[Picture | None, str]:
    """A picture that can be learnt from or judged, RGB; else None, and why not."""
    picture = pictures.decoded(path)
    reason = (
        pictures.unreadable(path)
        if picture is None
        else pictures.misshapen(picture.shape[1], picture.shape[0])
    )
    return (None, reason) if reason else (picture, "")


def _whom(
    files: Sequence[str],
    known: Mapping[str, list[NumberRange]],
    recipe: Recipe,
    strangers: list[tuple[str, str]],
) -> dict[str, str]:
    """Whom each file shows; those that the groups file leaves out are added to ``strangers``."""
    named = {}
    for file in files:
        folder, _, name = file.rpartition("/")
        try:
            named[file] = group_of(folder, name, known, recipe.block, recipe.person)
        except UnknownNumberError as error:
            strangers.append((file, str(error)))
    return named


def _dividing(
    recipe: Recipe, known: Mapping[str, list[NumberRange]], *, random_split: bool
) -> tuple[str, str]:
    """By what the pictures of which folder are divided, and what a group is, for people.

    Raises:
        SplitError: the groups file names none of the folders.
    """
    if random_split:
        return "at random, which leaks persons from training into test", "pictures"
    folders = [folder for names in recipe.classes.values() for folder in names]
    named = [folder for folder in folders if folder in known]
    others = [folder for folder in folders if folder not in known]
    if known and not named:
        raise SplitError(
            f"{recipe.groups}: names {', '.join(known)}, but none of the recipe's folders "
            f"{', '.join(folders)}: it is of other pictures. Folders of your own need no such "
            "file: leave out `groups` (--set groups=)"
        )
    of_others = (
        "by person (file names)" if recipe.person else f"by blocks of {recipe.block} file numbers"
    )
    ways = {f"by person ({Path(recipe.groups).name})": named, of_others: others}
    used = {way: names for way, names in ways.items() if names}
    blocks = ["blocks of file numbers"] if others and not recipe.person else []
    units = (["persons"] if named or not blocks else []) + blocks
    if len(used) == 1:
        return next(iter(used)), units[0]
    return (
        "; ".join(f"{way} in {', '.join(names)}" for way, names in used.items()),
        " and ".join(units),
    )


def _divide(
    groups: Sequence[str], labels: Indices, recipe: Recipe, *, random_split: bool
) -> list[Subset]:
    classes = list(recipe.classes)
    if random_split:
        return split_at_random(labels, recipe.split, recipe.seed, classes)
    return split_by_group(groups, labels, recipe.split, recipe.seed, classes)


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


def _files(
    root: Path, recipe: Recipe, classes: Mapping[str, Sequence[str]]
) -> tuple[list[str], Indices]:
    """Of some of the recipe's folders, each with its class; those without any are left out."""
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(recipe.classes):
        folders, before = classes[name], len(files)
        for folder in folders:
            place = _folder(root, folder)
            if not place.is_dir():
                raise ImagesError(f"{root / folder}: expected a folder of class {name}, found none")
            # By plain names: another order would be another split.
            names = sorted(path.name for path in pictures_in(place) if path.is_file())
            files += [f"{folder}/{name}" for name in names]
        if folders and len(files) == before:
            raise ImagesError(
                f"{', '.join(str(root / folder) for folder in folders)}: expected pictures of "
                f"class {name}, found none"
            )
        labels += [label] * (len(files) - before)
    return files, np.array(labels, np.int64)


def place(root: Path, file: str) -> Path:
    """Where a file of a list lies."""
    folder, _, name = file.rpartition("/")
    return _folder(root, folder) / name


def _folder(root: Path, name: str) -> Path:
    """Where a folder lies; one spelt in other letters, as sets are handed on, will do."""
    if not (root / name).is_dir() and root.is_dir():
        alike = [p for p in root.iterdir() if p.name.lower() == name.lower() and p.is_dir()]
        if len(alike) == 1:
            return alike[0]
    return root / name


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
    places: dict[str, Path] = {}
    with region(recipe.region) as cut:
        for index, file in enumerate(files):
            folder, _, name = file.rpartition("/")
            picture, reason = looked_at(places.setdefault(folder, _folder(root, folder)) / name)
            part = None if picture is None else cut(picture, classes[labels[index]])
            if part is not None:
                pixels[len(kept)] = pictures.resized(part, size)
                kept.append(index)
            else:
                skipped.append((file, reason or "no face is found in it"))
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
                f"found {count} ({len(skipped)} files of all classes are not usable"
                + (f", the first {skipped[0][0]}: {skipped[0][1]})" if skipped else ")")
            )
