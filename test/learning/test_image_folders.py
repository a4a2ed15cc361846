"""Folders of pictures: what cannot be used is named, what is too little is refused."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fatigue_ros.learning import recipe as recipes
from fatigue_ros.learning.image_folders import ImagesError, load, load_split, split_text
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.splits import Subset
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
    # What a decoder makes of half a file is its own affair: no more than that file.
    assert set(skipped) <= {"open/5.png"}
    assert len(images.files) == len(images.pixels) == 94 - len(skipped)


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
