"""Recordings of a person at work, turned into labelled pictures."""

import dataclasses
from collections.abc import Callable, Mapping

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.dataset import (
    PictureFolder,
    Sample,
    YoloBox,
    cut_square,
    face_box,
)
from fatigue_ros.learning.ff_yolo.labelling import Look, Minute, Watcher, minutes
from fatigue_ros.vision.engine import LandmarkEngine
from fatigue_ros.vision.frames import FrameSource
from fatigue_ros.workload import WEIGHTS, Workload


@dataclasses.dataclass(frozen=True)
class SubjectRecording:
    """Whose recording it is, and what the person answered afterwards.

    Attributes:
        name: unique; the pictures' names begin with it.
        person: who is seen; several recordings may show one person.
        workload: the NASA-TLX answers.
        weights: of them.
    """

    name: str
    person: str
    workload: Workload
    weights: Mapping[str, float] = dataclasses.field(default_factory=lambda: WEIGHTS)

    @property
    def evaluation(self) -> float:
        """[1] of the answers."""
        return self.workload.weighted(self.weights)

    def drowsy(self, minute: Minute, *, every_frame: bool) -> bool:
        """The label of a minute, see Minute.drowsy."""
        return minute.drowsy(self.workload, every_frame=every_frame, weights=self.weights)


def label(
    recording: SubjectRecording,
    source: FrameSource,
    engine: LandmarkEngine,
    folder: PictureFolder,
    *,
    every_frame: bool = False,
    short: bool = False,
    side: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[list[Minute], list[Sample]]:
    """Label a recording minute by minute, and keep a picture of each second with a face.

    Args:
        recording: whose it is.
        source: its frames.
        engine: finds the face.
        folder: takes the pictures.
        every_frame: label by PERCLOS of all frames and not of one a second.
        short: take a recording of less than a minute for one.
        side: [px] cut pictures to a square of this size around the face; 0: leave them whole.
        progress: told after each frame how many are done.

    Returns:
        Its minutes, and the pictures of those that have a label.

    Raises:
        FatigueError: it is shorter than a minute and ``short`` is not asked for.
    """
    watcher = Watcher()
    looks: list[Look] = []
    kept: list[tuple[float, str, YoloBox]] = []
    while (frame := source.read()) is not None:
        stamp = frame.time if frame.time is not None else len(looks) / source.frame_rate
        picture = frame.image[:, :, ::-1]
        face = engine.detect(picture, stamp)
        look = watcher.look(face)
        looks.append(look)
        if look.sampled and face.points is not None:
            box = face_box(face.points, face.width, face.height)
            if box is not None:
                name = f"{recording.name}_{len(looks):07d}"
                if side:
                    picture, box = cut_square(picture, box, side)
                folder.write(name, picture)
                kept.append((stamp, name, box))
        progress(len(looks))
    try:
        found = minutes(looks, short=short)
    except FatigueError as error:
        raise FatigueError(f"{source.name}: {error}") from error
    samples = []
    for minute in found:
        if minute.labelled:
            drowsy = recording.drowsy(minute, every_frame=every_frame)
            samples += [
                Sample(name, recording.person, drowsy, box)
                for stamp, name, box in kept
                if minute.holds(stamp)
            ]
    return found, samples
