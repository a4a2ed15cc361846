"""The time of a node: simulated while /clock runs, else one that no step of a clock reaches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from fatigue_ros.errors import SourceError
from fatigue_ros.monitor.messages import NANOSECONDS
from fatigue_ros.ros import messages
from fatigue_ros.ros.quiet import Quiet

PATIENCE = 2.0  # [s] without /clock; with the second between two diagnoses it is told within three
# [s] for the first word: what is said by the wall until then is of another time than all that
# follows. A player takes seconds to start and to be found; alert misses fusion after ten.
FIRST_WORD = 6.0
STANDSTILL = 30.0  # [s] of the same time over and over; a player waits ten for an answer
_LATEST = 2_145_916_800  # [s] 2038-01-01: in that month stamps of 32 bits end


class NodeTime:
    """What time it is for a node, and whether simulated time can be relied on.

    Args:
        nanoseconds: [ns] the node's clock.
        simulated: whether that follows /clock.
        monotonic: [s] a clock that always goes on, and never steps.
        wall: [s] a clock that people set.
    """

    def __init__(
        self,
        nanoseconds: Callable[[], int],
        simulated: Callable[[], bool],
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.nanoseconds = nanoseconds
        self._simulated, self._monotonic = simulated, monotonic
        self._wall = wall() - monotonic()
        self.await_clock()

    def await_clock(self) -> None:
        """From now on the node waits for /clock."""
        self._since = self._monotonic()
        self._quiet = Quiet(self._monotonic)  # since /clock last spoke
        self._heard = self._moved = -math.inf  # [s] when /clock last spoke, and told another time
        self._told: tuple[int, int] | None = None
        self._now = 0.0  # [s] the same time

    def hear(self, clock: messages.Time) -> None:
        """A message on /clock.

        Raises:
            SourceError: there is no such time.
        """
        if not (0 <= clock.sec < _LATEST and clock.nanosec < NANOSECONDS):
            raise SourceError(
                f"expected a time from 0 to {_LATEST} s with less than {NANOSECONDS} ns, "
                f"found {clock.sec} s and {clock.nanosec} ns"
            )
        told = clock.sec, clock.nanosec
        self._heard = self._monotonic()
        self._quiet.hear()
        if told != self._told:
            self._told, self._moved = told, self._heard
            self._now = (clock.sec * NANOSECONDS + clock.nanosec) / NANOSECONDS

    def now(self) -> float:
        """[s] the node's clock: the wall clock, or /clock with use_sim_time."""
        if self._told is not None and self._simulated():
            return self._now
        return self.nanoseconds() / NANOSECONDS

    @property
    def simulated(self) -> bool:
        """Whether the node's clock follows a /clock that runs."""
        return self._simulated() and not self._stopped()

    @property
    def trouble(self) -> str:
        """Why simulated time cannot be relied on, empty when it can or none is used."""
        if not self._simulated():
            return ""
        now = self._monotonic()
        if self._told is None:
            waited = now - self._since > PATIENCE
            return "use_sim_time is set and no /clock came" if waited else ""
        stopped = self._stopped()
        since = self._heard if self._quiet.seconds() > PATIENCE else self._moved
        return f"use_sim_time is set and /clock stopped {now - since:.0f} s ago" if stopped else ""

    def steady(self) -> float:
        """[s] what the wall showed at the start, and the seconds since: no step reaches it.

        With use_sim_time it is the node's clock, and goes on by itself where /clock stops.
        """
        if not self._simulated() or self._told is None:
            return self._monotonic() + self._wall
        # As it was told: asking rclpy costs ten times as much, and this is asked for each message.
        return self._now + (self._quiet.seconds() if self._stopped() else 0.0)

    def _stopped(self) -> bool:
        if self._told is None:
            return self._quiet.seconds() > FIRST_WORD
        return self._quiet.seconds() > PATIENCE or self._monotonic() - self._moved > STANDSTILL


class Repetition:
    """What is done every so often, by a timer of the steady clock or by simulated time.

    A timer that follows the node's own clock stands for as long as that clock was set back by.

    Args:
        period: [s].
        callback: what to do.
        time: of the node.
    """

    def __init__(self, period: float, callback: Callable[[], None], time: NodeTime) -> None:
        self._period = round(period * NANOSECONDS)
        self._callback, self._time = callback, time
        self._due = time.nanoseconds() + self._period

    def tick(self) -> None:
        """The steady timer's turn: the callback's too, unless simulated time runs."""
        if not self._time.simulated:
            self._callback()

    def reach(self) -> None:
        """Simulated time has gone on; what was missed in between is not made up for."""
        late = self._time.nanoseconds() - self._due
        if late < -self._period:  # it went back
            self._due += late + self._period
        elif late >= 0:
            self._due += (late // self._period + 1) * self._period
            self._callback()
