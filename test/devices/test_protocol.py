"""The board's protocol: vectors of the page that describes it, and whatever else a wire brings."""

from __future__ import annotations

import math
import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fatigue_ros.devices.framing import MAX_PAYLOAD, FrameDecoder, crc16, frame, wire_time
from fatigue_ros.devices.protocol import (
    Acknowledgement,
    Alert,
    Heartbeat,
    Message,
    ProtocolError,
    Pulse,
    PulseSamples,
    Status,
    VersionError,
    decode,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
MESSAGES: list[Message] = [
    PulseSamples(0, 2000, tuple(range(508, 518))),
    PulseSamples(65535, 4294965296, (0, 1023, 256)),
    Status(12, 12000960, 1, (1, 0), True, False, True, 0, 65535, 10, 3, 1),
    Acknowledgement(7, 1001712, True, True, False, 2700),
    Acknowledgement(7, 1001712, False, True, False, 0, button=True),
    Alert(7, True, True, 2700, 15000),
    Alert(0, False, False, 0, 0),
    Heartbeat(258),
    Pulse(False),
    Status(13, 12000960, 1, (1, 2), *(False, False, False, 0, 7, 0, 0, 0), pulse_stopped=True),
]
U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)
PAYLOADS = st.binary(min_size=1, max_size=MAX_PAYLOAD)


def vectors() -> list[tuple[bytes, bytes]]:
    """Payload and frame of each line of the page's table."""
    found = re.findall(r"\| `([0-9a-f]+)` \| `([0-9a-f]+)` \|", PAGE.read_text(encoding="utf-8"))
    return [(bytes.fromhex(payload), bytes.fromhex(framed)) for payload, framed in found]


def test_there_is_a_vector_for_each_message() -> None:
    assert len(vectors()) == len(MESSAGES)


@pytest.mark.parametrize(("message", "vector"), zip(MESSAGES, vectors(), strict=True))
def test_vectors(message: Message, vector: tuple[bytes, bytes]) -> None:
    payload, framed = vector
    assert message.encode() == payload
    assert decode(payload) == message
    assert frame(payload) == framed
    assert FrameDecoder().feed(framed) == [payload]


def test_crc_check_value() -> None:
    assert crc16(b"123456789") == 0x29B1


@given(U16, U32, st.lists(U16, min_size=1, max_size=20))
def test_samples_come_back(sequence: int, time: int, samples: list[int]) -> None:
    message = PulseSamples(sequence, time, tuple(samples))
    assert decode(message.encode()) == message


@given(U16, U32, st.integers(0, 15), st.lists(U16, min_size=5, max_size=5))
def test_status_and_acknowledgement_come_back(
    sequence: int, time: int, flags: int, counts: list[int]
) -> None:
    lit = (bool(flags & 1), bool(flags & 2), bool(flags & 4))
    hertz, last, dropped, errors, refused = counts
    status = Status(
        *(sequence, time, 1, (2, 3), *lit),
        *(hertz, last, dropped, errors, refused),
        button=flags > 7,
    )
    assert decode(status.encode()) == status
    acknowledgement = Acknowledgement(sequence, time, *lit, counts[0], button=flags > 7)
    assert decode(acknowledgement.encode()) == acknowledgement


@given(PAYLOADS)
@example(bytes(48))
@example(b"\x01" * 48)
def test_payloads_come_back(payload: bytes) -> None:
    framed = frame(payload)
    assert framed.count(0) == 1
    assert framed[-1] == 0
    assert FrameDecoder().feed(framed) == [payload]


@given(st.lists(PAYLOADS, min_size=1, max_size=8), st.lists(st.integers(1, 200), max_size=20))
def test_portions_do_not_matter(payloads: list[bytes], cuts: list[int]) -> None:
    line = b"".join(frame(p) for p in payloads)
    decoder, got, at = FrameDecoder(), [], 0
    for cut in [*cuts, len(line)]:
        got += decoder.feed(line[at : at + cut])
        at += cut
    got += decoder.feed(line[at:])
    assert got == payloads
    assert (decoder.frames, decoder.errors) == (len(payloads), 0)


@given(st.binary(max_size=2000), PAYLOADS)
@settings(max_examples=500)
def test_the_next_good_frame_is_found(garbage: bytes, payload: bytes) -> None:
    decoder = FrameDecoder()
    decoder.feed(garbage)
    assert decoder.feed(b"\0" + frame(payload))[-1] == payload


