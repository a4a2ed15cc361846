"""Which of several publishers' warnings is the loudest, for all nodes that act on `warning`."""

from fatigue_ros.msg import FatigueWarning
from fatigue_ros.ros import messages
from fatigue_ros.ros.qos import REPEAT

PATIENCE = 2.0 * REPEAT
"""[s] A publisher of warnings that is silent for so long no longer counts."""
EVERY = 100
"""Messages to keep: the newest word of one publisher does not push out that of another."""
_URGENCY = (
    FatigueWarning.CAUSE_FATIGUE_LEVEL,
    FatigueWarning.CAUSE_CANNOT_SEE_DRIVER,
    FatigueWarning.CAUSE_SYSTEM_FAULT,
)
"""Of two warnings of one severity the later one here is the louder; others are louder yet."""


def loudness(message: messages.FatigueWarning) -> tuple[int, int]:
    """The loudest of two warnings is the greater of these."""
    known = message.cause in _URGENCY
    urgency = _URGENCY.index(message.cause) if known else len(_URGENCY)
    return message.severity, urgency if message.severity else 0
