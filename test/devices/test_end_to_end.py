"""Counter and checksum, against AUTOSAR's published examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.devices.end_to_end import PROFILES, Protection
from fatigue_ros.errors import SourceError

pytest.importorskip("e2e", reason="autosar-e2e: .[bus]")


@pytest.mark.parametrize(
    ("profile", "data_id", "counter", "expected"),
    [
        # AUTOSAR PRS_E2EProtocol, examples of each profile: eight bytes, all zero.
        ("P01", 0x123, 0, "CC00000000000000"),
        ("P01", 0x123, 1, "9101000000000000"),
        ("P11", 0x123, 0, "CC00000000000000"),
        ("P05", 0x1234, 0, "1CCA000000000000"),
    ],
)
def test_published_examples(profile: str, data_id: int, counter: int, expected: str) -> None:
    protection = Protection(profile, data_id, 8, "M")
    data = bytearray(8)
    protection.protect(data, counter)
    assert data.hex().upper() == expected
    assert protection.check(data)
    assert protection.counter(data) == counter


@given(st.sampled_from(sorted(PROFILES)), st.binary(min_size=8, max_size=64), st.data())
def test_one_wrong_bit_or_another_sender_is_seen(
    profile: str, given_data: bytes, draw: st.DataObject
) -> None:
    protection = Protection(profile, 0xF200, len(given_data), "M")
    counter = draw.draw(st.integers(0, protection.counters - 1))
    data = bytearray(given_data)
    protection.protect(data, counter)
    assert protection.check(data)
    assert protection.counter(data) == counter
    first = protection.header // 8 + bool(protection.header % 8)
    assert data[first:] == given_data[first:]
    assert not Protection(profile, 0xF201, len(data), "M").check(data)
    bit = draw.draw(st.integers(0, 8 * len(data) - 1))
    data[bit // 8] ^= 1 << bit % 8
    assert not protection.check(data)


def test_what_cannot_be_protected_is_refused() -> None:
    with pytest.raises(SourceError, match="'P99' is unknown, expected one of P01, P11, P05"):
        Protection("P99", 1, 8, "M")
    with pytest.raises(SourceError, match="message M has 3 bytes, expected 4 or more"):
        Protection("P05", 1, 3, "M")
