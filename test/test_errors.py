"""What errors of libraries become in a message."""

from __future__ import annotations

import pytest

from fatigue_ros.errors import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no such key"), "no such key"),
        (RuntimeError("\n  shapes differ:\n\tconv1: 3\n"), "shapes differ:"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_in_a_line(error: Exception, line: str) -> None:
    assert first_line(error) == line
