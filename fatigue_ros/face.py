"""The words that vision, measures and nodes share: a face in a frame, and what it did.

Points are in the 68-point iBUG order (0-based here): 0-16 jaw, 17-21 and 22-26 brows,
27-35 nose, 36-41 and 42-47 eyes, 48-59 outer lips, 60-67 inner lips. "Right" and "left" are
the driver's own, so the right eye is on the left of an image that is not mirrored.
"""

import dataclasses
import enum
import math

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]

RIGHT_EYE = slice(36, 42)
LEFT_EYE = slice(42, 48)
POINT_COUNT = 68


@dataclasses.dataclass(frozen=True, slots=True)
class Face:
    """What a landmark engine saw in one frame.

    Attributes:
        stamp: [s] time of the frame (message time, never the wall clock).
        points: shape (68, 2), [px], x right, y down; None when no face was found.
        yaw: [rad] positive when the driver turns to his or her own left; NaN when unknown.
        pitch: [rad] positive when the driver looks down; NaN when unknown.
        roll: [rad] positive when the head tilts towards the own right shoulder; NaN when unknown.
        faces: [1] faces in the frame.
        width, height: [px] size of the frame.
        eye_shade: [1] how much darker it is below the eyes than on the cheeks, as behind dark
            glasses: 0 as bright, 1 black; NaN when unknown.
        pupils: shape (2, 2), [px], of the right and of the left eye; None when the engine finds
            none. Behind shut lids they are where the engine takes them to be.
        gaze_yaw: [rad] in the head's frame, positive to the driver's own left; NaN when unknown,
            as when no eye is open.
        gaze_pitch: [rad] positive down; NaN when unknown.
        fault: why no picture of this stream can be trusted (it is frozen); empty when they can.
    """

    stamp: float
    points: Points | None = None
    yaw: float = math.nan
    pitch: float = math.nan
    roll: float = math.nan
    faces: int = 0
    width: int = 0
    height: int = 0
    eye_shade: float = math.nan
    pupils: Points | None = None
    gaze_yaw: float = math.nan
    gaze_pitch: float = math.nan
    fault: str = ""

    @property
    def detected(self) -> bool:
        """Whether a face was found."""
        return self.points is not None


LONG_BLINK = 0.5
"""[s] eyes closed for this long or longer are a closure and no blink, unless parameters differ."""


class EventKind(enum.IntEnum):
    """The kinds of FaceEvent, numbered as in the message."""

    BLINK = 1
    CLOSURE = 2
    YAWN = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something the eyes or the mouth did.

    Attributes:
        kind: blink, closure or yawn.
        start: [s] stamp of its first frame.
        duration: [s].
        amplitude: [1] blink and closure: depth as a share of the open level; yawn: largest
            mouth opening.
        closing_speed, opening_speed: [1/s] of the lids in a blink, in open levels a second; NaN
            where that is not known, and for other kinds.
    """

    kind: EventKind
    start: float
    duration: float
    amplitude: float
    closing_speed: float = math.nan
    opening_speed: float = math.nan

    @property
    def end(self) -> float:
        """[s] stamp of the first frame after it."""
        return self.start + self.duration
