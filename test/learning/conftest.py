"""Pictures that anybody could tell apart: mouths wide open and shut, drawn for twelve drivers."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

DRIVERS, EACH = 12, 4
"""Pictures of each driver in each class."""

RECIPE = """\
paper: drawn mouths
classes:
  fatigue: open
  non_fatigue: [shut]
drowsy: [fatigue]
networks: [custom_cnn]
image_size: 24
epochs: 4
batch_size: 8
learning_rate: 0.003
flip: true
block: 4
seed: 3
"""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Networks this small only wait for each other's threads, above all on a busy machine."""
    if importlib.util.find_spec("torch"):
        import torch  # noqa: PLC0415

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mouths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the classes' folders; a driver has four numbers in a row."""
    root = tmp_path_factory.mktemp("mouths")
    generator = np.random.default_rng(1)
    for folder, height in (("open", 12), ("shut", 2)):
        (root / folder).mkdir()
        for number in range(DRIVERS * EACH):
            skin = 120 + 8 * (number // EACH)
            picture = np.full((40, 48, 3), skin, np.uint8)
            centre = (24 + int(generator.integers(-3, 4)), 20 + int(generator.integers(-2, 3)))
            cv2.ellipse(picture, centre, (8, height), 0, 0, 360, (20, 20, 60), cv2.FILLED)
            noisy = picture + generator.normal(0.0, 6.0, picture.shape)
            cv2.imwrite(str(root / folder / f"{number}.png"), np.clip(noisy, 0, 255))
    return root


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe for them."""
    path = tmp_path_factory.mktemp("recipe") / "mouths.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path
