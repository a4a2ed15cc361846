"""Write the landmarks of recorded videos into a bag, so that the videos need not be kept.

Several videos are taken for pieces of one drive, in the order given.
"""

import argparse
import math
from contextlib import ExitStack
from pathlib import Path

import cv2

from fatigue_ros.bags.extract import extract
from fatigue_ros.bags.writer import BagWriter
from fatigue_ros.cli.options import add_shared, read_params
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import say
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.quiet import without_engine_chatter
from fatigue_ros.vision.sources import CameraSettings, open_recording

EXAMPLE = "fatigue extract drive1.mp4 drive2.mp4 -o drive"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="files or folders of pictures")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="BAG", help="folder of a new bag"
    )
    add_shared(parser, "--params")
    add_shared(parser, "--rotation", default=0)


def run(options: argparse.Namespace) -> int:
    """Find the face in every frame."""
    sources = []
    landmarks = read_params(options).settings("landmarks", LandmarkSettings)
    with ExitStack() as stack:
        for video in options.videos:
            settings = CameraSettings(source=video, rotation=options.rotation)
            sources.append(stack.enter_context(open_recording(video, settings)))
        total = sum(_frames(Path(video)) for video in options.videos)
        stack.enter_context(without_engine_chatter())
        engine = stack.enter_context(create_engine(landmarks))
        bag = stack.enter_context(BagWriter(options.out))
        with Progress(options.out.name, total, "frames") as progress:
            frames, faces = extract(sources, engine, bag, progress.update)
        problems = [source.problem for source in sources if source.problem]
    say(f"{options.out}: {frames} frames, a face in {faces} of them")
    for problem in problems:
        say(problem)
    return 0 if frames and not problems else 1


def _frames(video: Path) -> float:
    """How many a file claims to hold, NaN when it does not say."""
    if video.is_dir():
        return float(sum(1 for _ in video.iterdir()))
    count = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG).get(cv2.CAP_PROP_FRAME_COUNT)
    return float(count) if 0 < count < 1e9 else math.nan
