"""What a fault is tried on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from test.faults.rig import Rig
from test.firmware.conftest import built, live_board

__all__ = ["built", "live_board"]


@pytest.fixture
def rig(
    bench: Any, started: Callable[..., Any], tmp_path: Path, face_points: Callable[..., Any]
) -> Rig:
    """A vehicle of its own."""
    return Rig(bench, started, tmp_path, face_points)
