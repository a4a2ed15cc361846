"""How much of a bus the frames take, worked out of the files, as docs/vehicle.md has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cantools
import pytest

ROOT = Path(__file__).resolve().parents[2]


def longest(message: Any) -> int:
    """[bits] with the most stuff bits that there can be, and the pause after the frame.

    A classic frame has 34 bits that are stuffed besides its data (54 with 29 bits of identifier)
    and 13 that are not; after the first, every fourth can bring one more.
    """
    stuffed = (54 if message.is_extended_frame else 34) + 8 * message.length
    return int(stuffed + 13 + (stuffed - 1) // 4)


@pytest.mark.parametrize(
    ("name", "rate", "lengths", "even", "share"),
    [
        ("driver_fatigue.dbc", 500e3, [135, 95], "0.73 kbit/s", "0.15 %"),
        ("driver_fatigue_j1939.dbc", 250e3, [160, 120], "0.88 kbit/s", "0.35 %"),
    ],
)
def test_the_load_of_the_bus(
    name: str, rate: float, lengths: list[int], even: str, share: str
) -> None:
    database: Any = cantools.database.load_file(ROOT / "config" / name)
    assert [longest(message) for message in database.messages] == lengths
    load = sum(1000.0 / m.cycle_time * longest(m) for m in database.messages)
    assert f"{load / 1000.0:.2f} kbit/s" == even
    assert f"{100.0 * load / rate:.2f} %" == share
    page = " ".join((ROOT / "docs" / "vehicle.md").read_text(encoding="utf-8").split())
    paragraph = page.partition("**Load.**")[2][:700]
    for words in (*map(str, lengths), even, share):
        assert words in paragraph
