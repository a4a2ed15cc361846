"""Pictures of an evaluation, as SVG to be put into a page."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from fatigue_ros.evaluation.agreement import (
    LIMITS_OF_AGREEMENT,
    Array,
    PerclosComparison,
)
from fatigue_ros.evaluation.event_score import detected_and_labelled
from fatigue_ros.evaluation.labels import SPANS, Interval, Labels
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.evaluation.warning_score import (
    DROWSY,
    SLEEP,
    ClosureDetection,
    JudgedWarning,
    Truth,
)
from fatigue_ros.face import EventKind
from fatigue_ros.fusion.assessment import Cause
from fatigue_ros.monitor.log import Series
from fatigue_ros.plot_style import (
    ACOUSTIC,
    FAINT,
    GRID,
    HEART,
    INK,
    KNOWN,
    SEEN,
    STYLE,
    VISUAL,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_POINTS = 1600
"""More than a page is wide."""


def draw_recording(
    seen: Observation,
    labels: Labels,
    perclos: PerclosComparison | None,
    warnings: Sequence[JudgedWarning],
) -> str:
    """Time series of a recording with events, labels and warnings; rows only for what there is."""
    rows: list[tuple[float, Callable[[Axes], None]]] = [
        (2.0, lambda axes: _level(axes, seen, labels, warnings))
    ]
    kinds = [k for k in SPANS if k in labels.spans or _detected(seen, k)]
    if kinds:
        rows.append((0.36 * len(kinds) + 0.35, lambda axes: _events(axes, seen, labels, kinds)))
    if seen.ear.times.size:
        rows.append((1.3, lambda axes: _ear(axes, seen)))
    if np.isfinite(seen.valid_perclos.values).any() or (perclos is not None and perclos.times.size):
        rows.append((1.2, lambda axes: _perclos(axes, seen, perclos)))
    if np.isfinite(seen.mouth_opening.values).any():
        rows.append((1.0, lambda axes: _mouth(axes, seen)))
    if np.isfinite(seen.heart_rate.values).any() or labels.heart_rate:
        rows.append((1.3, lambda axes: _heart(axes, seen, labels)))
    heights = [height for height, _ in rows]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.6, sum(heights) + 0.3 * len(rows) + 0.2), layout="constrained")
        all_axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=heights)[
            :, 0
        ]
        for axes, (_, draw) in zip(all_axes, rows, strict=True):
            draw(axes)
            for start, end in labels.ignored_for("kss" if draw is rows[0][1] else "blink"):
                axes.axvspan(start, end, color=FAINT, alpha=0.22, lw=0, zorder=0)
            axes.yaxis.set_label_coords(-0.052, 0.5)
            if axes.get_legend_handles_labels()[1]:
                axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        last = all_axes[-1]
        last.set_xlim(0.0, max(seen.duration, 1.0))
        last.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 1.5, 2, 3, 5, 6, 10]))
        last.xaxis.set_major_formatter(FuncFormatter(lambda t, _: _clock(t, seen.duration)))
        last.set_xlabel("time since the first frame")
        return _svg(figure)


def _clock(time: float, duration: float) -> str:
    whole = round(time)
    if duration < 60.0:
        return f"{time:g} s"
    if duration < 3600.0:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _thin(series: Series, pick: Callable[..., Array]) -> tuple[Array, Array]:
    """At most as many points as can be told apart; of each group the one that matters."""
    times, values = series.times, series.values
    step = -(-len(times) // _MOST_POINTS)
    if step <= 1:
        return times, values
    groups = len(times) // step
    shaped: Array = values[: groups * step].reshape(groups, step)
    empty = np.asarray(np.isnan(shaped).all(axis=1))
    shaped = np.where(empty[:, None], 0.0, shaped)
    return times[: groups * step : step], np.where(empty, np.nan, pick(shaped, axis=1))


def _level(
    axes: Axes, seen: Observation, labels: Labels, warnings: Sequence[JudgedWarning]
) -> None:
    axes.plot(*_thin(seen.level, np.nanmax), color=INK, lw=1.3, label="fatigue level")
    axes.set_ylim(-3.0, 103.0)
    axes.set_yticks([0, 25, 50, 75, 100])
    if not np.isfinite(seen.level.values).any():
        axes.annotate(
            "no fatigue level: it needs a minute of watching",
            (0.5, 0.5),
            xycoords="axes fraction",
            ha="center",
            va="center",
            color=FAINT,
        )
    axes.set_ylabel("level [%]")
    truth = {id(judged.warning): judged.truth for judged in warnings}
    named = set()
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
            label="" if label in named else label,
        )
        named.add(label)
        if truth.get(id(warning)) is Truth.FALSE:
            axes.plot(
                [warning.start],
                [97.0],
                "x",
                color=ACOUSTIC,
                ms=6,
                mew=1.8,
                clip_on=False,
                label="" if "false" in named else "false warning",
            )
            named.add("false")
    for number, report in enumerate(labels.kss or ()):
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
        if not number:
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
        for spans, bottom, colour in (
            (known, base + 0.02, KNOWN),
            (found, base - 0.36, SEEN),
        ):
            axes.broken_barh(
                [(start, max(end - start, least)) for start, end in spans],
                (bottom, 0.34),
                color=colour,
                lw=0,
                label="" if row else ("labelled" if colour == KNOWN else "detected"),
            )
    axes.set_yticks(ticks, [f"{kind}s" for kind in kinds])
    axes.set_ylim(-len(kinds) + 0.5, 0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _ear(axes: Axes, seen: Observation) -> None:
    axes.plot(*_thin(seen.ear, np.nanmin), color=SEEN, lw=0.8, label="eye aspect ratio")
    axes.plot(*_thin(seen.ear_open, np.nanmin), "--", color=INK, lw=1.0, label="open level")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("EAR")


def _perclos(axes: Axes, seen: Observation, compared: PerclosComparison | None) -> None:
    axes.plot(*_thin(seen.valid_perclos, np.nanmax), color=SEEN, lw=1.2, label="PERCLOS measured")
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


def _mouth(axes: Axes, seen: Observation) -> None:
    axes.plot(*_thin(seen.mouth_opening, np.nanmax), color="#8c564b", lw=0.9, label="mouth opening")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("of width")


def _heart(axes: Axes, seen: Observation, labels: Labels) -> None:
    axes.plot(seen.heart_rate.times, seen.heart_rate.values, color=HEART, lw=1.2, label="measured")
    for number, reference in enumerate(labels.heart_rate or ()):
        axes.plot(
            [reference.start, reference.end],
            [reference.bpm] * 2,
            color=KNOWN,
            lw=1.6,
            marker="" if reference.end > reference.start else ".",
            label="" if number else "reference",
        )
    axes.set_ylabel("1/min")


def bland_altman(measured: Array, reference: Array) -> str:
    """Difference over mean of two instruments, with bias and limits of agreement."""
    difference, mean = measured - reference, (measured + reference) / 2.0
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 3.4), layout="constrained")
        axes = figure.subplots()
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
        return _svg(figure)


def detection_delays(closures: Sequence[ClosureDetection]) -> str:
    """How long after the eyes closed the warning came, over how long they stayed closed."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 3.4), layout="constrained")
        axes = figure.subplots()
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
        return _svg(figure)


