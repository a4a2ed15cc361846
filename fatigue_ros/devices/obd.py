"""Vehicle speed over OBD-II: service 0x01, PID 0x0D (SAE J1979) on CAN (ISO 15765-4).

Unlike a DBC signal, this has to be asked for: the source sends on the vehicle's bus.
"""

import dataclasses
import math
import time
from collections.abc import Callable

import can
from can.typechecking import CanFilter

from fatigue_ros.devices.can_link import CanLink, CanSource
from fatigue_ros.devices.speed import SpeedSettings, to_metres_per_second
from fatigue_ros.vehicle import KMH_PER_MPS

CURRENT_DATA = 0x01
VEHICLE_SPEED = 0x0D
_POSITIVE = CURRENT_DATA + 0x40
_NEGATIVE = 0x7F
_PENDING = 0x78

_DISAGREEMENT = 10.0 / KMH_PER_MPS
"""[m/s] two control units asked at once differ by less: each may be late by some 0.1 s."""

_REQUEST = bytes([0x02, CURRENT_DATA, VEHICLE_SPEED, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC])
"""A single frame of two bytes; ISO 15765-4 wants eight sent, ISO 15765-2 pads with 0xCC."""

NEGATIVE_RESPONSES = {
    0x10: "general reject",
    0x11: "service not supported",
    0x12: "sub-function not supported",
    0x21: "busy, repeat request",
    0x22: "conditions not correct",
    0x31: "request out of range",
    _PENDING: "response pending",
}
"""Response codes of ISO 14229-1 that a control unit may answer this request with."""


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """A negative response: the control unit will not say, or not yet.

    Attributes:
        code: response code of ISO 14229-1.
    """

    code: int

    def __str__(self) -> str:
        """The code in words."""
        return NEGATIVE_RESPONSES.get(self.code, f"response code 0x{self.code:02X}")


def request(extended_ids: bool = False) -> can.Message:
    """The frame that asks all emission-related control units for the speed."""
    return can.Message(
        arbitration_id=0x18DB33F1 if extended_ids else 0x7DF,
        is_extended_id=extended_ids,
        data=_REQUEST,
    )


def response_filter(extended_ids: bool = False) -> CanFilter:
    """Which frames are answers: 0x7E8 to 0x7EF, or 0x18DAF1 and the unit's address."""
    if extended_ids:
        return {"can_id": 0x18DAF100, "can_mask": 0x1FFFFF00, "extended": True}
    return {"can_id": 0x7E8, "can_mask": 0x7F8, "extended": False}


def parse(frame: can.Message, extended_ids: bool = False) -> float | Refusal | None:
    """What a frame answers.

    Returns:
        The speed [m/s] (it comes in whole km/h, 0 to 255), a refusal of service 0x01, or None for
        anything else: another identifier, another PID, part of a longer answer, a cut frame.
    """
    wanted = response_filter(extended_ids)
    data = frame.data
    if (
        frame.is_extended_id != extended_ids
        or frame.arbitration_id & wanted["can_mask"] != wanted["can_id"]
        or len(data) < 4
        or data[0] != 3  # a single frame with three bytes in it
    ):
        return None
    if data[1] == _POSITIVE and data[2] == VEHICLE_SPEED:
        return to_metres_per_second(float(data[3]), "km/h")
    if data[1] == _NEGATIVE and data[2] == CURRENT_DATA:
        return Refusal(data[3])
    return None


class ObdSpeedSource(CanSource):
    """Asks for the speed at a steady rate and hands on what is answered.

    All control units are asked at once. Where several answer, the vehicle is as fast as the fastest
    of them says: it stands when all say so.
    """

    def __init__(self, settings: SpeedSettings, on_speed: Callable[[float], None]) -> None:
        """Set up; the bus is opened by start().

        Raises:
            SourceError: the CAN interface is unknown.
        """
        super().__init__(settings, on_speed)
        self._extended_ids = settings.obd_extended_ids
        self._period = 1.0 / settings.obd_request_rate
        self._next_request = 0.0
        self._waiting = False
        self.requests = 0
        self.responses = 0
        self.refusals = 0
        self.unanswered = 0
        self.other_frames = 0
        self.disagreements = 0
        self.units: dict[int, tuple[int, float]] = {}
        """By identifier of a control unit: the request that it answered last, and its speed."""
        self.link = CanLink(
            settings.can_interface,
            settings.can_channel,
            settings.can_bitrate,
            filters=[response_filter(self._extended_ids)],
            on_frame=self.take,
            on_tick=self._ask,
        )

    def start(self) -> None:
        """Open the bus.

        Raises:
            SourceError: the interface cannot be used at all.
        """
        self._next_request = time.monotonic()
        self._waiting = False
        super().start()

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name."""
        return {
            "requests": str(self.requests),
            "responses": str(self.responses),
            "negative responses": str(self.refusals),
            "requests without answer": str(self.unanswered),
            "other frames": str(self.other_frames),
            "disagreements of control units": str(self.disagreements),
            "answered by": ", ".join(f"0x{unit:X}" for unit in sorted(self.units)),
            **self.link.diagnose(),
            "problem": self.problem,
        }

    def take(self, frame: can.Message) -> None:
        """Look at a frame; whatever it holds, nothing is raised."""
        answer = parse(frame, self._extended_ids)
        if answer is None:
            self.other_frames += 1
            return
        self._waiting = False
        unit = frame.arbitration_id
        if isinstance(answer, Refusal):
            self.refusals += 1
            if answer.code != _PENDING and not self._fresh:
                self.fault = f"control unit 0x{unit:X} refuses: {answer}"
            return
        self.responses += 1
        self.units[unit] = self.requests, answer
        fresh = self._fresh
        self._compare({u: speed for u, (asked, speed) in fresh.items() if asked == self.requests})
        if len(fresh) == 1:
            self.fault = ""
        self.on_speed(max(speed for _, speed in fresh.values()))

    @property
    def _fresh(self) -> dict[int, tuple[int, float]]:
        """What answered one of the requests of the last second, or one of the last two."""
        oldest = self.requests - max(1, math.ceil(1.0 / self._period))
        return {unit: heard for unit, heard in self.units.items() if heard[0] >= oldest}

    def _compare(self, speeds: dict[int, float]) -> None:
        """Look at the answers to one request."""
        if len(speeds) < 2:
            return
        self.fault = ""
        if max(speeds.values()) - min(speeds.values()) > _DISAGREEMENT:
            self.disagreements += 1
            said = (f"0x{unit:X} says {KMH_PER_MPS * speeds[unit]:.0f}" for unit in sorted(speeds))
            self.fault = f"control units disagree: {', '.join(said)} km/h; the largest is taken"

    def _ask(self) -> None:
        # The pace of a device is the one thing here that follows the machine's clock.
        now = time.monotonic()
        if now < self._next_request:
            return
        # Half a period at least, so that a hold-up is not followed by a burst.
        self._next_request = max(self._next_request + self._period, now + self._period / 2.0)
        if self._waiting:
            self.unanswered += 1
            self.fault = "no control unit answers: is the ignition on, is this the OBD-II bus?"
        self._waiting = self.link.send(request(self._extended_ids))
        self.requests += self._waiting
