"""The firmware's portable headers, compiled for the host with its sanitizers on."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fatigue_ros.devices.framing import MAX_PAYLOAD, FrameDecoder, frame
from fatigue_ros.devices.protocol import (
    MAX_BUZZER_FREQUENCY,
    MIN_BUZZER_FREQUENCY,
    Alert,
    ProtocolError,
    decode,
)

HostPart = Callable[[str, bytes], list[str]]
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "protocol.md"
RESTING, PING, CREATE, SPIN, DESTROY = range(5)
WAITING, AVAILABLE, CONNECTED, DISCONNECTED = range(4)


def lines(*words: str) -> bytes:
    return "".join(word + "\n" for word in words).encode()


def vectors() -> list[tuple[str, str]]:
    return re.findall(r"\| `([0-9a-f]+)` \| `([0-9a-f]+)` \|", PAGE.read_text(encoding="utf-8"))


def test_vectors(host_part: HostPart) -> None:
    payloads, frames = zip(*vectors(), strict=True)
    assert host_part("encode", lines(*payloads)) == list(frames)
    assert host_part("decode", bytes.fromhex("".join(frames))) == [*payloads, "errors 0"]


def test_alerts_are_read_as_the_host_means_them(host_part: HostPart) -> None:
    source = random.Random(1)
    alerts = [
        Alert(
            source.randrange(65536),
            bool(source.randrange(2)),
            bool(source.randrange(2)),
            source.choice([0, source.randint(MIN_BUZZER_FREQUENCY, MAX_BUZZER_FREQUENCY)]),
            source.randrange(65536),
        )
        for _ in range(200)
    ]
    read = host_part("alert", lines(*(frame(a.encode()).hex() for a in alerts)))
    assert read == [f"{a.sequence} {a.yellow + 2 * a.red} {a.buzzer} {a.duration}" for a in alerts]


def test_both_sides_refuse_the_same_alerts(host_part: HostPart) -> None:
    source = random.Random(2)
    payloads = [b"\x10" + source.randbytes(source.choice([6, 7, 7, 7, 8])) for _ in range(500)]
    tones = (0, MIN_BUZZER_FREQUENCY - 1, MIN_BUZZER_FREQUENCY, MAX_BUZZER_FREQUENCY + 1)
    payloads += [Alert(1, True, False, tone, 10).encode() for tone in tones]

    def refused(payload: bytes) -> bool:
        try:
            return not isinstance(decode(payload), Alert)
        except ProtocolError:
            return True

    read = host_part("alert", lines(*(frame(p).hex() for p in payloads)))
    assert [line == "refused" for line in read] == [refused(p) for p in payloads]
    assert 0 < read.count("refused") < len(read)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_million_bytes(host_part: HostPart, seed: int) -> None:
    """The firmware's decoder takes from garbage just what the host's takes."""
    source, line = random.Random(seed), bytearray(b"\0")
    while len(line) < 1_000_000:
        framed = bytearray(frame(source.randbytes(source.randint(1, MAX_PAYLOAD))))
        kind = source.randrange(5)
        if kind == 0:
            line += source.randbytes(source.randint(1, 300))
        elif kind == 1:
            line += framed[: source.randint(0, len(framed) - 1)] + b"\0"
        elif kind == 2:
            for bit in source.sample(range(8 * len(framed)), source.randint(1, 3)):
                framed[bit // 8] ^= 1 << bit % 8
            line += framed
        else:
            line += b"\0" + framed
    decoder = FrameDecoder()
    expected = [payload.hex() for payload in decoder.feed(line)]
    *found, errors = host_part("decode", bytes(line))
    assert found == expected
    assert len(found) > 5000
    # Ours counts in 16 bits.
    assert errors == f"errors {decoder.errors % 65536}"


def test_outputs_show_the_command_while_it_lasts(host_part: HostPart) -> None:
    shown = host_part(
        "outputs",
        lines(
            "100 look",
            "200 command 1 0 0 500",
            "699 look",
            "700 look",
            "800 command 1 1 2700 65535",
            "900 command 0 1 0 0",
            "2899 look",
            "2900 look",
            "3899 look",
            "3900 look",
            "4900 look",
            "5000 heard",
            "5001 command 1 0 0 100",
            "5101 look",
        ),
    )
    assert shown == [
        "0 0 0 0",
        "1 0 0 0",
        "1 0 0 0",
        "0 0 0 0",
        "1 1 2700 0",
        "0 0 0 0",  # no duration: off at once
        "0 0 0 0",
        "1 0 0 1",  # host lost
        "1 0 0 1",
        "0 0 0 1",
        "1 0 0 1",
        "0 0 0 0",
        "1 0 0 0",
        "0 0 0 0",
    ]


def test_outputs_survive_the_wrap_of_their_clock(host_part: HostPart) -> None:
    """Milliseconds in 32 bits: after 49.7 days."""
    end = 2**32
    shown = host_part(
        "outputs",
        lines(
            f"{end - 300} command 1 0 0 500",
            f"{end - 1} look",
            "199 look",
            "200 look",
            "1699 look",
            "1700 look",
        ),
    )
    assert shown == ["1 0 0 0", "1 0 0 0", "1 0 0 0", "0 0 0 0", "0 0 0 0", "1 0 0 1"]


def test_batches_keep_order_and_name_what_was_lost(host_part: HostPart) -> None:
    work = [f"add {tick} {tick + 500}" for tick in range(1, 26)]
    work += ["take", "take", "take"]
    # Twelve batches more than are taken.
    work += [f"add {tick} {tick}" for tick in range(26, 146)]
    work += ["dropped", *["take"] * 8]
    first, second, nothing, dropped, *rest = host_part("batches", lines(*work))
    assert first.split() == ["0", "1", *(str(t + 500) for t in range(1, 11))]
    assert second.split() == ["1", "11", *(str(t + 500) for t in range(11, 21))]
    assert nothing == "none"
    kept = [[int(word) for word in line.split()] for line in rest if line != "none"]
    assert len(kept) == 7
    assert int(dropped) == 10 * (12 - 7)
    for sequence, tick, *samples in kept:
        assert tick == 10 * sequence + 1
        ticks = range(tick, tick + 10)
        assert samples == [t + 500 if t <= 25 else t for t in ticks]
    assert [batch[0] for batch in kept] == list(range(2, 9))


def test_agent_comes_and_goes(host_part: HostPart) -> None:
    """micro-ROS: search, make, work, notice the loss, unmake, search again."""
    told = host_part(
        "agent",
        lines(
            "0 next",
            "1 answered 0",
            "499 next",
            "500 next",
            "501 answered 1",
            "502 next",
            "503 created 1",
            "504 next",
            "1000 next",
            "1001 answered 0",
            "1002 next",
            "1500 next",
            "1501 answered 1",
            "2000 next",
            "2001 answered 0",
            "2500 next",
            "2501 answered 0",
            "2502 next",
            "3000 next",
            "3001 answered 0",
            "3002 next",
            "3003 destroyed",
            "3500 next",
        ),
    )
    assert [tuple(int(word) for word in line.split()) for line in told] == [
        (WAITING, PING),
        (WAITING, -1),
        (WAITING, RESTING),
        (WAITING, PING),
        (AVAILABLE, -1),
        (AVAILABLE, CREATE),
        (CONNECTED, -1),
        (CONNECTED, SPIN),
        (CONNECTED, PING),
        (CONNECTED, -1),  # one lost ping is no loss
        (CONNECTED, SPIN),
        (CONNECTED, PING),
        (CONNECTED, -1),
        (CONNECTED, PING),
        (CONNECTED, -1),
        (CONNECTED, PING),
        (CONNECTED, -1),
        (CONNECTED, SPIN),
        (CONNECTED, PING),
        (DISCONNECTED, -1),
        (DISCONNECTED, DESTROY),
        (WAITING, -1),
        (WAITING, PING),
    ]


def test_agent_that_goes_while_things_are_made(host_part: HostPart) -> None:
    told = host_part(
        "agent", lines("0 next", "1 answered 1", "2 next", "3 created 0", "4 next", "5 destroyed")
    )
    assert told[-2:] == [f"{DISCONNECTED} {DESTROY}", f"{WAITING} -1"]


def test_board_package_holds_interfaces_that_exist() -> None:
    """What micro-ROS builds for the board is what the nodes are built with."""
    package = ROOT / "firmware" / "micro_ros" / "extra_packages" / "fatigue_ros"
    named = re.findall(r"msg/\w+\.msg", (package / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert len(named) == 3
    for name in named:
        assert (package / name).read_bytes() == (ROOT / name).read_bytes()
