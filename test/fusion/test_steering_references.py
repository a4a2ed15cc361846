"""How drivers steered at the begin of their last drives, in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.fusion.steering_references import SteeringStore
from fatigue_ros.fusion.storage import StorageError


def test_the_last_five_are_kept(tmp_path: Path) -> None:
    store = SteeringStore(tmp_path)
    assert store.load("ann") == ()
    drives = [(0.01 * n, 0.1 * n) for n in range(1, 8)]
    store.save("ann", drives)
    assert store.load("ann") == tuple(drives[2:])
    assert store.load("ben") == ()
    SteeringStore(None).save("ann", drives)
    assert SteeringStore(None).load("ann") == ()


@pytest.mark.parametrize(
    "drives",
    [
        *(None, {}, [1.0], [[0.1]], [[0.1, 0.5, 1.0]], [[0.1, "0.5"]], [[True, 0.5]]),
        *([[0.0, 0.5]], [[0.1, 1.1]], [[3.1, 0.5]], [[-0.1, 0.5]]),
    ],
)
def test_what_is_damaged_is_set_aside(tmp_path: Path, drives: Any) -> None:
    store = SteeringStore(tmp_path)
    store.save("ann", [(0.01, 0.5)])
    [file] = tmp_path.glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"drives": drives}), "utf-8")
    with pytest.raises(StorageError, match="expected pairs of bin and entropy"):
        store.load("ann")
    assert store.load("ann") == ()
