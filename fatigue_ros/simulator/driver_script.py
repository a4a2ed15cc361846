"""A scenario worked out: what lids, mouth, head, heart and vehicle do at any time, and the truth.

Everything is a function of the scenario alone, its seed included. Each thing left to chance
(blinks, swaying, syllables, heart) has its own stream of random numbers, so that adding a yawn
does not move the blinks.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fatigue_ros.simulator.driver_face import FaceFrame
from fatigue_ros.simulator.mouth_patches import LIPS_CLOSED
from fatigue_ros.simulator.movements import (
    CLOSURE_RISING,
    SHUT,
    Span,
    blink_shape,
    closure_shape,
    hold,
    shut_of_blink,
    shut_of_closure,
    span,
    syllables,
    yawn_shape,
)
from fatigue_ros.simulator.pulse_wave import beat_times, ppg_samples, pulse
from fatigue_ros.simulator.scenario import (
    QUANTITIES,
    AnswerSleep,
    Blink,
    Closure,
    CoverEyes,
    Gone,
    Scenario,
    ScenarioEvent,
    Signal,
    Sunglasses,
    Talk,
    Turn,
    Unplug,
    Yawn,
)

BLINK_SPREAD = 0.25
"""Blinks last this share more or less than their mean: 0.15 to 0.25 s when alert."""
BLINK_REGULARITY = 3.0
"""Shape of the gamma distribution of intervals: skewed, neither clockwork nor pure chance."""
LID_REST = 0.3
"""[s] lids rest at least this long between two movements."""
TURN_TIME = 0.35
"""[s] a glance's head movement each way; at most a third of the turn."""
DROOP_WAVER = 0.25
"""Share (RMS) by which drooping lids waver; nobody holds them half shut in one place."""
PERCLOS_STEP = 0.01
"""[s] resolution of the true PERCLOS."""
SWAY_RATES = (0.06, 0.11, 0.19, 0.31, 0.53)
"""[Hz] slow components of a sitting head's motion, out of step with each other."""
SWAY_SHIFT = 130.0
"""[px of a 640 wide frame / rad] how much the head shifts while it sways."""
FACE_PULSE = 0.8
"""[grey levels] swing of the skin's green with the pulse: under one, as in video by daylight."""

_STREAMS = ("blinks", "sway", "talk", "heart", "ppg")


@dataclasses.dataclass(frozen=True, slots=True)
class LidMovement:
    """The lids close and open.

    Attributes:
        whole: from the lid's first movement to its last.
        shut: while at least 80 % closed.
    """

    whole: Span
    shut: Span


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """What really happened.

    Attributes:
        blinks, closures: in the order of time.
        yawns: from the first movement of the mouth to the last.
        unseen: when the eyes could not be seen (glasses, hand, empty seat, no camera); events
            within must not be scored.
        beats: [s] times of the heart's beats.
        sleep_answers: [s], grade 1 to 5.
    """

    blinks: tuple[LidMovement, ...]
    closures: tuple[LidMovement, ...]
    yawns: tuple[Span, ...]
    unseen: tuple[Span, ...]
    beats: Signal
    sleep_answers: tuple[tuple[float, int], ...]


@dataclasses.dataclass(frozen=True)
class Curves:
    """The face at N times; meanings and units as in ``FaceFrame``."""

    times: Signal
    lids: Signal
    mouth: Signal
    yaw: Signal
    pitch: Signal
    roll: Signal
    shift: tuple[Signal, Signal]
    """[px of a 640 wide frame] right and down."""
    light: Signal
    side_light: Signal
    noise: Signal
    pulse: Signal
    infrared: npt.NDArray[np.bool_]
    sunglasses: npt.NDArray[np.bool_]
    covered: npt.NDArray[np.bool_]
    gone: npt.NDArray[np.bool_]


_SHARED = {f.name for f in dataclasses.fields(Curves)} & {
    f.name for f in dataclasses.fields(FaceFrame)
}
"""What a frame has of the curves by the same name."""


class _Sway:
    """A slow wandering signal of mean 0 and RMS 1."""

    def __init__(self, random: np.random.Generator) -> None:
        self._phases = random.uniform(0.0, 2.0 * np.pi, len(SWAY_RATES))
        weights = 1.0 / np.sqrt(np.array(SWAY_RATES))
        self._weights = weights * np.sqrt(2.0 / np.sum(weights**2))

    def __call__(self, times: Signal) -> Signal:
        signal = np.zeros_like(times)
        for rate, phase, weight in zip(SWAY_RATES, self._phases, self._weights, strict=True):
            signal += weight * np.sin(2.0 * np.pi * rate * times + phase)
        return signal


