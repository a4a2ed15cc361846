"""docs/papers.md names tests and code that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+/test_\w+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize(("file", "function"), NAMED)
def test_each_test_that_a_row_names_is_there(file: str, function: str) -> None:
    text = (ROOT / "test" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {function or 'test_'}", text, re.MULTILINE)


def test_each_row_says_where_and_how_far() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    assert len(rows) > 40
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4, row
        done = cells[2].startswith(("=", "≠"))
        assert (
            done or cells[1].startswith("*open*") or cells[0] in ("in the paper", "2900 pictures")
        )
        assert not done or re.search(r"test_\w+\.py", cells[3]), row
