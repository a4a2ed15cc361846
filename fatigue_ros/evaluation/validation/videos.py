"""Videos of people through the production chain: the course of the level and of its metrics.

A person is one piece of work: what is normal is learnt from the beginning of the alert recording
and then held for all of that person's recordings. What was played is kept in a file, so that a
validation that was broken off goes on where it was.
"""

import dataclasses
import hashlib
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

import fatigue_ros
from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation.agreement import Array
from fatigue_ros.evaluation.assess import Refused, plain
from fatigue_ros.evaluation.event_score import score, total
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.validation.layouts import (
    Clip,
    Somebody,
    VideoSet,
    read_digits,
    read_stamps,
    read_tags,
)
from fatigue_ros.evaluation.validation.people import (
    ALERT,
    DROWSY,
    YAWNING,
    PlayedFolder,
    Recording,
)
from fatigue_ros.face import EventKind, Face
from fatigue_ros.fusion.assessment import Assessment, Cause
from fatigue_ros.measures import own_blinks
from fatigue_ros.monitor.monitor import FixedSpeed, Monitor
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.quiet import without_engine_chatter
from fatigue_ros.vision.sources import open_recording

OWN_TIME = 200.0
"""[s] first part of an alert recording that says what is normal: a third of ten minutes."""
OWN_IN_SIGHT = 120.0
"""[s] of it with the eyes in sight, at least."""
_NEVER = 3600.0  # [s] of a drive that would be judged: what is normal is held from then on
_STEP = 1.0  # [s]


@dataclasses.dataclass(frozen=True)
class PersonJob:
    """A person to play: all that another process needs to know."""

    somebody: Somebody
    settings: ObserveSettings

    @property
    def path(self) -> Path:
        """Of the first clip."""
        return self.somebody.clips[0].path

    def key(self) -> str:
        """What the result depends on, as a name of a file."""
        files = [
            path
            for clip in self.somebody.clips
            for path in (clip.path, clip.stamps, clip.drowsy, clip.blinks)
            if path is not None
        ]
        seen = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
        text = repr((fatigue_ros.__version__, self.settings, self.somebody, seen))
        name = str(self.somebody.person).replace(" ", "-")
        return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclasses.dataclass(frozen=True)
class PlayedPerson:
    """What came of a person."""

    recordings: list[Recording]
    blinks: Mapping[str, float] | None = None
    kss: Sequence[tuple[int, float]] = ()
    problems: Sequence[str] = ()

    def write(self, path: Path) -> None:
        """Keep it in a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        values = dataclasses.asdict(self)
        for recording in values["recordings"]:
            recording["level"] = recording["level"].tolist()
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(plain(values), allow_nan=False), encoding="utf-8")
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> "PlayedPerson | None":
        """What was kept; None where nothing was, or it cannot be read."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            recordings = [
                Recording(
                    **{
                        **one,
                        "measures": {k: _nan(v) for k, v in one["measures"].items()},
                        "level": np.array([_nan(value) for value in one["level"]]),
                    }
                )
                for one in values["recordings"]
            ]
            kss = [(int(k), _nan(level)) for k, level in values["kss"]]
            return cls(recordings, values["blinks"], kss, values["problems"])
        except (OSError, ValueError, TypeError, KeyError):
            return None


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def assemble(data: VideoSet, people: Sequence[PlayedPerson]) -> PlayedFolder:
    """The people of a data set as a folder of the report."""
    blinks = [person.blinks for person in people if person.blinks is not None]
    recordings = [recording for person in people for recording in person.recordings]
    problems = [problem for person in people for problem in person.problems]
    return PlayedFolder(
        data.folder.name,
        recordings,
        [f"{data.layout}, {len(people)} people.", *data.notes, *problems],
        tired=YAWNING if data.layout == "YawDD" else DROWSY,
        blinks=total(blinks) if blinks else None,
        kss=[answer for person in people for answer in person.kss],
    )


