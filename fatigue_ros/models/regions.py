"""What of a picture, RGB, a network is shown, by the name a recipe and a model file give it."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from fatigue_ros.vision.images import Picture

Region: TypeAlias = Callable[[Picture, str], "Picture | None"]
"""Cuts out of a training picture of a class (its name) what the network is to see of it; None: that
is not in it, and the picture is skipped."""

_MAKERS = {
    "whole": "fatigue_ros.models.regions:whole",
    "face": "fatigue_ros.models.single_pictures:training_region",
    "haar": "fatigue_ros.models.face_parts:training_region",
}
"""module:function, called without arguments, that opens each region's callable."""
NAMES = tuple(_MAKERS)


@contextmanager
def whole() -> Iterator[Region]:
    """All of the picture."""
    yield lambda picture, _: picture


def region(name: str) -> AbstractContextManager[Region]:
    """The callable of a region in ``recipe.Recipe.region``, for use in a ``with``."""
    module, _, function = _MAKERS[name].partition(":")
    made: AbstractContextManager[Region] = getattr(importlib.import_module(module), function)()
    return made