@given(PAYLOADS, st.data())
@settings(max_examples=500)
def test_a_damaged_frame_is_not_taken(payload: bytes, data: st.DataObject) -> None:
    """One wrong bit, wherever it is."""
    framed = bytearray(frame(payload))
    bit = data.draw(st.integers(0, 8 * (len(framed) - 1) - 1))
    framed[bit // 8] ^= 1 << bit % 8
    decoder = FrameDecoder()
    decoder.feed(b"\0")
    assert payload not in decoder.feed(bytes(framed))
    assert decoder.errors >= 1


@given(PAYLOADS, st.integers(1, 60))
def test_a_truncated_frame_is_counted(payload: bytes, length: int) -> None:
    framed = frame(payload)
    cut = framed[:-1][-length:] if length < len(framed) - 1 else framed[:-2]
    decoder = FrameDecoder()
    decoder.feed(b"\0")
    got = decoder.feed(cut + b"\0")
    assert payload not in got
    assert decoder.feed(framed) == [payload]


def test_first_partial_frame_is_no_error() -> None:
    whole = frame(Heartbeat(1).encode())
    decoder = FrameDecoder()
    assert decoder.feed(whole[3:] + whole) == [Heartbeat(1).encode()]
    assert decoder.errors == 0
    decoder.feed(whole[3:])
    assert decoder.errors == 1


def test_a_line_without_zeros_fills_no_memory() -> None:
    decoder = FrameDecoder()
    for _ in range(1000):
        decoder.feed(b"\xff" * 1000)
        assert len(decoder._buffer) < 100
    assert decoder.feed(b"\0" + frame(b"\x11\x00\x00")) == [b"\x11\x00\x00"]


def million_bytes(seed: int) -> tuple[bytes, int]:
    """A million bytes of garbage, cut and flipped frames, with a good frame now and then."""
    source, out, good = random.Random(seed), bytearray(), 0
    while len(out) < 1_000_000:
        kind = source.randrange(4)
        framed = bytearray(frame(source.randbytes(source.randint(1, MAX_PAYLOAD))))
        if kind == 0:
            out += source.randbytes(source.randint(1, 300)) + b"\0"
        elif kind == 1:
            out += framed[: source.randint(0, len(framed) - 2)] + b"\0"
        elif kind == 2:
            for bit in source.sample(range(8 * (len(framed) - 1)), source.randint(1, 3)):
                framed[bit // 8] ^= 1 << bit % 8
            out += framed + b"\0"
        else:
            out += b"\0" + frame(b"good" + good.to_bytes(4, "little"))
            good += 1
    return bytes(out), good


def test_a_million_bytes() -> None:
    """No exception, every good frame found, and of the others no more than a 16-bit CRC lets by."""
    line, good = million_bytes(1)
    decoder = FrameDecoder()
    payloads: list[bytes] = []
    for start in range(0, len(line), 997):
        payloads += decoder.feed(line[start : start + 997])
    marked = [p for p in payloads if p[:4] == b"good"]
    assert [int.from_bytes(p[4:], "little") for p in marked] == list(range(good))
    # One bad frame in 65536 passes; three are very unlikely among these 17000.
    assert len(payloads) - good <= 2
    assert decoder.errors > 10_000
    for payload in payloads:
        with pytest.raises(ProtocolError):
            decode(payload)


@given(st.binary(max_size=60))
@settings(max_examples=1000)
def test_payloads_of_any_kind_are_read_or_refused(payload: bytes) -> None:
    try:
        message = decode(payload)
    except ProtocolError:
        return
    assert decode(message.encode()) == message  # all but reserved flags is kept


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "none is unknown"),
        (b"\x42\x00", "0x42 is unknown"),
        (b"\x11\x00", "HEARTBEAT: expected 3 bytes, got 2"),
        (b"\x12\x02", "PULSE: expected 0 or 1, got 2"),
        (b"\x12\x00\x00", "PULSE: expected 2 bytes, got 3"),
        (b"\x01" + bytes(7), "SAMPLES"),
        (b"\x01" + bytes(6) + b"\x02" + bytes(2), "expected 12 .for 2 samples. bytes, got 10"),
        (bytes((0x10, 1, 0, 4, 0, 0, 0, 0)), "LEDs 0x04"),
        (bytes((0x10, 1, 0, 1, 1, 0, 0, 0)), "1 Hz"),
        (b"\x02" + bytes(20), "version 0"),
        (b"\x02" + bytes(6), "STATUS: expected .* bytes, got 7"),
    ],
)
def test_refusals_say_what_is_wrong(payload: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        decode(payload)


def test_another_version_is_known_whatever_its_length() -> None:
    with pytest.raises(VersionError, match="version 2 of the protocol, expected 1"):
        decode(b"\x02" + bytes(6) + b"\x02" + bytes(30))


@pytest.mark.parametrize(
    ("wish", "sent"),
    [
        ((7, 2700, 15.0), (7, 2700, 15000)),
        ((65536 + 7, 5, 1e9), (7, 31, 65535)),
        ((0, 20_000, -1.0), (0, 10_000, 0)),
        ((0, 0, math.nan), (0, 0, 0)),
    ],
)
def test_an_alert_keeps_within_what_the_board_can_do(
    wish: tuple[int, int, float], sent: tuple[int, int, int]
) -> None:
    sequence, buzzer, duration = wish
    alert = Alert.within_limits(sequence, yellow=True, red=False, buzzer=buzzer, duration=duration)
    assert (alert.sequence, alert.buzzer, alert.duration) == sent
    assert decode(alert.encode()) == alert
    assert wire_time(alert.encode()) == pytest.approx(12 * 10 / 115_200)  # 8 + CRC, code and zero


def test_the_end_of_a_frame_that_is_too_long_is_no_frame() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"\0" + b"\xff" * 1000)
    whole = frame(Heartbeat(1).encode())
    assert decoder.feed(whole) == []
    assert decoder.errors == 1
    assert decoder.feed(whole) == [Heartbeat(1).encode()]
