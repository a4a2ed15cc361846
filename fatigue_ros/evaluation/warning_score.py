"""Whether warnings came when they had to, how soon, and how often without need."""

import collections
import dataclasses
import enum
from collections.abc import Sequence
from typing import Any

import numpy as np

from fatigue_ros.evaluation.agreement import overlap
from fatigue_ros.evaluation.intervals import poisson_interval
from fatigue_ros.evaluation.labels import Interval, Labels, SleepinessReport
from fatigue_ros.evaluation.observation import Observation, WarningSpan
from fatigue_ros.fusion.assessment import Cause

DROWSY = 8
"""[1] KSS from which a driver must be warned (Regulation (EU) 2021/1341, Annex I)."""
MAY_WARN = 7
"""[1] KSS at which a driver may be warned (same)."""
REPORT_REACH = 300.0
"""[s] a report speaks for this time before and after it: KSS asks for the last five minutes, and
the regulation counts a warning at KSS 7 within five minutes of the report."""
MICROSLEEP = 1.0
"""[s] closures from this length on must be noticed (Euro NCAP driver state monitoring: microsleep
from 1 s)."""
SLEEP = 3.0
"""[s] closures from this length on are sleep (same)."""
WARNING_LAG = 2.0
"""[s] a warning belongs to a closure if it begins no later than this after its end; ours."""
EARLY = 0.3
"""[s] a warning belongs to a closure if it begins no earlier than this before it, since people mark
edges to about 0.3 s; ours."""
FRAME_REACH = 0.5
"""[s] a frame speaks for the time up to the next one, but no longer (`join_gap` of `blink`)."""
JUDGED_SHARE = 0.5
"""[1] a closure of which less than this was judged is unjudged; ours."""
TOLD_WITHIN = 5.0
"""[s] eyes that are not judged must be told of within this (`cannot_see_time` of `fusion`)."""

TELLING = {str(Cause.CANNOT_SEE_DRIVER), str(Cause.SYSTEM_FAULT)}
"""Causes that tell that nobody watches the eyes."""
TIREDNESS = {str(Cause.FATIGUE_LEVEL), str(Cause.EYES_CLOSED)}
"""Causes that tell a driver of being tired; the others are about the system."""


