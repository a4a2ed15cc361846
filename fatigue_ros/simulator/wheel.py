"""A made-up driver's hands: the wheel and the place in the lane, awake, tired, in curves, assisted.

A vehicle is blown about in its lane. Hands that are awake correct all the time and little; tired
ones leave the wheel alone until the line is near, and then turn it far. The numbers are ours: it
shows that the measures tell the two apart where they differ, not that people steer like this.
"""

import dataclasses
import math

import numpy as np

from fatigue_ros.measures.steering_formulas import STEP, Signal

_TURN = 0.022  # [1/m] curvature of the path for a wheel turned by 1 rad: ratio 16, wheelbase 2.8 m
_GUST, _CALM = 0.008, 0.5  # [rad/s], [s] of the disturbance: its size and how long it lasts
_HOLD, _REACH = 0.05, 0.09  # [rad/m], [rad s/m] wheel for a deviation, and for its speed
_HANDS = 0.15  # [s] in which hands follow what they want
_TREMBLE = 0.004  # [rad] of hands that hold the wheel
_NEAR = 0.5  # [m] from the middle, where tired hands wake up
_STARTLE = 1.2  # [s] for which they then steer, three times as hard
_HARD = 3.0


@dataclasses.dataclass(frozen=True)
class Hands:
    """What the vehicle says, at STEP.

    Attributes:
        angle: [rad] of the wheel, shape (N,).
        position: [m] in the lane, shape (N,).
    """

    angle: Signal
    position: Signal


def steer(
    tired: Signal, curve: Signal, assisted: Signal, speed: Signal | float = 30.0, seed: int = 1
) -> Hands:
    """Drive.

    Args:
        tired: whether the hands are, shape (N,), at STEP; 0 or 1.
        curve: [rad] wheel that the road asks for, likewise.
        assisted: whether the vehicle holds the lane by itself, likewise; 0 or 1.
        speed: [m/s], the same all the time or shape (N,).
        seed: of all that is left to chance.
    """
    chance = np.random.default_rng(seed)
    noise = chance.standard_normal((len(tired), 2))
    angle, position = np.zeros(len(tired)), np.zeros(len(tired))
    wheel = wanted = place = drift = gust = tremble = 0.0
    startled = -math.inf
    speeds = np.broadcast_to(speed, len(tired))
    for index in range(len(tired)):
        time, velocity = index * STEP, float(speeds[index])
        gust += (-gust / _CALM + _GUST * math.sqrt(2.0 / (_CALM * STEP)) * noise[index, 0]) * STEP
        tremble += (-tremble / 0.2 + _TREMBLE * math.sqrt(10.0 / STEP) * noise[index, 1]) * STEP
        if abs(place) > _NEAR and time - startled > 2.0 * _STARTLE:
            startled = time
        need = -(_HOLD * place + _REACH * velocity * drift)
        awake = not tired[index] or time - startled < _STARTLE
        if assisted[index]:
            wanted, shaking = need, 0.0
        elif not awake:
            wanted, shaking = wanted * (1.0 - STEP / 2.0), 0.0
        else:
            wanted, shaking = need * (_HARD if tired[index] else 1.0), tremble
        wheel += (wanted + shaking - wheel) * STEP / _HANDS
        drift += (velocity * _TURN * wheel + gust) * STEP
        place += velocity * drift * STEP
        angle[index], position[index] = wheel + curve[index], place
    return Hands(angle, position)