class DriverScript:
    """Plays a scenario: curves and frames at any times, and the ground truth."""

    def __init__(self, scenario: Scenario) -> None:
        """Work out what the scenario leaves to chance."""
        self.scenario = scenario
        self._random = {
            name: np.random.default_rng([scenario.seed, number])
            for number, name in enumerate(_STREAMS)
        }
        self._profiles = {name: scenario.profile(name) for name in QUANTITIES}
        self._sways = [_Sway(self._random["sway"]) for _ in range(6)]
        self._closures = [e for e in scenario.events if isinstance(e, Closure)]
        self._yawns = [e for e in scenario.events if isinstance(e, Yawn)]
        self._turns = [e for e in scenario.events if isinstance(e, Turn)]
        self._talks = [
            (e, *syllables(e, self._random["talk"])) for e in scenario.events if isinstance(e, Talk)
        ]
        scripted = [span(e) for e in scenario.events if isinstance(e, Blink)]
        self._blinks = sorted([*scripted, *self._chance_blinks(scripted)], key=lambda b: b.start)
        beats = beat_times(self._profiles["heart_rate"], scenario.duration, self._random["heart"])
        self.truth = GroundTruth(
            blinks=tuple(LidMovement(b, shut_of_blink(b)) for b in self._blinks),
            closures=tuple(LidMovement(span(e), shut_of_closure(e)) for e in self._closures),
            yawns=tuple(span(e) for e in self._yawns),
            unseen=tuple(
                span(e)
                for e in scenario.events
                if isinstance(e, (Sunglasses, CoverEyes, Gone))
                or (isinstance(e, Unplug) and e.device == "camera")
            ),
            beats=beats,
            sleep_answers=tuple(
                (e.at, e.grade) for e in scenario.events if isinstance(e, AnswerSleep)
            ),
        )

    def _chance_blinks(self, scripted: list[Span]) -> list[Span]:
        """Blinks at the profile's rate, clear of everything else that the lids do."""
        scenario, random = self.scenario, self._random["blinks"]
        grid = np.arange(0.0, scenario.duration + 0.1, 0.1)
        expected = np.cumsum(self._profiles["blink_rate"](grid) / 60.0) * 0.1
        expected = np.concatenate([[0.0], expected[:-1]])
        lengths = self._profiles["blink_duration"]
        taken = scripted + [
            span(e) for e in scenario.events if isinstance(e, (Closure, Yawn, Gone))
        ]
        taken.sort(key=lambda interval: interval.start)
        blinks: list[Span] = []
        # Chance counts in expected blinks, so that a rate of 0 makes none and doubles double.
        passed = random.gamma(BLINK_REGULARITY, 1.0 / BLINK_REGULARITY) * random.uniform()
        while passed < expected[-1]:
            start = float(np.interp(passed, expected, grid))
            length = float(lengths(np.array(start)))
            length *= 1.0 + BLINK_SPREAD * random.uniform(-1.0, 1.0)
            pause = LID_REST * random.uniform(1.0, 3.0)
            blink = Span(start, start + length)
            for other in taken:  # people blink once such a thing is over
                if blink.overlaps(other, LID_REST):
                    start = other.end + pause
                    blink = Span(start, start + length)
            free = not blinks or blink.start >= blinks[-1].end + LID_REST
            if free and blink.end <= scenario.duration:
                blinks.append(blink)
            passed += random.gamma(BLINK_REGULARITY, 1.0 / BLINK_REGULARITY)
        return blinks

    def lids(self, times: Signal, *, blinks: bool = True) -> Signal:
        """Closure of the lids, 0 open to 1 shut, with or without the blinks."""
        droop = self._profiles["droop"](times)
        droop = np.clip(droop * (1.0 + DROOP_WAVER * self._sways[5](times)), 0.0, 1.0)
        for yawn in self._yawns:
            droop = np.maximum(droop, yawn.lids * yawn_shape(yawn, times))
        opening = 1.0 - droop
        for closure in self._closures:
            opening = opening * (1.0 - closure_shape(closure, times))
        if blinks:
            for blink in self._blinks:
                part = slice(*np.searchsorted(times, (blink.start, blink.end)))
                opening[part] *= 1.0 - blink_shape(blink, times[part])
        return np.asarray(1.0 - opening, np.float64)

    def mouth(self, times: Signal) -> Signal:
        """Opening of the mouth, -0.15 closed to 1."""
        opening = np.zeros_like(times)
        for yawn in self._yawns:
            height = yawn.opening - LIPS_CLOSED
            opening = np.maximum(opening, height * yawn_shape(yawn, times))
        for talk, knots, heights in self._talks:
            inside = (times >= talk.at) & (times <= span(talk).end)
            opening[inside] = np.maximum(
                opening[inside], np.interp(times[inside], knots, heights) - LIPS_CLOSED
            )
        return opening + LIPS_CLOSED

    def curves(self, times: Signal) -> Curves:
        """The face at these times, [s], increasing, shape (N,)."""
        profiles = {name: profile(times) for name, profile in self._profiles.items()}
        motion = profiles["head_motion"]
        pose = [
            profiles[axis] + motion * sway(times)
            for axis, sway in zip(("yaw", "pitch", "roll"), self._sways, strict=False)
        ]
        for turn in self._turns:
            shape = hold(times, turn.at, turn.duration, TURN_TIME, TURN_TIME)
            for axis, size in enumerate((turn.yaw, turn.pitch, turn.roll)):
                pose[axis] += size * shape
        for closure in self._closures:
            # The head follows the lids down and comes up with them.
            pose[1] += closure.nod * hold(
                times, closure.at, closure.duration, 0.6 * closure.duration, CLOSURE_RISING
            )
        beat = FACE_PULSE * (pulse(self.truth.beats, times) - 0.35)
        return Curves(
            times=times,
            lids=self.lids(times),
            mouth=self.mouth(times),
            yaw=pose[0],
            pitch=pose[1],
            roll=pose[2],
            shift=(
                SWAY_SHIFT * motion * self._sways[3](times),
                SWAY_SHIFT * motion * self._sways[4](times),
            ),
            light=profiles["light"],
            side_light=profiles["side_light"],
            noise=profiles["noise"],
            pulse=beat,
            infrared=profiles["infrared"] != 0.0,
            sunglasses=self._during(Sunglasses, times),
            covered=self._during(CoverEyes, times),
            gone=self._during(Gone, times),
        )

    def frames(self, times: Signal, first: int = 0, width: int = 640) -> Iterator[FaceFrame]:
        """What to render at these times.

        Args:
            times: [s] increasing, shape (N,).
            first: number of the first frame, which chooses its noise.
            width: [px] of the frames.
        """
        c = self.curves(times)
        shared = {name: getattr(c, name).tolist() for name in _SHARED}
        right, down = (shift * (width / 640.0) for shift in c.shift)
        for i in range(len(times)):
            yield FaceFrame(
                right_lid=float(c.lids[i]),
                left_lid=float(c.lids[i]),
                tx=float(right[i]),
                ty=float(down[i]),
                grain=first + i,
                **{name: values[i] for name, values in shared.items()},
            )

    def perclos(self, time: float, window: float = 60.0) -> float:
        """Share of the window before time in which the lids were 80 % closed, blinks left out.

        The definition is Wierwille's P80; before a whole window has passed, of what has passed.
        """
        start = max(0.0, time - window)
        count = max(1, round((time - start) / PERCLOS_STEP))
        times = start + (np.arange(count) + 0.5) * (time - start) / count
        return float(np.mean(self.lids(times, blinks=False) >= SHUT))

    def speed(self, times: Signal) -> Signal:
        """[m/s]."""
        return self._profiles["speed"](times)

    def ignition(self, times: Signal) -> npt.NDArray[np.bool_]:
        """Whether the ignition is on."""
        return self._profiles["ignition"](times) > 0.5

    def heart_rate(self, times: Signal) -> Signal:
        """[1/min] as the scenario wants it; ``truth.beats`` has the beats themselves."""
        return self._profiles["heart_rate"](times)

    def ppg(self, rate: float) -> npt.NDArray[np.uint16]:
        """The pulse sensor's readings over the whole drive at rate [Hz], 0 to 1023."""
        random = np.random.default_rng([self.scenario.seed, _STREAMS.index("ppg")])
        return ppg_samples(
            self.truth.beats, self._profiles["pulse_noise"], rate, self.scenario.duration, random
        )

    def plugged(self, device: str, times: Signal) -> npt.NDArray[np.bool_]:
        """Whether a device ("camera", "board", "speed") delivers."""
        events = [e for e in self.scenario.events if isinstance(e, Unplug) and e.device == device]
        return ~_within(events, times)

    def _during(self, kind: type[ScenarioEvent], times: Signal) -> npt.NDArray[np.bool_]:
        return _within([e for e in self.scenario.events if isinstance(e, kind)], times)


def _within(events: list[ScenarioEvent] | list[Unplug], times: Signal) -> npt.NDArray[np.bool_]:
    inside = np.zeros(np.shape(times), np.bool_)
    for event in events:
        inside |= (times >= event.at) & (times < span(event).end)
    return inside
