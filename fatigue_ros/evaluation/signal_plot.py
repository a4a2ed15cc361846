"""Signals over time with events and warnings: rows of one picture, and that of a recording."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from fatigue_ros.evaluation.agreement import Array, PerclosComparison
from fatigue_ros.evaluation.event_score import detected_and_labelled
from fatigue_ros.evaluation.labels import SPANS, Interval, Labels, SleepinessReport
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.evaluation.warning_score import DROWSY, JudgedWarning, Truth
from fatigue_ros.face import EventKind
from fatigue_ros.fusion.assessment import Cause
from fatigue_ros.monitor.log import DriveLog, Series
from fatigue_ros.plot_style import ACOUSTIC, FAINT, HEART, INK, KNOWN, MOUTH, SEEN, STYLE, VISUAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_POINTS = 1600
"""More than a page is wide."""


def curve(
    axes: Axes, series: Series, colour: str, label: str, *, keep: Callable[..., Array], **more: Any
) -> None:
    """Draw a measure over time, at most as many points as can be told apart.

    Args:
        axes: to draw on.
        series: the measure.
        colour: of the line.
        label: in the legend.
        keep: which of a group of values matters, such as ``np.nanmin``: a blink must not vanish.
        more: what else ``Axes.plot`` is told.
    """
    times, values = series.times, series.values
    step = -(-len(times) // _MOST_POINTS)
    if step > 1:
        groups = len(times) // step
        shaped: Array = values[: groups * step].reshape(groups, step)
        empty = np.asarray(np.isnan(shaped).all(axis=1))
        shaped = np.where(empty[:, None], 0.0, shaped)
        times, values = times[: groups * step : step], np.where(empty, np.nan, keep(shaped, axis=1))
    axes.plot(times, values, color=colour, label=label, **more)


def eyes(axes: Axes, log: DriveLog) -> None:
    """Draw the eye aspect ratio and what is open."""
    curve(axes, log.ear, SEEN, "eye aspect ratio", keep=np.nanmin, lw=0.8)
    curve(axes, log.ear_open, INK, "open level", keep=np.nanmin, lw=1.0, ls="--")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("EAR")


def mouth(axes: Axes, log: DriveLog) -> None:
    """Draw how far the mouth is open."""
    curve(axes, log.mouth_opening, MOUTH, "mouth opening", keep=np.nanmax, lw=0.9)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("of width")


def level(axes: Axes, log: DriveLog) -> None:
    """Draw the fatigue level."""
    curve(axes, log.level, INK, "fatigue level", keep=np.nanmax, lw=1.3)
    axes.set_ylim(-3.0, 103.0)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel("level [%]")


def name(axes: Axes) -> None:
    """Name a row and what is drawn in it, each name once, where all rows have theirs."""
    axes.yaxis.set_label_coords(-0.052, 0.5)
    named: dict[str, Any] = {}
    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        named.setdefault(label, handle)
    if named:
        axes.legend(list(named.values()), list(named), loc="center left", bbox_to_anchor=(1.0, 0.5))


def time_axis(axes: Axes, duration: float) -> None:
    """Label the lowest row with the time [s] since the first frame."""
    axes.set_xlim(0.0, max(duration, 1.0))
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 1.5, 2, 3, 5, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda t, _: _clock(t, duration)))
    axes.set_xlabel("time since the first frame")


def svg(figure: Figure) -> str:
    """The picture as text of SVG; the same picture is the same text."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _clock(time: float, duration: float) -> str:
    whole = round(time)
    if duration < 60.0:
        return f"{time:g} s"
    if duration < 3600.0:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


@mpl.rc_context(STYLE)
def draw_recording(
    seen: Observation,
    labels: Labels,
    perclos: PerclosComparison | None,
    warnings: Sequence[JudgedWarning],
) -> str:
    """Time series of a recording with events, labels and warnings; rows only for what there is.

    Args:
        seen: what the system said.
        labels: what people saw.
        perclos: compared with the labels, where they allow it.
        warnings: with what the labels say of them.
    """
    rows: list[tuple[float, Callable[[Axes], None]]] = [
        (2.0, lambda axes: _level(axes, seen, labels, warnings))
    ]
    kinds = [k for k in SPANS if k in labels.spans or _detected(seen, k)]
    if kinds:
        rows.append((0.36 * len(kinds) + 0.35, lambda axes: _events(axes, seen, labels, kinds)))
    if seen.ear.times.size:
        rows.append((1.3, lambda axes: eyes(axes, seen)))
    if np.isfinite(seen.valid_perclos.values).any() or (perclos is not None and perclos.times.size):
        rows.append((1.2, lambda axes: _perclos(axes, seen, perclos)))
    if np.isfinite(seen.mouth_opening.values).any():
        rows.append((1.0, lambda axes: mouth(axes, seen)))
    if np.isfinite(seen.heart_rate.values).any() or labels.heart_rate:
        rows.append((1.3, lambda axes: _heart(axes, seen, labels)))
    heights = [height for height, _ in rows]
    figure = Figure(figsize=(10.6, sum(heights) + 0.3 * len(rows) + 0.2), layout="constrained")
    grid = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes, (_, draw) in zip(grid[:, 0], rows, strict=True):
        draw(axes)
        for start, end in labels.ignored_for("kss" if draw is rows[0][1] else "blink"):
            axes.axvspan(start, end, color=FAINT, alpha=0.22, lw=0, zorder=0)
        name(axes)
    time_axis(grid[-1, 0], seen.duration)
    return svg(figure)


