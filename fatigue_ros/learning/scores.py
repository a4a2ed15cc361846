"""How well a classifier does on pictures it has not seen, with how sure one can be of that.

Intervals are percentile bootstraps (Efron and Tibshirani 1993, chapter 13) over persons, not over
pictures: those of one person are much alike, and drawing them one by one would make a test with ten
drivers look as sure as one with a hundred.
"""

import dataclasses
import json
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fatigue_ros.learning.calibration import BINS, log_loss, reliability, softmax
from fatigue_ros.learning.dataset import Batches
from fatigue_ros.learning.lightning_library import metrics
from fatigue_ros.learning.splits import Indices

Floats = npt.NDArray[np.float64]
PER_CLASS = ("precision", "recall", "f1", "auc", "average_precision")
RESAMPLES = 1000
_COVERAGE = (2.5, 97.5)  # [%]
_NO_CURVE = np.full((2, 1), np.nan)


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "-"
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scores:
    """What a test found.

    Attributes:
        classes: names, in the order of everything else.
        support: pictures of each class.
        groups: persons among them.
        confusion: shape (C, C): rows are what pictures show, columns what the network says.
        accuracy: share of pictures that are told right.
        ece: expected calibration error of the likeliest class: by how much the network's confidence
            differs from how often it is right.
        log_loss: mean negative log likelihood.
        reliability: rows of mean confidence, share told right, share of all pictures.
        temperature: that the logits were divided by before.
        raw_ece: the same error without that; NaN when it is not known.
        per_class: figures named in ``PER_CLASS`` for each class against the others.
        macro: the same, mean of the classes.
        roc: for each class, shape (2, K): false positive rate and true positive rate.
        precision_recall: for each class, shape (2, K): recall and precision.
    """

    classes: tuple[str, ...]
    support: tuple[int, ...]
    groups: int
    confusion: npt.NDArray[np.int64]
    accuracy: Figure
    ece: Figure
    log_loss: float
    per_class: dict[str, dict[str, Figure]]
    macro: dict[str, Figure]
    roc: dict[str, Floats]
    precision_recall: dict[str, Floats]
    reliability: Floats
    temperature: float = 1.0
    raw_ece: float = math.nan

    def to_json(self) -> str:
        """All figures; the curves are left to the pictures."""
        values = dataclasses.asdict(self)
        del values["roc"], values["precision_recall"]
        values["confusion"] = self.confusion.tolist()
        values["reliability"] = self.reliability.tolist()
        return json.dumps(_without_nan(values), indent=2)


def predict(
    model: Callable[[torch.Tensor], torch.Tensor], batches: Batches
) -> tuple[Indices, Floats]:
    """What a network says of pictures.

    Args:
        model: gives logits.
        batches: in a fixed order.

    Returns:
        Labels, shape (N,), and probabilities, shape (N, C).
    """
    labels, said = logits(model, batches)
    return labels, softmax(said)


def logits(
    model: Callable[[torch.Tensor], torch.Tensor], batches: Batches
) -> tuple[Indices, Floats]:
    """The same before they are probabilities."""
    labels, said = [], []
    with torch.inference_mode():
        for pictures, truth in batches:
            labels.append(truth.numpy())
            said.append(model(pictures).double().numpy())
    return np.concatenate(labels), np.concatenate(said)


def score(
    labels: Indices,
    probabilities: Floats,
    groups: Sequence[str],
    classes: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Scores:
    """Compare what a network says with what pictures show.

    A class that is never said has precision 0. What a resample cannot tell, as the recall of a
    class that is not in it, is left out of the interval.

    Args:
        labels: shape (N,).
        probabilities: shape (N, C).
        groups: whom each picture shows.
        classes: names.
        resamples: of the persons, for the intervals.
        seed: of the resamples.
    """
    truth, said = torch.from_numpy(labels), torch.from_numpy(probabilities)
    count = len(classes)
    members = [np.flatnonzero(np.asarray(groups) == name) for name in sorted(set(groups))]
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        chosen = generator.integers(0, len(members), len(members))
        indices = torch.from_numpy(np.concatenate([members[group] for group in chosen]))
        drawn.append(_figures(truth[indices], said[indices], count))
    values = _figures(truth, said, count)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice")
        low, high = np.nanpercentile(np.stack([*drawn, values]), _COVERAGE, axis=0)
    found = [Figure(*map(float, row)) for row in zip(values, low, high, strict=True)]
    width = len(PER_CLASS)
    rows = [
        dict(zip(PER_CLASS, found[i : i + width], strict=True)) for i in range(2, len(found), width)
    ]
    curves = {name: _curves(truth == i, said[:, i]) for i, name in enumerate(classes)}
    support = np.bincount(labels, minlength=count)
    return Scores(
        classes=tuple(classes),
        support=tuple(map(int, support)),
        groups=len(members),
        confusion=metrics.confusion_matrix(
            said.argmax(dim=1), truth, "multiclass", num_classes=count
        ).numpy(),
        accuracy=found[0],
        ece=found[1],
        log_loss=log_loss(labels, probabilities),
        reliability=reliability(labels, probabilities),
        per_class=dict(zip(classes, rows[:-1], strict=True)),
        macro=rows[-1],
        roc={name: curves[name][0] for name in classes},
        precision_recall={name: curves[name][1] for name in classes},
    )


def _figures(truth: torch.Tensor, said: torch.Tensor, count: int) -> Floats:
    """Accuracy, calibration error, then PER_CLASS of each class, then their means."""
    best = said.argmax(dim=1)
    unchecked: dict[str, Any] = {"validate_args": False}  # a third of the time, a thousand times
    options: dict[str, Any] = {"num_classes": count, "average": "none", **unchecked}
    table = np.full((count, len(PER_CLASS)), np.nan)
    functional = metrics.classification
    table[:, 0] = functional.multiclass_precision(best, truth, **options).numpy()
    table[:, 1] = functional.multiclass_recall(best, truth, **options).numpy()
    table[:, 2] = functional.multiclass_f1_score(best, truth, **options).numpy()
    for index in range(count):
        positive = (truth == index).int()
        if not positive.any():
            table[index] = np.nan
        elif not positive.all():
            given = (said[:, index], positive)
            table[index, 3] = float(functional.binary_auroc(*given, **unchecked))
            table[index, 4] = float(functional.binary_average_precision(*given, **unchecked))
    accuracy = float((best == truth).double().mean())
    error = functional.multiclass_calibration_error(
        said, truth, num_classes=count, n_bins=BINS, **unchecked
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice")
        mean = np.nanmean(table, axis=0)
    return np.concatenate([[accuracy, float(error)], table.ravel(), mean])


def _curves(positive: torch.Tensor, said: torch.Tensor) -> tuple[Floats, Floats]:
    """ROC, and precision over recall, of one class."""
    if positive.all() or not positive.any():
        return _NO_CURVE, _NO_CURVE
    binary = metrics.classification
    false, true, _ = binary.binary_roc(said, positive.int())
    precision, recall, _ = binary.binary_precision_recall_curve(said, positive.int())
    return np.stack([false, true]).astype(float), np.stack([recall, precision]).astype(float)


def _without_nan(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
