"""A board's clock in the host's time, learned from when its messages arrive.

A message never arrives before it was sent, but often later: the cable adds a little, a busy host
much. So the line that lies closest below all points (device time, arrival) is the clock, and its
slope the drift (S. Moon, P. Skelly, D. Towsley: Estimation and removal of clock skew from network
delay measurements, INFOCOM 1999).
"""

import collections
import dataclasses
import itertools
import math

WRAP = 2**32
"""[us] the board counts microseconds in 32 bits: 71.6 minutes."""
MAX_DRIFT = 0.01
"""[1] the UNO's ceramic resonator is good to 0.5 %, a quartz a hundred times better."""
WINDOW = 60.0
"""[s] what is remembered: long enough for the drift, short enough to follow temperature."""
BIN = 0.5
"""[s] of each such piece, the earliest arrival is kept."""
RESTART = 2.0
"""[s] a message that was sent so much later than it came is from a board that began anew."""
_WRAP_SECONDS = WRAP / 1e6
_ENOUGH = 2.0
"""[s] with less than this, drift cannot be told from chance."""
_CATCH_UP = 0.5
"""[1] slowest that the mapped time may pass when the estimate turns out to be early."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Point:
    device: float
    delay: float  # arrival minus device time


class DeviceClock:
    """Maps the board's microseconds to the host's seconds.

    Feed every message to ``update`` in the order of arrival. The mapped times never run
    backwards, and settle on the true ones within the fastest delay of the last minute.

    Attributes:
        restarts: how often the board was found to have begun anew.
    """

    def __init__(self) -> None:
        self.restarts = 0
        self.reset()

    def reset(self) -> None:
        """Forget all: the board may have begun anew."""
        self._bins: collections.deque[_Point] = collections.deque()
        self._device = math.nan  # [s] unwrapped time of the newest message
        self._arrival = math.nan
        self._raw = 0
        self._mapped = -math.inf
        self._base = math.nan
        self._line: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def drift(self) -> float:
        """[1] how much more host time passes than device time; 0 while not known."""
        return self._line[2]

    def update(self, device_time: int, arrival: float) -> float:
        """Take a message in and map its time.

        Args:
            device_time: [us] modulo WRAP, when the board sent it.
            arrival: [s] by the host's clock, which must not be set meanwhile.

        Returns:
            [s] by the host's clock.
        """
        self._unwrap(device_time, arrival)
        if self._remember(_Point(self._device, arrival - self._device)):
            self._fit()
        mapped = self._at(self._device)
        if math.isfinite(self._base):
            # Later is always possible, earlier only as far as time still passes.
            mapped = max(mapped, self._mapped + _CATCH_UP * (self._device - self._base))
        self._mapped, self._base = mapped, self._device
        return mapped

    def _at(self, device: float) -> float:
        at, delay, slope = self._line
        return device + delay + slope * (device - at)

    def _unwrap(self, device_time: int, arrival: float) -> None:
        raw = device_time % WRAP
        if math.isnan(self._device):
            self._device, self._arrival, self._raw = 0.0, arrival, raw
            return
        step = (raw - self._raw) % WRAP / 1e6
        # After a long silence several wraps may have gone by unseen.
        step += round((arrival - self._arrival - step) / _WRAP_SECONDS) * _WRAP_SECONDS
        # Messages may be late by any time, but neither out of order nor before they are sent.
        sent = self._at(self._device + step)
        if step < 0.0 or sent - arrival > RESTART + MAX_DRIFT * step:
            self.restarts += 1
            self.reset()
            self._device = step = 0.0
        self._device += step
        self._arrival, self._raw = arrival, raw

    def _remember(self, point: _Point) -> bool:
        """Keep a point if it is the earliest of its bin; whether it was kept."""
        bins = self._bins
        if bins and math.floor(bins[-1].device / BIN) == math.floor(point.device / BIN):
            if point.delay >= bins[-1].delay:
                return False
            bins[-1] = point
        else:
            bins.append(point)
        while bins[0].device < point.device - WINDOW:
            bins.popleft()
        return True

    def _fit(self) -> None:
        """The line below all points that has the least sum of distances to them."""
        slope = 0.0
        if self._bins[-1].device - self._bins[0].device >= _ENOUGH:
            middle = sum(p.device for p in self._bins) / len(self._bins)
            for left, right in itertools.pairwise(_lower_hull(self._bins)):
                # Every point pulls the line up; it rests on the edge below their middle.
                if left.device <= middle <= right.device:
                    slope = (right.delay - left.delay) / (right.device - left.device)
            slope = min(MAX_DRIFT, max(-MAX_DRIFT, slope))
        at = min(self._bins, key=lambda p: p.delay - slope * p.device)
        self._line = (at.device, at.delay, slope)


def _lower_hull(points: collections.deque[_Point]) -> list[_Point]:
    """Corners of the lower convex hull (Andrew's monotone chain), by rising device time."""
    hull: list[_Point] = []
    for p in points:
        while len(hull) > 1 and (
            (hull[-1].delay - hull[-2].delay) * (p.device - hull[-2].device)
            >= (p.delay - hull[-2].delay) * (hull[-1].device - hull[-2].device)
        ):
            hull.pop()
        hull.append(p)
    return hull
