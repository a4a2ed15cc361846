"""The report: one HTML page that needs nothing beside it."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, StrictUndefined, Undefined

import fatigue_ros
from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation import plots, warning_score
from fatigue_ros.evaluation.agreement import Array
from fatigue_ros.evaluation.assess import LEVEL_BINS, Assessed, Refused
from fatigue_ros.evaluation.event_score import TOLERANCE
from fatigue_ros.evaluation.labels import SPANS
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.fusion.warnings import WarningSettings

NOTHING = "–"
"""Where there is no figure."""
_NO_COUNTS: Array = np.zeros(len(LEVEL_BINS) - 1)
_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def render(
    assessed: Sequence[Assessed],
    refused: Sequence[Refused],
    total: dict[str, Any],
    settings: ObserveSettings,
    *,
    title: str = "Driver monitor evaluation",
    unused: Sequence[str] = (),
) -> str:
    """The page.

    Args:
        assessed: recordings, in the order of the page.
        refused: those that could not be read.
        total: see :func:`~fatigue_ros.evaluation.totals.totals`.
        settings: how the recordings were played.
        title: of the page.
        unused: names in the labels for which there was no recording.
    """
    # Autoescape: names of files and people come from outside.
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters |= {
        "clock": clock,
        "percent": percent,
        "number": number,
        "f1": _f1,
        "image": image,
    }
    people = total["ddaw"]["participants"]
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        title=title,
        version=fatigue_ros.__version__,
        settings=settings,
        total=total,
        cards=key_figures(total),
        kinds=[kind for kind in SPANS if kind in total["events"]],
        rows=[a.metrics | {"svg": a.figure, "summary": _summary(a.metrics)} for a in assessed],
        failed=refused,
        unused=unused,
        figures=_figures(assessed, total, settings.monitor.fusion),
        sensitivity_svg=plots.sensitivity_by_participant(
            [(person["name"], person["sensitivity"]) for person in people],
            total["ddaw"]["mean_sensitivity"],
            total["ddaw"]["interval"],
        )
        if people
        else "",
        rules={
            "tolerance": TOLERANCE,
            "microsleep": f"{warning_score.MICROSLEEP:g}",
            "sleep": f"{warning_score.SLEEP:g}",
            "drowsy": warning_score.DROWSY,
            "may_warn": warning_score.MAY_WARN,
            "told": f"{warning_score.TOLD_WITHIN:g}",
            "reach": f"{warning_score.REPORT_REACH / 60.0:g}",
        },
    )


def _known(value: Any) -> bool:
    return value is not None and not isinstance(value, Undefined)


def number(value: Any, digits: int) -> str:
    """A figure, or a dash where there is none."""
    if not _known(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text


def percent(value: Any) -> str:
    """A share [1] in per cent, or a dash."""
    return f"{100.0 * value:.0f}" if _known(value) else NOTHING


def clock(seconds: float) -> str:
    """[s] as people read it: 20.4 s, 6:10 or 1:02:03."""
    if seconds < 60.0:
        return f"{seconds:.1f} s"
    whole = math.floor(seconds)
    minutes = f"{whole // 60 % 60}:{whole % 60:02d}"
    return minutes if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _f1(score: dict[str, float] | None) -> str:
    if not score:
        return NOTHING
    if not score["detected"] and not score["labelled"]:
        return "none, right"
    return f"{score['f1']:.3f}"


def image(svg: str) -> str:
    """The address of a picture that stands in the page itself."""
    # An image of its own each: the names within two inline pictures would clash.
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


class KeyFigure(NamedTuple):
    """A figure with its name and what it rests on."""

    name: str
    value: str
    detail: str


def key_figures(total: dict[str, Any]) -> list[KeyFigure]:
    """What one wants to know first."""
    found = []
    for kind in SPANS:
        score = total["events"].get(kind)
        if score:
            value = f"{score['f1']:.3f}" if score["labelled"] else NOTHING
            detail = f"{score['detected']} detected, {score['labelled']} labelled"
            found.append(KeyFigure(f"{kind}s, F1", value, detail))
    perclos, heart, warnings = total["perclos"], total["heart_rate"], total["warnings"]
    if perclos:
        detail = f"{perclos['n']} comparisons, bias {number(perclos['bias'], 3)}"
        error = number(perclos["mean_absolute_error"], 3)
        found.append(KeyFigure("PERCLOS, mean error", error, detail))
    if heart:
        limits = f"{number(heart['limit_low'], 1)} to {number(heart['limit_high'], 1)}"
        detail = f"coverage {percent(heart['coverage'])} %, limits {limits}"
        error = number(heart["mean_absolute_error"], 1)
        found.append(KeyFigure("heart rate error [1/min]", error, detail))
    detail = f"{warnings['true']} true, {warnings['false']} false, "
    detail += f"{warnings['unknown']} unknown in {clock(3600.0 * warnings['judged_hours'])}"
    per_hour = number(warnings["false_per_hour"], 2)
    found.append(KeyFigure("false warnings per hour", per_hour, detail))
    if closed := total["closed_eyes"]:
        value = f"{closed['alarmed']} of {closed['closures']}"
        detail = f"{closed['unjudged']} not judged ({closed['unjudged_told']} told), "
        detail += f"{closed['missed']} missed"
        found.append(KeyFigure("closures heard", value, detail))
        low, high = closed["false_alarms_per_hour_ci"] or (None, None)
        detail = f"{number(low, 1)} to {number(high, 1)} an hour (95 % Poisson interval) in "
        detail += f"{clock(3600.0 * closed['watched_hours'])} of eyes that were judged"
        found.append(KeyFigure("false alarms for closed eyes", f"{closed['false_alarms']}", detail))
    for category, closures in total["euro_ncap"].items():
        if closures["labelled"]:
            delay = closures["delay_s"]
            value = f"{closures['detected']} of {closures['labelled']}"
            detail = f"after {number(delay['median'], 2)} s (median), "
            detail += f"{number(delay['max'], 2)} s at most"
            found.append(KeyFigure(f"{category}s detected", value, detail))
    ddaw = total["ddaw"]
    if ddaw["participants"]:
        value = f"{percent(ddaw['mean_sensitivity'])} %"
        interval = "90 % confidence: {} to {} %"
        detail = ddaw["lacking"] or interval.format(*map(percent, ddaw["interval"]))
        found.append(KeyFigure("sensitivity (EU 2021/1341)", value, detail))
    return found


def _summary(m: dict[str, Any]) -> str:
    seen = m["detected"]
    parts = [
        f"{m['frames']} frames in {clock(m['duration_s'])}",
        ", ".join(f"{seen[kind]} {kind}{'' if seen[kind] == 1 else 's'}" for kind in SPANS),
    ]
    causes = m["warnings"]["by_cause"]
    parts.append(
        "warnings: " + ", ".join(f"{n} {cause.replace('_', ' ')}" for cause, n in causes.items())
        if causes
        else "no warnings"
    )
    parts += [
        f"closure at {clock(closure['start_s'])} "
        + ("missed" if closure["missed"] else "not seen, which was told")
        for closure in m["closures"]
        if not closure["detected"]
    ]
    return "; ".join(parts)


def _figures(
    assessed: Sequence[Assessed], total: dict[str, Any], warns: WarningSettings
) -> list[dict[str, str]]:
    figures: list[dict[str, str]] = []

    def add(title: str, text: str, svg: str) -> None:
        figures.append({"title": title, "text": text, "svg": svg})

    heart = [a.heart_rate for a in assessed if a.heart_rate is not None and a.heart_rate.times.size]
    if heart:
        f = total["heart_rate"]
        text = f"{f['n']} pairs, bias {number(f['bias'], 1)} 1/min, "
        text += f"{percent(f['within_5_or_10_percent'])} % within 5 1/min or 10 %"
        measured = np.concatenate([h.measured for h in heart])
        reference = np.concatenate([h.reference for h in heart])
        add("Heart rate (Bland-Altman)", text, plots.bland_altman(measured, reference))
    closures = [c for a in assessed for c in a.closures if c.visible]
    if closures:
        text = f"{sum(c.detected for c in closures)} of {len(closures)} labelled closures warned of"
        add("Warning after the eyes closed", text, plots.detection_delays(closures))
    pairs = [pair for a in assessed for pair in a.level_by_kss]
    if pairs:
        text = f"{len(pairs)} reports; level: median of the five minutes before"
        add("Fatigue level against KSS", text, plots.level_by_kss(pairs, warns))
    perclos = [a.perclos for a in assessed if a.perclos is not None and a.perclos.times.size]
    if perclos:
        errors = np.concatenate([p.measured - p.labelled for p in perclos])
        svg = plots.histogram(errors, "PERCLOS measured − labelled")
        add("PERCLOS error", "measured minus labelled, once a second", svg)
    durations = [1e3 * d for a in assessed for d in a.blink_durations if d < 1.0]
    if durations:
        text = f"{len(durations)} blinks and closures of less than a second"
        add("Blink duration", text, plots.histogram(durations, "duration [ms]", unit=" ms"))
    counts = sum((a.level_counts.astype(np.float64) for a in assessed), _NO_COUNTS)
    if counts.sum():
        svg = plots.level_distribution(counts, LEVEL_BINS, warns)
        add("Fatigue level", "share of the frames with a level", svg)
    return figures


def write_report(folder: Path, page: str, name: str, figures: Mapping[str, Any]) -> None:
    """Write a page as report.html, and its figures beside it.

    Args:
        folder: made where it is not there.
        page: HTML.
        name: of the file of figures.
        figures: without NaN.

    Raises:
        FatigueError: the folder cannot be written to.
    """
    text = json.dumps(figures, indent=2, allow_nan=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(page, encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FatigueError(
            f"{folder}: expected a folder to write to ({error.strerror or error})"
        ) from error
