"""Label recordings as Tan et al. (2025) do, and make a data set in the YOLO layout of them.

A minute is Drowsy when the eyes are closed (EAR below 0.2) in more than 30 % of its frames and the
person's NASA-TLX, asked after the task, is 7 or more. A picture of each second with a face is
kept, with the face's box. Classes are balanced for each person, and the
pictures divided 6:2:2 so that no person is in two parts.
"""

import argparse
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from fatigue_ros.bags.frames import BagFrames
from fatigue_ros.bags.reader import is_bag
from fatigue_ros.cli.options import positive
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import say
from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo.dataset import PictureFolder, Sample, balanced, contents, split
from fatigue_ros.learning.ff_yolo.labelling import Minute, read_comparisons
from fatigue_ros.learning.ff_yolo.recordings import SubjectRecording, label
from fatigue_ros.learning.splits import SplitError
from fatigue_ros.vision.engine import ENGINES, LandmarkSettings, create_engine
from fatigue_ros.vision.frames import FrameSource
from fatigue_ros.vision.quiet import without_engine_chatter
from fatigue_ros.vision.sources import open_recording
from fatigue_ros.workload import ANSWERS, WEIGHTS, Workload, answers_file

EXAMPLE = "fatigue learn label anna.mp4 ben.mp4 --nasa-tlx 8,3,8,4,7,5 6,2,5,4,4,3 --out pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "videos", nargs="+", metavar="VIDEO", help="files, folders of pictures, or bags with images"
    )
    parser.add_argument(
        "--nasa-tlx",
        nargs="+",
        metavar="M,P,T,P,E,F",
        help="mental, physical, temporal demand, performance, effort, frustration, each 1 to 10;"
        f" once for each video, or once for all (default: the file VIDEO{ANSWERS} beside each, as"
        " `fatigue record` writes it of what was answered on the page)",
    )
    parser.add_argument(
        "--comparisons",
        type=Path,
        metavar="FILE",
        help="CSV file (rater,first,second,chosen) of pairwise comparisons that weigh the six"
        " (default: the paper's weights)",
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=LandmarkSettings().engine,
        help="what finds the eyes; the paper has dlib (default: %(default)s)",
    )
    parser.add_argument(
        "--dlib-predictor",
        default="",
        metavar="FILE",
        help="dlib's shape predictor of 68 points, for --engine dlib",
    )
    parser.add_argument(
        "--crop",
        type=positive,
        default=0,
        metavar="SIDE",
        help="cut pictures to squares of so many pixels around the face (the paper has 900)",
    )
    parser.add_argument(
        "--person",
        nargs="+",
        metavar="NAME",
        help="who is in each video, or in all; without it each video shows another person",
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="folder of the new data set"
    )
    parser.add_argument(
        "--every-frame",
        action="store_true",
        help="label by PERCLOS of all frames, not of one frame a second as the paper has it",
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="take a recording of less than a minute for a minute, instead of refusing it",
    )
    parser.add_argument(
        "--random-split",
        action="store_true",
        help="divide without regard to persons: the same ones are then in training and test",
    )


def run(options: argparse.Namespace) -> int:
    """Label, balance, divide and write."""
    recordings = _recordings(options)
    engine_settings = LandmarkSettings(engine=options.engine, dlib_predictor=options.dlib_predictor)
    with ExitStack() as stack:
        sources = [stack.enter_context(_open(video)) for video in options.videos]
        folder = PictureFolder(options.out)
        stack.enter_context(without_engine_chatter())
        samples: list[Sample] = []
        for recording, source in zip(recordings, sources, strict=True):
            with (
                create_engine(engine_settings) as engine,
                Progress(source.name, 0.0, "frames") as progress,
            ):
                minutes, found = label(
                    recording,
                    source,
                    engine,
                    folder,
                    every_frame=options.every_frame,
                    short=options.short,
                    side=options.crop,
                    progress=progress.update,
                )
            _say_minutes(recording, minutes, options.every_frame)
            samples += found
    return _write(samples, folder, by_person=not options.random_split)


def _recordings(options: argparse.Namespace) -> list[SubjectRecording]:
    """Each video with its person and answers."""
    count = len(options.videos)
    weights = read_comparisons(options.comparisons) if options.comparisons else WEIGHTS
    if options.comparisons:
        shares = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
        say(f"{options.comparisons}: {shares}")
    if options.nasa_tlx:
        given = _for_each("--nasa-tlx", options.nasa_tlx, count)
        answers = [Workload.parse(answer) for answer in given]
    else:
        answers = [Workload.read(_answers(video)) for video in options.videos]
    stems = [Path(video).stem for video in options.videos]
    twice = {stem for stem, times in Counter(stems).items() if times > 1}
    names = [f"{stem}-{number}" if stem in twice else stem for number, stem in enumerate(stems, 1)]
    persons = _for_each("--person", options.person, count) if options.person else names
    return [
        SubjectRecording(name, person, answer, weights)
        for name, person, answer in zip(names, persons, answers, strict=True)
    ]


def _open(video: str) -> FrameSource:
    path = Path(video)
    return BagFrames(path) if is_bag(path) else open_recording(video)


def _answers(video: str) -> Path:
    """The file of the answers beside a recording."""
    file = answers_file(Path(video))
    if not file.is_file():
        raise FatigueError(f"--nasa-tlx: expected answers, or the file {file}; found neither")
    return file


def _for_each(option: str, values: list[str], count: int) -> list[str]:
    if len(values) not in (1, count):
        raise FatigueError(
            f"{option}: expected one value or {count}, one for each video; got {len(values)}"
        )
    return values * count if len(values) == 1 else values


def _say_minutes(recording: SubjectRecording, minutes: list[Minute], every_frame: bool) -> None:
    say(f"{recording.name}: {recording.person}, NASA-TLX {recording.evaluation:.2f}")
    for minute in minutes:
        verdict = "no label: eyes judged in too few frames"
        if minute.labelled:
            drowsy = recording.drowsy(minute, every_frame=every_frame)
            verdict = "Drowsy" if drowsy else "Non-Drowsy"
            if drowsy != recording.drowsy(minute, every_frame=not every_frame):
                verdict += " (not so by the other PERCLOS)"
        short = "" if minute.full else f", only {minute.seconds:.0f} s of a minute"
        say(
            f"  from {minute.start:6.0f} s: PERCLOS {100 * minute.perclos:5.1f} % at 1 frame/s,"
            f" {100 * minute.perclos_all:5.1f} % of all frames, judged"
            f" {100 * minute.judged:3.0f} %: {verdict}{short}"
        )


def _write(samples: list[Sample], folder: PictureFolder, *, by_person: bool) -> int:
    """Balance, divide and write; what cannot be divided is written as one part."""
    equal = balanced(samples)
    problem = ""
    try:
        if not equal:
            raise SplitError("nobody has both Drowsy and Non-Drowsy pictures to balance")
        parts = split(equal, by_person=by_person)
    except SplitError as error:
        problem = f"neither balanced nor divided, all pictures lie in one part: {error}"
        parts = {"all": samples}
    described = folder.sort(parts)
    say(contents(parts))
    say(described)
    if problem:
        say(f"{described}: {problem}")
    elif not by_person:
        say("The same persons are in all parts: figures will be too good.")
    return 1 if problem else 0
