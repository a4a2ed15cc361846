"""Files that torch wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from fatigue_ros.errors import FatigueError, first_line


class TorchFileError(FatigueError):
    """A file is missing, damaged or none of torch's."""


def read(path: Path) -> Any:
    """What ``torch.save`` wrote, tensors on the processor; code in the file is not run.

    Raises:
        TorchFileError: it cannot be read.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # an unpickler trips over damaged bytes in any way
        raise TorchFileError(
            f"{path}: expected a file that torch wrote, but {first_line(error)}"
        ) from error
