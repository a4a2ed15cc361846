"""What an exported model says of a picture, a folder of pictures, a video or the camera.

Runs on one thread of the processor and needs neither torch nor a network. Prints a line for each
picture: its name, the class, and the probability of each. With --out the pictures are written with
that drawn in.
"""

import argparse
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from fatigue_ros.cli.options import positive
from fatigue_ros.console import note, say
from fatigue_ros.models import pictures
from fatigue_ros.models.drawing import drawn, in_words
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.models.single_pictures import open_faces
from fatigue_ros.vision.images import Picture
from fatigue_ros.vision.recordings import PICTURES, pictures_in
from fatigue_ros.vision.sources import open_source

EXAMPLE = "fatigue classify 0 --model build/models/custom_cnn/custom_cnn.onnx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "source", metavar="SOURCE", help="picture, folder of pictures, video, camera or stream"
    )
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="FILE",
        help="written by `fatigue learn export`",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the pictures there")
    parser.add_argument("--count", type=positive, metavar="N", help="end after so many pictures")


def run(options: argparse.Namespace) -> int:
    """Judge one picture after another until they end or Ctrl-C; 1: none, or a damaged one."""
    model = FaceModel(options.model)
    seen, damaged = 0, ""
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        source = _Source(options.source, stack)
        faces = stack.enter_context(open_faces()) if model.description.region == "face" else None
        for name, picture in itertools.islice(source.pictures(), options.count):
            prediction = model.judge(picture, faces.box(picture) if faces else None)
            say(f"{name}: {in_words(model, prediction)}")
            if options.out:
                pictures.write(options.out / f"{name}.jpg", drawn(picture, model, prediction))
            seen += 1
        damaged = source.problem
    if damaged:
        note(damaged)
    return 0 if seen and not damaged else 1


class _Source:
    """Name and pixels (RGB) of one picture after another.

    Args:
        given: picture, folder of pictures, video, camera or stream.
        stack: closes it.
    """

    def __init__(self, given: str, stack: ExitStack) -> None:
        path = Path(given)
        self._alone = path.suffix.lower() in PICTURES
        self._files = [path] if self._alone else pictures_in(path) if path.is_dir() else []
        self._frames = None if self._files else stack.enter_context(open_source(given))
        self._unreadable: list[str] = []

    def pictures(self) -> Iterator[tuple[str, Picture]]:
        """Them all; those of a folder that cannot be decoded are left out."""
        for file in self._files:
            picture = pictures.read(file) if self._alone else pictures.decoded(file)
            if picture is None:
                self._unreadable.append(file.name)
            else:
                yield file.stem, picture
        while self._frames is not None and (frame := self._frames.read()) is not None:
            yield f"{frame.index:06d}", frame.image[..., ::-1].copy()

    @property
    def problem(self) -> str:
        """What could not be read, once that is known; empty when all could."""
        if self._unreadable:
            return f"cannot be decoded: {', '.join(self._unreadable)}"
        return "" if self._frames is None else self._frames.problem
