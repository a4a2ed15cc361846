"""Qualities of service that publisher and listener must agree on."""

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile

REPEAT = 1.0  # [s] a warning is repeated this often, so that silence means a fault

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def _warning(depth: int) -> QoSProfile:
    return QoSProfile(
        depth=depth,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
        deadline=Duration(seconds=2.0 * REPEAT),  # type: ignore[arg-type, unused-ignore]
    )


WARNING_QOS = _warning(1)
EVERY_WARNING_QOS = _warning(100)
"""For who hears several publishers: the newest word of one does not push out that of another."""
