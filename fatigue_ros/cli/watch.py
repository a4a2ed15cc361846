"""Watch a driver: a video, a camera or the scripted driver through the whole ROS graph.

Runs the whole graph as real nodes over DDS in this process, shows what they say on the terminal and
on a page for the browser, and ends with a summary and a picture of the signals.
"""

import argparse
import json
import math
import secrets
import time
from pathlib import Path
from typing import Any

from fatigue_ros.cli.options import add_shared, refuse_nowhere
from fatigue_ros.cli.watch_screen import Screen
from fatigue_ros.console import say
from fatigue_ros.desk.graph import Desk
from fatigue_ros.desk.picture import draw
from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.settings.parameter_files import ParameterFile
from fatigue_ros.vision import SCENARIO
from fatigue_ros.vision.sources import is_live

EXAMPLE = "fatigue watch drive.mp4 --summary drive.json"

SCRIPTED = SCENARIO + "demo"
_PORTS = 20  # tried for the page
_TOKEN = 16  # [bytes]
DEFAULT_SPEED = 90.0  # [km/h] somebody drives


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "source",
        nargs="?",
        default=SCRIPTED,
        metavar="SOURCE",
        help="video file, folder of images, camera index or path, stream URL, or sim:SCENARIO "
        f"(default: the scripted driver, {SCRIPTED})",
    )
    add_shared(parser, "--summary", "--json", "--params", "--profile", "--rotation")
    add_shared(
        *(parser, "--picture"),
        default=Path("fatigue.png"),
        help="picture of the signals (default: %(default)s)",
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="as fast as the machine can, instead of no faster than real time (recordings only)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        metavar="KMH",
        help=f"simulated vehicle speed (default: {DEFAULT_SPEED:g} km/h, or what --params says, or "
        "the scenario)",
    )
    parser.add_argument(
        "--duration", type=_seconds, default=math.inf, metavar="S", help="end after so many seconds"
    )
    parser.add_argument(
        "--page",
        action=argparse.BooleanOptionalAction,
        help="serve the page for driver and bench (default: unless --json or --fast is given)",
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        help="let others see the page too, at this address of the computer or 0.0.0.0 for all of "
        "them, with the token that is shown",
    )


def _seconds(text: str) -> float:
    """A time [s] as an argument."""
    value = float(text)
    if not value > 0.0:
        raise argparse.ArgumentTypeError(f"expected more than 0 s, got {text}")
    return value


def run(options: argparse.Namespace) -> int:
    """Run the graph until the source ends or Ctrl-C."""
    refuse_nowhere(options.summary, options.picture)
    if options.rotation and options.source.startswith(SCENARIO):
        raise FatigueError("--rotation: expected a video or camera, a scripted driver sits upright")
    warns = ParameterFile(options.params).settings("fusion", FusionSettings)
    page = not (options.json or options.fast) if options.page is None else options.page
    desk = Desk(
        options.source,
        page=page or options.listen is not None,
        overrides=_overrides(options),
        rate=0.0 if options.fast else 1.0,
        params=options.params,
        quiet=True,
    )
    screen = Screen(desk, quiet=options.json)
    with desk:
        desk.start()
        began = time.monotonic()
        # A recording has a time of its own; a camera may give no picture at all.
        live = is_live(options.source)

        def over() -> bool:
            passed = time.monotonic() - began if live else desk.log.duration
            return bool(passed >= options.duration)

        with screen:
            desk.spin(over, between=screen.update)
    log = desk.log
    summary = json.dumps(log.summary(), indent=2)
    if options.summary:
        try:
            options.summary.write_text(summary + "\n", encoding="utf-8")
        except OSError as error:
            raise FatigueError(f"{options.summary}: cannot be written: {error.strerror}") from error
    title = f"{Path(options.source).name}, {log.duration:.0f} s"
    draw(log, title, options.picture, warns)
    if options.json:
        say(summary)
    else:
        screen.finish(log, options.picture)
    return 0 if log.frames else 1


def _overrides(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    speed: dict[str, Any] = {}
    if options.speed is not None or options.params is None:
        kmh = DEFAULT_SPEED if options.speed is None else options.speed
        speed = {"source": "fixed", "fixed_speed_kmh": kmh}
    # The desk is a bench. A second desk, or a vehicle's page on this computer, takes the next port.
    dashboard: dict[str, Any] = {"bench": True, "port_tries": _PORTS}
    if options.listen is not None:
        dashboard |= {"listen": options.listen, "token": secrets.token_urlsafe(_TOKEN)}
    # What is learned of the driver of a recording must not become a reference of the next one.
    fusion: dict[str, Any] = {"state_directory": "none"}
    if options.profile:
        fusion["profile"] = options.profile
    return {
        "camera": {} if options.rotation is None else {"rotation": options.rotation},
        "vehicle_speed": speed,
        "driver_simulator": {} if options.speed is None else {"speed_kmh": options.speed},
        "fusion": fusion,
        "steering": {"state_directory": "none"},
        "dashboard": dashboard,
    }
