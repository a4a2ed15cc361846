"""How far this driver's lids move: how deep the blinks are and how low the EAR of shut eyes is.

One constant cannot serve everybody. Eyes that look at the instruments show the same EAR in one
person as shut eyes in another; some blink to the bottom each time, others hardly ever. A driver
blinks every few seconds, so the range is soon known. It is learnt from the first whole blinks and
then held: lids that get heavy must show against it.
"""

import dataclasses
import math

LEAST_BLINKS = 6
"""[1] before these, the population's range; half a minute of most people."""

_BLINKS = 30  # [1] after these, nothing more is learnt
_BOTTOMS = 0.25  # [1] quantile of the bottoms: many blinks are not complete, or fall between frames
_SHALLOW = 0.2  # [1] quantile of the depths: some blink to the bottom each time, some hardly ever
_SHUT = (0.10, 0.35)  # [1] of open: no engine's shut eyes lie elsewhere
_CLOSE = (0.35, 0.50)  # [1] of open: nobody's threshold may lie elsewhere


@dataclasses.dataclass(frozen=True)
class Dip:
    """A fall of the lids that may have been a blink.

    Attributes:
        depth: [1] share of the EAR before it.
        bottom: [1] lowest EAR as a share of the open level.
    """

    depth: float
    bottom: float


class LidRange:
    """Learns the range of one driver.

    Args:
        close_share: [1] of the way from shut to open, below which eyes are closed.
        depth_share: [1] of the depth of this driver's blinks that makes a blink.

    It begins with what is known of the driver from before (:meth:`know`). Blinks of now can only
    make it hear more: behind glasses that were put on, shut eyes may lie higher than ever.

    Attributes:
        close: [1] of open, below which eyes are closed; NaN before it is known.
        shut: [1] of open, where shut eyes are; NaN before it is known.
        depth: [1] that four in five blinks reach; NaN before it is known.
        least_depth: [1] of a blink; 0 before it is known.
    """

    def __init__(self, close_share: float, depth_share: float) -> None:
        self._close_share, self._depth_share = close_share, depth_share
        self._known = (math.nan, math.nan)
        self.reset()

    def reset(self) -> None:
        """Forget what was learnt."""
        self._dips: list[Dip] = []
        self.close = self.shut = self.depth = math.nan
        self.least_depth = 0.0
        if math.isfinite(sum(self._known)):
            self._take(*self._known)

    def know(self, shut: float, depth: float) -> None:
        """Begin with what is known of the driver from before; NaN: nothing is.

        Args:
            shut: [1] of open.
            depth: [1] that four in five blinks reach.
        """
        self._known = (shut, depth)
        self.reset()

    def _take(self, shut: float, depth: float) -> None:
        self.shut, self.depth = _within(shut, _SHUT), depth
        self.close = _within(self.shut + self._close_share * (1.0 - self.shut), _CLOSE)
        self.least_depth = self._depth_share * depth

    def learn(self, dip: Dip) -> None:
        """Take a dip that looks like a blink of anybody."""
        dips = self._dips
        if len(dips) >= _BLINKS:
            return
        dips.append(dip)
        if len(dips) < LEAST_BLINKS:
            return
        bottoms = sorted(one.bottom for one in dips)
        depths = sorted(one.depth for one in dips)
        shut, depth = bottoms[int(_BOTTOMS * len(bottoms))], depths[int(_SHALLOW * len(depths))]
        known = self._known if math.isfinite(sum(self._known)) else (shut, depth)
        self._take(max(shut, known[0]), min(depth, known[1]))


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
