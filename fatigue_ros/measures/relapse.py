"""Lids that come up by half for a moment and shut again for long: one closure, not two events.

Where such lids are for that moment hangs on the light and on noise, and so does whether they count
as open: the same tenths of a second are seen as a closure that goes on, or as a blink and another
closure that begins anew. What comes next tells more. So an event after which the lids have not come
up is held back for a moment. If they shut again, and stay shut for as long as no blink does, they
were shut from its beginning.
"""

import dataclasses
import math

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.lids import LidTracker, Shut

_UP = 0.85  # [1] of the level before they fell: up again
_MOSTLY = 0.75  # [1] of its frames that the second must be shut: lids that hang are not asleep
_MOMENT = 0.4  # [s] no longer: 0.25 to 0.35 of the one that was filmed, in ten ways of filming


class Relapse:
    """Holds back events whose lids have not come up, and joins what belongs together.

    Args:
        long_blink: [s] closed for so long, it is no blink.
    """

    def __init__(self, long_blink: float) -> None:
        self._long_blink = long_blink
        self.reset()

    def reset(self) -> None:
        """Forget what is held."""
        self._held: tuple[Shut, Event | None] | None = None
        self._frames = self._shut = 0  # [1] of the closure after it
        self.until = math.nan
        """[s] where the closed spell ended that was joined last."""

    def release(self) -> list[Event]:
        """What is held, if anything: nothing will be joined to it."""
        held, self._held = self._held, None
        return [held[1]] if held is not None and held[1] is not None else []

    def follow(
        self, now: float, ear: float, lids: LidTracker, event: Event | None, *, shut: bool
    ) -> list[Event]:
        """Take a judged frame that the lids have been told of; the events that are certain with it.

        Args:
            now: [s].
            ear: [1].
            lids: whose closure in progress is made to begin earlier, if it goes on with one.
            event: that is over with this frame.
            shut: whether the eyes are shut in it, and not only on the way to being open.
        """
        certain: list[Event] = []
        if self._held is not None:
            before = self._held[0]
            if lids.closed:
                self._frames += 1
                self._shut += shut
            over = event is not None and event.kind is EventKind.CLOSURE
            long = lids.closed and lids.closed_until(now) - lids.closed_since >= self._long_blink
            if (over or long) and self._shut >= _MOSTLY * self._frames:
                self._held, self.until = None, before.until
                if event is not None and over:
                    event = dataclasses.replace(
                        event, start=before.since, duration=event.end - before.since
                    )
                else:
                    lids.closed_since = before.since
            elif (
                long
                or lids.ended is not None
                or ear >= _UP * before.level
                or (not lids.closed and now - before.until > _MOMENT + 1e-6)
            ):
                certain = self.release()
        if lids.ended is not None and not ear >= _UP * lids.ended.level:
            self._held, self._frames, self._shut = (lids.ended, event), 0, 0
        elif event is not None:
            certain.append(event)
        return certain
