"""What the board with LEDs and buzzer would say, without a board."""

import dataclasses
import math

from fatigue_ros.devices.light_patterns import Pattern

STATUS_PERIOD = 1.0
"""[s] between two words of the board when nothing happens."""
HOST_TIMEOUT = 2.0
"""[s] without a new command after which it shows that it is alone."""
FIRMWARE = "simulator"


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoardStatus:
    """What the board says about itself (message ActuatorStatus)."""

    connected: bool = True
    host_lost: bool = False
    firmware: str = FIRMWARE
    acknowledged: int = 0
    yellow_led: bool = False
    red_led: bool = False
    buzzer_frequency: int = 0


class SimulatedBoard:
    """Confirms commands, goes dark when they end, and shows it when no new ones come.

    Not thread-safe; ``now`` in [s].
    """

    def __init__(self) -> None:
        self._status = BoardStatus()
        self._heard_at: float | None = None
        self._dark_at = math.inf
        self._due = -math.inf

    def command(
        self,
        now: float,
        *,
        sequence: int,
        yellow_led: bool,
        red_led: bool,
        buzzer_frequency: int,
        duration: float,
    ) -> BoardStatus | None:
        """Carry out a command; None when the board is unplugged.

        Args:
            now: [s].
            sequence: of the command.
            yellow_led: whether it is to be lit.
            red_led: whether it is to be lit.
            buzzer_frequency: [Hz].
            duration: [s].
        """
        if not self._status.connected:
            return None
        if sequence != self._status.acknowledged:
            self._heard_at = now
        elif self._status.host_lost:  # said again: no sign that alert lives
            return self._status
        self._dark_at = now + max(0.0, duration)
        return self._say(
            now,
            dataclasses.replace(
                self._status,
                host_lost=False,
                acknowledged=sequence,
                yellow_led=yellow_led,
                red_led=red_led,
                buzzer_frequency=buzzer_frequency,
            ),
        )

    def look(self, now: float, *, plugged: bool) -> BoardStatus | None:
        """What it says by itself: once a second, and at once when a light or the cable goes."""
        status = self._status
        if self._heard_at is None or plugged != status.connected:
            self._heard_at = now
        alone = now - self._heard_at - HOST_TIMEOUT
        if plugged != status.connected:
            kept = status.acknowledged
            status = BoardStatus(acknowledged=kept, connected=plugged)
            status = status if plugged else dataclasses.replace(status, firmware="")
            self._dark_at = math.inf
        elif plugged and alone >= 0.0:
            lit = Pattern.HOST_LOST.value.at(alone)
            status = BoardStatus(
                acknowledged=status.acknowledged, host_lost=True, yellow_led=lit.yellow
            )
            if status == self._status and now < self._due:
                return None
            self._dark_at = math.inf
        elif now >= self._dark_at:
            self._dark_at = math.inf
            status = BoardStatus(acknowledged=status.acknowledged)
        elif now < self._due:
            return None
        return self._say(now, status)

    def _say(self, now: float, status: BoardStatus) -> BoardStatus:
        self._status = status
        self._due = now + STATUS_PERIOD
        return status