def play_person(job: PersonJob) -> PlayedPerson | Refused:
    """Play all clips of a person; whatever is wrong with them stops nobody else."""
    name = str(job.somebody.person)
    try:
        with tempfile.TemporaryDirectory() as folder, without_engine_chatter():
            return _play(job, Path(folder))
    except FatigueError as error:
        return Refused(name, str(error))
    except Exception as error:  # noqa: BLE001 - one bad video must not stop the others
        return Refused(name, f"{job.path}: unexpectedly {type(error).__name__}: {error}")


def _play(job: PersonJob, folder: Path) -> PlayedPerson:
    somebody = job.somebody
    parts: dict[int, list[_Part]] = {}
    blinks, kss, problems = [], [], []
    first: list[Face] = []
    if somebody.alert is not None:
        first = _learn(somebody.alert, job.settings, folder)
    for clip in somebody.clips:
        known = first if clip is somebody.alert else []
        seen = _Course()
        stamps = _watch(clip, job.settings, folder, seen, known)
        if seen.problem:
            problems.append(f"{clip.path}: {seen.problem}")
        begin = OWN_TIME if clip is somebody.alert else 0.0
        for state, part in seen.parts(clip, stamps, begin):
            parts.setdefault(state, []).append(part)
        if clip.blinks is not None:
            labelled = [
                (stamps[int(a)], stamps[int(b)])
                for a, b in read_tags(clip.blinks)
                if b < len(stamps)
            ]
            found = seen.spans(EventKind.BLINK) + seen.spans(EventKind.CLOSURE)
            blinks.append(score(sorted(found), labelled))
        if clip.kss is not None:
            kss.append((clip.kss, _mean(seen.course[math.ceil(begin / _STEP) :])))
    recordings = [_joined(somebody, state, parts[state]) for state in sorted(parts)]
    return PlayedPerson(recordings, total(blinks) if blinks else None, kss, problems)


def _learn(clip: Clip, settings: ObserveSettings, folder: Path) -> list[Face]:
    """Learn what is normal from the first part of an alert recording; returns its faces."""
    fusion = dataclasses.replace(
        settings.monitor.fusion,
        state_directory=str(folder),
        alert_drive_time=OWN_IN_SIGHT,
        alert_drive_level=100.0,
    )
    monitor = Monitor(dataclasses.replace(settings.monitor, fusion=fusion))
    vehicle = FixedSpeed(monitor, settings.speed)
    faces: list[Face] = []
    for face in _faces(clip, settings.landmarks):
        if face.stamp >= OWN_TIME:
            break
        vehicle.until(face.stamp)
        monitor.on_face(face)
        faces.append(face)
    return faces


def _watch(
    clip: Clip, settings: ObserveSettings, folder: Path, seen: "_Course", known: Sequence[Face]
) -> list[float]:
    """Play a clip; returns the times [s] of its frames. ``known`` are faces of its first ones."""
    fusion = dataclasses.replace(
        settings.monitor.fusion, state_directory=str(folder), alert_drive_time=_NEVER
    )
    monitor = Monitor(dataclasses.replace(settings.monitor, fusion=fusion), log=seen)
    vehicle = FixedSpeed(monitor, settings.speed)
    stamps = []
    for face in _faces(clip, settings.landmarks, seen, known):
        vehicle.until(face.stamp)
        monitor.on_face(face)
        stamps.append(face.stamp)
    seen.finish()
    return stamps


def _faces(
    clip: Clip,
    landmarks: LandmarkSettings,
    seen: Observation | None = None,
    known: Sequence[Face] = (),
) -> Iterator[Face]:
    stamps = read_stamps(clip.stamps) if clip.stamps is not None else None
    with create_engine(landmarks) as engine, open_recording(str(clip.path)) as source:
        while (frame := source.read()) is not None:
            if frame.index < len(known):
                yield known[frame.index]
                continue
            stamp = frame.time or 0.0
            if stamps is not None:
                if frame.index >= len(stamps):
                    break
                stamp = stamps[frame.index]
            rgb = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
            yield engine.detect(rgb, stamp)
        if seen is not None:
            seen.problem = source.problem


