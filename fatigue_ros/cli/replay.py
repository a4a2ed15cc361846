"""Replay a bag through the production measures and judgement, as fast as the machine can.

Twice the same bag gives the same output, byte for byte. A bag that is damaged or was not completed
is read as far as it goes, with a message and exit code 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from fatigue_ros.errors import FatigueError

HELP = "a bag through the production measures and judgement"
EXAMPLE = "fatigue replay drive --from landmarks --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder of a bag, or an .mcap file")
    parser.add_argument("--json", action="store_true", help="print nothing but the summary as JSON")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write the summary as JSON")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="picture of the signals")
    parser.add_argument(
        "--from",
        dest="stage",
        choices=("images", "landmarks", "measures"),
        help="what to begin with (default: the first of these that is in the bag)",
    )
    parser.add_argument(
        "--params", type=Path, metavar="FILE", help="ROS parameter file, as for the nodes"
    )
    parser.add_argument(
        "--profile", choices=("evidence", "paper"), help="how fatigue is judged; overrides --params"
    )
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
    # The vision stack takes a second to import; `fatigue --help` does without it.
    from fatigue_ros.bags.reader import Bag  # noqa: PLC0415
    from fatigue_ros.bags.replay import Replay  # noqa: PLC0415
    from fatigue_ros.cli.progress import Progress  # noqa: PLC0415
    from fatigue_ros.monitor.settings import ReplaySettings, load_settings  # noqa: PLC0415

    for file in filter(None, (options.summary, options.picture)):
        if not file.absolute().parent.is_dir():
            raise FatigueError(f"{file}: expected to write there, found no folder {file.parent}")
    settings = load_settings(options.params) if options.params else ReplaySettings()
    if options.profile:
        fusion = dataclasses.replace(settings.fusion, profile=options.profile)
        settings = dataclasses.replace(settings, fusion=fusion)
    with Bag(options.bag, options.namespace) as bag:
        replay = Replay(
            bag,
            options.stage,
            settings,
            sleep_grade=options.sleep,
            series=options.picture is not None,
        )
        with Progress(options.bag.name, bag.duration, "s") as progress:
            log = replay.run(progress.update)
        problem = bag.problem
    summary = json.dumps(log.summary(), indent=2)
    if options.summary:
        options.summary.write_text(summary + "\n", encoding="utf-8")
    if options.picture and log.frames:
        from fatigue_ros.desk.picture import draw  # noqa: PLC0415 - so does matplotlib

        title = f"{options.bag.name}, {log.duration:.0f} s"
        draw(log, title, options.picture, settings.fusion)
    print(summary if options.json else f"from {replay.stage}: {log.text()}")  # noqa: T201 - asked for
    if replay.refused:
        print(f"{replay.refused} messages refused", file=sys.stderr)  # noqa: T201 - for people
    if problem:
        print(f"fatigue replay: {problem}", file=sys.stderr)  # noqa: T201 - for people
    return 1 if problem or not log.frames else 0
