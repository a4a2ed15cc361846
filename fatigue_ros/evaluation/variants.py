"""What the same recording says when it is filmed otherwise: smaller, darker, at another rate.

Each variant goes through landmarks, measures and warnings anew. Its events are compared with those
of the recording as it is: blinks and closures together, since one of 0.5 s is either, and yawns.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from fatigue_ros.evaluation import signal_plot
from fatigue_ros.evaluation.event_score import near
from fatigue_ros.evaluation.labels import Interval
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.evaluation.sources import ObserveSettings, observe_frames
from fatigue_ros.face import EventKind
from fatigue_ros.plot_style import ACOUSTIC, FAINT, STYLE, VISUAL
from fatigue_ros.vision.frames import Frame, FrameSource
from fatigue_ros.vision.images import Picture

Change = Callable[[Frame], Frame | None]
"""Makes a frame another one, or leaves it out; the first one is never left out."""

SMALL_HEIGHT = 240
QUALITY = 20
LIGHT = 0.25
NOISE = 12.0  # [1] standard deviation, of 255: a camera at night
DROPPED = 0.1
JITTER = 0.01  # [s] to either side


def _picture(change: Callable[[Picture], Any]) -> Callable[[], Change]:
    def changed(frame: Frame) -> Frame:
        return dataclasses.replace(frame, image=np.ascontiguousarray(change(frame.image), np.uint8))

    return lambda: changed


def _small(image: Picture) -> Any:
    scale = SMALL_HEIGHT / image.shape[0]
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _jpeg(image: Picture) -> Any:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1], 1)


def _grey(image: Picture) -> Any:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def _noise() -> Change:
    random = np.random.default_rng(1)

    def noisy(frame: Frame) -> Frame:
        noise = random.normal(0.0, NOISE, frame.image.shape)
        return dataclasses.replace(frame, image=np.clip(frame.image + noise, 0, 255).astype("u1"))

    return noisy


def _at_most(rate: float) -> Callable[[], Change]:
    """Of each span of 1 / rate [s] the first frame."""

    def begin() -> Change:
        last = -1

        def thinned(frame: Frame) -> Frame | None:
            nonlocal last
            before, last = last, math.floor((frame.time or 0.0) * rate + 1e-3)
            return None if last == before else frame

        return thinned

    return begin


def _uneven() -> Change:
    random = np.random.default_rng(1)

    def uneven(frame: Frame) -> Frame | None:
        dropped, late = random.random() < DROPPED, random.uniform(-JITTER, JITTER)
        if frame.index == 0:
            return frame
        return None if dropped else dataclasses.replace(frame, time=(frame.time or 0.0) + late)

    return uneven


AS_FILMED = "as filmed"
VARIANTS: Mapping[str, Callable[[], Change]] = {
    "240 lines": _picture(_small),
    "JPEG 20": _picture(_jpeg),
    "a quarter of the light": _picture(lambda image: image * LIGHT),
    "noise": _noise,
    "grey": _picture(_grey),
    "mirrored": _picture(lambda image: image[:, ::-1]),
    "15 frames/s": _at_most(15.0),
    "10 frames/s": _at_most(10.0),
    "drops and jitter": _uneven,
}
_TOGETHER = 0.5  # [s] events further apart are none of the same
NO_BLINKS = frozenset({"10 frames/s"})
"""Too few frames for blinks, which are not counted then by design."""


class Varied(FrameSource):
    """A recording whose frames are changed on the way.

    Args:
        source: is closed with this.
        change: of each frame.
        until: [s] to stop at.
    """

    def __init__(self, source: FrameSource, change: Change, until: float = math.inf) -> None:
        self._source, self._change, self._until = source, change, until
        self.name, self.live = source.name, source.live
        self.frame_rate, self.size = source.frame_rate, source.size

    def read(self) -> Frame | None:
        """The next frame that is not left out."""
        while (frame := self._source.read()) is not None:
            if (frame.time or 0.0) >= self._until:
                return None
            if (changed := self._change(frame)) is not None:
                return changed
        return None

    def close(self) -> None:
        """Close the recording."""
        self._source.close()

    @property
    def problem(self) -> str:
        """What was wrong with the recording."""
        return self._source.problem


@dataclasses.dataclass(frozen=True)
class Difference:
    """How the events of one kind differ between two ways of filming.

    Attributes:
        lost: [1] that only the recording as it is has.
        new: [1] that only the other one has.
        moved: [s] the most that a beginning or end of the others has moved; 0 for none.
    """

    lost: int
    new: int
    moved: float

    @classmethod
    def between(cls, before: Sequence[Interval], after: Sequence[Interval]) -> Difference:
        """Compare intervals, each list in order of time; the nearest beginnings belong together."""
        pairs = sorted(
            (abs(a[0] - b[0]) + abs(a[1] - b[1]), i, j)
            for (i, a), (j, b) in itertools.product(enumerate(before), enumerate(after))
            if near(a, b, _TOGETHER)
        )
        left, right = set(range(len(before))), set(range(len(after)))
        moved = 0.0
        for _, i, j in pairs:
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
                edges = zip(before[i], after[j], strict=True)
                moved = max(moved, *(abs(a - b) for a, b in edges))
        return cls(len(left), len(right), moved)


@dataclasses.dataclass(frozen=True)
class Compared:
    """A variant beside the recording as it is: its eyes, its yawns, its warnings."""

    eyes: Difference
    yawns: Difference
    warnings: Difference

    @property
    def moved(self) -> float:
        """[s] the most that anything has moved."""
        return max(self.eyes.moved, self.yawns.moved, self.warnings.moved)

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)


def compare(before: Observation, after: Observation, *, blinks: bool = True) -> Compared:
    """Compare what was said of two ways of filming.

    Args:
        before: the recording as it is.
        after: the variant.
        blinks: whether blinks are compared, too.
    """

    def eyes(seen: Observation) -> list[Interval]:
        shut = seen.spans(EventKind.CLOSURE)
        return sorted(shut + (seen.spans(EventKind.BLINK) if blinks else []))

    def began(seen: Observation) -> dict[tuple[str, str], list[Interval]]:
        """A warning is compared by its beginning."""
        found: dict[tuple[str, str], list[Interval]] = {}
        for span in seen.warning_spans:
            found.setdefault((span.severity, span.cause), []).append((span.start, span.start))
        return found

    one, other = began(before), began(after)
    warned = [Difference.between(one.get(k, []), other.get(k, [])) for k in {*one, *other}]
    return Compared(
        Difference.between(eyes(before), eyes(after)),
        Difference.between(before.spans(EventKind.YAWN), after.spans(EventKind.YAWN)),
        Difference(
            sum(w.lost for w in warned),
            sum(w.new for w in warned),
            max((w.moved for w in warned), default=0.0),
        ),
    )


def play_variants(
    play: Callable[[], FrameSource],
    settings: ObserveSettings,
    *,
    until: float = math.inf,
    done: Callable[[], object] = lambda: None,
) -> dict[str, Observation]:
    """Play a recording as it is and in each variant.

    Args:
        play: opens it at its beginning.
        settings: how it is judged.
        until: [s] how much of it.
        done: is told of each that has been played.

    Returns:
        What was said, under :data:`AS_FILMED` and the names of :data:`VARIANTS`.
    """
    result: dict[str, Observation] = {}
    for name in (AS_FILMED, *VARIANTS):
        change = VARIANTS[name]() if name in VARIANTS else (lambda frame: frame)
        seen = result[name] = Observation()
        with Varied(play(), change, until) as source:
            observe_frames(source, settings, seen)
        seen.finish()
        done()
    return result


def compare_variants(seen: Mapping[str, Observation]) -> dict[str, Compared]:
    """Each variant beside the recording as it is."""
    return {
        name: compare(seen[AS_FILMED], seen[name], blinks=name not in NO_BLINKS)
        for name in VARIANTS
    }


@mpl.rc_context(STYLE)
def draw_variants(seen: Mapping[str, Observation], file: Path) -> None:
    """Draw eyes and mouth of a recording as it is, with its events, over those of its variants."""
    before = seen[AS_FILMED]
    figure = Figure(figsize=(10.6, 4.2), layout="constrained")
    eyes, mouth = figure.subplots(2, 1, sharex=True, height_ratios=(1.4, 1.0))
    for name in VARIANTS:
        for axes, series in ((eyes, seen[name].ear), (mouth, seen[name].mouth_opening)):
            signal_plot.curve(axes, series, FAINT, "variants", keep=np.nanmin, lw=0.4, alpha=0.7)
    signal_plot.eyes(eyes, before)
    signal_plot.mouth(mouth, before)
    for axes, kind, colour, label in (
        (eyes, EventKind.BLINK, VISUAL, "blink"),
        (eyes, EventKind.CLOSURE, ACOUSTIC, "closure"),
        (mouth, EventKind.YAWN, VISUAL, "yawn"),
    ):
        for start, end in before.spans(kind):
            axes.axvspan(start, end, color=colour, alpha=0.25, lw=0, label=label)
    for axes in (eyes, mouth):
        signal_plot.name(axes)
    signal_plot.time_axis(mouth, before.duration)
    figure.savefig(file, dpi=110)
