"""AUTOSAR end-to-end protection of a frame: a counter and a checksum that cover its data."""

import dataclasses
from typing import Any

from fatigue_ros.errors import SourceError
from fatigue_ros.extras import load


@dataclasses.dataclass(frozen=True, slots=True)
class _Profile:
    """Where a profile has its header (AUTOSAR PRS_E2EProtocol, R23-11)."""

    header: int
    """[bits] checksum and counter, from the first bit on."""
    counter_byte: int
    counters: int
    """How many values the counter has."""


PROFILES = {
    # CRC-8 SAE J1850, 4 bits of counter of which 15 is not used, Data ID in the checksum (both).
    "P01": _Profile(header=12, counter_byte=1, counters=15),
    "P11": _Profile(header=12, counter_byte=1, counters=15),
    # CRC-16 CCITT, 8 bits of counter; for CAN FD too.
    "P05": _Profile(header=24, counter_byte=2, counters=256),
}
_SHORTEST = 4  # [bytes] a frame with the header of any of them, and something to say


class Protection:
    """The header of one message: how it is written, and how it is checked.

    Attributes:
        header: [bits] from the first on that hold no signals.
        counters: how many values the counter has.
    """

    def __init__(self, profile: str, data_id: int, length: int, message: str) -> None:
        """Choose a profile.

        Args:
            profile: one of PROFILES.
            data_id: the message's number in the vehicle.
            length: [bytes] of the message.
            message: its name, for errors.

        Raises:
            SourceError: no such profile, or the message is too short for one.
            FatigueError: the library is not installed.
        """
        if profile not in PROFILES:
            raise SourceError(
                f"message {message}: E2EProfile {profile!r} is unknown, expected one of "
                f"{', '.join(PROFILES)}, or none at all"
            )
        if length < _SHORTEST:
            raise SourceError(
                f"message {message} has {length} bytes, expected {_SHORTEST} or more for "
                f"E2EProfile {profile}"
            )
        self._profile = PROFILES[profile]
        self.header, self.counters = self._profile.header, self._profile.counters
        self._data_id = data_id
        library: Any = getattr(load("e2e"), profile.lower())
        self._protect = getattr(library, f"e2e_{profile.lower()}_protect")
        self._check = getattr(library, f"e2e_{profile.lower()}_check")

    def protect(self, data: bytearray, counter: int) -> None:
        """Write counter and checksum into a frame's data."""
        place = self._profile.counter_byte
        data[place] = (data[place] & ~self._mask) | counter
        self._protect(data, self._data_id, increment_counter=False)

    def check(self, data: bytes | bytearray) -> bool:
        """Whether a frame's data are as they were sent, by who should send them."""
        return bool(self._check(data, self._data_id))

    def counter(self, data: bytes | bytearray) -> int:
        """The counter in a frame's data."""
        return data[self._profile.counter_byte] & self._mask

    @property
    def _mask(self) -> int:
        return 0xFF if self.counters == 256 else 0x0F
