"""The constants of profile ``paper``, each with its unit and source."""

import dataclasses

from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaperSettings:
    """Parameters of the paper that only its own profile uses, under the paper's names."""

    HR_SPEED_THRESHOLD_L: float = parameter(
        0.0,
        "Profile 'paper': lowest speed at which heart rate is taken (section 3.2)",
        unit="km/h",
        limits=(0.0, 300.0),
    )
    HR_SPEED_THRESHOLD_H: float = parameter(
        5.0,
        "Profile 'paper': highest speed at which heart rate is taken; above it blinks and yawns "
        "are (section 3.2 and Algorithm 1)",
        unit="km/h",
        limits=(0.0, 300.0),
    )
    TIME_FOR_COUNTING_BLINKING: float = parameter(
        300.0,
        "Profile 'paper': length of one interval in which blinks are counted (section 3.2)",
        unit="s",
        limits=(5.0, 3600.0),
    )
    TIME_FOR_COUNTING_YAWNING: float = parameter(
        300.0,
        "Profile 'paper': length of one interval in which yawns are counted (section 3.2)",
        unit="s",
        limits=(5.0, 3600.0),
    )
    ear_threshold: float = parameter(
        0.2,
        "Profile 'paper': EAR_THRESHOLD of section 3.6, below which the eyes are closed. The paper "
        "prints no value; this is that of Soukupova and Cech 2016 and of Tan et al. 2025",
        unit="1",
        limits=(0.05, 0.5),
    )
    lips_distance_factor: float = parameter(
        3.0,
        "Profile 'paper': LIPS_DISTANCE_THRESHOLD of section 3.7 is this many times the calibrated "
        "distance of the closed lips. The paper does not say how it is calibrated; ours: in "
        "recordings of drivers speech reaches 2.2 times and yawns 6 times that distance",
        unit="1",
        limits=(1.1, 10.0),
    )
    blink_intervals: int = parameter(
        5,
        "Profile 'paper': intervals whose blink rates are averaged (section 3.6)",
        unit="1",
        limits=(1, 20),
    )
    eyes_closed_time: float = parameter(
        0.33,
        "Profile 'paper': eyes closed for longer than this warn at once (section 3.6: more than "
        "ten consecutive frames, at 30 frames/s)",
        unit="s",
        limits=(0.1, 2.0),
    )
    plain_warnings: bool = parameter(
        True,
        "Profile 'paper': the level warns by its thresholds alone and for as long as it is above "
        "them (Algorithm 1 and section 3.9), without the pause, escalation, hysteresis and quiet "
        "at low speed that the other profiles' warnings have. All other alarms are the same",
    )
