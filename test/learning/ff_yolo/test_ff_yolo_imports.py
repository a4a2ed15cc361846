"""Labelling needs no torch, and ultralytics (AGPL-3.0) comes in through one door."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "fatigue_ros"


def test_labelling_imports_no_torch() -> None:
    code = (
        "import sys; import fatigue_ros.cli.learn.label; "
        "import fatigue_ros.learning.ff_yolo.recordings, fatigue_ros.learning.ff_yolo.stand_in; "
        "sys.exit(str(sorted({'torch', 'ultralytics', 'onnxruntime'} & sys.modules.keys())))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert ran.stderr.strip() == "[]"


def test_one_module_imports_ultralytics() -> None:
    imports = re.compile(r"(?:^\s*(?:import|from)\s+|import_module\(f?[\"'])ultralytics\b", re.M)
    found = [file.name for file in PACKAGE.rglob("*.py") if imports.search(file.read_text("utf-8"))]
    assert found == ["ultralytics_library.py"]


def test_no_checkpoint_is_opened_as_an_object() -> None:
    calls = re.compile(r"torch\.load\(([^)]*)\)")
    found = [
        call for file in PACKAGE.rglob("*.py") for call in calls.findall(file.read_text("utf-8"))
    ]
    assert found
    assert all("weights_only=True" in call for call in found), found
