"""Our address on a J1939 bus: claimed, defended, and given up to whoever has precedence.

SAE J1939-81 by the library can-j1939, over a bus that somebody else reads and writes.
"""

import collections
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import can
from can.typechecking import CanFilter

from fatigue_ros.errors import SourceError
from fatigue_ros.extras import load
from fatigue_ros.settings.parameters import parameter

_FIRST, _LAST = 0x80, 0xF7
"""Addresses that a unit may choose from (SAE J1939-81); the others are given to units."""
_NULL = 0xFE  # nobody's: who cannot claim says so from there, and a file may mean any by it
_CLAIM, _REQUEST = 0xEE, 0xEA  # [PDU format] of an address claim, and of a request for one
_LENGTHS = {_CLAIM: 8, _REQUEST: 3}  # [bytes] that each has at least
_PATIENCE = 3.0  # [s] without an answer to a claim: the library waits by a clock that may be set


@dataclasses.dataclass(frozen=True, kw_only=True)
class J1939Settings:
    """Who we are on a bus of SAE J1939; of no matter where dbc_file describes none."""

    j1939_identity: int = parameter(
        1, "Identity number in our name on a J1939 bus: another for each unit", limits=(0, 0x1FFFFF)
    )
    j1939_manufacturer: int = parameter(
        0, "Manufacturer code in that name, as SAE gives it", limits=(0, 0x7FF)
    )
    j1939_function: int = parameter(
        255, "Function in that name; 255 is none of SAE's list", limits=(0, 255)
    )


class J1939Address:
    """Claims an address, the file's first, and takes the next one where it has to yield.

    One that is given to a unit has no next one: who has to yield falls silent.

    Attributes:
        claims: how often an address was claimed.
    """

    filters: tuple[CanFilter, ...] = tuple(
        {"can_id": kind << 16, "can_mask": 0x03FF0000, "extended": True} for kind in _LENGTHS
    )
    """What must be heard."""

    def __init__(self, preferred: int, settings: J1939Settings) -> None:
        """Set up; nothing is claimed yet.

        Args:
            preferred: address to claim first.
            settings: who we are.

        Raises:
            SourceError: nobody may claim this address.
            FatigueError: the library is not installed.
        """
        if preferred > _NULL:
            raise SourceError(
                f"dbc_file: the address in the identifiers of J1939 is {preferred:#04x}, expected "
                f"at most {_NULL:#04x}"
            )
        self._library = load("j1939")
        self._settings = settings
        self._next = _FIRST if preferred == _NULL else preferred
        self._chooses = _FIRST <= self._next <= _LAST
        self._waiting: collections.deque[can.Message] = collections.deque()
        self._unit: Any = None
        self._application: Any = None
        self._claimed_at = math.nan
        self._opened = 0
        self.claims = 0

    @property
    def address(self) -> int | None:
        """What we have, None while we have none, or have not said so yet."""
        normal = self._library.ControllerApplication.State.NORMAL
        ours = self._application
        if ours is None or ours.state != normal or self._waiting:
            return None
        return int(ours.device_address)

    @property
    def lost(self) -> bool:
        """Whether somebody else has our address, and we may choose no other."""
        refused = self._library.ControllerApplication.State.CANNOT_CLAIM
        return self._application is not None and self._application.state == refused

    def tick(self, now: float, opened: int, send: Callable[[can.Message], bool]) -> None:
        """Go on with what is due; from the bus's thread.

        Args:
            now: [s] of a steady clock.
            opened: how often the bus was opened again; it is claimed anew then.
            send: sends a frame.
        """
        late = now - self._claimed_at > _PATIENCE and self.address is None and not self.lost
        if self._unit is None or opened != self._opened or late:
            self._opened = opened
            self._claim(now)
        while self._waiting:
            address = self._waiting[0].arbitration_id & 0xFF
            if self._chooses and address > _LAST:  # the library would go on: the first may be free
                self._next = _FIRST
                self._claim(now)
                return
            if not send(self._waiting[0]):
                return
            self._waiting.popleft()
            if address != _NULL:
                self._claimed_at, self._next = now, address
                self.claims += 1

    def take(self, frame: can.Message) -> bool:
        """Take a frame, from the bus's thread; whether it was about addresses."""
        kind = (frame.arbitration_id >> 16) & 0xFF
        if not frame.is_extended_id or kind not in _LENGTHS:
            return False
        if self._unit is not None and len(frame.data) >= _LENGTHS[kind]:
            self._unit.notify(frame.arbitration_id, frame.data, frame.timestamp)
        return True

    def close(self) -> None:
        """Claim nothing any more."""
        if self._unit is not None:
            self._application.stop()
            self._unit.stop()
        self._unit = self._application = None

    def _claim(self, now: float) -> None:
        self.close()
        self._waiting.clear()
        self._claimed_at = now
        settings, library = self._settings, self._library
        self._unit = library.ElectronicControlUnit(send_message=self._queue)
        name = library.Name(
            arbitrary_address_capable=int(self._chooses),
            industry_group=library.Name.IndustryGroup.OnHighway,
            function=settings.j1939_function,
            manufacturer_code=settings.j1939_manufacturer,
            identity_number=settings.j1939_identity,
        )
        self._application = self._unit.add_ca(name=name, device_address=self._next)
        self._application.start()

    def _queue(self, can_id: int, extended_id: bool, data: Any, fd_format: bool = False) -> None:
        """What the library wants to send, from a thread of its own."""
        self._waiting.append(
            can.Message(
                arbitration_id=can_id, is_extended_id=extended_id, data=data, is_fd=fd_format
            )
        )
