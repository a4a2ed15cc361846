"""Folders of pictures: what cannot be used is named, what is too little is refused."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning import recipe as recipes
from fatigue_ros.learning.image_folders import ImagesError, load, load_split, split_text
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.splits import SplitError, Subset
from fatigue_ros.models import pictures
from fatigue_ros.settings.resources import config


@pytest.fixture
def recipe(recipe_file: Path) -> Recipe:
    return recipes.load(recipe_file)


@pytest.fixture
def copy(mouths: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mouths, tmp_path / "mouths"))


def test_pictures_arrive_in_order_and_size(mouths: Path, recipe: Recipe) -> None:
    images = load(mouths, recipe)
    assert images.pixels.shape == (96, 24, 24, 3)
    assert images.files[0].startswith("open/")
    assert np.bincount(images.labels).tolist() == [48, 48]
    assert not images.skipped
    # Drawn in OpenCV's blue, green, red as (20, 20, 60): the mouth is red.
    mouth = images.pixels[0, 12, 12].astype(int)
    assert mouth[0] > mouth[2] + 15


def test_same_number_is_the_same_driver_in_both_classes(mouths: Path, recipe: Recipe) -> None:
    images = load(mouths, recipe)
    part_of: dict[str, set[Subset]] = {}
    for file, part in zip(images.files, images.parts, strict=True):
        part_of.setdefault(str(int(Path(file).stem) // 4), set()).add(part)
    assert len(part_of) == 12
    assert all(len(parts) == 1 for parts in part_of.values())


def test_broken_files_are_listed_and_left_out(copy: Path, recipe: Recipe) -> None:
    (copy / "open" / "3.png").write_bytes(b"no picture")
    (copy / "shut" / "7.png").write_bytes(b"")
    (copy / "shut" / "notes.txt").write_text("no picture, and does not claim to be one")
    whole = (copy / "open" / "5.png").read_bytes()
    (copy / "open" / "5.png").write_bytes(whole[: len(whole) // 3])
    images = load(copy, recipe)
    reason = "cannot be read as a picture"
    skipped = dict(images.skipped)
    assert skipped.pop("open/3.png") == skipped.pop("shut/7.png") == reason
    assert skipped == {"open/5.png": "the file ends in the middle of the picture"}
    assert len(images.files) == len(images.pixels) == 93


@pytest.mark.parametrize("progressive", [0, 1])
def test_half_a_jpeg_is_no_picture(copy: Path, recipe: Recipe, *, progressive: int) -> None:
    """Decoders fill it up with grey; thumbnails and what lies behind the end do not matter."""
    picture = np.full((60, 80, 3), 90, np.uint8)
    options = (cv2.IMWRITE_JPEG_PROGRESSIVE, progressive, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    whole = cv2.imencode(".jpg", picture, options)[1].tobytes()
    thumbnail = b"\xff\xe1" + (2 + len(whole)).to_bytes(2, "big") + whole
    with_thumbnail = whole[:2] + thumbnail + whole[2:]
    for number, content in enumerate((whole, with_thumbnail, whole + b"behind it")):
        (copy / "open" / f"{number}.png").write_bytes(content)
        (copy / "shut" / f"{number}.png").write_bytes(content[: len(content) - len(whole) // 4])
    (copy / "shut" / "2.png").write_bytes(whole[: len(whole) // 2])
    skipped = dict(load(copy, recipe).skipped)
    reason = "the file ends in the middle of the picture"
    assert skipped == {f"shut/{number}.png": reason for number in range(3)}


def test_the_half_jpeg_that_once_was_trained_on(shared_data: Path) -> None:
    file = shared_data.parent / "findings" / "models" / "half.jpg"
    if not file.is_file():
        pytest.skip(f"no {file}")
    assert pictures.decoded(file) is None


def test_pictures_too_small_or_of_an_absurd_shape_are_left_out(copy: Path, recipe: Recipe) -> None:
    for number, (width, height) in enumerate(((15, 40), (16, 64), (16, 65), (300, 70), (1, 1))):
        picture = np.full((height, width, 3), 77, np.uint8)
        cv2.imwrite(str(copy / "open" / f"{number}.png"), picture)
    skipped = dict(load(copy, recipe).skipped)
    assert skipped == {
        "open/0.png": "15 x 40 pixels are too few, expected 16 at least",
        "open/2.png": "16 x 65 pixels: one side is over 4 times the other",
        "open/3.png": "300 x 70 pixels: one side is over 4 times the other",
        "open/4.png": "1 x 1 pixels are too few, expected 16 at least",
    }


def test_folders_are_found_in_the_letters_that_the_public_set_has(
    copy: Path, recipe: Recipe
) -> None:
    before = load(copy, recipe)
    (copy / "open").rename(copy / "Open")
    images = load(copy, recipe)
    assert images.files == before.files
    assert np.array_equal(images.pixels, before.pixels)
    (copy / "OPEN").mkdir()
    with pytest.raises(ImagesError, match="open: expected a folder of class fatigue"):
        load(copy, recipe)


def grouped(recipe: Recipe, path: Path, text: str) -> Recipe:
    path.write_text("folder,first,last,group\n" + text, encoding="utf-8")
    return dataclasses.replace(recipe, groups=str(path))


def test_a_groups_file_that_names_none_of_the_folders_is_refused(
    mouths: Path, recipe: Recipe, tmp_path: Path
) -> None:
    other = grouped(recipe, tmp_path / "who.csv", "Open,0,47,anna\n")
    reason = r"who\.csv: names Open, but none of the recipe's folders open, shut.*--set groups="
    with pytest.raises(SplitError, match=reason):
        load(mouths, other)
    assert load(mouths, other.replaced(["groups="])).unit == "blocks of file numbers"
    assert load(mouths, other, random_split=True).unit == "pictures"


def test_what_was_divided_by_what_is_said(mouths: Path, recipe: Recipe, tmp_path: Path) -> None:
    drivers = "".join(f"open,{4 * i},{4 * i + 3},d{i}\n" for i in range(11))
    images = load(mouths, grouped(recipe, tmp_path / "who.csv", drivers))
    assert images.divided == ("by person (who.csv) in open; by blocks of 4 file numbers in shut")
    assert images.unit == "persons and blocks of file numbers"
    reason = "the groups file names open, but not number"
    left_out = [f"open/{number}.png" for number in range(44, 48)]
    assert [file for file, said in images.skipped if reason in said] == left_out
    named = load(mouths, dataclasses.replace(recipe, person="^([0-9])"))
    assert (named.divided, named.unit) == ("by person (file names)", "persons")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"groups": "none.csv"}, "expected a CSV file of groups"),
        ({"person": "(x)"}, "expected a person in the name"),
        ({"block": 1000}, "1 groups are too few: none of class fatigue for validation"),
        ({"classes": {"fatigue": ["open"], "non_fatigue": ["few"]}}, "at least 12 usable"),
    ],
)
def test_what_needs_no_picture_is_refused_before_one_is_decoded(
    copy: Path, recipe: Recipe, change: dict[str, Any], reason: str
) -> None:
    (copy / "few").mkdir()
    shutil.copy(copy / "shut" / "1.png", copy / "few" / "1.png")
    read: list[int] = []
    with pytest.raises(FatigueError, match=reason):
        load(copy, dataclasses.replace(recipe, **change), on_read=read.append)
    assert not read


def test_missing_empty_and_small_folders_are_refused(copy: Path, recipe: Recipe) -> None:
    for file in sorted((copy / "shut").iterdir())[11:]:
        file.unlink()
    with pytest.raises(ImagesError, match="at least 12 usable pictures of class non_fatigue"):
        load(copy, recipe)
    for file in (copy / "shut").iterdir():
        file.unlink()
    with pytest.raises(ImagesError, match=r"shut: expected pictures of class non_fatigue, found"):
        load(copy, recipe)
    (copy / "shut").rmdir()
    with pytest.raises(ImagesError, match=r"shut: expected a folder of class non_fatigue"):
        load(copy, recipe)


def test_same_pictures_divided_the_same_way_later(
    copy: Path, recipe: Recipe, tmp_path: Path
) -> None:
    images = load(copy, recipe)
    file = tmp_path / "split.csv"
    file.write_text(split_text(images, list(recipe.classes)))
    # Another seed would divide them otherwise: the file decides.
    kept = load_split(copy, file, dataclasses.replace(recipe, seed=99), [Subset.TEST])
    chosen = images.indices(Subset.TEST)
    assert kept.files == [images.files[index] for index in chosen]
    assert np.array_equal(kept.pixels, images.pixels[chosen])
    assert np.array_equal(kept.labels, images.labels[chosen])
    (copy / kept.files[0]).unlink()
    with pytest.raises(ImagesError, match=kept.files[0] + r".*but the training used it"):
        load_split(copy, file, recipe)


def test_a_list_that_is_none_is_refused(mouths: Path, recipe: Recipe, tmp_path: Path) -> None:
    file = tmp_path / "split.csv"
    file.write_text("file,class,group,part\nopen/1.png,asleep,a,test\n")
    with pytest.raises(ImagesError, match="expected the pictures of a training"):
        load_split(mouths, file, recipe)


def test_public_pictures_are_all_told_apart(shared_data: Path) -> None:
    recipe = recipes.load(config("learning") / "shrestha.yaml").replaced(
        ["image_size=16", "region=whole"]
    )
    images = load(shared_data / "drowsiness_images", recipe)
    assert len(images.files) == 844
    assert len(set(images.groups)) == 64
    by_group: dict[str, set[Subset]] = {}
    for group, part in zip(images.groups, images.parts, strict=True):
        by_group.setdefault(group, set()).add(part)
    assert all(len(parts) == 1 for parts in by_group.values())


def test_greyscale_and_large_pictures_do(copy: Path, recipe: Recipe) -> None:
    grey = np.full((300, 500), 77, np.uint8)
    cv2.imwrite(str(copy / "open" / "0.png"), grey)
    images = load(copy, recipe)
    assert np.all(images.pixels[images.files.index("open/0.png")] == 77)