def _level(
    axes: Axes, seen: Observation, labels: Labels, warnings: Sequence[JudgedWarning]
) -> None:
    level(axes, seen)
    if not np.isfinite(seen.level.values).any():
        axes.annotate(
            "no fatigue level: it needs a minute of watching",
            (0.5, 0.5),
            xycoords="axes fraction",
            ha="center",
            va="center",
            color=FAINT,
        )
    truth = {id(judged.warning): judged.truth for judged in warnings}
    for warning in seen.warning_spans:
        if warning.cause in {str(Cause.CANNOT_SEE_DRIVER), str(Cause.SYSTEM_FAULT)}:
            colour, label = FAINT, "driver not seen, or fault"
        elif warning.severity == "acoustic":
            colour, label = ACOUSTIC, "acoustic warning"
        else:
            colour, label = VISUAL, "visual warning"
        axes.axvspan(
            warning.start,
            max(warning.end, warning.start + seen.duration / 700.0),
            color=colour,
            alpha=0.35 if colour != FAINT else 0.5,
            lw=0,
            label=label,
        )
        if truth.get(id(warning)) is Truth.FALSE:
            axes.plot(
                [warning.start],
                [97.0],
                "x",
                color=ACOUSTIC,
                ms=6,
                mew=1.8,
                clip_on=False,
                label="false warning",
            )
    _sleepiness(axes, labels.kss or ())


def _sleepiness(axes: Axes, reports: Sequence[SleepinessReport]) -> None:
    for report in reports:
        axes.annotate(
            str(report.kss),
            (report.time, 88.0),
            ha="center",
            va="center",
            fontsize=8,
            fontweight="bold" if report.kss >= DROWSY else "normal",
            bbox={
                "boxstyle": "circle,pad=0.25",
                "fc": "white",
                "ec": ACOUSTIC if report.kss >= DROWSY else INK,
                "lw": 1.0,
            },
        )
        axes.plot([], [], "o", mfc="white", mec=INK, label="KSS reported")


def _detected(seen: Observation, kind: str) -> list[Interval]:
    return seen.spans(EventKind[kind.upper()])


def _events(axes: Axes, seen: Observation, labels: Labels, kinds: Sequence[str]) -> None:
    least = seen.duration / 500.0  # a blink stays visible in an hour
    ticks = []
    for row, kind in enumerate(kinds):
        base = -row
        ticks.append(base)
        compared = kind in labels.spans
        found, known = (
            detected_and_labelled(kind, seen, labels) if compared else (_detected(seen, kind), [])
        )
        for spans, bottom, colour in ((known, base + 0.02, KNOWN), (found, base - 0.36, SEEN)):
            axes.broken_barh(
                [(start, max(end - start, least)) for start, end in spans],
                (bottom, 0.34),
                color=colour,
                lw=0,
                label="labelled" if colour == KNOWN else "detected",
            )
    axes.set_yticks(ticks, [f"{kind}s" for kind in kinds])
    axes.set_ylim(-len(kinds) + 0.5, 0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _perclos(axes: Axes, seen: Observation, compared: PerclosComparison | None) -> None:
    curve(axes, seen.valid_perclos, SEEN, "PERCLOS measured", keep=np.nanmax, lw=1.2)
    if compared is not None and compared.times.size:
        step = -(-len(compared.times) // _MOST_POINTS)
        axes.plot(
            compared.times[::step],
            compared.labelled[::step],
            color=KNOWN,
            lw=1.0,
            ls="--",
            label="from labels",
        )
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("share")


def _heart(axes: Axes, seen: Observation, labels: Labels) -> None:
    axes.plot(seen.heart_rate.times, seen.heart_rate.values, color=HEART, lw=1.2, label="measured")
    for reference in labels.heart_rate or ():
        axes.plot(
            [reference.start, reference.end],
            [reference.bpm] * 2,
            color=KNOWN,
            lw=1.6,
            marker="" if reference.end > reference.start else ".",
            label="reference",
        )
    axes.set_ylabel("1/min")
