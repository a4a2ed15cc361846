"""The experiment of Mafteiu-Scai and Bobora (2025, section 4), with sessions of one's own.

People of several age groups are recorded at several times of the day: Table 1 (references, values
at each time, level) and Figs. 6 and 7 (level by day and time; mean level by age group and time).
A folder holds the sessions and ``sessions.csv``, which says whose they are; docs/evaluation.md has
its columns. Everything is judged by profile ``paper``.
"""

import csv
import dataclasses
import io
import json
import math
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

import fatigue_ros
from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.replay import Replay
from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation.report import NOTHING, image, number
from fatigue_ros.evaluation.signal_plot import svg
from fatigue_ros.files import read_text
from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.fusion.profiles.paper import PaperProfile
from fatigue_ros.fusion.profiles.paper_rules import (
    blink_score,
    fatigue_level,
    heart_rate_score,
    yawn_score,
)
from fatigue_ros.fusion.references import ReferenceStore
from fatigue_ros.fusion.sleep_quality import SCALES
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.plot_style import ACOUSTIC, HEART, INK, MOUTH, SEEN, STYLE, VISUAL

LIST = "sessions.csv"
CALIBRATION = "calibration"
"""Word in the column time for the session that teaches a participant's references."""
NEEDED = ("participant", "age_group", "day", "time", "file")
OPTIONAL = ("sleep", "heart_rate", "simulated")

_TEMPLATE = Path(__file__).with_name("study.html.jinja")
_COLOURS = (SEEN, ACOUSTIC, VISUAL, HEART, MOUTH, INK)
_YES = {"": False, "no": False, "yes": True}
_RESOLUTION = 110  # [dots per inch]


class StudyError(FatigueError):
    """A study's list cannot be used; the message begins with file and line."""


@dataclasses.dataclass(frozen=True)
class Session:
    """A line of the list.

    Attributes:
        participant, age_group, day, time: as in the list.
        file: a bag, or a summary (.json).
        sleep: [1] grade of the night before, None when not asked.
        heart_rate: [1/min] by another instrument, for summaries; NaN for none.
        simulated: nobody sat there.
    """

    participant: str
    age_group: str
    day: str
    time: str
    file: Path
    sleep: int | None = None
    heart_rate: float = math.nan
    simulated: bool = False


