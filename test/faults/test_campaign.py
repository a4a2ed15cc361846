"""The campaign: each fault of the catalogue is seen, and nothing dies. `make faults` has them all.

Whether it is seen is a question for every machine; whether it is seen in time, for `make faults`.
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable
from typing import Any

import pytest

from test.faults.catalogue import CATALOGUE, Fault
from test.faults.rig import Rig

EVERYTHING = bool(os.environ.get("FATIGUE_FAULTS"))
TRIED = [fault for fault in CATALOGUE if EVERYTHING or fault.quick]


@pytest.mark.parametrize("fault", TRIED, ids=[f"{f.group}: {f.name}" for f in TRIED])
def test_it_is_seen_and_nothing_dies(
    fault: Fault,
    rig: Rig,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> None:
    about = {f.name: getattr(fault, f.name) for f in dataclasses.fields(fault)}
    record_property("fault", {name: value for name, value in about.items() if name != "act"})
    more: list[Any] = [request.getfixturevalue("live_board")] if fault.board else []
    record_property("seen", fault.act(rig, *more))
    record_property("within", rig.within)
    rig.alive()
    assert math.isfinite(rig.within) or math.isinf(fault.within), "it was never timed"


def test_each_row_has_a_name_of_its_own() -> None:
    names = [(fault.group, fault.name) for fault in CATALOGUE]
    assert len(names) == len(set(names))
