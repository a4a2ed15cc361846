"""One picture of a drive: signals over time, with events and warnings."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation import signal_plot
from fatigue_ros.face import EventKind
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.plot_style import ACOUSTIC, FAINT, INK, MOUTH, SEEN, STYLE, VISUAL


@mpl.rc_context(STYLE)
def draw(log: DriveLog, title: str, path: Path, warns: WarningSettings | None = None) -> None:
    """Write the picture.

    Args:
        log: what was seen.
        title: shown at the top.
        path: file to write; its ending picks the format (png, svg, pdf).
        warns: the levels at which there were warnings; by default those of WarningSettings.

    Raises:
        FatigueError: the file cannot be written.
    """
    figure = Figure(figsize=(11.0, 8.2), layout="constrained")
    eyes, perclos, mouth, level, speed = rows = figure.subplots(
        5, 1, sharex=True, height_ratios=(3, 2, 2, 3, 1.3)
    )
    figure.suptitle(title, fontsize=12)
    _eyes(eyes, log)
    signal_plot.curve(perclos, log.perclos, SEEN, "PERCLOS", keep=np.nanmax, lw=1.2)
    signal_plot.curve(
        perclos, log.coverage, FAINT, "coverage of the window", keep=np.nanmin, ls=":"
    )
    perclos.set_ylim(-0.02, 1.05)
    perclos.set_ylabel("share")
    signal_plot.mouth(mouth, log)
    _spans(mouth, log, EventKind.YAWN, MOUTH)
    _level(level, log, warns or WarningSettings())
    speeds = log.speed.values * 3.6
    speed.plot(log.speed.times, speeds, color=INK, lw=1.1, label="speed")
    speed.set_ylim(0.0, max(10.0, 1.1 * float(np.nanmax(speeds, initial=0.0))))
    speed.set_ylabel("km/h")
    for axes in rows:
        signal_plot.name(axes)
    signal_plot.time_axis(speed, log.duration)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise FatigueError(f"{path}: cannot write the picture: {error}") from error


def _spans(axes: Axes, log: DriveLog, kind: EventKind, colour: str) -> None:
    for start, end in log.spans(kind):
        axes.axvspan(start, end, color=colour, alpha=0.3, lw=0, label=kind.name.lower())


def _eyes(axes: Axes, log: DriveLog) -> None:
    signal_plot.eyes(axes, log)
    _spans(axes, log, EventKind.CLOSURE, SEEN)
    blinks = [start for start, _ in log.spans(EventKind.BLINK)]
    if blinks:  # matplotlib's layout fails over a line without points
        axes.plot(
            blinks,
            np.full(len(blinks), 0.02),
            "|",
            color=INK,
            ms=9,
            transform=axes.get_xaxis_transform(),
            label=f"blink ({len(blinks)})",
            clip_on=False,
        )


def _level(axes: Axes, log: DriveLog, warns: WarningSettings) -> None:
    signal_plot.level(axes, log)
    axes.axhline(warns.OPTICAL_WARNING_THRESHOLD_L, color=VISUAL, lw=1, ls="--")
    axes.axhline(warns.OPTICAL_WARNING_THRESHOLD_H, color=ACOUSTIC, lw=1, ls="--")
    for warning in log.warnings:
        colour = ACOUSTIC if warning.severity == "acoustic" else VISUAL
        axes.axvline(warning.time, color=colour, lw=2.2, label=f"{warning.severity} warning")
        axes.annotate(
            warning.cause.replace("_", " "),
            (warning.time, 0.97),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            rotation=90,
            va="top",
            fontsize=7.5,
        )
