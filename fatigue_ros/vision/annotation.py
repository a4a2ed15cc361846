"""What to draw on a picture: the judgement in bars and words, and what is not valid and why.

Takes the measures' states or the messages that were filled from them; their fields have the same
names. None stands for what was not heard.
"""

import math
import re
from typing import Any

from fatigue_ros.face import Face
from fatigue_ros.vision.drawing import Annotation, Bar

FULL_EAR = 0.45
"""[1] A wide open eye has about 0.35."""
FULL_OPENING = 1.0
"""[1] Gap between the lips over the mouth's width; a yawn passes 0.5."""


def describe(
    face: Face | None, eyes: Any, mouth: Any, level: Any, warning: Any, *, state: str = ""
) -> Annotation:
    """What to draw.

    Args:
        face: whose points are in pixels; None when no landmarks came.
        eyes: EyeState.
        mouth: MouthState.
        level: Assessment, or FatigueLevel.
        warning: FatigueWarning: its text, severity and cause.
        state: of the level, in words.
    """
    bars = (
        Bar(
            name="EAR",
            value=eyes.ear if eyes is not None and eyes.judged else math.nan,
            full=FULL_EAR,
            mark=eyes.ear_open if eyes is not None else math.nan,
            alarming=eyes is not None and eyes.eyes_closed,
        ),
        Bar(
            name="MAR",
            value=mouth.mouth_opening if mouth is not None and mouth.judged else math.nan,
            full=FULL_OPENING,
            alarming=mouth is not None and mouth.mouth_open,
        ),
    )
    return Annotation(
        face=face,
        bars=bars,
        headline=_headline(level, state),
        warning="" if warning is None else warning.text,
        severity=0 if warning is None else int(warning.severity),
        cause="" if warning is None else warning.cause,
        notes=_notes(face, eyes, mouth, level),
    )


def _notes(face: Face | None, eyes: Any, mouth: Any, level: Any) -> tuple[str, ...]:
    """What is not valid and why: what shares a reason shares a line."""
    found: list[tuple[str, str]] = []
    if face is None:
        found.append(("face", "no landmarks come"))
    elif not face.detected:
        found.append(("face", "none found"))
    elif not math.isfinite(face.yaw):
        found.append(("head pose", "cannot be told"))
    for name, state in (("eyes", eyes), ("mouth", mouth)):
        if state is None:
            found.append((name, "no message"))
        elif not state.judged or not state.valid:
            found.append((name, state.reason or "not judged in this frame"))
    if level is None:
        found.append(("level", "no message"))
    else:
        if not level.valid:
            found.append(("level", level.reason))
        found += [(m.name.replace("_", " "), m.reason) for m in level.metrics if not m.valid]
    sharing: dict[str, dict[str, None]] = {}
    for name, reason in found:
        plain = re.sub(r"^\w+: ", "", reason)  # without its source
        sharing.setdefault(plain, {})[name] = None
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in sharing.items())


def _headline(level: Any, state: str) -> str:
    if level is None:
        return "no fatigue level"
    if level.valid:
        return f"fatigue {level.level:.0f} %, KSS about {level.kss}: {state}"
    return f"fatigue unknown: {state}"
