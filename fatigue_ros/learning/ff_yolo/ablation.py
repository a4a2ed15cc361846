"""Table 6 anew: size and cost of the five networks, and what they learn on given data."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fatigue_ros.learning.ff_yolo import network
from fatigue_ros.learning.ff_yolo.dataset import CLASSES
from fatigue_ros.learning.ff_yolo.network import VARIANTS, Figures, Variant
from fatigue_ros.learning.ff_yolo.training import Trained
from fatigue_ros.plot_style import ACOUSTIC, FAINT, INK, SEEN, STYLE, VISUAL

_COLOURS = dict(zip((v.name for v in VARIANTS), (FAINT, SEEN, INK, VISUAL, ACOUSTIC), strict=True))
_METRICS = ("precision", "recall", "mAP50", "mAP50-95")
_RESOLUTION = 90  # [dots per inch]

SIDES = (640, 928)
"""[px] Sides of the pictures that GFLOPs are told for: YOLO's usual one, and the paper's."""

ERRATUM = (
    "Table 6 counts YOLO11n with one class but YOLO-C with two, and the second class is the whole "
    "difference: 195 parameters. CBAM's own are not in its counts; here they are."
)


@dataclasses.dataclass(frozen=True)
class Size:
    """What a network costs, ready for inference (fused).

    Attributes:
        one_class: [1] parameters with one class.
        two_classes: [1] parameters with Drowsy and Non-Drowsy.
        gflops: [1e9 operations] with two classes, for a picture of each of `SIDES`.
    """

    one_class: int
    two_classes: int
    gflops: tuple[float, ...]


def measure(variant: Variant) -> Size:
    """Build a variant and count.

    Raises:
        FatigueError: ultralytics is not installed.
    """
    one, two = (network.fused(network.build(variant, CLASSES[:n])) for n in (1, 2))
    return Size(
        one_class=parameters(one),
        two_classes=parameters(two),
        gflops=tuple(gflops(two, side) for side in SIDES),
    )


def parameters(model: nn.Module) -> int:
    """[1] its weights."""
    return sum(weights.numel() for weights in model.parameters())


def gflops(model: nn.Module, side: int) -> float:
    """[1e9 operations] for one picture of ``side`` x ``side`` pixels.

    Counted are multiplications and additions of convolutions and matrix products, each as one
    operation, as ultralytics (and so the paper) counts.
    """
    place = next(model.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, side, side, device=place))
    return float(counter.get_total_flops()) / 1e9


def size_table(sizes: Sequence[tuple[Variant, Size]]) -> str:
    """Parameters and operations beside Table 6's."""
    head = "".join(f"{f'at {side} px':>12}" for side in SIDES)
    lines = [
        f"{'':10}{'changes':24}{'parameters':>22}{'':14}{'GFLOPs':>18}",
        f"{'':34}{'1 class':>11}{'2 classes':>11}{'Table 6':>11}   {head}{'Table 6':>9}",
    ]
    for variant, found in sizes:
        cost = "".join(f"{value:12.2f}" for value in found.gflops)
        lines.append(
            f"{variant.name:10}{_changes(variant):24}{found.one_class:11,}{found.two_classes:11,}"
            f"{variant.published_parameters:11,}   {cost}{variant.published_gflops:9.1f}"
        )
    return "\n".join([*lines, ERRATUM])


def figures_table(trained: Sequence[tuple[Variant, Trained]]) -> str:
    """What was reached on the test part, beside Table 6's on other data."""
    names = ("mAP50", "mAP50-95", "P", "R")
    columns = "".join(f"{name:>9}" for name in names)
    lines = [
        f"{'%':10}{'here':>36}{'Table 6, its own data':>36}",
        f"{'':10}{columns}{columns}{'training':>11}",
    ]
    for variant, result in trained:
        both = (result.figures, variant.published)
        lines.append(f"{variant.name:10}{''.join(map(_row, both))}{result.seconds:9.0f} s")
    return "\n".join(lines)


def record(
    sizes: Sequence[tuple[Variant, Size]], trained: Sequence[tuple[Variant, Trained]]
) -> str:
    """All of it as JSON, curves included."""
    rows: dict[str, dict[str, Any]] = {
        variant.name: dataclasses.asdict(found) for variant, found in sizes
    }
    for variant, result in trained:
        rows[variant.name] |= {
            **dataclasses.asdict(result.figures),
            "ap50": result.per_class,
            "seconds": result.seconds,
            "losses": result.losses.tolist(),
            "metrics": result.metrics.tolist(),
            "curve": [result.recall.tolist(), result.precision.tolist()],
            "curve_by_class": result.precision_by_class,
        }
    return json.dumps(rows, indent=1)


