"""What the driver does with hands and feet, and the door, by what the vehicle says.

Whoever moves a control is not proved to be awake: a wiper may switch itself on, a foot grow heavy.
So an action ends no alarm. It only puts off, for a while and not for long, that the driver counts
as one who does not react.
"""

import math

ACTIONS = ("indicator", "wipers", "brake")
"""Controls that count when they go from off to on. Not the accelerator: a sleeping foot does it."""
DOOR = "driver_door"
CONTROLS = (*ACTIONS, DOOR)
"""Names under ``vehicle/`` of all that is heard."""
_APART = 2.0  # [s] off for so long: not the lamp that blinks, nor a contact that chatters


class Controls:
    """Tells an action from a state that is merely repeated.

    Attributes:
        acted_at: [s] of the last action, minus infinity before any.
        action: the control that it was.
        door_open: whether the driver's door was last said to be open.
    """

    def __init__(self) -> None:
        self.acted_at = -math.inf
        self.action = ""
        self.door_open = False
        self._on: dict[str, bool] = {}
        self._off_since: dict[str, float] = {}

    def take(self, name: str, now: float, *, on: bool) -> bool:
        """Take what the vehicle says of a control at a time [s]; whether it goes on just now.

        The first word of each is none: it may have been on all the time.
        """
        before = self._on.get(name)
        self._on[name] = on
        if name == DOOR:
            self.door_open = on
        if not on:
            if before is not False:
                self._off_since[name] = now
            return False
        begins = before is False and now - self._off_since[name] >= _APART
        if begins and name in ACTIONS:
            self.acted_at, self.action = now, name
        return begins

    def said(self, now: float) -> str:
        """The last action in words, at a time [s]."""
        return f"{self.action} {now - self.acted_at:.0f} s ago" if self.action else "nothing yet"
