"""Pictures in memory as what a torch DataLoader takes, with the papers' augmentation."""

from typing import Any, Protocol, TypeAlias

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from fatigue_ros.learning import vision_library
from fatigue_ros.learning.image_folders import Images
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.splits import Indices, Subset

Item: TypeAlias = tuple[torch.Tensor, int]
Batches: TypeAlias = DataLoader[Any]
"""Of (pictures, labels)."""


class LabelledDataset(Protocol):
    """What `batches` needs."""

    labels: Indices

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Item: ...


class PictureDataset(Dataset[Item]):
    """Pictures from 0 to 1, float32 [3, size, size], RGB, with their labels.

    Args:
        images: where they are.
        indices: which of them.
        augmentation: applied to each, at each reading; None for none.
    """

    def __init__(self, images: Images, indices: Indices, augmentation: Any = None) -> None:
        self._pixels = images.pixels
        self.labels = images.labels[indices]
        self._indices = indices
        self._augmentation = augmentation

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Item:
        pixels = np.ascontiguousarray(self._pixels[self._indices[index]].transpose(2, 0, 1))
        picture = torch.from_numpy(pixels)
        if self._augmentation is not None:
            picture = self._augmentation(picture)
        return picture.float().div_(255.0), int(self.labels[index])


def augmentation(recipe: Recipe) -> Any:
    """The recipe's changes to a picture, uint8 [3, H, W]; None when it asks for none."""
    v2 = vision_library.transforms()
    steps = []
    if recipe.flip:
        steps.append(v2.RandomHorizontalFlip())
    if recipe.rotation or recipe.zoom:
        scale = (1.0 - recipe.zoom, 1.0 + recipe.zoom)
        steps.append(
            v2.RandomAffine(
                recipe.rotation,
                scale=scale if recipe.zoom else None,
                interpolation=v2.InterpolationMode.BILINEAR,
            )
        )
    if recipe.brightness:
        steps.append(v2.ColorJitter(brightness=recipe.brightness))
    return v2.Compose(steps) if steps else None


def class_weights(labels: Indices, classes: int) -> torch.Tensor:
    """Weights that give each class the same say: N / (classes * N of the class)."""
    counts = np.bincount(labels, minlength=classes)
    return torch.as_tensor(len(labels) / (classes * counts), dtype=torch.float32)


def batches(
    images: Images, part: Subset, recipe: Recipe, instead: LabelledDataset | None = None
) -> Batches:
    """The pictures of a part in batches; those to train on in random order and augmented.

    One seed gives one order. Pictures are in memory already, so that no worker processes read them.

    Args:
        images: all of them.
        part: which of them.
        recipe: size of a batch, order, balance and augmentation.
        instead: what is known of the pictures of the part, in place of them.
    """
    training = part is Subset.TRAIN
    dataset = instead or PictureDataset(
        images, images.indices(part), augmentation(recipe) if training else None
    )
    generator = torch.Generator().manual_seed(recipe.seed)
    sampler = None
    if training and recipe.balance == "sampling":
        each = class_weights(dataset.labels, len(recipe.classes))[torch.from_numpy(dataset.labels)]
        sampler = WeightedRandomSampler(each.tolist(), len(dataset), generator=generator)
    return DataLoader(
        dataset,
        batch_size=recipe.batch_size,
        shuffle=training and sampler is None,
        sampler=sampler,
        generator=generator,
        # Batch normalisation cannot learn from a last batch of one picture.
        drop_last=training and len(dataset) % recipe.batch_size == 1 and len(dataset) > 1,
    )
