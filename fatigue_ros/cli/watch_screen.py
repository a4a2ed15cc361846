"""What `fatigue watch` shows on a terminal: one table, redrawn, and a line for each warning."""

import math
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fatigue_ros.desk.graph import Desk
from fatigue_ros.devices.light_patterns import Pattern, pattern_of
from fatigue_ros.fusion.assessment import STATES
from fatigue_ros.fusion.profiles.evidence import DRIVING_TIME
from fatigue_ros.monitor.log import DriveLog

_COLOURS = {
    Pattern.DARK: "green",
    Pattern.TIRED: "black on yellow",
    Pattern.TIRED_LOUD: "bold red on yellow",
    Pattern.EYES_CLOSED: "red",
    Pattern.EYES_CLOSED_LOUD: "bold white on red",
    Pattern.CANNOT_SEE: "white on blue",
    Pattern.CANNOT_SEE_LOUD: "bold red on blue",
    Pattern.FAULT: "white on magenta",
    Pattern.FAULT_LOUD: "bold red on magenta",
}
_METRICS = {"steering": "steering", DRIVING_TIME.name: "driving time"}
"""Metrics of which nothing else here tells."""
_REDRAW_PERIOD = 0.1  # [s] on a terminal; each takes as long as a frame's network
_LINE_PERIOD = 5.0  # [s] between lines where the output is no terminal


def _pattern(warning: Any) -> Pattern:
    return pattern_of(warning.severity, warning.cause)


def _number(value: float, form: str, unit: str = "") -> str:
    return f"{value:{form}}{unit}" if math.isfinite(value) else "-"


class Screen:
    """A live table on a terminal, a line every few seconds elsewhere, nothing when quiet."""

    def __init__(self, desk: Desk, *, quiet: bool) -> None:
        self._desk = desk
        self._quiet = quiet
        self._console = Console(quiet=quiet, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._shown_warnings = 0
        self._drawn_at = -math.inf

    def __enter__(self) -> "Screen":
        if self._desk.page:
            self._console.print(f"page: {self._desk.page}", soft_wrap=True)
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._news()
        self._live.stop()

    def update(self) -> None:
        """Show what is new."""
        if self._quiet:
            return
        self._news()
        elapsed = time.monotonic() - self._drawn_at
        if self._console.is_terminal:
            if elapsed >= _REDRAW_PERIOD:
                self._live.update(self._table(), refresh=True)
                self._drawn_at = time.monotonic()
        elif elapsed >= _LINE_PERIOD and self._desk.log.frames:
            self._drawn_at = time.monotonic()
            rows = [f"{name} {value}" for name, value, _ in self._rows()]
            self._console.print("  ".join(rows), soft_wrap=True)

    def _news(self) -> None:
        log = self._desk.log
        for warning in log.warnings[self._shown_warnings :]:
            style = "bold red" if warning.severity == "acoustic" else "yellow"
            text = f"{warning.time:7.1f} s  {warning.severity} warning: {warning.text}"
            self._console.print(Text(text, style=style))
        self._shown_warnings = len(log.warnings)
        while self._desk.messages:
            self._console.print(Text(self._desk.messages.popleft(), style="dim"))

    def _rows(self) -> list[tuple[str, str, str]]:
        latest, log = self._desk.observer.latest, self._desk.log
        rows = [("time", f"{log.duration:.1f} s", "")]
        level: Any = latest.get("fatigue")
        eyes: Any = latest.get("blink")
        mouth: Any = latest.get("yawn")
        pulse: Any = latest.get("heart_rate")
        warning: Any = latest.get("warning")
        if level is not None:
            state = STATES.get(level.state, "?") + (f": {level.reason}" if level.reason else "")
            rows.append(("level", _number(level.level, ".0f", " %"), state))
            rows.append(("speed", _number(level.speed * 3.6, ".0f", " km/h"), ""))
            rows += [
                (_METRICS[m.name], _number(m.value, ".3g", f" {m.unit}".rstrip("1 ")), m.reason)
                for m in level.metrics
                if m.name in _METRICS
            ]
        if eyes is not None:
            closed = f"closed for {eyes.closure_duration:.1f} s" if eyes.eyes_closed else "open"
            rows += [
                ("EAR", _number(eyes.ear, ".2f"), closed if eyes.judged else "cannot be judged"),
                ("blinks", str(eyes.blink_count), _number(eyes.blink_rate, ".0f", " a minute")),
                ("PERCLOS", _number(100.0 * eyes.perclos, ".1f", " %"), eyes.reason),
            ]
        if mouth is not None:
            rows.append(("yawns", str(mouth.yawn_count), mouth.reason))
        if pulse is not None:
            rows.append(("heart rate", _number(pulse.bpm, ".0f", " /min"), pulse.reason))
        if warning is not None:
            rows.append(("warning", warning.cause.replace("_", " ") or "none", warning.text))
            rows.append(("LEDs", "", _pattern(warning).value.leds))
        return rows

    def _table(self) -> Table:
        warning: Any = self._desk.observer.latest.get("warning")
        colour = _COLOURS.get(Pattern.DARK if warning is None else _pattern(warning), "")
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(justify="right", no_wrap=True, min_width=9)
        table.add_column(overflow="ellipsis", no_wrap=True, style="dim")
        for name, value, note in self._rows():
            style = colour if name == "warning" else ""
            table.add_row(name, Text(value, style=style), note)
        return table

    def finish(self, log: DriveLog, picture: Path) -> None:
        """The summary."""
        self._console.print(log.text())
        self._console.print(f"picture: {picture}")
