"""How lids, mouth and head move: each movement of a scenario as a curve over time."""

from __future__ import annotations

import dataclasses

import numpy as np

from fatigue_ros.simulator.mouth_patches import LIPS_CLOSED
from fatigue_ros.simulator.portrait import smoothstep
from fatigue_ros.simulator.scenario import Closure, ScenarioEvent, Signal, Talk, Yawn

BLINK_CLOSING, BLINK_CLOSED = 0.30, 0.18
"""Shares of a blink in which the lid falls and stays; it rises in the rest. Lids close two to
three times as fast as they open (VanderWerf et al. 2003)."""
CLOSURE_FALLING, CLOSURE_RISING = 0.30, 0.20
"""[s] lids that fall asleep sink slower than they snap open; at most a third of the closure."""
YAWN_OPENING, YAWN_CLOSING = 0.35, 0.30
"""Shares of a yawn: slow opening, a peak, faster closing."""
SHUT = 0.8
"""Closure from which an eye counts as closed: P80 (Wierwille et al. 1994)."""
SYLLABLE = (0.16, 0.28)
"""[s] between syllables: four to six a second."""


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """[s] from start to end."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """[s] its length."""
        return self.end - self.start

    def overlaps(self, other: Span, rest: float = 0.0) -> bool:
        """Whether they come closer than rest [s]."""
        return self.start < other.end + rest and other.start < self.end + rest


def span(event: ScenarioEvent) -> Span:
    """When an event happens."""
    return Span(event.at, event.at + event.duration)


def hold(times: Signal, start: float, duration: float, rise: float, fall: float) -> Signal:
    """0, smoothly to 1, back to 0 at the end.

    Args:
        times: [s].
        start: [s].
        duration: [s].
        rise: [s] at the start in which it goes up.
        fall: [s] at the end in which it goes down.
    """
    rise, fall = min(rise, 0.6 * duration), min(fall, duration / 3.0)
    end = start + duration
    up, down = smoothstep(start, start + rise, times), smoothstep(end - fall, end, times)
    return np.asarray(np.minimum(up, 1.0 - down), np.float64)


def blink_shape(blink: Span, times: Signal) -> Signal:
    """Closure of the lids, 0 to 1, in a blink."""
    length = blink.duration
    rising = 1.0 - BLINK_CLOSING - BLINK_CLOSED
    down = smoothstep(blink.start, blink.start + BLINK_CLOSING * length, times)
    up = smoothstep(blink.end - rising * length, blink.end, times)
    return np.asarray(np.minimum(down, 1.0 - up), np.float64)


def _closure_times(closure: Closure) -> tuple[float, float]:
    third = closure.duration / 3.0
    return min(CLOSURE_FALLING, third), min(CLOSURE_RISING, third)


def closure_shape(closure: Closure, times: Signal) -> Signal:
    """Closure of the lids, 0 to 1, in a closure."""
    return hold(times, closure.at, closure.duration, *_closure_times(closure))


def yawn_shape(yawn: Yawn, times: Signal) -> Signal:
    """How far, 0 to 1, a yawn has come."""
    return hold(
        times, yawn.at, yawn.duration, YAWN_OPENING * yawn.duration, YAWN_CLOSING * yawn.duration
    )


def _smoothstep_inverse(share: float) -> float:
    """Where 3t^2 - 2t^3 reaches the share."""
    return 0.5 - float(np.sin(np.arcsin(1.0 - 2.0 * share) / 3.0))


def shut_of_blink(blink: Span) -> Span:
    """While at least 80 % shut, by the blink itself."""
    rising = 1.0 - BLINK_CLOSING - BLINK_CLOSED
    late = _smoothstep_inverse(SHUT)
    return Span(
        blink.start + late * BLINK_CLOSING * blink.duration,
        blink.end - late * rising * blink.duration,
    )


def shut_of_closure(closure: Closure) -> Span:
    """While at least 80 % shut, by the closure itself."""
    fall, rise = _closure_times(closure)
    late = _smoothstep_inverse(SHUT)
    return Span(closure.at + late * fall, span(closure).end - late * rise)


def syllables(talk: Talk, random: np.random.Generator) -> tuple[Signal, Signal]:
    """Times [s] and mouth openings between which speech moves in straight lines."""
    times, heights, end = [talk.at], [LIPS_CLOSED], span(talk).end
    while True:
        length = random.uniform(*SYLLABLE)
        peak = talk.opening * random.uniform(0.3, 1.0)
        rest = LIPS_CLOSED + (peak - LIPS_CLOSED) * max(0.0, random.uniform(-0.3, 0.4))
        if times[-1] + length >= end:
            break
        times += [times[-1] + 0.5 * length, times[-1] + length]
        heights += [peak, rest]
    return np.array([*times, end]), np.array([*heights, LIPS_CLOSED])
