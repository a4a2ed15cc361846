"""The settings of the eye measures, each with its unit and source."""

import dataclasses

from fatigue_ros.errors import ParameterError
from fatigue_ros.face import LONG_BLINK
from fatigue_ros.measures.view import ViewSettings
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class EyeSettings(ViewSettings):
    """How blinks, closures and PERCLOS are told from the eye aspect ratio (EAR)."""

    close_ratio: float = parameter(
        0.45,
        "EAR below this share of the driver's open level: eyes closed (the lid covers 80 % of the "
        "pupil or more, P80; docstring of fatigue_ros.measures.lids), until six blinks have shown "
        "where this driver's shut eyes are",
        limits=(0.2, 0.8),
    )
    close_share: float = parameter(
        0.22,
        "From then on: EAR below this share of the way from this driver's shut eyes to the open "
        "ones, and within 0.35 to 0.5 of the open ones. Ours",
        limits=(0.05, 0.5),
    )
    reopen_ratio: float = parameter(
        0.6, "EAR above this share of the open level: eyes open again", limits=(0.3, 0.95)
    )
    reopen_time: float = parameter(
        0.1,
        "Eyes that rise above reopen_ratio but not above full_open_ratio must stay there for this "
        "long: a flutter of heavy lids does not end a closure",
        unit="s",
        limits=(0.0, 0.5),
    )
    full_open_ratio: float = parameter(
        0.75, "EAR above this share of the open level: open at once", limits=(0.4, 1.0)
    )
    blink_onset: float = parameter(
        0.2,
        "EAR falls by this share of its level of the last second: a blink may have begun",
        limits=(0.05, 0.6),
    )
    blink_depth: float = parameter(
        0.26,
        "Least depth of a blink, as a share of the EAR just before it; many blinks are not "
        "complete",
        limits=(0.1, 0.9),
    )
    blink_share: float = parameter(
        0.65,
        "Least depth of a blink once this driver's are known, as a share of the depth that four "
        "in five of them reach: a dip that goes less far is a glance",
        limits=(0.0, 0.9),
    )
    blink_recovery: float = parameter(
        0.7, "A blink is over when this share of its depth is regained", limits=(0.55, 0.95)
    )
    partial_blink_time: float = parameter(
        0.5,
        "Lids lowered but not closed for longer than this: a glance down and not a blink",
        unit="s",
        limits=(0.3, 2.0),
    )
    min_blink_duration: float = parameter(
        0.045,
        "Dips of the EAR that are shorter than this at half depth are noise of the landmarks "
        "(blinks last 0.1 to 0.4 s in all, half of that at half depth)",
        unit="s",
        limits=(0.0, 0.2),
    )
    long_blink: float = parameter(
        LONG_BLINK,
        "Eyes closed for this long or longer: a closure, which counts towards PERCLOS, and no "
        "blink, which does not (Wierwille et al. 1994; Dinges and Grace 1998)",
        unit="s",
        limits=(0.3, 1.0),
    )
    join_gap: float = parameter(
        0.5,
        "Eyes that are shut before and after a gap of up to this long (frames that did not come "
        "or could not be judged) were shut throughout. Ours: below the time of a microsleep, above "
        "what a crowded processor or a camera in the dark leaves out",
        unit="s",
        limits=(0.05, 1.0),
    )
    min_frame_rate: float = parameter(
        14.0,
        "Below this rate blinks fall between the frames and are not counted; closures still are. "
        "Set so that a camera of nominally 15 Hz passes",
        unit="Hz",
        limits=(5.0, 60.0),
    )
    window: float = parameter(
        60.0,
        "Time that blink rate and blink duration look back over",
        unit="s",
        limits=(10.0, 3600.0),
    )
    perclos_window: float = parameter(
        60.0, "Time that PERCLOS looks back over", unit="s", limits=(10.0, 600.0)
    )
    perclos_long_window: float = parameter(
        180.0,
        "Time that the slower PERCLOS looks back over (3 min: Wierwille et al. 1994)",
        unit="s",
        limits=(30.0, 3600.0),
    )
    droop_window: float = parameter(
        180.0,
        "Time that droop looks back over; ours: longer than a look down, a smile or a low bridge",
        unit="s",
        limits=(30.0, 1800.0),
    )
    min_eye_width: float = parameter(
        8.0,
        "Narrower eyes hold too few pixels to be judged: an open lid gap would be under 3",
        unit="px",
        limits=(1.0, 100.0),
    )
    max_eye_shade: float = parameter(
        0.62,
        "Below the eyes it is darker than on the cheeks by more than this share: dark glasses, the "
        "eyes are not judged. 740 pictures of drivers without any stay below 0.59, two thirds "
        "of 102 with some lie above (mirrored lenses that show the sky do not); 1: never",
        limits=(0.3, 1.0),
    )
    shade_time: float = parameter(
        0.5,
        "Darker for this long: not the shadow of a bridge or a hand",
        unit="s",
        limits=(0.0, 5.0),
    )
    forget_after: float = parameter(
        60.0,
        "Eyes not judged for this long: another driver may sit there, so a level that was learned "
        "and not calibrated is only a first guess from then on",
        unit="s",
        limits=(5.0, 3600.0),
    )

    def __post_init__(self) -> None:
        """Refuse thresholds that contradict each other.

        Raises:
            ParameterError: they are not in order.
        """
        if not self.close_ratio < self.reopen_ratio <= self.full_open_ratio:
            raise ParameterError(
                "close_ratio, reopen_ratio, full_open_ratio: expected rising values, got "
                f"{self.close_ratio}, {self.reopen_ratio}, {self.full_open_ratio}"
            )
        if not self.blink_onset <= self.blink_depth:
            raise ParameterError(
                f"blink_onset: {self.blink_onset} is out of range, expected at most blink_depth "
                f"({self.blink_depth})"
            )
