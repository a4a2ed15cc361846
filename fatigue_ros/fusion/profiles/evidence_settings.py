"""The constants of profile ``evidence``, each with its unit and source."""

import dataclasses
from collections.abc import Sequence

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.scores import combine
from fatigue_ros.settings.parameters import check_rising, parameter

CORROBORATING = ("blink_rate", "yawn", "heart_rate", "sleep", "time", "face_state", "steering")
"""Metrics that may add to the level but cannot warn without the eyes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvidenceSettings:
    """Where each metric begins to count, where it is full, and how much it can do."""

    perclos_awake: float = parameter(
        0.075,
        "PERCLOS below which a driver counts as awake: scores perclos_awake_score (Wierwille et "
        "al. 1994)",
        unit="1",
        limits=(0.01, 0.5),
    )
    perclos_drowsy: float = parameter(
        0.15,
        "PERCLOS above which a driver counts as drowsy: scores 75 %, so that it warns by itself "
        "(Wierwille et al. 1994)",
        unit="1",
        limits=(0.02, 0.8),
    )
    perclos_full: float = parameter(
        0.30,
        "PERCLOS that scores 100 % (Tan et al. 2025 label above 0.30 as drowsy without doubt)",
        unit="1",
        limits=(0.05, 1.0),
    )
    perclos_awake_score: float = parameter(
        40.0, "Score at perclos_awake; ours: about half of what warns", unit="%", limits=(0.0, 75.0)
    )
    closure_rate: float = parameter(
        30.0,
        "Score per second that long closures of the last minutes went on beyond long_blink_time; "
        "ours: a closure of 1 s scores 15 %, one of 3.9 s 100 %. Lone long blinks weigh little, "
        "since rested people have them too (one a minute in a video of eyeblink8)",
        unit="%/s",
        limits=(0.0, 200.0),
    )
    closure_full_time: float = parameter(
        60.0,
        "For this long a long closure counts in full (the window of PERCLOS)",
        unit="s",
        limits=(10.0, 600.0),
    )
    closure_fade_time: float = parameter(
        240.0,
        "After that it fades to nothing over this time; ours: one microsleep stays in sight for "
        "five minutes",
        unit="s",
        limits=(1.0, 1800.0),
    )
    blink_duration_from: float = parameter(
        1.2,
        "Mean blink duration over the driver's own from which it counts; ours: blinks of one "
        "person differ by 60 ms (eyeblink8), so that the means of 20 and 15 differ by 20 ms",
        unit="1",
        limits=(1.0, 3.0),
    )
    blink_duration_full: float = parameter(
        1.7,
        "Ratio that scores 100 %; drowsy people are at 1.28 on average (Caffier et al. 2003: "
        "259 ms over 202 ms)",
        unit="1",
        limits=(1.05, 5.0),
    )
    blink_duration_weight: float = parameter(
        60.0,
        "The most that blink duration alone makes of the level: it does not warn by itself, since "
        "people differ more than states do (Schleicher et al. 2008)",
        unit="%",
        limits=(0.0, 100.0),
    )
    blink_tail_from: float = parameter(
        1.3,
        "Upper end of the driver's blink durations (90th percentile, in standard deviations from "
        "the driver's own mean) from which it counts: a rested driver is at 1.3",
        unit="1",
        limits=(0.0, 5.0),
    )
    blink_tail_full: float = parameter(
        3.0,
        "Such an upper end that scores 100 %; fitted on 24 people of UTA-RLDD, who reach 2.35 when "
        "alert; somebody rested in a video of eyeblink8 reaches 2.7",
        unit="1",
        limits=(0.1, 20.0),
    )
    blink_tail_weight: float = parameter(
        70.0,
        "The most that the longest blinks alone make of the level. Fitted on 24 people of UTA-RLDD "
        "and bounded so that it takes a second measure of the eyes to warn",
        unit="%",
        limits=(0.0, 74.0),
    )
    blink_tail_window: float = parameter(
        300.0,
        "Time that the upper end of blink durations looks back over; ours: about 85 blinks",
        unit="s",
        limits=(60.0, 1800.0),
    )
    lid_speed_from: float = parameter(
        0.2,
        "How much slower the lids open after blinks than the driver's own (mean, in standard "
        "deviations) from which it counts; fitted on 24 people of UTA-RLDD",
        unit="1",
        limits=(0.0, 5.0),
    )
    lid_speed_full: float = parameter(
        0.8,
        "Such a slowness that scores 100 %; fitted on the same people, whose alert ones reach 0.84",
        unit="1",
        limits=(0.1, 10.0),
    )
    lid_speed_weight: float = parameter(
        30.0,
        "The most that slow lids alone make of the level; fitted on the same people",
        unit="%",
        limits=(0.0, 74.0),
    )
    droop_from: float = parameter(
        0.05,
        "Share of the lids' own alert opening that is missing, from which droop counts; ours: the "
        "alert lids of people before a screen move by as much in ten minutes",
        unit="1",
        limits=(0.0, 0.5),
    )
    droop_full: float = parameter(
        0.25, "Share missing that scores 100 %; ours", unit="1", limits=(0.05, 1.0)
    )
    droop_low_from: float = parameter(
        0.0,
        "Share of time with the lids below 0.8 of the own alert level from which it counts; ours",
        unit="1",
        limits=(0.0, 0.9),
    )
    droop_low_full: float = parameter(
        0.5, "Such a share that scores 100 %; ours", unit="1", limits=(0.1, 1.0)
    )
    droop_weight: float = parameter(
        45.0,
        "The most that droop alone makes of the level; ours: with all that is no measure of the "
        "eyes it still does not warn, since low sun and a lower seat look like it",
        unit="%",
        limits=(0.0, 74.0),
    )
    blink_rate_from: float = parameter(
        1.2,
        "Blink rate over the driver's own from which it counts; ours: counting noise of a minute",
        unit="1",
        limits=(1.0, 5.0),
    )
    blink_rate_full: float = parameter(
        2.0, "Ratio that scores 100 %; ours", unit="1", limits=(1.05, 10.0)
    )
    blink_rate_weight: float = parameter(
        30.0,
        "The most that blink rate alone makes of the level. Fitted on 24 people of UTA-RLDD and "
        "bounded; on the road it hardly goes with drowsiness (Friedrichs and Yang 2010)",
        unit="%",
        limits=(0.0, 50.0),
    )
    yawn_rate_full: float = parameter(
        0.6,
        "Yawns per minute that score 100 %; ours: three in five minutes (Mafteiu-Scai and Bobora "
        "2025, Table 1, day 1)",
        unit="1/min",
        limits=(0.05, 10.0),
    )
    yawn_weight: float = parameter(
        15.0, "The most that yawns alone make of the level; ours", unit="%", limits=(0.0, 50.0)
    )
    heart_rate_from: float = parameter(
        5.0,
        "Fall of heart rate below the driver's own from which it counts; ours: breathing and "
        "posture do as much",
        unit="%",
        limits=(0.0, 50.0),
    )
    heart_rate_full: float = parameter(
        20.0,
        "Fall that scores 100 %; twice that of the most tired row of Mafteiu-Scai and Bobora "
        "2025, Table 1",
        unit="%",
        limits=(1.0, 80.0),
    )
    heart_rate_weight: float = parameter(
        5.0,
        "The most that heart rate alone makes of the level; its findings contradict each other "
        "(review by Lu et al. 2022)",
        unit="%",
        limits=(0.0, 50.0),
    )
    sleep_weight: float = parameter(
        10.0,
        "The most that sleep quality alone makes of the level (Mafteiu-Scai and Bobora 2025 give "
        "it 10 % of four metrics)",
        unit="%",
        limits=(0.0, 50.0),
    )

    time_from: float = parameter(
        6.0,
        "Sleepiness by the clock (KSS from sleep, hours awake, time of day and time on task) from "
        "which it counts; ours: some signs of sleepiness",
        unit="1",
        limits=(1.0, 9.0),
    )
    time_full: float = parameter(
        9.0, "Such a sleepiness that scores 100 %: fighting sleep", unit="1", limits=(1.5, 9.0)
    )
    time_weight: float = parameter(
        8.0,
        "The most that the clock alone makes of the level; ours: no more than what corroborates. "
        "0: it does not count",
        unit="%",
        limits=(0.0, 50.0),
    )
    face_state_from: float = parameter(
        0.5,
        "Time without a break that a learned model must see a drowsy driver before it counts; "
        "ours: a blink and a word are shorter",
        unit="s",
        limits=(0.0, 60.0),
    )
    face_state_full: float = parameter(
        3.0, "Such a time that scores 100 %; ours: sleep_time", unit="s", limits=(0.1, 120.0)
    )
    face_state_weight: float = parameter(
        0.0,
        "The most that a learned model (node face_state) alone makes of the level. 0: it is not "
        "listened to, since no model here has been validated on drivers",
        unit="%",
        limits=(0.0, 50.0),
    )

    rest_after: float = parameter(
        2.0,
        "Time at the wheel without a break of 15 min after which the page advises one. It adds "
        "nothing to the level by itself; the metric time has it. Two hours as safety campaigns ask",
        unit="h",
        limits=(0.5, 4.5),
    )
    steering_from: float = parameter(
        0.05,
        "Steering entropy above the driver's own before it counts; ours",
        unit="1",
        limits=(0.0, 1.0),
    )
    steering_full: float = parameter(
        0.25, "Such an excess that scores 100 %; ours", unit="1", limits=(0.01, 1.0)
    )
    late_correction_from: float = parameter(
        0.5, "Late corrections before they count; ours", unit="1/min", limits=(0.0, 60.0)
    )
    late_correction_full: float = parameter(
        3.0, "Late corrections that score 100 %; ours", unit="1/min", limits=(0.1, 60.0)
    )
    steering_weight: float = parameter(
        0.0,
        "The most that steering (node steering) alone makes of the level. 0: it is shown and "
        "recorded and does not count, since nobody has validated it here",
        unit="%",
        limits=(0.0, 50.0),
    )

    def check_evidence(self, visual_threshold: float, *, clock: bool) -> None:
        """See that the numbers fit together.

        Args:
            visual_threshold: [%] from which the level warns.
            clock: whether the metric time can be valid at all.

        Raises:
            ParameterError: an order is broken, or the corroborating metrics could warn alone.
        """
        check_rising(self, "perclos_awake", "perclos_drowsy", "perclos_full")
        eyes = ("blink_duration", "blink_tail", "lid_speed", "droop", "droop_low", "blink_rate")
        for name in (*eyes, "heart_rate", "time", "face_state", "steering", "late_correction"):
            check_rising(self, f"{name}_from", f"{name}_full")
        corroborating = [name for name in CORROBORATING if clock or name != "time"]
        self._check_together(visual_threshold, corroborating)
        # Lids that are lower for another reason than tiredness must not warn either.
        without_model = tuple(name for name in corroborating if name != "face_state")
        for lids in ("lid_speed", "droop"):
            self._check_together(visual_threshold, (lids, *without_model))

    def _check_together(self, visual_threshold: float, names: Sequence[str]) -> None:
        most = combine([getattr(self, f"{name}_weight") for name in names])
        if most >= visual_threshold:
            raise ParameterError(
                f"{', '.join(f'{name}_weight' for name in names)}: together they "
                f"reach a level of {most:.1f} %, expected less than "
                f"OPTICAL_WARNING_THRESHOLD_L ({visual_threshold} %)"
            )
