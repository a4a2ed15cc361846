"""torchvision beside a torch that its compiled operators do not fit.

From PyPI, torchvision is built for CUDA. Beside a torch for the processor its operators do not
load, and the import fails, because the meta kernels of two of them find no schema to belong to.
Models and transforms need none of those operators: with the schemas declared they work.
"""

import importlib
import sys
from types import ModuleType

import torch

_SCHEMAS = {
    "torchvision::nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "torchvision::qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def load() -> ModuleType:
    """The package torchvision, whether or not its operators load."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # the import broke off half way
    for name, schema in _SCHEMAS.items():
        torch.library.define(name, schema)
    return importlib.import_module("torchvision")


def transforms() -> ModuleType:
    """Its transforms of pictures, second version."""
    load()
    return importlib.import_module("torchvision.transforms.v2")