@dataclasses.dataclass(frozen=True)
class _Part:
    """A stretch of a clip in one state.

    Attributes:
        level: [%] once a second.
        metrics: values once a second, NaN where one did not count.
        blinks: [s] durations.
        yawns: [1] in it.
        alarms: [1] for closed eyes.
        duration: [s].
    """

    level: Array
    metrics: Mapping[str, Array]
    blinks: list[float]
    yawns: int
    alarms: int
    duration: float


class _Course(Observation):
    """An observation with the level and its metrics once a second."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds: dict[int, Assessment] = {}
        self._alarms: list[float] = []

    def on_assessment(self, found: Assessment) -> None:
        """A judgement; the last one of a second stands for it."""
        super().on_assessment(found)
        if self.origin is not None:
            self._seconds[int((found.stamp - self.origin) // _STEP)] = found

    @property
    def course(self) -> Array:
        """[%] The level once a second, NaN where there was none."""
        count = math.ceil(self.duration / _STEP)
        levels = (self._seconds.get(i) for i in range(count))
        return np.array([math.nan if found is None else found.level for found in levels])

    def parts(
        self, clip: Clip, stamps: Sequence[float], begin: float
    ) -> Iterator[tuple[int, _Part]]:
        """What came of the clip by state, from a time [s] on."""
        count = math.ceil(self.duration / _STEP)
        states = np.full(count, clip.state if clip.state is not None else ALERT)
        if clip.drowsy is not None:
            drowsy = np.zeros(count)
            for stamp, is_drowsy in zip(stamps, read_digits(clip.drowsy), strict=False):
                if (second := int(stamp // _STEP)) < count:
                    drowsy[second] += 1.0 if is_drowsy else -1.0
            states[drowsy > 0.0] = DROWSY
        states[: math.ceil(begin / _STEP)] = -1
        for state in sorted(set(states.tolist()) - {-1}):
            yield state, self._part(states == state)

    def _part(self, chosen: Array) -> _Part:
        seconds = [self._seconds.get(int(i)) for i in np.flatnonzero(chosen)]
        names = dict.fromkeys(m.name for found in seconds if found for m in found.metrics)
        metrics = {
            name: np.array(
                [
                    next((m.value for m in found.metrics if m.name == name and m.valid), math.nan)
                    if found
                    else math.nan
                    for found in seconds
                ]
            )
            for name in names
        }

        def inside(time: float) -> bool:
            second = int(time // _STEP)
            return 0 <= second < len(chosen) and bool(chosen[second])

        return _Part(
            level=np.array([math.nan if found is None else found.level for found in seconds]),
            metrics=metrics,
            blinks=[b - a for a, b in self.spans(EventKind.BLINK) if inside(a)],
            yawns=sum(inside(a) for a, _ in self.spans(EventKind.YAWN)),
            alarms=sum(
                span.cause == Cause.EYES_CLOSED.value and inside(span.start)
                for span in self.warning_spans
            ),
            duration=_STEP * len(seconds),
        )


def _joined(somebody: Somebody, state: int, parts: Sequence[_Part]) -> Recording:
    """All stretches of a person in one state as one recording."""
    duration = sum(part.duration for part in parts)
    blinks = [blink for part in parts for blink in part.blinks]
    names = dict.fromkeys(name for part in parts for name in part.metrics)
    enough = len(blinks) >= own_blinks.LEAST
    means = {
        name: _mean(np.concatenate([part.metrics[name] for part in parts if name in part.metrics]))
        for name in names
    }
    # The mean over a window stands beside that over all blinks, which is what others compare with.
    return Recording(
        person=somebody.person,
        state=state,
        measures={
            "blink_duration_mean": float(np.mean(blinks)) if enough else math.nan,
            "blink_duration_p90": (
                own_blinks.quantile(blinks, own_blinks.TAIL) if enough else math.nan
            ),
            **{name: value for name, value in means.items() if name != "blink_duration"},
            "yawns": 60.0 * sum(part.yawns for part in parts) / duration,
            "closed_eye_alarms": float(sum(part.alarms for part in parts)),
        },
        level=np.concatenate([part.level for part in parts]),
        duration=duration,
    )


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
