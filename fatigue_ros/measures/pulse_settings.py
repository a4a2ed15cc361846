"""The settings of the pulse measure, each with its unit and source."""

import dataclasses

from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class PulseSettings:
    """When a heart rate is believed."""

    TIME_FOR_GETTING_HR: float = parameter(
        30.0,
        "Length of the sliding window (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        limits=(10.0, 600.0),
    )
    lowest_heart_rate: float = parameter(
        40.0,
        "Nothing slower is taken for a pulse (Orphanidou et al. 2015)",
        unit="1/min",
        limits=(30.0, 100.0),
    )
    highest_heart_rate: float = parameter(
        180.0,
        "Nothing faster is taken for a pulse (Orphanidou et al. 2015)",
        unit="1/min",
        limits=(101.0, 200.0),
    )
    heart_rate_agreement: float = parameter(
        5.0,
        "How far the rate from the beats and that from the spectrum may lie apart (ANSI/AAMI EC13: "
        "a heart rate meter may err by 5)",
        unit="1/min",
        limits=(0.5, 20.0),
    )
    heart_rate_coverage: float = parameter(
        0.6,
        "Share of the window that must lie in regular beats; less is movement or noise; ours",
        unit="1",
        limits=(0.3, 1.0),
    )
    ppg_timeout: float = parameter(
        2.0, "Silence after which there is no heart rate; ours", unit="s", limits=(0.2, 30.0)
    )
