"""When each frame about the driver goes out: cyclic, at once on a change, never when old."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence

from fatigue_ros.devices.bus_frames import CAUSE, CONTINUOUS, OPERATION, SentMessage, Value

WARNING_MEMORY = 3.0
"""[s] for which a warning counts; it is repeated every second."""
_PULSE_MEMORY = 2.0  # [s] likewise for the lifesign, which the node gives every half second


class _Sender:
    """One message: what it said last, and when."""

    def __init__(self, message: SentMessage) -> None:
        self.message = message
        self.is_lifesign = OPERATION in message.quantities
        self.counter = -1
        self.news = 0  # the number of the news that it has told
        self.at = -math.inf
        self.said: dict[str, Value] = {}

    def changed(self, values: Mapping[str, Value]) -> bool:
        wanted = self.message.quantities - CONTINUOUS
        return any(values.get(name) != self.said.get(name) for name in wanted)


class BusReport:
    """Decides what is due; made for two threads, one that knows and one that sends.

    The counter of a message goes on with news from the one who judges, and only while the level is
    fresh. A level that has grown old is sent as not available with the counter of the last news,
    and then no more: a receiver that looks at one of the three, the values, the counter or the
    silence, knows.

    Attributes:
        sent: frames that went out, by message.

    Args:
        messages: those of the file.
        stale_after: [s] from which on a level is old.
        silent_after: [s] from which on nothing is said of it any more.
    """

    def __init__(
        self, messages: Sequence[SentMessage], stale_after: float, silent_after: float
    ) -> None:
        self._senders = [_Sender(message) for message in messages]
        self._stale_after, self._silent_after = stale_after, silent_after
        self._lock = threading.Lock()
        self.sent = {message.name: 0 for message in messages}
        self._level: dict[str, Value] = {}
        self._warning: dict[str, Value] = {}
        self._warning_began = math.nan
        self._news = 0
        self._level_at = self._warned_at = self._pulse_at = -math.inf
        self._operation: Value = None

    def tell(self, level: Mapping[str, Value], now: float) -> None:
        """Take a fresh level, by quantity, at a time [s] of a steady clock."""
        with self._lock:
            self._level, self._level_at = dict(level), now
            self._news += 1

    def warn(self, warning: str, cause: str, began: float, now: float) -> None:
        """Take a warning that began at ``began`` [s], at a time [s] of the same clock."""
        with self._lock:
            self._warning = {"warning": warning, CAUSE: cause}
            self._warning_began, self._warned_at = began, now
            self._news += 1

    def beat(self, operation: str, now: float) -> None:
        """Take a sign of life of the node at a time [s], with how it does."""
        with self._lock:
            self._operation, self._pulse_at = operation, now

    def age(self, now: float) -> float:
        """[s] since the last fresh level, infinite before the first."""
        return now - self._level_at

    def send_due(self, now: float, send: Callable[[SentMessage, bytes], bool]) -> None:
        """Send what is due at a time [s]; always from the same thread.

        Args:
            now: [s] of the steady clock.
            send: sends a frame, and says whether it went out; if not, it is tried again.
        """
        with self._lock:
            news, level = self._news, self._values(now)
            level_age, pulse_age = now - self._level_at, now - self._pulse_at
            life = {OPERATION: self._operation}
        for sender in self._senders:
            fresh, values = True, life
            if sender.is_lifesign:
                if pulse_age > _PULSE_MEMORY:
                    continue
            elif level_age > self._silent_after:
                continue
            elif level_age > self._stale_after:
                fresh, values = False, {}
            elif sender.news == news:
                continue
            else:
                values = level
            message = sender.message
            if now - sender.at < (message.delay if sender.changed(values) else message.cycle):
                continue
            counter = sender.counter + fresh
            if send(message, message.encode(values, counter)):
                sender.counter, sender.at, sender.said = counter, now, values
                sender.news = news if fresh else sender.news
                self.sent[message.name] += 1

    def _values(self, now: float) -> dict[str, Value]:
        values = dict(self._level)
        if now - self._warned_at <= WARNING_MEMORY:
            values |= self._warning
            if self._warning["warning"] != "none":
                values["warning_time"] = max(0.0, now - self._warning_began)
        return values