def histogram(values: Array | Sequence[float], label: str, *, unit: str = "") -> str:
    """A distribution with its median."""
    array = np.asarray(values, dtype=np.float64)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.hist(array, 24, color=SEEN, alpha=0.85)
        middle = float(np.median(array))
        axes.axvline(middle, color=INK, lw=1.2, ls="--", label=f"median {middle:.3g}{unit}")
        axes.set_xlabel(label)
        axes.set_ylabel("number")
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.grid(visible=False, axis="x")
        axes.legend(loc="upper right")
        return _svg(figure)


def level_distribution(counts: Array, edges: Array) -> str:
    """Share of the time at each fatigue level."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 2.9), layout="constrained")
        axes = figure.subplots()
        shares = 100.0 * counts / counts.sum()
        colours = [
            ACOUSTIC if edge >= 85.0 else VISUAL if edge >= 75.0 else SEEN for edge in edges[:-1]
        ]
        axes.bar(edges[:-1], shares, np.diff(edges) * 0.94, align="edge", color=colours, alpha=0.85)
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("fatigue level [%]")
        axes.set_ylabel("share of frames [%]")
        axes.grid(visible=False, axis="x")
        return _svg(figure)


def level_by_kss(pairs: Sequence[tuple[int, float]]) -> str:
    """Fatigue level in the five minutes before each report of sleepiness."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.axvspan(DROWSY - 0.5, 9.5, color=ACOUSTIC, alpha=0.08, lw=0)
        axes.axhline(75.0, color=VISUAL, lw=1.1, ls="--", label="warns from here")
        axes.plot(*zip(*pairs, strict=True), "o", color=SEEN, ms=6, alpha=0.55, mew=0)
        axes.set_xlim(0.5, 9.5)
        axes.set_xticks(range(1, 10))
        axes.set_ylim(-3.0, 103.0)
        axes.set_xlabel("KSS reported")
        axes.set_ylabel("level before [%]")
        axes.legend(loc="upper left")
        return _svg(figure)


def sensitivity_by_participant(
    people: Sequence[tuple[str, float]], mean: float, interval: tuple[float, float] | None
) -> str:
    """Each participant's sensitivity, the mean and its confidence interval."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, max(1.6, 0.26 * len(people) + 1.0)), layout="constrained")
        axes = figure.subplots()
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
        return _svg(figure)


def _literal(text: str) -> str:
    """A dollar sign would begin a formula."""
    return text.replace("$", r"\$")


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
