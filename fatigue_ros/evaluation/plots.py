"""Pictures of an evaluation, as SVG to be put into a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fatigue_ros.evaluation.agreement import LIMITS_OF_AGREEMENT, Array
from fatigue_ros.evaluation.signal_plot import svg
from fatigue_ros.evaluation.warning_score import DROWSY, SLEEP, ClosureDetection
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.plot_style import ACOUSTIC, FAINT, GRID, HEART, INK, SEEN, STYLE, VISUAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@mpl.rc_context(STYLE)
def bland_altman(measured: Array, reference: Array) -> str:
    """Difference over mean of two instruments, with bias and limits of agreement."""
    difference, mean = measured - reference, (measured + reference) / 2.0
    figure, axes = _figure(3.4)
    axes.axhspan(-5.0, 5.0, color=GRID, alpha=0.7, lw=0, label="within 5 1/min")
    axes.plot(mean, difference, "o", color=HEART, ms=5, alpha=0.65, mew=0)
    bias = float(difference.mean())
    lines = [(bias, "bias", "-")]
    if len(difference) > 1:
        reach = LIMITS_OF_AGREEMENT * float(difference.std(ddof=1))
        lines += [(bias + reach, "+1.96 SD", "--"), (bias - reach, "−1.96 SD", "--")]
    for value, name, style in lines:
        axes.axhline(value, color=INK, lw=1.1, ls=style)
        axes.annotate(
            f"{name}\n{value:+.2f}",
            (1.01, value),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            annotation_clip=False,
        )
    # Wide enough for all, narrow enough to tell the lines apart.
    values = [*difference.tolist(), *(value for value, _, _ in lines)]
    margin = max(0.15 * (max(values) - min(values)), 0.1)
    axes.set_ylim(min(values) - margin, max(values) + 2 * margin)
    axes.set_xlabel("mean of measured and reference [1/min]")
    axes.set_ylabel("measured − reference [1/min]")
    axes.legend(loc="upper left")
    return svg(figure)


@mpl.rc_context(STYLE)
def detection_delays(closures: Sequence[ClosureDetection]) -> str:
    """How long after the eyes closed the warning came, over how long they stayed closed."""
    figure, axes = _figure(3.4)
    for category, colour in (("microsleep", VISUAL), ("sleep", ACOUSTIC)):
        mine = [c for c in closures if c.category == category]
        timed = [c for c in mine if c.delay is not None]
        missed = [c for c in mine if not c.detected]
        if not mine:
            continue
        axes.plot(
            [c.duration for c in timed],
            [c.delay for c in timed if c.delay is not None],
            "o",
            color=colour,
            ms=6,
            alpha=0.8,
            mew=0,
            label=f"{category}, warned",
        )
        if missed:
            axes.plot(
                [c.duration for c in missed],
                [0.0] * len(missed),
                "x",
                color=colour,
                ms=7,
                mew=2,
                label=f"{category}, missed",
            )
    axes.axvline(SLEEP, color=FAINT, lw=1, ls=":")
    slowest = max((c.delay for c in closures if c.delay is not None), default=1.0)
    axes.set_ylim(-0.1, max(1.2, 1.25 * slowest))
    axes.set_xlabel("eyes closed for [s]")
    axes.set_ylabel("warning after [s]")
    axes.legend(loc="best")
    return svg(figure)


@mpl.rc_context(STYLE)
def histogram(values: Array | Sequence[float], label: str, *, unit: str = "") -> str:
    """A distribution with its median.

    Args:
        values: shape (n,).
        label: of their axis.
        unit: behind the median.
    """
    array = np.asarray(values, dtype=np.float64)
    figure, axes = _figure(2.9)
    axes.hist(array, 24, color=SEEN, alpha=0.85)
    middle = float(np.median(array))
    axes.axvline(middle, color=INK, lw=1.2, ls="--", label=f"median {middle:.3g}{unit}")
    axes.set_xlabel(label)
    axes.set_ylabel("number")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper right")
    return svg(figure)


@mpl.rc_context(STYLE)
def level_distribution(counts: Array, edges: Array, warns: WarningSettings) -> str:
    """Share of the time at each fatigue level.

    Args:
        counts: frames at each level, shape (n,).
        edges: [%] shape (n + 1,).
        warns: the levels at which there were warnings.
    """
    figure, axes = _figure(2.9)
    shares = 100.0 * counts / counts.sum()
    colours = [
        ACOUSTIC
        if edge >= warns.OPTICAL_WARNING_THRESHOLD_H
        else VISUAL
        if edge >= warns.OPTICAL_WARNING_THRESHOLD_L
        else SEEN
        for edge in edges[:-1]
    ]
    axes.bar(edges[:-1], shares, np.diff(edges) * 0.94, align="edge", color=colours, alpha=0.85)
    axes.set_xlim(0.0, 100.0)
    axes.set_xlabel("fatigue level [%]")
    axes.set_ylabel("share of frames [%]")
    axes.grid(visible=False, axis="x")
    return svg(figure)


@mpl.rc_context(STYLE)
def level_by_kss(pairs: Sequence[tuple[int, float]], warns: WarningSettings) -> str:
    """Fatigue level in the five minutes before each report of sleepiness."""
    figure, axes = _figure(2.9)
    axes.axvspan(DROWSY - 0.5, 9.5, color=ACOUSTIC, alpha=0.08, lw=0)
    threshold = warns.OPTICAL_WARNING_THRESHOLD_L
    axes.axhline(threshold, color=VISUAL, lw=1.1, ls="--", label="warns from here")
    axes.plot(*zip(*pairs, strict=True), "o", color=SEEN, ms=6, alpha=0.55, mew=0)
    axes.set_xlim(0.5, 9.5)
    axes.set_xticks(range(1, 10))
    axes.set_ylim(-3.0, 103.0)
    axes.set_xlabel("KSS reported")
    axes.set_ylabel("level before [%]")
    axes.legend(loc="upper left")
    return svg(figure)


@mpl.rc_context(STYLE)
def sensitivity_by_participant(
    people: Sequence[tuple[str, float]], mean: float, interval: tuple[float, float] | None
) -> str:
    """Each participant's sensitivity, the mean and its confidence interval.

    Args:
        people: name and sensitivity [1].
        mean: [1].
        interval: [1] its ends; None where it has none.
    """
    figure, axes = _figure(max(1.6, 0.26 * len(people) + 1.0))
    rows = np.arange(len(people))
    axes.barh(rows, [100.0 * value for _, value in people], 0.62, color=SEEN, alpha=0.85)
    if interval is not None:
        axes.axvspan(
            100.0 * interval[0],
            100.0 * interval[1],
            color=INK,
            alpha=0.10,
            lw=0,
            label="90 % confidence",
        )
    axes.axvline(100.0 * mean, color=INK, lw=1.3, ls="--", label=f"mean {100.0 * mean:.0f} %")
    axes.set_yticks(rows, [_literal(name) for name, _ in people])
    axes.invert_yaxis()
    axes.set_xlim(0.0, 100.5)
    axes.set_xlabel("sensitivity TP / (TP + FN) [%]")
    axes.grid(visible=False, axis="y")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg(figure)


def _literal(text: str) -> str:
    """A dollar sign would begin a formula."""
    return text.replace("$", r"\$")


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, height), layout="constrained")
    return figure, figure.subplots()
