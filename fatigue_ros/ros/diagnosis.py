"""What a node says about itself on /diagnostics."""

import dataclasses
from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from fatigue_ros.ros import messages

OK: bytes = DiagnosticStatus.OK
WARN: bytes = DiagnosticStatus.WARN
ERROR: bytes = DiagnosticStatus.ERROR
STALE: bytes = DiagnosticStatus.STALE
FAULT = "fault"
"""Key of the figure that says why what a node does cannot be trusted: a fault of the whole."""


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What a node says about itself once a second.

    Attributes:
        level: OK, WARN, ERROR or STALE.
        message: the state in a few words.
        values: figures by name.
    """

    level: bytes
    message: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


def to_message(found: Diagnosis, node: str, stamp: messages.Time) -> DiagnosticArray:
    """The message about one node, named in full, at a ROS time."""
    array = DiagnosticArray()
    array.header.stamp = stamp
    array.status = [
        DiagnosticStatus(
            level=found.level,
            name=f"fatigue_ros: {node}",
            hardware_id="",
            message=found.message,
            values=[KeyValue(key=k, value=_text(v)) for k, v in found.values.items()],
        )
    ]
    return array


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
