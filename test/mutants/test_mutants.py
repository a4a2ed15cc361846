"""The faults that `make mutants` puts in, and that a copy tells whether tests notice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from test.mutants.mutants import ROOMS, ROOT, drawn, files, mutations

CODE = '''
"""Words: 1 < 2."""

LIMIT: float = 2.5


def rate(count, since=3):
    """Counts 4."""
    if count >= since and LIMIT < 7.0:
        seen.append(count)
        self.count += 1
    self.total = count - 0.0
    return f"{count + 1}" if (count) == 10 else row[0]
'''
EXPECTED = {
    "2.5 -> 3.0",
    "3 -> 4",
    "count >= since and LIMIT < 7.0 -> (not (count >= since and LIMIT < 7.0))",
    ">= -> >",
    "and -> or",
    "< -> <=",
    "7.0 -> 8.4",
    "seen.append(count) -> pass",
    "self.count += 1 -> pass",
    "1 -> 2",
    "self.total = count - 0.0 -> pass",
    "- -> +",
    "0.0 -> 1.0",
    "(count) == 10 -> (not ((count) == 10))",
    "== -> !=",
    "10 -> 12",
}


def test_every_kind_of_fault_and_nothing_that_people_read() -> None:
    found = mutations(Path("x.py"), CODE.encode())
    assert {str(m).partition(": ")[2] for m in found} == EXPECTED


@pytest.mark.parametrize("room", ROOMS)
def test_each_fault_of_the_code_is_one_place_and_python(room: str) -> None:
    for path in files([ROOT / "fatigue_ros" / room]):
        source = path.read_bytes()
        whole = ast.dump(ast.parse(source))
        for mutation in mutations(path, source)[::40]:
            broken = mutation.applied(source)
            assert ast.dump(ast.parse(broken)) != whole, mutation
            assert source[mutation.start : mutation.end].decode() == mutation.before


def test_a_seed_draws_the_same_faults() -> None:
    room = [ROOT / "fatigue_ros" / "devices"]
    assert drawn(room, 20, 1) == drawn(room, 20, 1) != drawn(room, 20, 2)
    assert len(set(drawn(room, 20, 1))) == 20
