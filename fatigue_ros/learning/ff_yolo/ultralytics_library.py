"""ultralytics, held to this machine. The one module that imports it.

It is AGPL-3.0 and optional: whoever passes on a program or offers a service that contains it takes
on that licence's duties. Nothing of it is copied here.

No usage reports, no update check, no download, no installation of packages, and its settings lie in
a folder that goes when the program ends.
"""

import atexit
import importlib
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning import vision_library

_ENVIRONMENT = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
INTEGRATIONS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
"""Services that it would report trainings to where their packages are installed."""

_MISSING = (
    "ultralytics: expected to be installed, found no such package. It is AGPL-3.0 and therefore "
    "not part of the extra [learning]: pip install --no-deps -r requirements/ff_yolo.txt"
)


@cache
def _load() -> None:
    """Import ultralytics once, with everything off that would leave this machine.

    Raises:
        FatigueError: it is not installed.
    """
    vision = vision_library.load()
    folder = Path(tempfile.mkdtemp(prefix="ff_yolo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.update(_ENVIRONMENT, YOLO_CONFIG_DIR=str(folder))
    settings = folder / "Ultralytics"
    settings.mkdir()
    reports = {"sync": False, **dict.fromkeys(INTEGRATIONS, False)}
    (settings / "settings.json").write_text(json.dumps(reports), encoding="utf-8")
    # It would download Arial where the system has none.
    font = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    shutil.copy(font, settings / "Arial.ttf")
    try:
        importlib.import_module("ultralytics.nn.tasks")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ultralytics":
            raise FatigueError(f"ultralytics: needs {error.name}, which is missing") from error
        raise FatigueError(_MISSING) from None
    # It would write a cache of the labels beside the data.
    dataset: Any = importlib.import_module("ultralytics.data.dataset")
    dataset.save_dataset_cache_file = _keep_no_cache
    if not vision.extension._has_ops():  # then its non-maximum suppression would refuse to work
        vision.ops.nms = importlib.import_module("ultralytics.utils.nms").TorchNMS.nms


def _keep_no_cache(_prefix: str, _path: Path, labels: dict[str, Any], version: str) -> None:
    labels["version"] = version  # what its readers look for


def module(name: str) -> ModuleType:
    """The module of this name in ultralytics, such as ``nn.tasks``.

    Raises:
        FatigueError: ultralytics is not installed.
    """
    _load()
    return importlib.import_module(f"ultralytics.{name}")