@dataclasses.dataclass(frozen=True)
class Found:
    """What a session shows; NaN for what it does not.

    Attributes:
        heart_rate: [1/min].
        blinks: [1] in an interval, of 300 s by default, as in Table 1.
        yawns: [1].
        sleep: [%] score.
        level: [%] at the end.
        reason: why there is no level.
    """

    heart_rate: float = math.nan
    blinks: float = math.nan
    yawns: float = math.nan
    sleep: float = math.nan
    level: float = math.nan
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Study:
    """All of it.

    Attributes:
        sessions: with what each shows, in the order of the list; calibrations left out.
        references: by participant and day, what its calibration taught.
        refused: what could not be used, one line each.
        interval: [s] in which blinks are counted.
    """

    sessions: list[tuple[Session, Found]]
    references: dict[tuple[str, str], Found]
    refused: list[str]
    interval: float

    @property
    def times(self) -> list[str]:
        """The times, in the order in which they first come."""
        return list(dict.fromkeys(session.time for session, _ in self.sessions))

    @property
    def simulated(self) -> bool:
        """Whether any of it is."""
        return any(session.simulated for session, _ in self.sessions)

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows of Table 1: one row for each participant and day."""
        times = self.times
        head = ["participant", "age_group", "day", "HRC", *(f"HR{t}" for t in times), "BRC"]
        head += [*(f"BR{t}" for t in times), *(f"C{t}" for t in times), "ECS"]
        head += [f"Lvl{t}" for t in times]
        rows: dict[tuple[str, str, str], dict[str, Found]] = {}
        for session, found in self.sessions:
            key = (session.participant, session.age_group, session.day)
            rows.setdefault(key, {})[session.time] = found
        table = []
        for (participant, group, day), by_time in rows.items():
            at = [by_time.get(time, Found()) for time in times]
            own = self.references.get((participant, day), Found())
            sleep = next((f.sleep for f in at if math.isfinite(f.sleep)), math.nan)
            table.append(
                [
                    *(participant, group, day, own.heart_rate),
                    *(found.heart_rate for found in at),
                    own.blinks,
                    *(found.blinks for found in at),
                    *(found.yawns for found in at),
                    sleep,
                    *(found.level for found in at),
                ]
            )
        return head, table

    def means(self, key: Callable[[Session], str]) -> dict[str, dict[str, list[float]]]:
        """[%] levels by what a session is grouped by, and by time."""
        groups: dict[str, dict[str, list[float]]] = {}
        for session, found in self.sessions:
            if math.isfinite(found.level):
                by_time = groups.setdefault(key(session), {time: [] for time in self.times})
                by_time[session.time].append(found.level)
        return groups

    def write(self, folder: Path) -> list[Path]:
        """Write the table, the figures and the page; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        head, rows = self.table()
        by_day, by_group = self.means(lambda s: s.day), self.means(lambda s: s.age_group)
        title = "SIMULATED sessions" if self.simulated else ""
        figures = {
            "figure_6": _bars(by_day, self.times, "day {}", title),
            "figure_7": _bars(by_group, self.times, "{} years", title),
        }
        with mpl.rc_context(STYLE):
            for name, figure in figures.items():
                figure.savefig(folder / f"{name}.png", dpi=_RESOLUTION, metadata={"Software": None})
        (folder / "table_1.csv").write_text(_csv(head, rows), encoding="utf-8")
        for name, groups in (("figure_6", by_day), ("figure_7", by_group)):
            lines = [
                [key, time, len(levels), _mean(levels), _deviation(levels)]
                for key, by_time in groups.items()
                for time, levels in by_time.items()
            ]
            columns = ["group", "time", "sessions", "mean_level", "standard_deviation"]
            (folder / f"{name}.csv").write_text(_csv(columns, lines), encoding="utf-8")
        (folder / "study.html").write_text(self._page(head, rows, figures), encoding="utf-8")
        names = [f"{name}.{kind}" for name in figures for kind in ("png", "csv")]
        return [folder / name for name in ("table_1.csv", *names, "study.html")]

    def _parted(self, name: str) -> tuple[str, str]:
        """A column's name in two, where it ends in a time of day: there a line may break."""
        ends = (time for time in self.times if name.endswith(time))
        time = max(ends, key=len, default="")
        return name.removesuffix(time), time

    def _page(self, head: list[str], rows: list[list[Any]], figures: Mapping[str, Figure]) -> str:
        # Autoescape: names of people come from outside.
        environment = Environment(autoescape=True, undefined=StrictUndefined)
        with mpl.rc_context(STYLE):
            drawn = {name: image(svg(figure)) for name, figure in figures.items()}
        return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
            version=fatigue_ros.__version__,
            simulated=self.simulated,
            interval=f"{self.interval:g}",
            head=[self._parted(name) for name in head],
            rows=[[_shown(cell) for cell in row] for row in rows],
            figures=drawn,
            reasons=[
                f"{s.participant}, day {s.day}, {s.time}: {f.reason}"
                for s, f in self.sessions
                if f.reason
            ],
            refused=self.refused,
            participants=len({s.participant for s, _ in self.sessions}),
            sessions=len(self.sessions),
        )


def read_list(folder: Path) -> list[Session]:
    """The sessions of a folder.

    Raises:
        StudyError: there is no list, or a line of it cannot be used.
    """
    path = folder / LIST
    rows = csv.reader(io.StringIO(read_text(path, StudyError).removeprefix("\ufeff"), newline=""))
    head = next(rows, [])
    known = set(NEEDED + OPTIONAL)
    if not set(NEEDED) <= set(head) or not set(head) <= known or len(set(head)) != len(head):
        raise StudyError(
            f"{path}:1: expected the columns {','.join(NEEDED)} and, if wanted, "
            f"{','.join(OPTIONAL)}; got {','.join(head) or 'nothing'}"
        )
    sessions: list[Session] = []
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        where = f"{path}:{rows.line_num}"
        if not row:
            continue
        if len(row) != len(head):
            raise StudyError(f"{where}: expected {len(head)} values, got {len(row)}")
        session = _session(folder, where, dict(zip(head, map(str.strip, row), strict=True)))
        key = (session.participant, session.day, session.time)
        if key in seen:
            raise StudyError(f"{where}: {', '.join(key)}: expected once, it stands above already")
        seen.add(key)
        sessions.append(session)
    if all(session.time == CALIBRATION for session in sessions):
        raise StudyError(f"{path}: expected sessions besides calibrations, found none")
    return sessions