class Truth(str, enum.Enum):
    """What labels say about a warning."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class JudgedWarning:
    """A warning of being tired and what labels say about it."""

    warning: WarningSpan
    truth: Truth
    why: str

    def figures(self) -> dict[str, Any]:
        """As in metrics.json."""
        return {
            "time_s": self.warning.start,
            "severity": self.warning.severity,
            "cause": self.warning.cause,
            "truth": self.truth.value,
            "why": self.why,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class ClosureDetection:
    """Whether a labelled closure of a microsleep's length or more was warned of.

    Attributes:
        start: [s] when the eyes closed.
        duration: [s].
        delay: [s] from then to the warning; None when there was none, or it was on already.
        detected: whether the warning for closed eyes was given.
        judged: [1] share of its time in which the eyes were judged.
        told: [s] from the beginning to the word that the eyes cannot be seen, or of a fault; None
            when there was none in time.
        visible: whether the eyes could be seen all the time, as far as the labels know.
    """

    start: float
    duration: float
    delay: float | None
    detected: bool
    judged: float
    told: float | None
    visible: bool = True

    @property
    def unjudged(self) -> bool:
        """Whether the eyes were not judged, or no frame came, for more than half of it."""
        return self.judged < JUDGED_SHARE

    @property
    def missed(self) -> bool:
        """Whether nobody heard of it: to say that nothing is seen excuses only what was not."""
        return not self.detected and not (self.unjudged and self.told is not None)

    @property
    def category(self) -> str:
        """Euro NCAP's word for it: microsleep or sleep."""
        return "sleep" if self.duration >= SLEEP else "microsleep"

    def figures(self) -> dict[str, Any]:
        """As in metrics.json."""
        return {
            "start_s": self.start,
            "duration_s": self.duration,
            "category": self.category,
            "detected": self.detected,
            "delay_s": self.delay,
            "visible": self.visible,
            "judged": self.judged,
            "told_s": self.told,
            "missed": self.missed,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class DrowsyEpisode:
    """Reports of KSS 7 or more in a row, and whether the driver was warned in their reach.

    Attributes:
        start: [s] first report.
        highest: [1] highest KSS.
        warned: whether a true warning belongs to it.
        latency: [s] from the first report of KSS 8 (or of 7, where 8 was not reached) to the
            first such warning, negative when it came before; None when there was none.
    """

    start: float
    highest: int
    warned: bool
    latency: float | None

    @property
    def counts(self) -> bool:
        """Whether it enters the sensitivity: KSS 7 without a warning is no error."""
        return self.warned or self.highest >= DROWSY

    def figures(self) -> dict[str, Any]:
        """As in metrics.json."""
        return {
            "start_s": self.start,
            "highest_kss": self.highest,
            "counts": self.counts,
            "warned": self.warned,
            "latency_s": self.latency,
        }


def judge_warnings(observation: Observation, labels: Labels) -> list[JudgedWarning]:
    """Every warning of being tired outside of intervals not to be scored.

    A warning for closed eyes is true when it belongs to a labelled closure of a microsleep's
    length (:func:`true_closures`), and any is true by the KSS rule (:func:`true_by_kss`). It is
    false when the labels that could have justified it are there and do not, else unknown.
    """
    result = []
    for warning in observation.warning_spans:
        if warning.cause not in TIREDNESS or _inside(warning.start, labels.ignored_for("kss")):
            continue
        result.append(JudgedWarning(warning, *_truth(warning, labels)))
    return result


def _truth(warning: WarningSpan, labels: Labels) -> tuple[Truth, str]:
    by_eyes = warning.cause == str(Cause.EYES_CLOSED)
    if by_eyes and any(_belongs(warning, span) for span in true_closures(labels)):
        return Truth.TRUE, "eyes closed"
    kss_known = labels.kss is not None and any(
        report.time <= warning.start + REPORT_REACH for report in labels.kss
    )
    if labels.kss and true_by_kss(warning.start, labels.kss):
        return Truth.TRUE, "drowsy by KSS"
    if by_eyes and eyes_known(labels):
        return Truth.FALSE, f"no closure of {MICROSLEEP:g} s was labelled there"
    if not by_eyes and kss_known:
        return Truth.FALSE, f"no KSS of {MAY_WARN} or more in its reach"
    return Truth.UNKNOWN, "closures were not labelled" if by_eyes else "no KSS report"


def truth_figures(warnings: Sequence[JudgedWarning], hours: float) -> dict[str, Any]:
    """How many warnings are true, false and unknown, and how often, in so many judged hours."""
    counts = collections.Counter(judged.truth for judged in warnings)
    return {
        **{truth.value: counts[truth] for truth in Truth},
        "judged_hours": hours,
        "false_per_hour": counts[Truth.FALSE] / hours if hours else None,
    }


def closed_eye_figures(
    warnings: Sequence[JudgedWarning], closures: Sequence[ClosureDetection], hours: float
) -> dict[str, Any]:
    """False alarms for closed eyes, and beside them what became of the true closures.

    Not to judge eyes avoids false alarms; so what was not judged is counted with them.

    Args:
        warnings: of being tired.
        closures: that were labelled.
        hours: [h] in which eyes whose closures are known were judged.
    """
    false = [w for w in warnings if w.truth is Truth.FALSE]
    alarms = sum(w.warning.cause == str(Cause.EYES_CLOSED) for w in false)
    unjudged = [c for c in closures if c.unjudged]
    delays = [c.delay for c in closures if c.delay is not None]
    return {
        "false_alarms": alarms,
        "watched_hours": hours,
        "false_alarms_per_hour_ci": poisson_interval(alarms, hours),
        "closures": len(closures),
        "alarmed": sum(c.detected for c in closures),
        "slowest_alarm_s": max(delays, default=None),
        "unjudged": len(unjudged),
        "unjudged_told": sum(c.told is not None for c in unjudged),
        "missed": sum(c.missed for c in closures),
    }


def true_by_kss(time: float, reports: Sequence[SleepinessReport]) -> bool:
    """Whether a warning at this time [s] counts as true.

    It does while the last report says KSS 8 or more, and within five minutes before or after a
    report of 7 or more (Regulation (EU) 2021/1341).
    """
    last = next((report for report in reversed(reports) if report.time <= time), None)
    if last is not None and last.kss >= DROWSY:
        return True
    return any(r.kss >= MAY_WARN and abs(r.time - time) <= REPORT_REACH for r in reports)


def detect_closures(observation: Observation, labels: Labels) -> list[ClosureDetection]:
    """What became of every labelled closure of 1 s or longer, in order of time.

    One that could not be seen, but is known, counts too: to tell of it is all that can be done.
    """
    warnings = [w for w in observation.warning_spans if w.cause == str(Cause.EYES_CLOSED)]
    telling = [w for w in observation.warning_spans if w.cause in TELLING]
    ignored = labels.ignored_for("closure")
    result = []
    for start, end in true_closures(labels):
        unseen = overlap((start, end), labels.unseen)
        if overlap((start, end), ignored) > unseen or start > observation.duration:
            continue
        already = any(w.start < start - EARLY and w.end >= start for w in warnings)
        first = next((w for w in warnings if _belongs(w, (start, end))), None)
        last_word = start + TOLD_WITHIN + EARLY
        told = next((w for w in telling if w.start <= last_word and w.end >= start), None)
        result.append(
            ClosureDetection(
                start=start,
                duration=end - start,
                # What was on before says nothing about how fast this one was noticed.
                delay=None if first is None or already else max(0.0, first.start - start),
                detected=first is not None or already,
                judged=_judged_time(observation, (start, end)) / (end - start),
                told=None if told is None else max(0.0, told.start - start),
                visible=unseen == 0.0,
            )
        )
    return result


def drowsy_episodes(observation: Observation, labels: Labels) -> list[DrowsyEpisode]:
    """Episodes of KSS 7 and more, with what the system did about them."""
    reports = [
        r
        for r in labels.kss or ()
        if r.time <= observation.duration + REPORT_REACH
        and not _inside(r.time, labels.ignored_for("kss"))
    ]
    warnings = [w.start for w in observation.warning_spans if w.cause in TIREDNESS]
    result = []
    for run in _runs(reports):
        following = next((r.time for r in reports if r.time > run[-1].time), float("inf"))
        drowsy = [r.time for r in run if r.kss >= DROWSY]
        begin = run[0].time - REPORT_REACH
        end = following if run[-1].kss >= DROWSY else run[-1].time + REPORT_REACH
        mine = [t for t in warnings if begin <= t <= end and true_by_kss(t, run)]
        since = drowsy[0] if drowsy else run[0].time
        result.append(
            DrowsyEpisode(
                start=run[0].time,
                highest=max(r.kss for r in run),
                warned=bool(mine),
                latency=mine[0] - since if mine else None,
            )
        )
    return result


def _runs(reports: Sequence[SleepinessReport]) -> list[list[SleepinessReport]]:
    runs: list[list[SleepinessReport]] = []
    for before, report in zip([None, *reports], reports, strict=False):
        if report.kss < MAY_WARN:
            continue
        if before is None or before.kss < MAY_WARN:
            runs.append([])
        runs[-1].append(report)
    return runs


def true_closures(labels: Labels) -> list[Interval]:
    """[s] labelled closures of 1 s or longer, and lids that somebody marked as a blink of 1 s."""
    return sorted(
        (start, end)
        for kind in ("blink", "closure")
        for start, end in labels.spans.get(kind, ())
        if end - start >= MICROSLEEP
    )


def eyes_known(labels: Labels) -> bool:
    """Whether somebody looked for closures: one who marks blinks marks lids that stay down, too."""
    return not {"blink", "closure"}.isdisjoint(labels.spans)


def watched_hours(observation: Observation) -> float:
    """[h] in which the eyes were judged."""
    return _judged_time(observation, (0.0, observation.duration)) / 3600.0


def _judged_time(observation: Observation, span: Interval) -> float:
    starts = observation.judged.times
    ends = np.minimum(np.append(starts[1:], np.inf), starts + FRAME_REACH)
    inside = np.clip(ends, *span) - np.clip(starts, *span)
    return float(inside @ observation.judged.values)


def _belongs(warning: WarningSpan, closure: Interval) -> bool:
    return closure[0] - EARLY <= warning.start <= closure[1] + WARNING_LAG


def _inside(time: float, intervals: Sequence[Interval]) -> bool:
    return any(start <= time <= end for start, end in intervals)
