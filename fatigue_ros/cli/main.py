"""Entry point of the command `fatigue`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from fatigue_ros import __version__, environment
from fatigue_ros.errors import FatigueError

# Each module has HELP, EXAMPLE, add_arguments(parser) and run(options) -> exit code.
COMMANDS = (
    "watch",
    "simulate",
    "record",
    "replay",
    "extract",
    "bench",
    "blinks",
    "evaluate",
    "train",
    "test",
    "explain",
    "export",
    "classify",
    "label",
    "ablate",
    "haar",
)

EXIT_REFUSED = 2


def main(args: Sequence[str] | None = None) -> int:
    """Run a sub-command; errors a user can mend are one line and exit code 2."""
    environment.prepare()
    parser = argparse.ArgumentParser(
        prog="fatigue", description="Desk tools of the driver monitor fatigue_ros."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"fatigue_ros.cli.{name}")
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            epilog=f"example: {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args(args)
    try:
        return int(options.run(options))
    except FatigueError as error:
        print(f"fatigue {options.command}: {error}", file=sys.stderr)  # noqa: T201 - for people
        return EXIT_REFUSED
    except BrokenPipeError:  # the reader of our output has gone, as in `fatigue ... | head`
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        # Where something is read or written that nobody may, or there is no room.
        print(f"fatigue {options.command}: {error.filename}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return EXIT_REFUSED


if __name__ == "__main__":
    sys.exit(main())
