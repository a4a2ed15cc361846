"""Pictures of a test: confusion matrix, ROC, precision-recall and reliability curves."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from fatigue_ros.learning.scores import Scores
from fatigue_ros.plot_style import ACOUSTIC, FAINT, HEART, SEEN, STYLE, VISUAL
from fatigue_ros.vision.images import Picture

_COLOURS = (ACOUSTIC, SEEN, VISUAL, HEART)
SAMPLES = 16
"""[1] Pictures of a test in the grid of samples, at most."""
_COLUMNS = 8
_RESOLUTION = 110  # [dots per inch]


def write(scores: Scores, folder: Path, title: str) -> list[Path]:
    """Write ``confusion``, ``roc``, ``precision_recall`` and ``reliability``, each a PNG.

    Args:
        scores: of the test.
        folder: that is there.
        title: above each picture.
    """
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        confusion = _confusion(scores, title)
    with mpl.rc_context(STYLE):
        drawn = {
            "confusion.png": confusion,
            "roc.png": _curves(scores, title, "roc"),
            "precision_recall.png": _curves(scores, title, "precision_recall"),
            "reliability.png": _reliability(scores, title),
        }
    for name, figure in drawn.items():
        # Same figures, same bytes.
        figure.savefig(folder / name, dpi=_RESOLUTION, metadata={"Software": None})
    return [folder / name for name in drawn]


def learning(history: Sequence[Mapping[str, float]], file: Path, title: str) -> None:
    """Write loss and accuracy over the epochs, of the training and the validation part."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.0), layout="constrained")
        panes = figure.subplots(1, 2)
        epochs = [row["epoch"] for row in history]
        for pane, kind in zip(panes, ("loss", "accuracy"), strict=True):
            for part, colour in (("train", FAINT), ("validation", SEEN)):
                values = [row[f"{part}_{kind}"] for row in history]
                pane.plot(epochs, values, color=colour, marker=".", label=part)
            pane.set(title=kind, xlabel="epoch")
        panes[0].legend()
        figure.suptitle(title)
        figure.savefig(file, dpi=_RESOLUTION, metadata={"Software": None})


def samples(chosen: Sequence[tuple[Picture, str, str]], file: Path, title: str) -> None:
    """Write a grid of pictures, each with the class that it shows and the one that is said.

    Args:
        chosen: pixels, RGB, and the two classes.
        file: a PNG.
        title: above them.
    """
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        rows = math.ceil(len(chosen) / _COLUMNS)
        figure = Figure(figsize=(1.7 * _COLUMNS, 2.0 * rows + 0.3), layout="constrained")
        panes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for pane in panes:
            pane.set_axis_off()
        for pane, (picture, shows, says) in zip(panes, chosen, strict=False):
            pane.imshow(picture)
            right = "black" if shows == says else ACOUSTIC
            pane.set_title(f"shows {shows}\nsays {says}", fontsize=8, color=right)
        figure.suptitle(title)
        figure.savefig(file, dpi=_RESOLUTION, metadata={"Software": None})


def _confusion(scores: Scores, title: str) -> Figure:
    side = 1.6 + 0.8 * len(scores.classes)
    figure = Figure(figsize=(side + 0.4, side), layout="constrained")
    axes = figure.subplots()
    shares = scores.confusion / np.maximum(1, scores.confusion.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), count in np.ndenumerate(scores.confusion):
        axes.text(
            column,
            row,
            f"{count}\n{100.0 * shares[row, column]:.0f} %",
            ha="center",
            va="center",
            color="white" if shares[row, column] > 0.6 else "black",
        )
    axes.set_xticks(range(len(scores.classes)), scores.classes)
    axes.set_yticks(range(len(scores.classes)), scores.classes, rotation=90, va="center")
    axes.set(xlabel="network says", ylabel="picture shows", title=title)
    return figure


def _reliability(scores: Scores, title: str) -> Figure:
    """How often it is right over how sure it is; below, how many pictures are at each."""
    figure = Figure(figsize=(4.4, 4.6), layout="constrained")
    axes, below = figure.subplots(2, sharex=True, height_ratios=[3, 1])
    sure, right, share = scores.reliability.T
    axes.plot([0, 1], [0, 1], color=FAINT, lw=0.8, ls=":")
    axes.plot(sure, right, color=SEEN, marker="o", ms=3.5, label=f"ECE {scores.ece.value:.3f}")
    axes.set(xlim=(0.0, 1.01), ylim=(-0.01, 1.02), ylabel="told right", title=title)
    axes.legend(loc="upper left")
    below.bar(sure, 100.0 * share, width=0.03, color=SEEN)
    below.set(xlabel="probability of the class it says", ylabel="pictures [%]")
    return figure


def _curves(scores: Scores, title: str, kind: str) -> Figure:
    figure = Figure(figsize=(4.4, 3.8), layout="constrained")
    axes = figure.subplots()
    curves = scores.roc if kind == "roc" else scores.precision_recall
    area = "auc" if kind == "roc" else "average_precision"
    for index, (name, (x, y)) in enumerate(curves.items()):
        value = scores.per_class[name][area].value
        size = f"{value:.2f}" if math.isfinite(value) else "-"
        colour = _COLOURS[index % len(_COLOURS)]
        # Two classes have the same ROC, seen from both sides: dashes leave both visible.
        axes.plot(x, y, color=colour, ls="--" if index % 2 else "-", label=f"{name} ({size})")
    if kind == "roc":
        axes.plot([0, 1], [0, 1], color=FAINT, lw=0.8, ls=":")
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
    else:
        axes.set(xlabel="recall", ylabel="precision")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02), title=title)
    axes.legend(loc="lower right" if kind == "roc" else "lower left")
    return figure
