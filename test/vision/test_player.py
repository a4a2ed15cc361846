"""The player's thread: to the end of a recording, through the loss of a live source, stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.vision.frames import CameraSettings, Frame, FrameSource
from fatigue_ros.vision.player import Player
from fatigue_ros.vision.sources import open_source

WAIT = 120.0  # [s] patience with a machine that does other things as well
PICTURE = np.zeros((4, 4, 3), np.uint8)
DARK = np.zeros((0, 0, 3), np.uint8)


class Camera(FrameSource):
    """Gives some pictures as they happen, and is lost then; `read` may be held up."""

    name, live, frame_rate, size = "camera", True, 30.0, (4, 4)

    def __init__(self, pictures: int, gate: threading.Event | None = None) -> None:
        self._left, self._gate = pictures, gate
        self.closed = threading.Event()

    def read(self) -> Frame | None:
        if self._gate is not None:
            assert self._gate.wait(WAIT)
        self._left -= 1
        return Frame(PICTURE, None, 0) if self._left >= 0 else None

    def close(self) -> None:
        self.closed.set()


class Drive(Camera):
    """Three frames, the second without a picture."""

    live = False

    def read(self) -> Frame | None:
        self._left += 1
        number = self._left
        return Frame(DARK if number == 1 else PICTURE, number / 30.0, 0) if number < 3 else None


class Audience:
    """Looks at once and answers at once; keeps the log too."""

    def __init__(self) -> None:
        self.player: Player
        self.log: list[str] = []
        self.stamps: list[float] = []
        self.change = threading.Condition()
        self.answers = True

    def now(self) -> float:
        return 7.0

    def begin(self) -> float:
        return 100.0

    def looks(self) -> bool:
        return True

    def show(self, image: Any, stamp: float) -> None:
        if image.size:
            self.player.lockstep.sent(stamp)
        with self.change:
            self.stamps.append(stamp)
            self.change.notify_all()
        if image.size and self.answers:
            self.player.lockstep.answered(stamp)

    def leave_out(self, stamp: float) -> None:
        pytest.fail(f"{stamp}: nothing comes too late where every frame is waited for")

    def info(self, message: str, /) -> None:
        self.log.append(message)

    warning = error = info

    def until(self, condition: Callable[[], bool]) -> None:
        with self.change:
            assert self.change.wait_for(condition, WAIT)


@pytest.fixture
def audience() -> Audience:
    return Audience()


@pytest.fixture
def play(audience: Audience) -> Iterator[Callable[..., Player]]:
    """Makes a player of this source, stopped at the end of the test."""
    made: list[Player] = []

    def make(opening: Callable[[], FrameSource]) -> Player:
        audience.player = Player(opening, audience, audience)
        made.append(audience.player)
        return audience.player

    yield make
    for player in made:
        player.stop()


def wait_for_the_end(player: Player) -> None:
    player._thread.join(WAIT)
    assert player.ended


def test_a_recording_is_played_to_its_end_and_again(
    play: Callable[..., Player], audience: Audience, tmp_path: Path
) -> None:
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"{number}.png"), PICTURE)
    player = play(lambda: open_source(str(tmp_path), CameraSettings(frame_rate=10.0)))
    player.open(later=False)
    player.start(max_rate=0.0)
    wait_for_the_end(player)
    assert audience.stamps == pytest.approx([100.0, 100.1, 100.2, 100.3, 100.4])
    assert (player.shown, player.dropped, player.lockstep.unanswered) == (5, 0, 0)
    player.start(max_rate=0.0)
    wait_for_the_end(player)
    assert len(audience.stamps) == 10
    assert player.shown == 5


def test_time_goes_on_without_pictures(play: Callable[..., Player], audience: Audience) -> None:
    player = play(lambda: Drive(-1))
    player.start(max_rate=0.0)
    wait_for_the_end(player)
    assert len(audience.stamps) == 3
    assert player.shown == 2


def test_the_next_frame_waits_for_the_answer(
    play: Callable[..., Player], audience: Audience
) -> None:
    audience.answers = False
    player = play(lambda: Drive(1))
    player.start(max_rate=0.0)
    audience.until(lambda: len(audience.stamps) == 1)
    player._thread.join(0.1)
    assert not player.ended
    player.lockstep.answered(audience.stamps[0])
    wait_for_the_end(player)


def test_a_live_source_that_is_lost_is_opened_again(
    play: Callable[..., Player], audience: Audience
) -> None:
    cameras = [Camera(2), Camera(2)]
    plugged = iter(cameras)

    def opening() -> Camera:
        try:
            return next(plugged)
        except StopIteration:
            raise SourceError("camera: not there") from None

    player = play(opening)
    player.open(later=True)
    player.start()
    audience.until(lambda: len(audience.stamps) == 4)
    assert player.reopened == 1
    assert not player.ended
    assert cameras[0].closed.is_set()
    assert audience.stamps == [7.0] * 4
    assert audience.log[:2] == ["camera: gives no more images", "camera: open again"]
    player.stop()
    assert cameras[-1].closed.wait(WAIT)


def test_what_cannot_be_opened_is_refused_or_waited_for(
    play: Callable[..., Player], audience: Audience
) -> None:
    there = threading.Event()

    def opening() -> Camera:
        if not there.is_set():
            raise SourceError("camera: not there")
        return Camera(1)

    player = play(opening)
    with pytest.raises(SourceError, match="not there"):
        player.open(later=False)
    player.open(later=True)
    assert player.trouble == "camera: not there"
    there.set()
    player.start()
    audience.until(lambda: len(audience.stamps) > 0)
    assert player.reopened == 1


def test_a_read_that_hangs_holds_nobody_up(
    play: Callable[..., Player], audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fatigue_ros.vision.player.JOIN_PATIENCE", 0.05)
    gate = threading.Event()
    hanging, next_one = Camera(1, gate), Camera(1, threading.Event())
    cameras = iter((hanging, next_one))
    player = play(lambda: next(cameras))
    player.start()
    player.stop()
    player.start()  # the thread before hangs still
    gate.set()
    assert hanging.closed.wait(WAIT)
    assert audience.stamps == []
    assert player.shown == 0
    next_one._gate.set()  # type: ignore[union-attr]
    audience.until(lambda: len(audience.stamps) == 1)


def test_what_was_opened_and_never_played_is_closed(play: Callable[..., Player]) -> None:
    camera = Camera(1)
    player = play(lambda: camera)
    player.open(later=False)
    player.close()
    assert camera.closed.is_set()
    player.start()
