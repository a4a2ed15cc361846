"""What a node says about itself on /diagnostics."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TypedDict

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from fatigue_ros.ros import messages

OK: bytes = DiagnosticStatus.OK
WARN: bytes = DiagnosticStatus.WARN
ERROR: bytes = DiagnosticStatus.ERROR
STALE: bytes = DiagnosticStatus.STALE
FAULT = "fault"
"""Key of the figure that says why what a node does cannot be trusted: a fault of the whole."""


class Word(TypedDict):
    """What a node says of itself: that something is wrong with it, or that it is inactive."""

    error: str
    fault: str
    at_rest: bool


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


def words(message: messages.DiagnosticArray, namespace: str) -> Iterator[tuple[str, Word]]:
    """What our nodes of a namespace say of themselves, by node."""
    for status in message.status:
        head, _, node = status.name.rpartition("/")
        if head == f"fatigue_ros: {namespace.rstrip('/')}":
            yield (
                node,
                {
                    "error": status.message if status.level == ERROR else "",
                    "fault": next((v.value for v in status.values if v.key == FAULT), ""),
                    "at_rest": status.level == STALE,
                },
            )


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