def draw(trained: Sequence[tuple[Variant, Trained]], folder: Path) -> list[Path]:
    """Loss over the epochs, precision over recall, and the paper's Figs. 12, 14 and 15."""
    # After the first epochs the mean of weights that is scored is no network yet: anything goes.
    top = 1.05 * max(result.losses[:, :3].sum(1).max() for _, result in trained)
    with mpl.rc_context(STYLE):
        losses = Figure(figsize=(8.0, 3.2), layout="constrained")
        panes = losses.subplots(1, 2, sharey=True)
        for pane, first, title in zip(panes, (0, 3), ("training", "validation"), strict=True):
            for variant, result in trained:
                total = result.losses[:, first : first + 3].sum(1)
                pane.plot(
                    range(1, len(total) + 1),
                    total,
                    color=_COLOURS[variant.name],
                    label=variant.name,
                )
            pane.set(title=title, xlabel="epoch", ylim=(0.0, top))
        panes[0].set_ylabel("box + class + distribution loss")
        panes[0].legend()
        curves = Figure(figsize=(4.5, 3.6), layout="constrained")
        pane = curves.subplots()
        for variant, result in trained:
            pane.plot(
                result.recall, result.precision, color=_COLOURS[variant.name], label=variant.name
            )
        pane.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
        pane.legend(loc="lower left")
        drawn = {
            "losses": losses,
            "precision_recall": curves,
            **{f"figure_12_{variant.name}": _figure_12(result) for variant, result in trained},
            "figure_14": _figure_14(trained),
            "figure_15": _figure_15(trained),
        }
        files = [folder / f"{name}.png" for name in drawn]
        for figure, file in zip(drawn.values(), files, strict=True):
            figure.savefig(file, dpi=_RESOLUTION, metadata={"Software": None})
    return files


def _figure_12(result: Trained) -> Figure:
    """Six losses and four metrics over the epochs."""
    figure = Figure(figsize=(11.0, 4.4), layout="constrained")
    panes = figure.subplots(2, 5)
    epochs = range(1, len(result.losses) + 1)
    kinds = ("box", "class", "distribution")
    for index, values in enumerate(result.losses.T):
        part = "training" if index < len(kinds) else "validation"
        pane = panes[index // 3, index % 3]
        pane.plot(epochs, values, color=SEEN)
        pane.set_title(f"{part}: {kinds[index % 3]} loss")
    for index, (name, values) in enumerate(zip(_METRICS, result.metrics.T, strict=True)):
        pane = panes[index % 2, 3 + index // 2]
        pane.plot(epochs, values, color=ACOUSTIC)
        pane.set(title=name, ylim=(0.0, 1.02))
    for pane in panes[1]:
        pane.set_xlabel("epoch")
    return figure


def _figure_14(trained: Sequence[tuple[Variant, Trained]]) -> Figure:
    """Precision over recall of each class and both, a pane for each network."""
    figure = Figure(figsize=(2.9 * len(trained), 3.1), layout="constrained")
    panes = figure.subplots(1, len(trained), sharey=True, squeeze=False)[0]
    colours = dict(zip(CLASSES, (ACOUSTIC, SEEN), strict=True))
    for pane, (variant, result) in zip(panes, trained, strict=True):
        for name, precision in result.precision_by_class.items():
            label = f"{name} {result.per_class[name]:.3f}"
            pane.plot(result.recall, precision, color=colours[name], lw=1.0, label=label)
        label = f"both {result.figures.map50:.3f}"
        pane.plot(result.recall, result.precision, color=INK, lw=2.0, label=label)
        pane.set(title=variant.name, xlabel="recall", xlim=(0, 1), ylim=(0, 1.02))
        pane.legend(loc="lower left")
    panes[0].set_ylabel("precision")
    return figure


def _figure_15(trained: Sequence[tuple[Variant, Trained]]) -> Figure:
    """Precision, recall, mAP50 and loss over the epochs: the first network beside the last."""
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    panes = figure.subplots(2, 2).ravel()
    ends = [(v, r) for v, r in trained if v in (VARIANTS[0], VARIANTS[-1])] or list(trained)
    for variant, result in ends:
        epochs = range(1, len(result.losses) + 1)
        rows = [*result.metrics.T[:3], result.losses[:, :3].sum(axis=1)]
        for pane, values in zip(panes, rows, strict=True):
            pane.plot(epochs, values, color=_COLOURS[variant.name], label=variant.name)
    for pane, name in zip(panes, (*_METRICS[:3], "training loss"), strict=True):
        pane.set(title=name, xlabel="epoch")
    panes[0].legend()
    return figure


def _changes(variant: Variant) -> str:
    changes = {
        "CA-C3K2": variant.channel_attention,
        "CBAM": variant.block_attention,
        "MPDIoU": variant.point_distance,
    }
    return ", ".join(name for name, made in changes.items() if made) or "none"


def _row(figures: Figures) -> str:
    return "".join(f"{100 * value:9.1f}" for value in dataclasses.astuple(figures))
