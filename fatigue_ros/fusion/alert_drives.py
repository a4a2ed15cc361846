"""What is normal for a driver over several drives, so that one odd drive decides nothing.

The references in use are medians over the last drives that began alert, and stay as they are for
the whole drive: they neither follow a driver who tires, nor does one wide-eyed drive hold them up
for ever. Whether a drive began alert is told by its first minutes, without droop: lids that are
lower than a reference that was too high must be able to bring it down.
"""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from fatigue_ros.face import EventKind
from fatigue_ros.fusion.references import POPULATION, References
from fatigue_ros.measures.droop import RecentLids, opening
from fatigue_ros.measures.lid_range import LEAST_BLINKS
from fatigue_ros.measures.own_blinks import LEAST, OWN_WEIGHT, quantile
from fatigue_ros.measures.states import EyeState
from fatigue_ros.measures.windows import Elapsed
from fatigue_ros.settings.parameters import parameter

KEPT = 5
"""[1] drives judged alert that are kept."""
LONGEST_RESTED = 0.28
"""[s] The longest mean blink of rested people by our detector (eyeblink8)."""
OF_DRIVES = ("ear_open", "blink_rate", "blink_duration", "blink_deviation")
"""References that are medians over drives; the others are learnt once."""
_LONGEST_GAP = 0.5  # [s] between frames; a longer gap does not count as time spent
_BOTTOM = 0.25  # [1] quantile of the lowest EAR in each blink: many blinks are not complete
_START = 60.0  # [s] in sight that show where the lids are in this drive
_LEVEL_PERIOD = 1.0  # [s]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriveSettings:
    """What an alert drive is, and which eyes are too different to be compared with earlier ones."""

    alert_drive_time: float = parameter(
        600.0,
        "Time in sight at the start of a drive that tells whether it began alert (Euro NCAP lets a "
        "system learn for ten minutes)",
        unit="s",
        limits=(60.0, 3600.0),
    )
    alert_drive_level: float = parameter(
        30.0,
        "A drive that starts with a higher mean level, droop left out, is not normal; ours",
        unit="%",
        limits=(0.0, 100.0),
    )
    new_eyes_below: float = parameter(
        0.75,
        "Open eyes lower than this share of the driver's own at the start of a drive are another "
        "camera, seat or pair of glasses, if shut eyes are lower too; else lids that hang (tired "
        "people: 0.88 to 0.94 of their alert level)",
        unit="1",
        limits=(0.1, 1.0),
    )
    new_eyes_above: float = parameter(
        1.25,
        "The same for higher ones; nobody's tired lids open wider",
        unit="1",
        limits=(1.0, 10.0),
    )


class DriveStart:
    """The first minutes of a drive: what the eyes are like, and whether it began alert.

    Args:
        settings: see DriveSettings.
        microsleep: [s] an eye closure this long is no alert driver's.
    """

    def __init__(self, settings: DriveSettings, microsleep: float) -> None:
        self._settings = settings
        self._microsleep = microsleep
        self._time = Elapsed(_LONGEST_GAP)
        self._lids = RecentLids(4.0 * settings.alert_drive_time, coverage=0.0)
        self._blinks: list[float] = []
        self._levels: list[float] = []
        self._level_due = -math.inf
        self._slept = False
        self._lowest = math.inf
        self._bottoms: list[float] = []
        self.ear_open = self.ear_shut = math.nan
        """[1] EAR of open and shut eyes in the first minute of this drive; NaN where not known."""
        self.judged = False
        """Whether the first minutes are over."""

    def on_eyes(self, state: EyeState) -> bool:
        """Take a frame; True once, when the lids of this drive are known (see ``ear_open``)."""
        if self.judged:
            return False
        longest = max(
            (e.duration for e in state.events if e.kind == EventKind.CLOSURE), default=0.0
        )
        self._slept |= max(longest, state.closure_duration) >= self._microsleep
        if not state.judged:
            self._time.pause()
            return False
        blinks = [e.duration for e in state.events if e.kind == EventKind.BLINK]
        if self._time.add(state.stamp) > 0.0:
            self._blinks += blinks
        if math.isfinite(state.ear):
            self._lowest = min(self._lowest, state.ear)
        if blinks:
            self._bottoms.append(self._lowest)
            self._lowest = math.inf
        if not state.eyes_closed and math.isfinite(state.ear):
            self._lids.add(state.stamp, state.ear)
        if math.isnan(self.ear_open) and self._time.total >= _START:
            self.ear_open, self.ear_shut = opening(self._lids.values(state.stamp)), self._shut
            return math.isfinite(self.ear_open)
        return False

    @property
    def _shut(self) -> float:
        enough = len(self._bottoms) >= LEAST_BLINKS
        return quantile(self._bottoms, _BOTTOM) if enough else math.nan

    def level_due(self, now: float) -> bool:
        """Whether to be told the level at a time [s]: once a second is enough."""
        due = not self.judged and now >= self._level_due
        if due:
            self._level_due = now + _LEVEL_PERIOD
        return due

    def on_level(self, now: float, level: float) -> References | None:
        """Take the level [%] without droop, NaN where there is none.

        Returns:
            What the driver's eyes were like, once, when the first minutes are over and were alert.
        """
        if math.isfinite(level):
            self._levels.append(level)
        if self._time.total < self._settings.alert_drive_time or not self._levels:
            return None
        self.judged = True
        if self._slept or statistics.fmean(self._levels) > self._settings.alert_drive_level:
            return None
        lids, blinks = self._lids.values(now), self._blinks
        known = len(blinks) >= LEAST
        return References(
            ear_open=opening(lids),
            ear_shut=self._shut,
            blink_rate=60.0 * len(blinks) / self._time.total if known else math.nan,
            blink_duration=statistics.fmean(blinks) if known else math.nan,
            blink_deviation=own_deviation(blinks) if known else math.nan,
        )

    def other_eyes(self, ear_open: float, ear_shut: float, own: References) -> bool:
        """Whether eyes are too far from the driver's own, where known, to be seen alike.

        Lower open eyes alone are lids that hang: it takes lower shut eyes as well, by half of it.
        """
        s, change = self._settings, ear_open / own.ear_open
        lower = change < s.new_eyes_below and ear_shut / own.ear_shut < 0.5 * (1.0 + change)
        return lower or change > s.new_eyes_above


def own_deviation(durations: Sequence[float]) -> float:
    """[s] Standard deviation of blinks; few know it badly, so that the population's weighs too."""
    variance = len(durations) * statistics.pvariance(durations)
    variance += OWN_WEIGHT * POPULATION.blink_deviation**2
    return math.sqrt(variance / (len(durations) + OWN_WEIGHT))


def typical(
    drives: Sequence[References], start: References, names: Sequence[str] = OF_DRIVES
) -> References:
    """Medians over alert drives; what they do not know is as learnt at the start of one."""
    values = {}
    for name in names:
        known = [value for drive in drives if math.isfinite(value := getattr(drive, name))]
        if known:
            values[name] = statistics.median(known)
    return dataclasses.replace(start, **values)


def not_more_tired(start: References) -> References:
    """The same where nobody knows yet whether the driver is alert: never calmer than population.

    Blinks that are longer than those of rested people are not taken for the driver's normal ones.
    How many they are stays: people differ more in that than states do. So do lids, speeds and
    pulse, for which there is no population; what changes of them within the drive says something
    whoever drives.
    """
    return dataclasses.replace(
        start,
        blink_duration=min(start.blink_duration, LONGEST_RESTED),
        # That of few blinks may be far too small.
        blink_deviation=max(start.blink_deviation, POPULATION.blink_deviation),
    )
