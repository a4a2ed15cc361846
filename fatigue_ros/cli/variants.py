"""Play videos as they are, smaller, darker, noisier and at other rates, and compare what is said.

Prints for each variant how many blinks and closures, yawns and warnings are lost or new, and how
far [s] the others have moved.
"""

import argparse
import functools
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fatigue_ros.cli.options import add_shared, read_params
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import say
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.variants import (
    VARIANTS,
    Compared,
    Difference,
    compare_variants,
    draw_variants,
    play_variants,
)
from fatigue_ros.vision.sources import CameraSettings, open_recording

EXAMPLE = "fatigue variants yawn.mp4 blinks.mp4 --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="files or folders of pictures")
    add_shared(parser, "--params", "--json")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="folder for a picture of each video's curves"
    )
    add_shared(parser, "--rotation", default=0)


def run(options: argparse.Namespace) -> int:
    """Compare and print."""
    settings = ObserveSettings.read(read_params(options), None, 25.0)
    found: dict[str, dict[str, Compared]] = {}
    for video in options.videos:
        camera = CameraSettings(source=video, rotation=options.rotation)
        play = functools.partial(open_recording, video, camera)
        with Progress(Path(video).name, len(VARIANTS) + 1, "variants") as progress:
            seen = play_variants(play, settings, done=progress.advance)
        found[video] = compare_variants(seen)
        if options.pictures is not None:
            options.pictures.mkdir(parents=True, exist_ok=True)
            draw_variants(seen, options.pictures / f"{Path(video).stem}.png")
    if options.json:
        figures = {v: {n: c.figures() for n, c in one.items()} for v, one in found.items()}
        say(json.dumps(figures, indent=2))
        return 0
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("video", "variant", "blinks, closures", "yawns", "warnings"):
        table.add_column(column, no_wrap=True)
    for video, variants in found.items():
        for name, one in variants.items():
            row = (_text(part) for part in (one.eyes, one.yawns, one.warnings))
            table.add_row(Path(video).name, name, *row)
    Console().print(table)
    return 0


def _text(part: Difference) -> str:
    said = [f"{part.lost} lost"] * (part.lost > 0) + [f"{part.new} new"] * (part.new > 0)
    return ", ".join([*said, f"{part.moved:.2f} s"])
