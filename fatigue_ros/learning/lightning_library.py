"""Lightning and torchmetrics, behind torchvision.

Wherever it is installed both import it, so it has to be loaded the careful way first.
"""

from fatigue_ros.learning import vision_library

vision_library.load()

import lightning  # noqa: E402
from lightning.pytorch import callbacks  # noqa: E402
from lightning.pytorch.accelerators import CUDAAccelerator  # noqa: E402
from lightning.pytorch.utilities.exceptions import MisconfigurationException  # noqa: E402
from torchmetrics import functional as metrics  # noqa: E402

__all__ = ["CUDAAccelerator", "MisconfigurationException", "callbacks", "lightning", "metrics"]
