"""One picture of a drive: signals over time, with events and warnings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from fatigue_ros.errors import FatigueError
from fatigue_ros.face import EventKind
from fatigue_ros.monitor.log import Series, WatchLog

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK = "#22303c"
_EYES = "#1f77b4"
_MOUTH = "#8c564b"
_CLOSED = "#1f77b4"
_YAWN = "#d8a657"
_VISUAL = "#f2c14e"
_ACOUSTIC = "#d1495b"
_MOST_POINTS = 4000  # a line of more is no clearer, only slower to draw


def _line(axes: Axes, series: Series, colour: str, label: str, style: str = "-") -> None:
    times, values = series.times, series.values
    step = max(1, len(times) // _MOST_POINTS)
    if step > 1:  # keep the lowest of each group: a blink must not vanish from the picture
        groups = len(times) // step
        shaped = values[: groups * step].reshape(groups, step)
        values = np.where(np.isnan(shaped).all(1), np.nan, np.fmin.reduce(shaped, axis=1))
        times = times[: groups * step : step]
    axes.plot(times, values, style, color=colour, linewidth=1.1, label=label)


def _spans(axes: Axes, log: WatchLog, kind: EventKind, colour: str, label: str) -> None:
    for number, (start, end) in enumerate(log.spans(kind)):
        axes.axvspan(start, end, color=colour, alpha=0.30, lw=0, label="" if number else label)


def draw(log: WatchLog, title: str, path: Path) -> None:
    """Write the picture.

    Args:
        log: what was seen.
        title: shown at the top.
        path: file to write; its ending picks the format (png, svg, pdf).

    Raises:
        FatigueError: the file cannot be written.
    """
    with mpl.rc_context({"font.size": 9, "axes.edgecolor": "#9aa5b1", "text.color": _INK}):
        figure = Figure(figsize=(11.0, 8.2), layout="constrained")
        eyes, perclos, mouth, level, speed = figure.subplots(
            5, 1, sharex=True, height_ratios=(3, 2, 2, 3, 1.3)
        )
        figure.suptitle(title, fontsize=12, color=_INK)

        _line(eyes, log.ear, _EYES, "eye aspect ratio")
        _line(eyes, log.ear_open, _INK, "open level", "--")
        _spans(eyes, log, EventKind.CLOSURE, _CLOSED, "closure")
        blinks = [start for start, _ in log.spans(EventKind.BLINK)]
        if blinks:  # matplotlib's layout fails over a line without points
            eyes.plot(
                blinks,
                np.full(len(blinks), 0.02),
                "|",
                color=_INK,
                ms=9,
                transform=eyes.get_xaxis_transform(),
                label=f"blink ({len(blinks)})",
                clip_on=False,
            )
        eyes.set_ylabel("EAR")
        eyes.set_ylim(bottom=0.0)

        _line(perclos, log.perclos, _EYES, "PERCLOS")
        _line(perclos, log.coverage, "#9aa5b1", "coverage of the window", ":")
        perclos.set_ylabel("share")
        perclos.set_ylim(-0.02, 1.05)

        _line(mouth, log.mouth_opening, _MOUTH, "mouth opening / width")
        _spans(mouth, log, EventKind.YAWN, _YAWN, "yawn")
        mouth.set_ylabel("mouth")
        mouth.set_ylim(bottom=0.0)

        _line(level, log.level, _INK, "fatigue level")
        level.axhline(75.0, color=_VISUAL, lw=1, ls="--")
        level.axhline(85.0, color=_ACOUSTIC, lw=1, ls="--")
        seen = set()
        for warning in log.warnings:
            colour = _ACOUSTIC if warning.severity == "acoustic" else _VISUAL
            label = f"{warning.severity} warning"
            level.axvline(warning.time, color=colour, lw=2.2, label="" if label in seen else label)
            seen.add(label)
            level.annotate(
                warning.cause.replace("_", " "),
                (warning.time, 0.97),
                xycoords=("data", "axes fraction"),
                xytext=(3, 0),
                textcoords="offset points",
                rotation=90,
                va="top",
                fontsize=7.5,
                color=_INK,
            )
        level.set_ylabel("level [%]")
        level.set_ylim(-2.0, 102.0)

        speeds = log.speed.values * 3.6
        speed.plot(log.speed.times, speeds, color=_INK, lw=1.1, label="speed")
        speed.set_ylabel("km/h")
        speed.set_xlabel("time [s]")
        speed.set_ylim(0.0, max(10.0, 1.1 * float(np.nanmax(speeds, initial=0.0))))
        speed.set_xlim(0.0, max(log.duration, 1.0))

        for axes in (eyes, perclos, mouth, level, speed):
            axes.grid(color="#e4e7eb", lw=0.6)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, fontsize=8)
        try:
            figure.savefig(path, dpi=110)
        except (OSError, ValueError) as error:
            raise FatigueError(f"{path}: cannot write the picture: {error}") from error
