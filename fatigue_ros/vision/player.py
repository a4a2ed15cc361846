"""A thread that plays a source of frames: in time, and opened again when it is lost."""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from fatigue_ros.backoff import Backoff
from fatigue_ros.errors import FatigueError, SourceError
from fatigue_ros.vision.frames import FrameSource
from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.playback import Lockstep, Playback

AUDIENCE_PATIENCE = 10.0
"""[s] A recording waits this long for somebody who looks."""
JOIN_PATIENCE = 2.0
"""[s] A read on a dead stream may hang for longer; the thread is then left to itself."""
_BREATH = 0.002  # [s] a frame without a picture is answered by nobody: time for others to run


class _Log(Protocol):  # a logging.Logger, or a node's
    def info(self, message: str, /) -> object: ...
    def warning(self, message: str, /) -> object: ...
    def error(self, message: str, /) -> object: ...


class Audience(Protocol):
    """Whom frames are played to. All is called in the player's thread."""

    def now(self) -> float:
        """[s] what the frames of a live source are stamped with."""

    def begin(self) -> float:
        """[s] the stamp of a recording's first frame, which has just been read."""

    def looks(self) -> bool:
        """Whether anybody looks yet."""

    def show(self, image: Picture, stamp: float) -> None:
        """Take a frame that is due; its picture is empty where time goes on without a camera."""

    def leave_out(self, stamp: float) -> None:
        """Take note of a frame that comes too late to be shown."""


class Player:
    """Plays a source from `start` to `stop` or to the end of a recording.

    A live source that is lost is opened again, after longer and longer waits.

    Args:
        open_source: raises SourceError.
        audience: whom to play to.
        log: for what happens to the source.

    Attributes:
        trouble: why nothing is played, empty while something is.
        ended_at: [s] monotonic time of a recording's end, infinity until then.
        shown: [1] pictures since the start.
        dropped: [1] frames that were left out.
        reopened: [1] how often the source was there again.
        lockstep: waits for answers, but for real time.
    """

    def __init__(
        self, open_source: Callable[[], FrameSource], audience: Audience, log: _Log
    ) -> None:
        self._open = open_source
        self._audience = audience
        self._log = log
        self._source: FrameSource | None = None
        self._stopping = threading.Event()
        self._reset()
        self.trouble = ""

    def _reset(self) -> None:
        self.ended_at = math.inf
        self.shown = self.dropped = self.reopened = 0
        self.lockstep = Lockstep()

    @property
    def ended(self) -> bool:
        """Whether a recording has come to its end."""
        return self.ended_at < math.inf

    def open(self, *, later: bool) -> None:
        """Open the source ahead of the start.

        Args:
            later: whether one that is not there may come later.

        Raises:
            SourceError: it cannot be opened, now or later.
        """
        self._reset()
        self.trouble = ""
        try:
            self._source = self._open()
        except SourceError as error:
            if not later:
                raise
            self._lose(str(error))

    def start(self, max_rate: float | None = None) -> None:
        """Begin; a recording at its beginning.

        Args:
            max_rate: [1] None plays a recording in real time and leaves out what comes too late;
                else every frame is played once the one before was answered, at most so many
                times real time, 0 for no limit.
        """
        self._reset()
        self._lossy = max_rate is None
        self._rate = 1.0 if max_rate is None else max_rate
        self._stopping = threading.Event()
        source, self._source = self._source, None
        # A stopped thread may outlive its time by one hanging read, and has an event of its own.
        self._thread = threading.Thread(
            target=self._run, args=(source, self._stopping), name="player", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End; the thread closes the source."""
        self._stopping.set()
        self.lockstep.stop()
        self._thread.join(JOIN_PATIENCE)

    def close(self) -> None:
        """Close what was opened and never played."""
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _run(self, source: FrameSource | None, stopping: threading.Event) -> None:
        backoff = Backoff()
        while source is not None or not stopping.is_set():
            try:
                with source or self._open() as playing:
                    source = None
                    if self.trouble and not stopping.is_set():
                        self.trouble = ""
                        self.reopened += 1
                        self._log.info(f"{playing.name}: open again")
                    backoff.reset()
                    self._play(playing, stopping)
            except FatigueError as error:
                if not stopping.is_set():
                    self._lose(str(error))
            except Exception as error:  # noqa: BLE001 - a thread would end without a word
                self._lose(f"{type(error).__name__}: {error}")
                return
            if self.ended:
                return
            stopping.wait(backoff.next())

    def _play(self, source: FrameSource, stopping: threading.Event) -> None:
        """Until the source ends or is lost (SourceError)."""
        if not source.live:
            end = time.monotonic() + AUDIENCE_PATIENCE
            while not self._audience.looks() and time.monotonic() < end:
                if stopping.wait(0.01):
                    return
        pace = Playback(source.frame_rate, self._rate, lossy=self._lossy)
        began: float | None = None
        while not stopping.is_set():
            frame = source.read()
            if stopping.is_set():
                return
            if frame is None:
                self._end(source, stopping)
                return
            stamp = self._audience.now()
            wait: float | None = 0.0
            if frame.time is not None:
                if began is None:
                    began = self._audience.begin() - frame.time
                stamp = began + frame.time
                wait = pace.due(frame.time, time.monotonic())
            if wait is None:
                self.dropped += 1
                self._audience.leave_out(stamp)
            elif not stopping.wait(wait):
                self._show(frame.image, stamp, stopping)

    def _show(self, image: Picture, stamp: float, stopping: threading.Event) -> None:
        if not self._lossy:
            # Only now: this frame was decoded while the one before was looked at.
            self.lockstep.wait(stopping)
            if stopping.is_set():
                return
        self._audience.show(image, stamp)
        if image.size:
            self.shown += 1
        elif not self._lossy:
            stopping.wait(_BREATH)

    def _end(self, source: FrameSource, stopping: threading.Event) -> None:
        if source.live:
            raise SourceError(f"{source.name}: gives no more images")
        if not self._lossy:
            self.lockstep.wait(stopping)
        if source.problem:
            self._log.warning(source.problem)
        self.ended_at = time.monotonic()
        self._log.info(f"{source.name}: ended after {self.shown} images")

    def _lose(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._log.error(trouble)
