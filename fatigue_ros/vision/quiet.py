"""Keep a compiled library's known chatter off the terminal, and nothing else."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

_ENGINES = re.compile(
    rb"XNNPACK delegate|before absl::InitializeLog|inference_feedback_manager"
    rb"|landmark_projection_calculator"
)
"""What MediaPipe and LiteRT write when all is well; no setting helps."""


@contextlib.contextmanager
def without_chatter(pattern: re.Pattern[bytes]) -> Iterator[None]:
    """Hold back what the process writes to standard error, then pass on all but some lines.

    Libraries written in C++ write to the file descriptor itself, so that is what is redirected.

    Args:
        pattern: lines in which it is found are dropped.
    """
    try:
        sys.stderr.flush()
        terminal = os.dup(2)
    except (OSError, AttributeError):  # standard error is closed: nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            for line in held:
                if not pattern.search(line):
                    os.write(2, line)


def without_engine_chatter() -> contextlib.AbstractContextManager[None]:
    """Hold back what MediaPipe and LiteRT say when all is well; see without_chatter."""
    return without_chatter(_ENGINES)
