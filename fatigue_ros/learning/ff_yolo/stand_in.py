"""A stand-in for Tan et al.'s confidential data, to see that the networks learn.

Pictures of yawning drivers stand for Drowsy, pictures of others for Non-Drowsy. That is not what
the paper labels, so figures got on it say nothing of fatigue and cannot be compared with
Table 6.
"""

from collections.abc import Callable
from pathlib import Path

from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.dataset import PictureFolder, Sample, face_box
from fatigue_ros.learning.splits import UnknownNumberError, group_of, read_groups
from fatigue_ros.models.pictures import decoded
from fatigue_ros.models.single_pictures import SinglePictures
from fatigue_ros.settings import resources
from fatigue_ros.vision.engine import LandmarkEngine

FOLDERS = {"yawn": True, "no_yawn": False}
"""Folders of pictures, and whether they stand for Drowsy."""


def collect(
    pictures: Path,
    engine: LandmarkEngine,
    folder: PictureFolder,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[list[Sample], int]:
    """Find the boxes of the faces in the pictures.

    Args:
        pictures: holds the folders ``yawn`` and ``no_yawn`` of the public set; whom a file
            shows is told by config/learning/drivers.csv.
        engine: finds the face.
        folder: takes copies of the pictures.
        progress: told after each picture how many are done.

    Returns:
        Samples, and how many pictures could not be read, showed no face, or nobody knows whose.

    Raises:
        FatigueError: a folder is missing or empty.
    """
    drivers = read_groups(resources.config("learning/drivers.csv"))
    faces = SinglePictures(engine)
    samples: list[Sample] = []
    done = 0
    for kind, drowsy in FOLDERS.items():
        files = sorted((pictures / kind).glob("*.jpg"))
        if not files:
            raise FatigueError(f"{pictures / kind}: expected pictures (*.jpg), found none")
        for file in files:
            done += 1
            progress(done)
            try:
                person = group_of(kind, file.name, drivers, block=1)
            except UnknownNumberError:
                continue
            picture = decoded(file)
            if picture is None:
                continue
            points = faces.points(picture)
            if points is None:
                continue
            box = face_box(points, picture.shape[1], picture.shape[0])
            if box is not None:
                name = f"{kind}_{file.stem}"
                folder.write(name, picture)
                samples.append(Sample(name, person, drowsy, box))
    return samples, done - len(samples)
