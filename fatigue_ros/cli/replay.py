"""Replay a bag through the production measures and judgement, as fast as the machine can.

Twice the same bag gives the same output, byte for byte. A bag that is damaged or was not completed
is read as far as it goes, with a message and exit code 1.
"""

import argparse
import json
from pathlib import Path

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.replay import Replay
from fatigue_ros.cli.options import add_shared, read_params, refuse_nowhere
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import note, say
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.vision.engine import LandmarkSettings

EXAMPLE = "fatigue replay drive --from landmarks --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of a bag, or an .mcap file")
    add_shared(parser, "--json", "--summary", "--picture")
    parser.add_argument(
        "--from",
        dest="stage",
        choices=("images", "landmarks", "measures"),
        help="what to begin with (default: the first of these that is in the bag)",
    )
    add_shared(parser, "--params", "--profile")
    parser.add_argument(
        "--sleep",
        type=int,
        metavar="GRADE",
        help="what the driver says of last night, 1 to 5 (default: as recorded in `fatigue`)",
    )
    parser.add_argument(
        "--namespace", metavar="NAME", help="of the topics, where the bag holds several"
    )


def run(options: argparse.Namespace) -> int:
    """Replay and sum up."""
    refuse_nowhere(options.summary, options.picture)
    file = read_params(options)
    settings = MonitorSettings.read(file, options.profile)
    with Bag(options.bag, options.namespace) as bag:
        replay = Replay(
            bag,
            options.stage,
            settings,
            landmarks=file.settings("landmarks", LandmarkSettings),
            sleep_grade=options.sleep,
            log=DriveLog(keep_samples=options.picture is not None),
        )
        with Progress(options.bag.name, bag.duration, "s") as progress:
            log = replay.run(progress.update)
        problem = bag.problem
    summary = json.dumps(log.summary(), indent=2)
    if options.summary:
        options.summary.write_text(summary + "\n", encoding="utf-8")
    if options.picture and log.frames:
        title = f"{options.bag.name}, {log.duration:.0f} s"
        from fatigue_ros.desk.picture import draw  # noqa: PLC0415 - Matplotlib takes a second

        draw(log, title, options.picture, settings.fusion)
    say(summary if options.json else f"from {replay.stage}: {log.text()}")
    if replay.refused:
        note(f"{replay.refused} messages refused, the first because of this: {replay.refusal}")
    if replay.unstamped:
        note(f"{replay.unstamped} messages without a stamp, taken as of when they were recorded")
    if problem:
        note(f"fatigue replay: {problem}")
    return 1 if problem or not log.frames else 0
