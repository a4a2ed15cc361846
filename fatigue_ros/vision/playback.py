"""When the frames of a recording are due, and who has to have looked at the one before."""

from __future__ import annotations

import threading
from typing import Any

ANSWER_PATIENCE = 10.0
"""[s] Without an answer a frame is taken for lost. What is late on a busy machine is not."""
BREATH = 0.005
"""[s] between frames that nobody looks at."""
LONGEST_DROUGHT = 0.5
"""[s] A machine too slow for a recording would leave out frame after frame: after this long one
is played although it is late."""


class Playback:
    """The clock of a recording.

    It begins with the first frame, not with the opening of the source: decoding or drawing that
    frame may take seconds, which nobody has to make up for.

    Args:
        frame_rate: [Hz] of the recording, 0 where it has none.
        rate: how many times real time; 0 for no limit.
        lossy: whether frames that come too late are left out.
    """

    def __init__(self, frame_rate: float, rate: float, *, lossy: bool) -> None:
        self._period = 1.0 / frame_rate if frame_rate > 0.0 else 0.0
        self._rate = rate
        self._lossy = lossy
        self._began: float | None = None
        self._played = 0.0

    def due(self, time: float, now: float) -> float | None:
        """What to do with a frame.

        Args:
            time: [s] of the frame, by the recording.
            now: [s] by a clock that does not jump.

        Returns:
            [s] to wait before it is played, None to leave it out.
        """
        if self._began is None:
            self._began = now - (time / self._rate if self._rate else 0.0)
        ahead = self._began + time / self._rate - now if self._rate else 0.0
        thirsty = now - self._played >= LONGEST_DROUGHT
        if self._lossy and ahead < -self._period and not thirsty:
            return None
        self._played = now + max(0.0, ahead)
        return max(0.0, ahead)


class Lockstep:
    """Lets a recording go on once somebody has answered its last frame. Thread-safe.

    With more than one frame on the way, one would be lost.

    Attributes:
        unanswered: [1] frames that were taken for lost.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._awaited: Any = None
        self._unseen = False
        self.unanswered = 0

    def sent(self, stamp: Any) -> None:
        """A frame with this stamp goes out now."""
        with self._changed:
            self._awaited = stamp

    def answered(self, stamp: Any) -> None:
        """Somebody has looked at the frame with this stamp."""
        with self._changed:
            if stamp == self._awaited:
                self._awaited = None
                self._changed.notify_all()

    def look_away(self, unseen: bool) -> None:
        """Say whether frames go unseen, as with the ignition off: no answer is awaited then."""
        with self._changed:
            self._unseen = unseen
            self._changed.notify_all()

    def stop(self) -> None:
        """Wake up who waits; ``stopping`` is set."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, stopping: threading.Event) -> None:
        """Until the last frame was answered, is taken for lost, or ``stopping`` is set."""
        with self._changed:
            if not self._unseen:
                answered = self._changed.wait_for(
                    lambda: self._awaited is None or self._unseen or stopping.is_set(),
                    ANSWER_PATIENCE,
                )
                self.unanswered += not answered
            unseen, self._awaited = self._unseen, None
        if unseen:
            stopping.wait(BREATH)
