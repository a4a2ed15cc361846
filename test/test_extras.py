"""What is said where a package is missing; the commands' part of it is in cli/test_main.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.extras import EXTRAS, load, require


def test_all_that_is_missing_of_an_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EXTRAS["learning"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(FatigueError) as refused:
        require("learning")
    assert str(refused.value) == (
        f"expected the packages {', '.join(EXTRAS['learning'])}, not found: pip install .[learning]"
    )


def test_a_package_that_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "halved.py").write_text("from fatigue_ros.errors import OtherHalf\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FatigueError, match=r"^halved: cannot be imported: cannot import name"):
        load("halved")
