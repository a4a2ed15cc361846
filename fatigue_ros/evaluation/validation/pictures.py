"""Pictures of a validation, as SVG to be put into a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from fatigue_ros.evaluation.signal_plot import svg
from fatigue_ros.evaluation.validation.figures import LEVEL, auc, measure_names, pairs, value_of
from fatigue_ros.evaluation.validation.people import (
    ALERT,
    BETWEEN,
    DROWSY,
    LOW,
    STATES,
    YAWNING,
    PlayedFolder,
    Recording,
    by_number,
)
from fatigue_ros.plot_style import ACOUSTIC, FAINT, INK, SEEN, STYLE, VISUAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {ALERT: SEEN, BETWEEN: INK, LOW: VISUAL, DROWSY: ACOUSTIC, YAWNING: ACOUSTIC}
RELIABILITY_EDGES = (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 100.0)
"""[%] bins of the level; wider where few recordings lie."""
_LEAST_IN_BIN = 1


@mpl.rc_context(STYLE)
def roc(folder: PlayedFolder) -> str:
    """Drowsy recordings found over alert ones taken for drowsy, for each measure of a folder."""
    figure = Figure(figsize=(5.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=FAINT, lw=0.8, ls=":")
    for name in measure_names(folder):
        two = pairs(folder.recordings, value_of(name), folder.tired)
        if not two.alert.size:
            continue
        thresholds = np.unique(np.concatenate([two.alert, two.tired]))[::-1]
        false = [0.0, *(float((two.alert >= t).mean()) for t in thresholds)]
        true = [0.0, *(float((two.tired >= t).mean()) for t in thresholds)]
        strong = name == LEVEL
        axes.plot(
            false,
            true,
            lw=2.4 if strong else 1.0,
            color=INK if strong else None,
            alpha=1.0 if strong else 0.75,
            label=f"{name.replace('_', ' ')} {auc(two.alert, two.tired):.2f}",
        )
    axes.set_xlabel("share of alert recordings above")
    axes.set_ylabel(f"share of {STATES[folder.tired]} recordings above")
    axes.set_aspect("equal")
    if len(axes.lines) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title="AUC")
    return svg(figure)


@mpl.rc_context(STYLE)
def reliability(recordings: Sequence[Recording]) -> str:
    """Share of drowsy recordings among those of a level, with the share among all."""
    known = [r for r in recordings if r.state in (ALERT, DROWSY) and np.isfinite(r.mean_level)]
    levels = np.array([r.mean_level for r in known])
    drowsy = np.array([r.state == DROWSY for r in known], float)
    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color=FAINT, lw=0.8, ls=":", label="level as a probability")
    bins = np.digitize(levels, RELIABILITY_EDGES[1:-1])
    for k in range(len(RELIABILITY_EDGES) - 1):
        mine = bins == k
        count = int(mine.sum())
        if count < _LEAST_IN_BIN:
            continue
        x, y = float(levels[mine].mean()), 100.0 * float(drowsy[mine].mean())
        axes.plot([x], [y], "o", color=INK, ms=6)
        axes.annotate(f" {count}", (x, y), xytext=(4, -9), textcoords="offset points", fontsize=8)
    if known:
        prevalence = 100.0 * float(drowsy.mean())
        label = f"prevalence here {prevalence:.0f} %"
        axes.axhline(prevalence, color=VISUAL, lw=1.1, ls="--", label=label)
    axes.set_xlim(-2, 102)
    axes.set_ylim(-4, 104)
    axes.set_xlabel("mean level of the recording [%]")
    axes.set_ylabel("of these drowsy [%]")
    axes.legend(loc="lower right")
    return svg(figure)


@mpl.rc_context(STYLE)
def courses(folder: PlayedFolder, threshold: float) -> str:
    """The level over each recording, one small picture a person."""
    people = sorted({r.person for r in folder.recordings}, key=by_number)
    across = min(6, len(people))
    down = -(-len(people) // across)
    figure = Figure(figsize=(1.85 * across + 0.5, 1.25 * down + 0.5), layout="constrained")
    grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for person, axes in zip(people, grid.flat, strict=False):
        _course(axes, [r for r in folder.recordings if r.person == person], threshold)
        name = f"person {person}" if isinstance(person, int) else person
        axes.set_title(name, fontsize=8, pad=2)
    figure.supxlabel("minutes", fontsize=8)
    figure.supylabel("level [%]", fontsize=8)
    return svg(figure)


def _course(axes: Axes, recordings: Sequence[Recording], threshold: float) -> None:
    axes.set_axis_on()
    axes.axhline(threshold, color=FAINT, lw=0.8, ls="--")
    for r in recordings:
        times = np.linspace(0.0, r.duration / 60.0, len(r.level))
        axes.plot(times, r.level, color=COLOURS[r.state], lw=1.1)
        if len(times) == 1:
            axes.plot(times, r.level, ".", color=COLOURS[r.state])
    axes.set_ylim(-3, 103)
    axes.set_yticks([0, 50, 100])
    axes.tick_params(labelsize=7)
