"""Drivers, awake and asleep, on streams as bad as cameras, clocks and processors can make them.

The truth is what the driver does here, never what the monitor says of itself. ``play`` puts a
driver on a stream through the production chain; ``broken`` says which promise was not kept:

- I0 quiet: a driver who is awake on a watchable stream causes no alarm for closed eyes.
- I1 heard: shut eyes sound at the first frame at which shut frames span ``microsleep_time``.
- I2 told: eyes that were not seen open for 5 s, without an alarm, are CANNOT_SEE or FAULT.
- I3 stays: an alarm goes on until the eyes were seen open for 0.5 s.

Watchable: every sliding second holds at least four frames with visible eyes that are 0.1 s or more
apart, and no gap between two of them is over 0.5 s, whatever else lies between.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
import random
from collections.abc import Callable

from fatigue_ros.face import Face, Points
from fatigue_ros.fusion.assessment import Assessment, Cause, FatigueState, Severity
from fatigue_ros.fusion.controls import CONTROLS
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import SteeringState
from fatigue_ros.monitor.monitor import Monitor
from fatigue_ros.monitor.settings import MonitorSettings

START = 1_700_000_000.0  # [s]
OPEN, SHUT = 0.30, 0.05  # [1] EAR
MICROSLEEP = 1.0  # [s]
GAP = 0.5  # [s]
TOLD = 5.0  # [s]
TICK = 0.25  # [s] so late may be told what no frame brings
ROUNDING = 1e-6
STAMPS = 2e-3  # [s] as far as cameras round their stamps, a pair may be closer
DRIFT = 0.01  # [1] by which the time that frames are laid on may run slower than ours
Span = tuple[float, float]
FacePoints = Callable[[float, float, float], Points]


@dataclasses.dataclass(frozen=True)
class Stream:
    """A driver before a camera. All times are [s] since the start.

    Attributes:
        length: of the drive.
        rate: [Hz] frames.
        jitter: [1] of a frame's time.
        drops: [1] share of frames that never come.
        blinded: [1] share of frames that come without a face.
        every: every so many frames one has no face; 0: none.
        shut: when the eyes are shut, blinks included.
        hidden: when the eyes are out of the camera's sight.
        silent: when no frame is taken.
        stalled: when the processor stands still: what was taken then comes afterwards, at once.
        late: [s] every frame comes so late.
        flap: every so many frames one has a stamp that is ``flap_by`` [s] off; 0: none.
        flap_by: [s]
        steps: (when, by [s]) the clock of the stamps is set.
        origin: [s] of the stamps: since 1970, or since the camera's boot.
        landmarks: whether faces are played; else eye aspect ratios.
        profile: by which the level is judged.
        seed: of all that is left to chance.
    """

    length: float
    rate: float
    jitter: float = 0.0
    drops: float = 0.0
    blinded: float = 0.0
    every: int = 0
    shut: tuple[Span, ...] = ()
    hidden: tuple[Span, ...] = ()
    silent: tuple[Span, ...] = ()
    stalled: tuple[Span, ...] = ()
    late: float = 0.0
    flap: int = 0
    flap_by: float = 0.0
    steps: tuple[Span, ...] = ()
    origin: float = START
    landmarks: bool = False
    profile: str = "evidence"
    seed: int = 0

    @property
    def honest(self) -> bool:
        """Whether stamps say when frames were taken."""
        return not (self.flap and self.flap_by) and not self.steps


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame as it comes.

    Attributes:
        taken: [s] since the start.
        came: [s] since the start.
        stamp: [s] what its header says.
        seen: whether the eyes can be judged in it.
        shut: whether they are shut.
    """

    taken: float
    came: float
    stamp: float
    seen: bool
    shut: bool


def _inside(spans: tuple[Span, ...], time: float) -> bool:
    return any(start <= time < end for start, end in spans)