def run(
    folder: Path,
    settings: MonitorSettings,
    on_session: Callable[[str], None] = lambda _: None,
) -> Study:
    """Judge all sessions of a folder by profile ``paper``.

    Args:
        folder: holds the sessions and their list.
        settings: of the measures and the judgement.
        on_session: told the name of each before it is read.

    Raises:
        StudyError: as `read_list`.
    """
    sessions = read_list(folder)
    fusion = dataclasses.replace(settings.fusion, profile="paper")
    settings = dataclasses.replace(settings, fusion=fusion)
    judged: list[tuple[Session, Found]] = []
    references: dict[tuple[str, str], Found] = {}
    refused: list[str] = []
    with tempfile.TemporaryDirectory() as kept:
        places: dict[tuple[str, str], Path] = {}
        # Calibrations first, wherever they stand.
        for session in sorted(sessions, key=lambda s: s.time != CALIBRATION):
            on_session(session.file.name)
            key = (session.participant, session.day)
            own = key if key in places else (session.participant, "")
            place = places.get(own)
            try:
                if session.time == CALIBRATION:
                    places[key] = Path(kept) / str(len(places))
                    references[key] = _calibrate(session, settings, places[key])
                else:
                    known = references.get(own, Found())
                    references.setdefault(key, known)
                    found = _judge(session, settings, place, known)
                    judged.append((session, found))
            except FatigueError as error:
                refused.append(str(error))
        taught = {name for name, _ in places}
        refused += [
            f"{name}: no session '{CALIBRATION}', judged by what is usual in people"
            for name in dict.fromkeys(s.participant for s, _ in judged)
            if name not in taught
        ]
    order = {id(session): index for index, session in enumerate(sessions)}
    judged.sort(key=lambda pair: order[id(pair[0])])
    return Study(judged, references, refused, fusion.TIME_FOR_COUNTING_BLINKING)


def _session(folder: Path, where: str, row: Mapping[str, str]) -> Session:
    for name in ("participant", "age_group", "time", "file"):
        if not row[name]:
            raise StudyError(f"{where}: {name}: expected a value, got none")
    file = folder / row["file"]
    if not file.exists():
        raise StudyError(f"{where}: {file}: expected a bag or a summary, found no such file")
    sleep, heart_rate = row.get("sleep", ""), row.get("heart_rate", "")
    simulated = row.get("simulated", "")
    if sleep and sleep not in {"1", "2", "3", "4", "5"}:
        raise StudyError(f"{where}: sleep: expected a grade from 1 to 5, got {sleep}")
    try:
        rate = float(heart_rate) if heart_rate else math.nan
    except ValueError:
        rate = math.inf
    if not (math.isnan(rate) or 20.0 <= rate <= 250.0):
        raise StudyError(f"{where}: heart_rate: expected 20 to 250 a minute, got {heart_rate}")
    if simulated not in _YES:
        raise StudyError(f"{where}: simulated: expected yes or no, got {simulated}")
    return Session(
        participant=row["participant"],
        age_group=row["age_group"],
        day=row["day"],
        time=row["time"],
        file=file,
        sleep=int(sleep) if sleep else None,
        heart_rate=rate,
        simulated=_YES[simulated],
    )


def _calibrate(session: Session, settings: MonitorSettings, state: Path) -> Found:
    """What a session teaches of a participant; of a bag it is kept in the folder as well."""
    interval = settings.fusion.TIME_FOR_COUNTING_BLINKING
    state.mkdir()
    if session.file.suffix == ".json":
        found = _of_summary(session, settings)
        return Found(heart_rate=found.heart_rate, blinks=found.blinks)
    _replay(session, settings, state)
    store = ReferenceStore(state, PaperProfile.calibration_kind)
    own = store.load(settings.fusion.driver_id)
    if math.isnan(own.blink_rate):
        raise StudyError(f"{session.file}: taught no blink rate; it takes a standing vehicle")
    return Found(heart_rate=own.heart_rate, blinks=own.blink_rate * interval / 60.0)


