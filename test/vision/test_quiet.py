from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from fatigue_ros.vision.quiet import without_chatter

CHATTER = re.compile(rb"all is well")


def test_only_the_chatter_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with without_chatter(CHATTER):
        os.write(2, b"model loaded, all is well\n")
        os.write(2, b"out of memory\n")
    os.write(2, b"later, all is well\n")
    assert capfd.readouterr().err == "out of memory\nlater, all is well\n"


def test_an_error_passes_through_with_what_was_written(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with without_chatter(CHATTER):
            os.write(2, b"trouble\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == "trouble\n"


def test_without_standard_error_it_does_nothing() -> None:
    program = (
        "import os, re; os.close(2)\n"
        "from fatigue_ros.vision.quiet import without_chatter\n"
        "with without_chatter(re.compile(b'x')): print('ran')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600
    )
    assert done.stdout == "ran\n"
