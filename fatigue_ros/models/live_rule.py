"""When a driver has been drowsy for so long that an alarm is due: the live rule of a classifier.

Mujahidin et al. (2024): the program works "by detecting the driver's condition at certain time
intervals", and "if the driver is sleepy, the alarm will sound". The paper gives no figure for the
interval; the default here is ours.
"""

import dataclasses
import math

from fatigue_ros.measures.windows import Elapsed
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class DrowsySettings:
    """How long the drowsy classes must last, and what breaks their run."""

    alarm_after: float = parameter(
        2.0,
        "Time that the drowsy classes must last for an alarm; longer than any blink (our value: "
        "Mujahidin et al. 2024 give none)",
        unit="s",
        limits=(0.1, 60.0),
    )
    max_gap: float = parameter(
        1.0,
        "Results that are further apart than this say nothing about the time between them; a "
        "driver not judged for longer begins anew",
        unit="s",
        limits=(0.01, 10.0),
    )


class DrowsyDuration:
    """Adds up, in message time, how long a driver has been drowsy without a break.

    Only the time between two neighbouring results that are both drowsy counts. A result that
    cannot be judged adds nothing and, as it says nothing about being awake either, ends nothing by
    itself; an awake result, ``max_gap`` without a judged one, or a stamp that lies before the last
    one (a recording played again) ends the run.

    Args:
        settings: the interval and the longest gap.
    """

    def __init__(self, settings: DrowsySettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Begin anew, as at activation."""
        self._drowsy = Elapsed(self._settings.max_gap + 1e-6)
        self._last = -math.inf
        self._last_judged = -math.inf

    @property
    def duration(self) -> float:
        """[s] drowsy time of the run in progress, 0 outside one."""
        return self._drowsy.total

    @property
    def alarm(self) -> bool:
        """Whether the run has lasted long enough."""
        return self.duration >= self._settings.alarm_after - 1e-6

    def update(self, stamp: float, drowsy: bool | None) -> float:
        """Take one result.

        Args:
            stamp: its time, [s].
            drowsy: whether a drowsy class was seen; None when the picture could not be judged.

        Returns:
            [s] the drowsy time so far, as ``duration``.
        """
        if stamp < self._last:
            self.reset()
        if drowsy is False or stamp - self._last_judged > self._settings.max_gap + 1e-6:
            self._drowsy.total = 0.0
        if drowsy:
            self._drowsy.add(stamp)
        else:
            self._drowsy.pause()
        self._last = stamp
        if drowsy is not None:
            self._last_judged = stamp
        return self.duration
