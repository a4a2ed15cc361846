"""Qualities of service that publisher and listener must agree on."""

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile

REPEAT = 1.0  # [s] a warning is repeated this often, so that silence means a fault

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

WARNING_QOS = QoSProfile(
    depth=1,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
    deadline=Duration(seconds=2.0 * REPEAT),  # type: ignore[arg-type, unused-ignore]
)
"""As offered. Who listens asks for no deadline and nothing latched: a word comes every second
anyway, and so publishers that offer neither (``ros2 topic pub``, a bag) are heard as well."""