def frames(stream: Stream) -> list[Frame]:
    """What comes of a stream, in the order in which it comes."""
    chance = random.Random(stream.seed)
    found = []
    before = came = -math.inf
    for i in range(int(stream.length * stream.rate)):
        taken = (i + stream.jitter * chance.uniform(-0.5, 0.5)) / stream.rate
        taken = max(taken, before + 1e-3, 0.0)
        before = taken
        dropped, blinded = chance.random() < stream.drops, chance.random() < stream.blinded
        if dropped or _inside(stream.silent, taken):
            continue
        arrives = taken + stream.late + chance.uniform(0.0, 0.02)
        arrives = max([arrives] + [end for start, end in stream.stalled if start <= arrives < end])
        came = max(arrives, came + 1e-4)
        stamp = stream.origin + taken + sum(by for when, by in stream.steps if taken >= when)
        if stream.flap and i % stream.flap == stream.flap - 1:
            stamp += stream.flap_by
        unseen = blinded or _inside(stream.hidden, taken)
        unseen = unseen or bool(stream.every and i % stream.every == 0)
        found.append(Frame(taken, came, stamp, not unseen, _inside(stream.shut, taken)))
    return found


_STEERING_WEIGHT = 10.0  # [%]


@dataclasses.dataclass(frozen=True)
class Said:
    """What was judged, and when [s] since the start."""

    time: float
    found: Assessment


def play(
    stream: Stream,
    watched: list[Frame],
    face_points: FacePoints | None = None,
    speed: float = 25.0,
) -> list[Said]:
    """Put a driver through the production chain; all that it says."""
    said: list[Said] = []
    clock = 0.0

    def hear(found: Assessment) -> None:
        said.append(Said(clock, found))

    # Steering as bad as can be, and as heavy as it may be: nothing of the promises rests on it.
    fusion = FusionSettings(
        state_directory="none", profile=stream.profile, steering_weight=_STEERING_WEIGHT
    )
    monitor = Monitor(MonitorSettings(fusion=fusion), listener=hear)
    told = 0.0

    def wait(until: float) -> None:
        """Time passes as it does in a node, and the vehicle speaks ten times a second."""
        nonlocal clock, told
        while told <= until:
            clock = told
            monitor.advance(START + told)
            monitor.on_speed(START + told, speed)
            monitor.on_steering(
                SteeringState(
                    stamp=START + told,
                    valid=True,
                    entropy=1.0,
                    own_entropy=0.0,
                    late_correction_rate=60.0,
                )
            )
            for name in CONTROLS:  # moved for three seconds out of six: acting is no proof
                monitor.on_control(name, told % 6.0 >= 3.0)
            told += 0.1
        clock = until
        monitor.advance(START + until)

    for frame in watched:
        wait(frame.came)
        ear = SHUT if frame.shut else OPEN
        if face_points is None:
            monitor.on_ear(frame.stamp, ear if frame.seen else math.nan)
        else:
            points = face_points(ear, ear, 0.02) if frame.seen else None
            monitor.on_face(Face(stamp=frame.stamp, points=points, yaw=0.0, pitch=0.0, roll=0.0))
    wait(stream.length)
    return said


def watchable(seen: list[float], start: float, end: float) -> bool:
    """Whether every second of a span is watchable, by when frames with visible eyes were taken."""
    times = [t for t in seen if start - 1.0 <= t <= end + ROUNDING]
    if not times or times[0] > start + GAP or end - times[-1] > GAP:
        return False
    apart = [times[0]]
    for time in times[1:]:
        if time - apart[-1] >= 0.1 - ROUNDING:
            apart.append(time)
    gaps = (b - a for a, b in itertools.pairwise(times))
    four = all(b - a <= 1.0 + ROUNDING for a, b in zip(apart, apart[3:], strict=False))
    return max(gaps, default=math.inf) <= GAP and four


def _sounds(found: Assessment) -> bool:
    return found.warning.cause is Cause.EYES_CLOSED and found.warning.severity is Severity.ACOUSTIC


def broken(stream: Stream, watched: list[Frame], said: list[Said]) -> str:
    """Which promise was broken, and how; empty when all were kept."""
    return (
        _not_quiet(stream, watched, said)
        or _not_heard(stream, watched, said)
        or _not_told(stream, watched, said)
        or _not_staying(watched, said)
    )


