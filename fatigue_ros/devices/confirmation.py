"""Whether the board carried out a command, in time, and when to say it again."""

import math
from typing import Any


class _Commands:
    """The commands sent to a board; the newest is waited for.

    All times in seconds by one clock that does not stand still.

    Attributes:
        newest: number of the newest command.
        confirmed: how often the newest one was confirmed.
        delay: [s] from the newest confirmed command to its confirmation.
    """

    def __init__(self) -> None:
        self.newest = self.confirmed = 0
        self.delay = math.nan
        self._sent_at = math.nan

    def send(self, sequence: int, now: float) -> None:
        """A command goes out."""
        self.newest, self._sent_at = sequence, now

    def confirm(self, sequence: int, now: float) -> bool:
        """The board says which command it carried out; whether it is the newest."""
        if sequence != self.newest:
            return False
        self.confirmed += 1
        self.delay = now - self._sent_at
        return True


class CommandWatch(_Commands):
    """Follows the newest command until it is confirmed, given up or replaced.

    Attributes:
        late: how often a confirmation was waited for in vain.
        waiting: whether the newest command is neither confirmed nor given up.
        trusted: False from a confirmation that did not come until one that did.
    """

    def __init__(self, limit: float, most_tries: int) -> None:
        """Set up.

        Args:
            limit: [s] within which a command must be confirmed; each wait after the first is twice
                as long as the one before.
            most_tries: how often a command is sent before it is given up.
        """
        super().__init__()
        self._limit = limit
        self._most_tries = most_tries
        self._retry_at = math.inf
        self._tries = self.late = 0
        self.waiting = False
        self.trusted = True

    @property
    def unconfirmed(self) -> str:
        """What is to be said when a confirmation did not come."""
        return f"the board did not confirm within {self._limit:g} s"

    def send(self, sequence: int, now: float) -> None:
        """A new command went out; what was before it no longer matters."""
        super().send(sequence, now)
        self._retry_at = now + self._limit
        self._tries = 1
        self.waiting = True

    def confirm(self, sequence: int, now: float) -> bool:
        """The board says which command it carried out last.

        Returns:
            Whether the board is to be trusted again after it was not.
        """
        if not self.waiting or not super().confirm(sequence, now):
            return False
        self.waiting = False
        again, self.trusted = not self.trusted, True
        return again

    def overdue(self, now: float) -> bool:
        """Whether the command is to be sent once more."""
        if not self.waiting or now < self._retry_at:
            return False
        self.late += 1
        self.trusted = False
        if self._tries >= self._most_tries:
            self.waiting = False
            return False
        self._retry_at = now + self._limit * 2.0**self._tries
        self._tries += 1
        return True

    def diagnose(self) -> dict[str, object]:
        """Counters and delay, by name."""
        return {
            "confirmed": self.confirmed,
            "not_confirmed_in_time": self.late,
            "confirmation_delay": self.delay,
        }


class BoardWatch:
    """Whether there is a board that hears us and carries out what it is told.

    Attributes:
        commands: the commands and their confirmations.
        heard: whether a board has ever spoken.
    """

    def __init__(self, commands: CommandWatch, silence: float, now: float) -> None:
        """Begin.

        Args:
            commands: and their confirmations.
            silence: [s] without a word after which the board is missed.
            now: [s].
        """
        self.commands = commands
        self.heard = False
        self._silence = silence
        self._at = now
        self._connected, self._host_lost = True, False

    def hear(self, status: Any, now: float) -> bool:
        """Take an ActuatorStatus that came at a time [s].

        Returns:
            Whether the board is to be trusted again after it was not.
        """
        self.heard, self._at = True, now
        self._connected, self._host_lost = status.connected, status.host_lost
        return self._connected and self.commands.confirm(status.acknowledged, now)

    def trouble(self, now: float) -> str:
        """What is wrong at a time [s], empty when nothing is."""
        if now - self._at > self._silence:
            return "no word from the board"
        if not self._connected:
            return "the board is not connected"
        if self._host_lost:
            return "the board does not hear us"
        return "" if self.commands.trusted else self.commands.unconfirmed


class SentCommands(_Commands):
    """The commands sent to a board, which repeats the lower 16 bits of their numbers.

    Attributes:
        acknowledged: number of the command carried out last, 0 when none was.
        count: commands so far.
        unsent: how many of them did not go out, as whoever sends them says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged = self.count = self.unsent = 0

    def send(self, sequence: int, now: float) -> None:
        """A command goes out."""
        super().send(sequence, now)
        self.count += 1
        if sequence <= self.acknowledged:
            self.acknowledged = 0  # a sender that began anew, or asks once more

    def confirm(self, sequence: int, now: float) -> bool:
        """The board says the lower half of what it carried out; whether it is the newest."""
        number = self.newest - (self.newest - sequence) % 65536
        self.acknowledged = max(0, number)
        return super().confirm(number, now)

    def diagnose(self) -> dict[str, object]:
        """Counters and delay, by name."""
        return {
            "commands": self.count,
            "commands_not_sent": self.unsent,
            "commands_confirmed": self.confirmed,
            "confirmation_delay": self.delay,
        }
