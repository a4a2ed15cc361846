"""Entry point of the command `fatigue`."""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence

from fatigue_ros import __version__, environment
from fatigue_ros.console import note
from fatigue_ros.errors import FatigueError
from fatigue_ros.extras import explained

# Each stands in the module of its name, which has EXAMPLE, add_arguments(parser) and
# run(options) -> exit code, and is imported when it is called.
COMMANDS = {
    "watch": "a video, a camera or the scripted driver through the whole graph",
    "simulate": "a simulated drive into a video or a bag, with its ground truth",
    "record": "what the running nodes say, as a bag",
    "replay": "a bag through the production measures and judgement",
    "play": "a bag for the nodes that run, which judge it anew",
    "extract": "landmarks of recorded videos as a bag",
    "bench": "measure cost and latency on a video",
    "blinks": "score the blink detector on labelled recordings",
    "evaluate": "compare recordings with labels: precision, errors, warnings, a report",
    "variants": "play videos darker, smaller, at other rates, and compare what is said",
    "validate": "hold the level against people who were alert and tired: AUC, warnings, a report",
    "study": "sessions of people by age and time of day: the hybrid paper's table and figures",
    "classify": "what an exported model says of pictures or the camera",
    "ask": "a page that shows what exported models say of a picture",
    "models": "install the networks that find the face",
    "rqt": "plots, picture and diagnostics of the running graph in rqt",
    "learn": "train, test, explain and export the networks of the papers",
}
LEARN = {
    "train": "train, test and export the networks of a paper",
    "test": "test trained networks on drivers they have not seen",
    "explain": "show what in pictures a network's answer hangs on",
    "export": "write trained networks as ONNX files",
    "label": "recordings to labelled pictures for FF-YOLO",
    "ablate": "FF-YOLO against YOLO11n: size, cost, accuracy",
    "live": "test a model on clips of people, by person and condition",
    "haar": "train with and without the Haar stage and compare",
}

EXIT_REFUSED = 2
EXIT_INTERRUPTED = 130  # as shells have it


def main(args: Sequence[str] | None = None) -> int:
    """Run a command; errors a user can mend are one line and exit code 2."""
    environment.prepare()
    words = list(sys.argv[1:] if args is None else args)
    first = words[0] if words else ""
    if first == "learn":
        parser = argparse.ArgumentParser(
            prog="fatigue learn", description="Networks of the papers, from pictures to a model."
        )
        return _run(parser, LEARN, "fatigue_ros.cli.learn", words[1:])
    if first in LEARN:
        return _refused(f"fatigue {first}", f"is called `fatigue learn {first}` now")
    parser = argparse.ArgumentParser(
        prog="fatigue", description="Desk tools of the driver monitor fatigue_ros."
    )
    parser.add_argument("--version", action="version", version=__version__)
    return _run(parser, COMMANDS, "fatigue_ros.cli", words)


def _run(
    parser: argparse.ArgumentParser, commands: Mapping[str, str], package: str, words: list[str]
) -> int:
    """Run the command that the words name, one of those in a package."""
    called = words[0] if words else ""
    program = f"{parser.prog} {called}"
    parsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, about in commands.items():
        command = parsers.add_parser(
            name, help=about, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name == called:
            chosen = command
    if called not in commands:
        parser.parse_args(words)  # shows help, or says what is wrong
        parser.error("expected the command first")
    try:
        module = importlib.import_module(f"{package}.{called}")
        chosen.description = module.__doc__
        chosen.epilog = f"example: {module.EXAMPLE}"
        module.add_arguments(chosen)
        options = parser.parse_args(words)
        return int(module.run(options))
    except ModuleNotFoundError as error:
        if (known := explained(error)) is error:
            raise
        return _refused(program, known)
    except FatigueError as error:
        return _refused(program, error)
    except KeyboardInterrupt:
        note(f"{program}: interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, as in `fatigue ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left of it
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        # Where something is read or written that nobody may, or there is no room.
        return _refused(program, f"{error.filename}: {error.strerror}")


def _refused(program: str, reason: object) -> int:
    note(f"{program}: {reason}")
    return EXIT_REFUSED


if __name__ == "__main__":
    sys.exit(main())
