"""The line of time that frames lie on, whatever their stamps do.

A camera's clock may be set, count from boot, or be two clocks when two cameras speak; frames may
come late or twice. What is measured over time must not begin anew, nor end, because of that. So
the stamps are laid on one line that only goes forward: as they are while they behave, shifted by
what they jumped once they do not. A steady clock tells what a jump is.
"""

import collections
import math

JUMP = 0.25
"""[s] frames that are further ahead of the clock than this, or go back by more, jump; less is
jitter, and of a step back it is a frame that a newer one overtook."""
FOREIGN = 10.0
"""[s] a first stamp this far behind the clock, or one from the future, belongs to another clock."""
BACKWARDS = 1.0
"""[s] a clock that never steps is this much earlier: a recording began again."""
FLAPPING_JUMPS = 3
FLAPPING_TIME = 10.0
"""[s] so many jumps within this time: two clocks speak by turns."""
_DISTRUST = 60.0  # [s] after a step back, in which every step ahead of the clock is a jump
_STEP = 0.6  # [s] between two frames of a camera that is slow
_DRIFT = 0.01  # [1] of passed time by which two clocks may drift apart; quartz does by 1e-4
_TOLD_BACK = 1.0  # [s] one step back by more than this is told; a smaller one only counted
_TOLD_FOR = 3.0  # [s]
_LEAST_STEP = 1e-3  # [s] across a jump, where the steady clock saw none


class StampLine:
    """Lays the stamps of one stream of frames on a line.

    Attributes:
        now: [s] the newest time on the line, NaN before any.
        came: [s] the clock of the last frame, as a time on the line.
        shift: [s] what was added to the last stamp.
        foreign: [s] what was added to the first one, 0 where it was of this machine's clock.
        jumps: [1] so far.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.now = self.came = math.nan
        self.shift = 0.0
        self.jumps = 0
        self._stamp = self._line = self._clock = math.nan
        self._offset = 0.0
        self._distrusted_until = -math.inf
        self._recent: collections.deque[float] = collections.deque(maxlen=FLAPPING_JUMPS)
        self._back = 0.0
        self._back_at = -math.inf
        self.foreign = 0.0

    def advance(self, clock: float) -> float:
        """Let time pass.

        Args:
            clock: [s] a clock that never steps, in about the time of the stamps.

        Returns:
            [s] the time on the line.
        """
        now = clock + self._offset
        self.now = now if math.isnan(self.now) else max(self.now, now)
        return self.now

    def place(self, stamp: float, clock: float) -> float | None:
        """Take the stamp of a frame.

        Args:
            stamp: [s] of the frame.
            clock: [s] when it came, by the clock of ``advance``.

        Returns:
            [s] its time on the line, later than that of the frame before; None for a frame that
            came twice or was overtaken by a newer one, or whose stamp is not finite.
        """
        if not math.isfinite(stamp):
            return None
        now = self.advance(clock)
        if math.isnan(self._stamp):
            if not -FOREIGN <= stamp - now <= JUMP:
                self.shift = self.foreign = now - stamp
        else:
            step, passed = stamp - self._stamp, max(clock - self._clock, 0.0)
            if -JUMP <= step <= 0.0:
                return None
            lead = stamp + self.shift - now
            if lead > JUMP and 0.0 < step <= _STEP and now >= self._distrusted_until:
                # Those before came late and these at once, or a recording is played faster.
                self._offset += lead
                now = self.advance(clock)
            elif step < 0.0 or lead > JUMP:
                self._jump(step)
                self.shift = self._line + max(passed, _LEAST_STEP) - stamp
            drift = stamp + self.shift - clock - self._offset
            self._offset += min(max(drift, -_DRIFT * passed), _DRIFT * passed)
        self._stamp, self._clock = stamp, clock
        self.came = clock + self._offset
        self._line = stamp + self.shift
        self.now = max(now, self._line)
        return self._line

    def _jump(self, step: float) -> None:
        """Count a jump of ``step`` [s]."""
        self.jumps += 1
        self._recent.append(self.now)
        if step < 0.0:  # no clock to be believed in small things either
            self._distrusted_until = self.now + _DISTRUST
        if step < -_TOLD_BACK:
            self._back, self._back_at = -step, self.now

    def follow(self, stamp: float, clock: float | None) -> float | None:
        """The same for a measure: without a clock stamps are all there is, and stay as they are.

        A clock that goes back is simulated time that begins again, and so does the line.
        """
        if clock is None:
            return stamp
        if clock < self._clock - BACKWARDS:
            self.reset()
        return self.place(stamp, clock)

    def fault(self) -> str:
        """Why the stamps cannot be trusted now; empty when they can."""
        recent = self._recent
        if len(recent) == FLAPPING_JUMPS and self.now - recent[0] <= FLAPPING_TIME:
            return (
                f"the frames' time jumps ({FLAPPING_JUMPS} times in {self.now - recent[0]:.1f} s): "
                "two cameras, or a recording beside one?"
            )
        if self.now - self._back_at <= _TOLD_FOR:
            return f"the frames' time went back by {self._back:.1f} s"
        return ""

    def difference(self) -> str:
        """In words that the stamps are of another clock than this machine's, else empty."""
        if self.foreign == 0.0:
            return ""
        return (
            f"the frames' clock is {abs(self.foreign):.1f} s "
            f"{'behind' if self.foreign > 0.0 else 'ahead of'} this machine's"
        )