def _judge(session: Session, settings: MonitorSettings, state: Path | None, own: Found) -> Found:
    if session.file.suffix == ".json":
        return _with_level(_of_summary(session, settings), own)
    last = _replay(session, settings, state)
    if last is None:
        return Found(reason="nothing was judged")
    metrics = {metric.name: metric for metric in last.metrics}
    value = {name: m.value for name, m in metrics.items() if m.valid}
    return Found(
        heart_rate=value.get("heart_rate", math.nan),
        blinks=value.get("blink", math.nan) * settings.fusion.TIME_FOR_COUNTING_BLINKING / 60.0,
        yawns=value.get("yawn", math.nan),
        sleep=metrics["sleep"].score if metrics["sleep"].valid else math.nan,
        level=last.level,
        reason=last.reason if math.isnan(last.level) else "",
    )


def _replay(session: Session, settings: MonitorSettings, state: Path | None) -> Assessment | None:
    """The last assessment of a bag with a level, else the last one."""
    seen: dict[bool, Assessment] = {}

    def watch(found: Assessment) -> None:
        seen[found.valid] = found

    with Bag(session.file) as bag:
        Replay(bag, settings=settings, sleep_grade=session.sleep, watch=watch, state=state).run()
        if bag.problem:
            raise StudyError(bag.problem)
    return seen.get(True, seen.get(False))


def _of_summary(session: Session, settings: MonitorSettings) -> Found:
    """Counts of a summary; it has no pulse, for which the list has a column."""
    fusion = settings.fusion
    try:
        summary = json.loads(read_text(session.file, StudyError))
        duration = float(summary["duration_s"])
        closed = len(summary["blinks"]) + len(summary["closures"])
        yawns = [float(yawn["start_s"]) for yawn in summary["yawns"]]
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(f"{session.file}: expected a summary, but {error!r}") from error
    if not duration > 0.0:
        raise StudyError(f"{session.file}: expected a summary of some length, got {duration} s")
    score = None if session.sleep is None else SCALES[fusion.sleep_scale].get(session.sleep)
    with_yawn = {int(at // fusion.TIME_FOR_COUNTING_YAWNING) for at in yawns}
    return Found(
        heart_rate=session.heart_rate,
        blinks=closed * fusion.TIME_FOR_COUNTING_BLINKING / duration,
        yawns=float(len(with_yawn)),
        sleep=math.nan if score is None else score,
    )


def _with_level(found: Found, own: Found) -> Found:
    """With the level by sections 3.5 to 3.8; intervals with a yawn are its yawns."""
    if math.isnan(own.blinks):
        return dataclasses.replace(found, reason="no calibration to compare a summary with")
    scores = {
        "blink": blink_score(own.blinks, found.blinks),
        "yawn": yawn_score(int(found.yawns)),
    }
    if math.isfinite(found.heart_rate) and math.isfinite(own.heart_rate):
        scores["heart_rate"] = heart_rate_score(own.heart_rate, found.heart_rate)
    if math.isfinite(found.sleep):
        scores["sleep"] = found.sleep
    return dataclasses.replace(found, level=fatigue_level(scores))


@mpl.rc_context(STYLE)
def _bars(
    groups: Mapping[str, Mapping[str, Sequence[float]]],
    times: Sequence[str],
    label: str,
    title: str,
) -> Figure:
    """Mean level by time, a bar for each group, with each session as a dot."""
    figure = Figure(figsize=(1.6 + 1.5 * max(len(times), 2), 3.8), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / max(len(groups), 1)
    for index, (name, by_time) in enumerate(groups.items()):
        places = np.arange(len(times)) - 0.4 + (index + 0.5) * width
        means = [_mean(by_time[time]) for time in times]
        colour = _COLOURS[index % len(_COLOURS)]
        axes.bar(places, means, 0.92 * width, color=colour, label=label.format(name or "–"))
        for place, time in zip(places, times, strict=True):
            levels = by_time[time]
            if len(levels) > 1:
                spread = np.linspace(-0.2, 0.2, len(levels)) * width
                axes.plot(place + spread, levels, ".", color=INK, ms=4, alpha=0.7)
    axes.set_xticks(range(len(times)), times)
    axes.set(ylabel="mean fatigue level [%]", title=title)
    axes.grid(visible=False, axis="x")
    if groups:
        axes.legend(loc="upper left")
    return figure


def _mean(levels: Sequence[float]) -> float:
    return statistics.fmean(levels) if levels else math.nan


def _deviation(levels: Sequence[float]) -> float:
    return statistics.stdev(levels) if len(levels) > 1 else math.nan


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if _shown(cell) == NOTHING else _shown(cell) for cell in row])
    return text.getvalue()


def _shown(cell: Any) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return number(cell, 2).removesuffix(".00") if math.isfinite(cell) else NOTHING
