"""What programs say to people who call them."""

import sys


def say(text: object) -> None:
    """A result, on standard output and at once, as it may be read by another program."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def note(text: object) -> None:
    """What is no result, such as progress or an error, on standard error."""
    sys.stderr.write(f"{text}\n")
