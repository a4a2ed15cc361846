"""Faces that drivers make, as curves through the whole chain: what they do is said, and no more."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fatigue_ros.face import Event, EventKind, Face
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import EyeState
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.monitor import Monitor
from fatigue_ros.monitor.settings import MonitorSettings

FPS = 25
START = 1_700_000_000.0  # [s]
OPEN, SHUT = 0.3, 0.06
SETTLED = 30.0  # [s] of usual driving before each story: seven blinks


@dataclasses.dataclass(frozen=True)
class Look:
    """A face at a moment: how far eyes and mouth are open, how it is turned, where it is."""

    right: float = OPEN
    left: float = OPEN
    mouth: float = 0.02
    yaw: float = 0.0
    pitch: float = 0.0
    narrow: tuple[float, float] = (1.0, 1.0)
    size: float = 1.0
    lower: float = 0.0  # [px]


Story = Callable[[float], Look]


class Log(DriveLog):
    """Keeps the last word on the eyes, too."""

    def on_eyes(self, state: EyeState) -> None:
        super().on_eyes(state)
        self.eyes = state


class Cabin:
    """A driver at 25 m/s who blinks every four seconds, and what the chain says."""

    def __init__(self, face_points: Callable[..., Any]) -> None:
        self.log = Log(keep_samples=False)
        fusion = FusionSettings(state_directory="none")
        self.monitor = Monitor(MonitorSettings(fusion=fusion), log=self.log)
        self._points = face_points
        self._frames = 0
        self._look = Look()

    def play(self, seconds: float, story: Story = lambda _: Look()) -> list[Event]:
        """Go on for some seconds, with a face by the time from now; what happened meanwhile."""
        before = len(self.log.events)
        for k in range(round(seconds * FPS)):
            now = self._frames / FPS
            self._frames += 1
            look = self._look = story(k / FPS)
            if now % 4.0 >= 3.8:
                look = dataclasses.replace(
                    look, right=min(look.right, SHUT), left=min(look.left, SHUT)
                )
            points = self._points(look.right, look.left, look.mouth, look.narrow)
            points = points * look.size + (0.0, look.lower)
            self.monitor.advance(START + now)
            if self._frames % FPS == 1:
                self.monitor.on_speed(START + now, 25.0)
            self.monitor.on_face(
                Face(START + now, points.astype("f4"), look.yaw, look.pitch, 0.0, 1, 640, 480)
            )
        return self.log.events[before:]

    def heard(self) -> bool:
        """Whether eyes that shut now are an alarm a second later."""
        warned = len(self.log.warnings)
        asleep = dataclasses.replace(self._look, right=SHUT, left=SHUT)
        self.play(1.3, lambda _: asleep)
        return [w.cause for w in self.log.warnings[warned:]] == ["eyes_closed"]


@pytest.fixture
def cabin(face_points: Callable[..., Any]) -> Iterator[Cabin]:
    driver = Cabin(face_points)
    driver.play(SETTLED)
    yield driver
    assert driver.heard(), "and who sleeps afterwards is heard"


def of(events: list[Event], kind: EventKind) -> list[Event]:
    return [event for event in events if event.kind is kind]


def quiet(cabin: Cabin, events: list[Event]) -> bool:
    """No closure, no yawn, no warning."""
    assert not of(events, EventKind.CLOSURE)
    assert not of(events, EventKind.YAWN)
    return not cabin.log.warnings


def test_the_radio(cabin: Cabin) -> None:
    """Eyes and head go down together, 1.5 s out of every eight."""

    def story(t: float) -> Look:
        down = min(max(t % 8.0 - 2.0, 0.0) / 0.2, 1.0) if t % 8.0 < 3.5 else 0.0
        lids = OPEN - 0.2 * down
        return Look(lids, lids, pitch=0.25 * down)

    assert quiet(cabin, cabin.play(32.0, story))


def test_laughing(cabin: Cabin) -> None:
    """Mouth open and shut four times a second and wide for a second, the eyes narrowed."""

    def story(t: float) -> Look:
        mouth = 0.65 if 2.0 <= t % 10.0 < 3.0 else 0.3 + 0.3 * math.sin(8.0 * math.pi * t)
        return Look(0.17, 0.17, mouth=mouth if t % 10.0 < 6.0 else 0.02)

    assert quiet(cabin, cabin.play(30.0, story))


def test_a_yawn_behind_a_hand_and_a_hand_that_hides_none(cabin: Cabin) -> None:
    def yawn(t: float) -> Look:
        wide = min(t / 1.2, 1.0, max(6.0 - t, 0.0) / 0.8) * 0.8
        return Look(0.24, 0.24, mouth=0.0 if 1.6 <= t < 4.4 else max(wide, 0.02))

    assert len(of(cabin.play(8.0, yawn), EventKind.YAWN)) == 1
    resting = cabin.play(8.0, lambda t: Look(mouth=0.0 if 1.0 < t < 6.0 else 0.02))
    assert quiet(cabin, resting)


@pytest.mark.parametrize("side", [0, 1])
def test_a_smile_with_a_turned_head(cabin: Cabin, side: int) -> None:
    """The near eye looks shut for two seconds, the far one half open."""

    def story(t: float) -> Look:
        eyes, narrow = ((0.07, 0.2), (1.0, 0.7)) if side == 0 else ((0.2, 0.07), (0.7, 1.0))
        turned = 1.0 <= t % 10.0 < 3.0
        return Look(*eyes, yaw=(0.35, -0.35)[side], narrow=narrow) if turned else Look()

    assert quiet(cabin, cabin.play(20.0, story))


def test_squinting(cabin: Cabin) -> None:
    """Lids at 0.55 of open for eight seconds: low, not shut."""
    assert quiet(cabin, cabin.play(8.0, lambda _: Look(0.165, 0.165)))


def test_quick_double_blinks(cabin: Cabin) -> None:
    """Two of 0.12 s within half a second, four seconds apart from the usual ones."""

    def story(t: float) -> Look:
        lids = SHUT if 1.0 <= t % 4.0 < 1.12 or 1.32 <= t % 4.0 < 1.44 else OPEN
        return Look(lids, lids)

    events = cabin.play(20.0, story)
    assert len(of(events, EventKind.BLINK)) == 15
    assert quiet(cabin, events)


def test_lids_that_sink_slowly_droop(cabin: Cabin) -> None:
    """By a third in five minutes: none is a closure, and droop rises with them."""

    def droops(lids: float, _: float) -> Look:
        return Look(lids, lids)

    cabin.play(60.0)  # the driver is known now
    said = []
    for part in range(5):
        events = cabin.play(60.0, functools.partial(droops, OPEN * (1.0 - 0.33 * (part + 1) / 5)))
        assert not of(events, EventKind.CLOSURE)
        said.append(cabin.log.eyes.droop)
    assert said == sorted(said)
    assert said[-1] == pytest.approx(0.27, abs=0.03)
    assert cabin.log.eyes.droop_coverage > 0.95
    assert not cabin.log.warnings


@pytest.mark.parametrize("side", [0, 1])
def test_a_lid_that_droops(cabin: Cabin, side: int) -> None:
    """One lid hangs at half from now on; both blink as before."""
    eyes = (0.5 * OPEN, OPEN) if side == 0 else (OPEN, 0.5 * OPEN)
    events = cabin.play(40.0, lambda _: Look(*eyes))
    assert quiet(cabin, events)
    assert len(of(events, EventKind.BLINK)) == 10


def test_another_seat(cabin: Cabin) -> None:
    """The face is smaller, lower and turned up, its lids a tenth lower from now on."""

    def story(t: float) -> Look:
        return Look(0.27, 0.27, pitch=-0.15, size=0.85, lower=40.0)

    events = cabin.play(60.0, story)
    assert quiet(cabin, events)
    assert len(of(events, EventKind.BLINK)) == 15
