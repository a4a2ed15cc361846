"""What an exported model says of a picture, a folder of pictures, a video or the camera.

Runs on one thread of the processor and needs neither torch nor a network. Prints a line for each
picture: its name, the class, and the probability of each. With --out the pictures are written with
that drawn in.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fatigue_ros.learning.inference import FaceModel, Prediction
    from fatigue_ros.vision.drawing import Annotation
    from fatigue_ros.vision.images import Picture

HELP = "what an exported model says of pictures or the camera"
EXAMPLE = "fatigue classify 0 --model build/models/custom_cnn/custom_cnn.onnx"

_WIDTH = 640  # [px] of the pictures written, at most
_LETTERS = 8  # of a class's name above its bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "source", metavar="SOURCE", help="picture, folder of pictures, video, camera or stream"
    )
    parser.add_argument(
        "--model", type=Path, required=True, metavar="FILE", help="written by `fatigue export`"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the pictures there")
    parser.add_argument("--count", type=int, metavar="N", help="end after so many pictures")


def run(options: argparse.Namespace) -> int:
    """Judge one picture after another until they end or Ctrl-C; 1 when there was none."""
    import cv2  # noqa: PLC0415 - `fatigue --help` does without the vision stack
    import numpy as np  # noqa: PLC0415

    from fatigue_ros.learning.inference import FaceModel  # noqa: PLC0415
    from fatigue_ros.vision.drawing import annotate  # noqa: PLC0415

    model = FaceModel(options.model)
    seen = 0
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        find = _face_finder(stack) if model.description.region == "face" else lambda *_: None
        for name, picture in itertools.islice(_pictures(options.source, stack), options.count):
            rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
            prediction = model.judge(rgb, find(rgb, float(seen)))
            print(f"{name}: {_line(model, prediction)}", flush=True)  # noqa: T201 - the result
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                drawn = annotate(picture, _annotation(model, prediction), _WIDTH)
                cv2.imwrite(str(options.out / f"{name}.jpg"), drawn)
            seen += 1
    return 0 if seen else 1


def _pictures(source: str, stack: ExitStack) -> Iterator[tuple[str, Picture]]:
    """Name and picture (blue, green, red), one after another."""
    import numpy as np  # noqa: PLC0415

    from fatigue_ros.learning.image_folders import ImagesError, read_picture  # noqa: PLC0415
    from fatigue_ros.vision.recordings import PICTURES  # noqa: PLC0415
    from fatigue_ros.vision.sources import open_source  # noqa: PLC0415

    path = Path(source)
    if path.suffix.lower() in PICTURES:
        picture = read_picture(path)
        if picture is None:
            raise ImagesError(f"{path}: expected a picture, found none that can be read")
        yield path.stem, np.ascontiguousarray(picture[..., ::-1])
        return
    frames = stack.enter_context(open_source(source))
    while (frame := frames.read()) is not None:
        yield f"{frame.index:06d}", frame.image


def _face_finder(stack: ExitStack) -> Any:
    """Finds the box around the driver's 68 points, for models that see the face alone."""
    from fatigue_ros.vision.engine import LandmarkSettings, create_engine  # noqa: PLC0415
    from fatigue_ros.vision.faces import Box  # noqa: PLC0415
    from fatigue_ros.vision.quiet import without_mediapipe_chatter  # noqa: PLC0415

    stack.enter_context(without_mediapipe_chatter())
    engine = stack.enter_context(create_engine(LandmarkSettings()))

    def find(rgb: Picture, stamp: float) -> Box | None:
        points = engine.detect(rgb, stamp).points
        return None if points is None else Box.around(points)

    return find


def _line(model: FaceModel, prediction: Prediction) -> str:
    if not prediction.valid:
        return f"not judged: {prediction.reason}"
    shares = zip(model.description.classes, prediction.probabilities, strict=True)
    return prediction.label + "  " + "  ".join(f"{name} {share:.2f}" for name, share in shares)


def _annotation(model: FaceModel, prediction: Prediction) -> Annotation:
    from fatigue_ros.vision.drawing import Annotation, Bar  # noqa: PLC0415

    about = model.description
    if not prediction.valid:
        return Annotation(headline=about.name, notes=(prediction.reason,))
    bars = tuple(
        Bar(
            name=name[:_LETTERS],
            value=float(share),
            full=1.0,
            alarming=name in about.drowsy and name == prediction.label,
        )
        for name, share in zip(about.classes, prediction.probabilities, strict=True)
    )
    return Annotation(
        bars=bars,
        headline=f"{about.name}: drowsy {prediction.drowsy:.2f}",
        warning=prediction.label,
        severity=1 if prediction.is_drowsy else 0,
    )
