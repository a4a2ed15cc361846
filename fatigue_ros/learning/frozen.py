"""Features that are not trained, computed once: a new head then takes seconds and not hours.

Of each picture and, where the recipe mirrors, of its mirror image the input of the network's last
layer is kept, in memory and in a file, so that another training of the pictures begins at once.
Other augmentation makes pictures of which nothing is known beforehand: then nothing is kept.
Dropout in front of the last layer does nothing here.
"""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.utils.data import Dataset

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import LARGEST_MODEL, check_file, read_bytes
from fatigue_ros.learning.classifier import Classifier
from fatigue_ros.learning.dataset import Item
from fatigue_ros.learning.image_folders import Images
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.splits import Indices

Features = npt.NDArray[np.float32]
"""Shape (N, V, F): of N pictures, as they are and, where V is 2, mirrored."""
_AT_ONCE = 32


class FeatureDataset(Dataset[Item]):
    """Features with the labels of their pictures; mirrored ones every other time.

    Args:
        features: of all pictures.
        labels: of all pictures.
        indices: which of them.
        mirrored: take those of the mirror image half of the times.
    """

    def __init__(
        self, features: Features, labels: Indices, indices: Indices, *, mirrored: bool
    ) -> None:
        self._features = torch.from_numpy(features[indices])
        self.labels = labels[indices]
        self._mirrored = mirrored

    def __len__(self) -> int:
        return len(self._features)

    def __getitem__(self, index: int) -> Item:
        side = int(self._mirrored and torch.rand(()) < 0.5)
        return self._features[index, side], int(self.labels[index])


def can_be_kept(recipe: Recipe) -> bool:
    """Whether the features of a recipe's pictures can be known beforehand."""
    return not (recipe.rotation or recipe.zoom or recipe.brightness)


def features(classifier: Classifier, images: Images, weights: Path, folder: Path) -> Features:
    """Of all pictures, read from a file of the folder or computed and written there.

    Args:
        classifier: with frozen features.
        images: of the size that the network takes.
        weights: file that the network's weights came from.
        folder: where features are kept; made when it is not there.
    """
    flip = classifier.recipe.flip
    file = folder / f"{_name(images, weights, flip=flip)}.npy"
    if file.is_file():
        try:
            check_file(file, LARGEST_MODEL)
            found: Features = np.load(file, allow_pickle=False)
        except (OSError, ValueError):
            found = np.empty(0, np.float32)
        if found.dtype == np.float32 and found.shape[:2] == (len(images.files), 1 + flip):
            return found
    computed = _compute(classifier, images, flip=flip)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            np.save(stream, computed)
    except OSError as error:
        raise FatigueError(f"{file}: cannot be written: {error.strerror}") from error
    return computed


def _name(images: Images, weights: Path, *, flip: bool) -> str:
    """What decides the features: pixels, weights, and whether there are mirror images."""
    digest = hashlib.sha256(read_bytes(weights, LARGEST_MODEL))
    digest.update(images.pixels.tobytes())
    digest.update(bytes([flip]))
    return digest.hexdigest()[:20]


def _compute(classifier: Classifier, images: Images, *, flip: bool) -> Features:
    head = classifier.head
    assert head is not None
    caught: list[torch.Tensor] = []

    def catch(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        caught.append(given[0])

    training = classifier.training
    hook = head.register_forward_pre_hook(catch)
    rows: list[torch.Tensor] = []
    try:
        classifier.eval()
        with torch.inference_mode():
            for start in range(0, len(images.pixels), _AT_ONCE):
                pixels = images.pixels[start : start + _AT_ONCE].transpose(0, 3, 1, 2)
                pictures = torch.from_numpy(np.ascontiguousarray(pixels)).float().div_(255.0)
                for seen in (pictures, pictures.flip(3))[: 1 + flip]:
                    classifier(seen)
                rows.append(torch.stack(caught, dim=1))
                caught.clear()
    finally:
        hook.remove()
        classifier.train(training)
    return np.asarray(torch.cat(rows).numpy(), np.float32)
