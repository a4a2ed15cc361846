"""A driver and a car, as short stories: landmarks or EAR through the true measures into fusion."""

from __future__ import annotations

import dataclasses
import functools
import math
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment, Cause, Severity
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings
from fatigue_ros.measures.states import PulseState

OPEN = 0.30  # [1] EAR of this driver's open eyes
SHUT = 0.05
MIDDAY = 1_700_000_000.0  # [s] some day; stories do not last until midnight anywhere on Earth

Profile = Callable[[float], float]


@dataclasses.dataclass(frozen=True)
class Warned:
    """A warning that began."""

    time: float
    severity: Severity
    cause: Cause


class Drive:
    """Plays a story and remembers what was said.

    Args:
        face_points: the fixture.
        start: [s] stamp of the first frame; times in the story count from it.
        settings: of the judgement.
    """

    def __init__(
        self, face_points: Callable[..., Any], start: float = MIDDAY, **settings: Any
    ) -> None:
        settings.setdefault("state_directory", "none")
        self.judgement = Judgement(FusionSettings(**settings))
        self.eyes = EyeMonitor(EyeSettings())
        self.mouth = MouthMonitor(MouthSettings())
        self.start = start
        self._face_points = face_points
        self.time = 0.0
        self.warned: list[Warned] = []
        self.shown: list[tuple[float, Assessment]] = []
        self._key: tuple[Severity, Cause] = (Severity.NONE, Cause.NONE)
        self._next_blink = 2.0
        self._random = random.Random(1)

    @property
    def now(self) -> float:
        """[s] stamp."""
        return self.start + self.time

    @property
    def last(self) -> Assessment:
        """The last assessment."""
        return self.shown[-1][1]

    def since(self, time: float) -> list[Assessment]:
        """What was judged from a time of the story on."""
        return [assessment for at, assessment in self.shown if at >= time]

    def level_max(self, since: float = 0.0) -> float:
        """[%] highest valid level."""
        return max((a.level for a in self.since(since) if a.valid), default=0.0)

    def play(
        self,
        seconds: float,
        *,
        fps: float = 15.0,
        blink_every: float = 4.0,
        blink: float = 0.2,
        closures: Iterable[tuple[float, float]] = (),
        ear: float = OPEN,
        noise: float = 0.0,
        mouth: Profile | None = None,
        yaw: Profile | None = None,
        pitch: Profile | None = None,
        in_sight: Profile | None = None,
        frames: bool = True,
        kmh: float | None = 90.0,
        bpm: float | None = None,
        update_every: int = 1,
    ) -> Drive:
        """Go on for some seconds.

        Args:
            seconds: how long.
            fps: frames per second.
            blink_every: [s] between blinks.
            blink: [s] length of a blink.
            closures: (start, length) [s] from now, eyes shut.
            ear: of the open eyes.
            noise: [1] standard deviation of EAR.
            mouth, yaw, pitch: [1], [rad] by time from now; with one of them, landmarks are played.
            in_sight: by time from now, 0 where the eyes cannot be judged.
            frames: False: the camera is out.
            kmh: None: no speed message comes.
            bpm: None: no pulse message comes.
            update_every: frames to an update.
        """
        begin, closures = self.time, list(closures)
        landmarks = mouth is not None or yaw is not None or pitch is not None
        count = round(seconds * fps)
        for i in range(count):
            t = (i + 1) / fps
            self.time = begin + t
            now = self.now
            if int(t) != int(t - 1 / fps):
                if kmh is not None:
                    self.judgement.on_speed(now, kmh / 3.6)
                if bpm is not None:
                    self.judgement.on_pulse(PulseState(stamp=now, valid=True, bpm=bpm))
            if frames:
                value = self._lids(ear, blink_every, blink)
                if any(at <= t < at + length for at, length in closures):
                    value = SHUT
                value = max(value + self._random.gauss(0.0, noise), 0.0) if noise else value
                if in_sight is not None and not in_sight(t):
                    value = math.nan
                if landmarks:
                    picture = Face(
                        stamp=now,
                        points=self._face_points(value, value, mouth(t) if mouth else 0.02),
                        yaw=yaw(t) if yaw else 0.0,
                        pitch=pitch(t) if pitch else 0.0,
                        roll=0.0,
                        faces=1,
                        width=640,
                        height=480,
                    )
                    self.judgement.on_mouth(self.mouth.update(picture))
                    self.judgement.on_eyes(self.eyes.update(picture))
                else:
                    self.judgement.on_eyes(self.eyes.update_ear(now, value))
            known = self.judgement.references
            self.eyes.refer(known.ear_open, known.ear_shut, known.blink_depth)
            if i % update_every == 0 or i == count - 1:
                self.update()
        return self

    def update(self) -> Assessment:
        """Judge now."""
        assessment = self.judgement.update(self.now)
        self.shown.append((self.time, assessment))
        key = (assessment.warning.severity, assessment.warning.cause)
        if key != self._key and key[0] is not Severity.NONE:
            self.warned.append(Warned(self.time, *key))
        self._key = key
        return assessment

    def _lids(self, ear: float, every: float, length: float) -> float:
        if self.time >= self._next_blink + length:
            # Blinks come unevenly; the golden ratio spreads them without chance.
            self._next_blink += every * (0.6 + 0.8 * ((self._next_blink * 0.618) % 1.0))
        return SHUT if self._next_blink <= self.time < self._next_blink + length else ear


@pytest.fixture
def drive(face_points: Callable[..., Any]) -> Callable[..., Drive]:
    """Makes a Drive; its arguments are those of Drive but for the points."""
    return functools.partial(Drive, face_points)
