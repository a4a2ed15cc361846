"""What speed a vehicle can have, for the devices that measure it and for what uses it."""

KMH_PER_MPS = 3.6
MAX_PLAUSIBLE_SPEED = 120.0
"""[m/s] 432 km/h, above the top speed of any car on the road; a larger value is a fault."""


def plausible_speed(metres_per_second: float) -> bool:
    """Whether a vehicle can have this speed [m/s], backwards included; NaN is none."""
    return abs(metres_per_second) <= MAX_PLAUSIBLE_SPEED