def asleep(stream: Stream) -> bool:
    """Whether this driver ever shuts the eyes for longer than a blink."""
    return any(end - start >= GAP for start, end in stream.shut)


def _not_quiet(stream: Stream, watched: list[Frame], said: list[Said]) -> str:
    seen = [frame.taken for frame in watched if frame.seen]
    if asleep(stream) or not watchable(seen, 0.5, stream.length - 0.5):
        return ""
    for word in said:
        if word.found.warning.cause is Cause.EYES_CLOSED:
            return f"I0: awake, and an alarm at {word.time:.2f} s"
    return ""


def _not_heard(stream: Stream, watched: list[Frame], said: list[Said]) -> str:
    times = [word.time for word in said]
    since = came = last = math.nan
    for frame in watched:
        if not frame.seen:
            continue
        if not frame.shut:
            since = math.nan
        elif math.isnan(since) or frame.taken - last > GAP + ROUNDING:
            since, came = frame.taken, frame.came
        last = frame.taken
        if not frame.taken - since >= MICROSLEEP:
            continue
        here = said[bisect.bisect_right(times, frame.came) - 1].found
        if _sounds(here):
            continue
        if stream.honest:
            return f"I1: shut from {since:.2f} s, not heard at {frame.taken:.2f} s"
        if here.state not in (FatigueState.FAULT, FatigueState.CANNOT_SEE) and (
            frame.came - came > TOLD + TICK  # nobody hears of a frame before it comes
        ):
            return f"I1: shut from {since:.2f} s, neither heard nor told at {frame.taken:.2f} s"
    return ""


def _open_times(
    watched: list[Frame], least: float, gap: float = GAP, *, foreign: bool = False
) -> list[float]:
    """[s] when eyes were seen open for so long [s], in frames that are no further apart than that.

    Where stamps lie, nobody knows when a frame was taken but by when it came: either counts.

    Args:
        watched: the frames.
        least: [s].
        gap: [s].
        foreign: the stamps are of another clock; when frames came may close a gap too.
    """
    found = []
    since = came = last = arrived = math.nan
    for frame in watched:
        if not frame.seen:
            continue
        apart = min(frame.taken - last, frame.came - arrived) if foreign else frame.taken - last
        arrived = frame.came
        if frame.shut:
            since = math.nan
        elif math.isnan(since) or apart > gap + ROUNDING:
            since, came = frame.taken, frame.came
        elif max(frame.taken - since, frame.came - came) >= least - ROUNDING:
            found.append(frame.came)
        last = frame.taken
    return found


def _last(times: list[float], now: float, otherwise: float) -> float:
    at = bisect.bisect_right(times, now)
    return times[at - 1] if at else otherwise


def _not_told(stream: Stream, watched: list[Frame], said: list[Said]) -> str:
    if not watched:
        return ""
    foreign = stream.origin != START
    opened = _open_times(watched, 0.1 - STAMPS, GAP + STAMPS, foreign=foreign)
    for word in said:
        if word.time < watched[0].came:
            continue
        unseen = word.time - _last(opened, word.time, watched[0].came)
        told = word.found.state in (FatigueState.FAULT, FatigueState.CANNOT_SEE)
        if unseen > TOLD + TICK + 0.11 and not told and not _sounds(word.found):
            return f"I2: not seen open for {unseen:.2f} s at {word.time:.2f} s, and not told"
    return ""


def _not_staying(watched: list[Frame], said: list[Said]) -> str:
    # Wrong stamps may make an opening look longer than it was, and an alarm never needs less; they
    # may also make the time that they are laid on run slower, and a gap look shorter.
    opened = _open_times(watched, 0.3, GAP * (1.0 + DRIFT) + STAMPS)
    began = math.nan
    for word in said:
        if _sounds(word.found):
            began = word.time if math.isnan(began) else began
        elif not math.isnan(began):
            if _last(opened, word.time, -math.inf) < began:
                return f"I3: the alarm of {began:.2f} s is gone at {word.time:.2f} s"
            began = math.nan
    return ""
