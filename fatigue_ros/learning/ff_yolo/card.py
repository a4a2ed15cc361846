"""What people should know of an exported detector before they use it, as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fatigue_ros.learning.ff_yolo.dataset import CLASSES
from fatigue_ros.learning.ff_yolo.training import Trained
from fatigue_ros.learning.ff_yolo.variants import Variant
from fatigue_ros.learning.model_card import INTENDED_USE


def model_card(
    variant: Variant,
    trained: Trained,
    training: Mapping[str, Any],
    path: Path,
    *,
    trained_on: str,
    difference: float,
) -> str:
    """The page, under the headings of the classifiers' cards.

    Args:
        variant: which network.
        trained: what came of its training.
        training: settings by ultralytics' names.
        path: of the model file.
        trained_on: data and split.
        difference: largest one between torch and ONNX Runtime.
    """
    size, found = training["imgsz"], trained.figures
    areas = ", ".join(f"{name} {area:.3f}" for name, area in trained.per_class.items())
    named = ", ".join(f"{name} {value}" for name, value in training.items())
    return f"""# {variant.name}

## Model

- {variant.name} of Tan et al. 2025, on YOLO11n of ultralytics (AGPL-3.0, whose terms may extend to
  this file)
- File `{path.name}` (ONNX): `image` float32 [N, 3, {size}, {size}], RGB from 0 to 1, to `boxes`
  with scores for {", ".join(CLASSES)}
- Means a tired driver: {CLASSES[0]}
- ONNX Runtime differs from torch by at most {difference:.1e}

## Intended use

{INTENDED_USE}

## Training

- Data: {trained_on}
- From random weights, in {trained.seconds:.0f} s; kept: the epoch with the best mAP on the
  validation part
- Settings: {named}

## Test

| mAP50 | mAP50-95 | precision | recall |
|---|---|---|---|
| {found.map50:.3f} | {found.map50_95:.3f} | {found.precision:.3f} | {found.recall:.3f} |

Average precision at an intersection over union of 0.5: {areas}.

A detector that finds every face and guesses its class reaches an mAP50 of about 0.5 on classes of
one size.

## Limits

- Labels are as good as what they stand for: see Data.
- Scores are no probabilities of being tired.
"""
