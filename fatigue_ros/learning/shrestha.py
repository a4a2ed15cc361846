"""The four networks of Shrestha, "Fatigue Detection from Facial Images Using Deep Learning Models".

Three known ones with a new last layer, their features frozen where weights learned on ImageNet are
there, and a small one of the author's own. The paper leaves open the custom network's kernels
(3 x 3 with padding here), its pooling (2 x 2), and whether a ReLU follows its 128 units (it does
here, or the two last layers would be one).
"""

from pathlib import Path
from typing import Any

from torch import nn

from fatigue_ros.learning import vision_library
from fatigue_ros.learning.networks import HEAD
from fatigue_ros.learning.weights import read_weights

PUBLISHED = {
    "resnet50": (0.79, 0.88, 0.82, 0.79),
    "vgg16": (0.78, 0.80, 0.80, 0.78),
    "mobilenet_v2": (0.82, 0.82, 0.83, 0.81),
    "custom_cnn": (0.84, 0.87, 0.85, 0.83),
}
"""The paper's Table 1: accuracy, recall and F1 of the class fatigue, macro F1. Its abstract has
other figures for ResNet50 (recall 0.90, F1 0.81)."""


def resnet50(classes: int, image_size: int, weights: Path | None) -> nn.Module:  # noqa: ARG001
    """ResNet50 (He et al. 2016) with a new last layer."""
    return adapted(vision_library.load().models.resnet50(), "fc", classes, weights)


def vgg16(classes: int, image_size: int, weights: Path | None) -> nn.Module:  # noqa: ARG001
    """VGG16 (Simonyan and Zisserman 2015) with a new last layer."""
    network = vision_library.load().models.vgg16(init_weights=weights is None)
    return adapted(network, "classifier.6", classes, weights)


def mobilenet_v2(classes: int, image_size: int, weights: Path | None) -> nn.Module:  # noqa: ARG001
    """MobileNetV2 (Sandler et al. 2018) with a new last layer."""
    return adapted(vision_library.load().models.mobilenet_v2(), "classifier.1", classes, weights)


def custom_cnn(classes: int, image_size: int, weights: Path | None) -> nn.Module:  # noqa: ARG001
    """The author's own network: two convolutions, 32 and 64 filters, then 128 units."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * (image_size // 4) ** 2, 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


def adapted(network: nn.Module, last: str, classes: int, weights: Path | None) -> nn.Module:
    """Put weights into a network and freeze them, then exchange its last layer."""
    if weights is not None:
        read_weights(network, weights)
        network.requires_grad_(False)
    inputs: Any = network.get_submodule(last).in_features
    network.set_submodule(last, nn.Linear(inputs, classes))
    setattr(network, HEAD, last)
    return network
