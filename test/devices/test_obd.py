"""Speed over OBD-II: frames of the standard, and control units on a virtual bus."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import can
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.devices.obd import ObdSpeedSource, Refusal, parse, request
from fatigue_ros.devices.speed import SpeedSettings

Wait = Callable[..., None]
UNSUPPORTED = "037F0112AAAAAAAA"


def _answer(data: str, identifier: int = 0x7E8, extended: bool = False) -> can.Message:
    return can.Message(arbitration_id=identifier, is_extended_id=extended, data=bytes.fromhex(data))


def test_request_is_the_standards() -> None:
    frame = request()
    assert (frame.arbitration_id, frame.is_extended_id, frame.dlc) == (0x7DF, False, 8)
    assert frame.data[:3] == bytes.fromhex("02010D")
    frame = request(extended_ids=True)
    assert (frame.arbitration_id, frame.is_extended_id) == (0x18DB33F1, True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("03410D5AAAAAAAAA", 25.0),
        ("03410D00", 0.0),
        ("03410DFFAAAAAAAA", 255 / 3.6),  # a speed: SAE J1979 reserves nothing here
    ],
)
def test_speed_is_parsed(data: str, expected: float) -> None:
    assert parse(_answer(data)) == pytest.approx(expected)
    assert parse(_answer(data, 0x7EF)) == pytest.approx(expected)
    assert parse(_answer(data, 0x18DAF110, extended=True), extended_ids=True) == pytest.approx(
        expected
    )


@pytest.mark.parametrize(
    "frame",
    [
        _answer("04410C1AF8AAAAAA"),  # engine speed, asked for by another tester
        _answer("0341055AAAAAAAAA"),  # coolant temperature
        _answer("03420D5AAAAAAAAA"),  # freeze frame
        _answer("03410D"),  # cut
        _answer(""),
        _answer("1014490201314434"),  # first frame of the vehicle identification number
        _answer("2147503030523535"),  # a following one
        _answer("037F0912AAAAAAAA"),  # refusal of another service
        _answer("03410D5AAAAAAAAA", 0x7DF),
        _answer("03410D5AAAAAAAAA", 0x7F0),
        _answer("03410D5AAAAAAAAA", 0x18DAF110, extended=True),
    ],
)
def test_anything_else_is_not_an_answer(frame: can.Message) -> None:
    assert parse(frame) is None


def test_refusals_are_told_in_words() -> None:
    assert parse(_answer(UNSUPPORTED)) == Refusal(0x12)
    assert str(Refusal(0x12)) == "sub-function not supported"
    assert str(Refusal(0x99)) == "response code 0x99"


@settings(deadline=None)
@given(
    st.integers(0, 0x1FFFFFFF),
    st.booleans(),
    st.booleans(),
    st.one_of(st.binary(max_size=8), st.binary(max_size=5).map(lambda b: b"\x03\x41" + b)),
)
def test_any_frame_is_a_speed_a_refusal_or_nothing(
    identifier: int, extended: bool, extended_ids: bool, data: bytes
) -> None:
    frame = can.Message(
        arbitration_id=identifier if extended else 0x7E8 | identifier & 0x17,
        is_extended_id=extended,
        data=data,
    )
    found = parse(frame, extended_ids)
    assert found is None or isinstance(found, Refusal) or 0.0 <= found <= 255 / 3.6
    ObdSpeedSource(SpeedSettings(obd_extended_ids=extended_ids), lambda _: None).take(frame)


class Vehicle:
    """Control units that answer every request with the given frames."""

    def __init__(self, bus: can.BusABC) -> None:
        self.answers: list[can.Message] = []
        self.requests = 0
        self._bus = bus
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            frame = self._bus.recv(0.02)
            if frame is not None and frame.data[:3] == bytes.fromhex("02010D"):
                self.requests += 1
                for answer in self.answers:
                    self._bus.send(answer)

    def close(self) -> None:
        self._ending.set()
        self._thread.join()


@pytest.fixture
def units(vehicle: can.BusABC) -> Iterator[Vehicle]:
    found = Vehicle(vehicle)
    yield found
    found.close()


@pytest.fixture
def make(channel: str) -> Iterator[Callable[..., Any]]:
    """Make a started source and the list of the speeds it hands on."""
    sources: list[ObdSpeedSource] = []

    def build(rate: float = 20.0, **more: Any) -> tuple[ObdSpeedSource, list[float]]:
        speeds: list[float] = []
        chosen = SpeedSettings(
            source="obd",
            can_interface="virtual",
            can_channel=channel,
            obd_request_rate=rate,
            **more,
        )
        source = ObdSpeedSource(chosen, speeds.append)
        sources.append(source)
        source.start()
        return source, speeds

    yield build
    for source in sources:
        source.close()


def test_speed_is_asked_for_and_answered(make: Any, units: Vehicle, wait_until: Wait) -> None:
    units.answers = [_answer("04410C1AF8AAAAAA"), _answer("03410D5AAAAAAAAA", 0x7E9)]
    source, speeds = make(rate=10.0)
    wait_until(lambda: len(speeds) >= 3, "three speeds")
    assert speeds[:3] == pytest.approx([25.0] * 3)
    found = source.diagnose()
    assert found["problem"] == ""
    assert found["answered by"] == "0x7E9"
    assert int(found["other frames"]) >= 3


def test_of_two_control_units_the_faster_counts_and_it_is_said(
    make: Any, units: Vehicle, wait_until: Wait
) -> None:
    """It does not stand while one says that it moves, whichever that is."""
    for engine, other in ((50, 0), (0, 50)):
        units.answers = [_answer(f"03410D{engine:02X}"), _answer(f"03410D{other:02X}", 0x7E9)]
        source, speeds = make()
        wait_until(lambda s=source: s.disagreements >= 5, "them to disagree")
        source.close()
        after_both = speeds[2:]
        assert after_both == pytest.approx([50 / 3.6] * len(after_both))
        assert f"0x7E8 says {engine}, 0x7E9 says {other} km/h" in source.fault


def test_control_units_that_agree_are_no_fault(make: Any, units: Vehicle, wait_until: Wait) -> None:
    units.answers = [_answer("03410D32"), _answer("03410D30", 0x7E9), _answer(UNSUPPORTED, 0x7EA)]
    source, speeds = make()
    wait_until(lambda: source.refusals >= 3, "three rounds")
    assert source.problem == ""
    assert speeds[1:] == pytest.approx([50 / 3.6] * len(speeds[1:]))


@pytest.mark.parametrize("rate", [0.5, 20.0])
def test_a_control_unit_that_falls_silent_no_longer_counts(rate: float) -> None:
    speeds: list[float] = []
    chosen = SpeedSettings(source="obd", can_interface="virtual", obd_request_rate=rate)
    source = ObdSpeedSource(chosen, speeds.append)
    for _ in range(2):
        source.requests += 1
        source.take(_answer("03410D00"))
        source.take(_answer("03410D32", 0x7E9))
    assert "disagree" in source.fault
    rounds = 1 + max(1, round(rate))
    for _ in range(rounds):
        source.requests += 1
        source.take(_answer("03410D00"))
    assert speeds == pytest.approx([0.0] + [50 / 3.6] * (3 + rounds - 1) + [0.0])
    assert source.fault == ""


def test_extended_identifiers(make: Any, units: Vehicle, wait_until: Wait) -> None:
    units.answers = [_answer("03410D24AAAAAAAA", 0x18DAF128, extended=True)]
    _, speeds = make(obd_extended_ids=True)
    wait_until(lambda: speeds, "a speed")
    assert speeds[0] == pytest.approx(10.0)


def test_requests_keep_their_rate_whatever_is_on_the_bus(
    make: Any, units: Vehicle, vehicle: can.BusABC, wait_until: Wait
) -> None:
    units.answers = [_answer("0341055AAAAAAAAA")] * 50
    began = time.monotonic()
    source, _ = make(rate=10.0)
    wait_until(lambda: units.requests >= 5, "five requests")
    source.close()
    assert source.requests <= 1 + 10.0 * (time.monotonic() - began)


def test_silence_is_counted_and_reported_until_an_answer(
    make: Any, units: Vehicle, wait_until: Wait
) -> None:
    source, speeds = make()
    wait_until(lambda: source.unanswered >= 2, "requests without answer")
    assert "no control unit answers" in source.problem
    assert speeds == []
    units.answers = [_answer("03410D24AAAAAAAA")]
    wait_until(lambda: speeds, "a speed")
    assert source.problem == ""


def test_refusal_is_reported(make: Any, units: Vehicle, wait_until: Wait) -> None:
    units.answers = [_answer(UNSUPPORTED)]
    source, speeds = make(rate=5.0)
    wait_until(lambda: source.refusals >= 2, "refusals")
    assert source.problem == "control unit 0x7E8 refuses: sub-function not supported"
    assert source.unanswered == 0
    assert speeds == []


def test_response_pending_is_patience_not_refusal(
    make: Any, units: Vehicle, wait_until: Wait
) -> None:
    units.answers = [_answer("037F0178AAAAAAAA")]
    source, _ = make(rate=5.0)
    wait_until(lambda: source.refusals >= 2, "pending responses")
    assert source.problem == ""
    assert source.unanswered == 0


def test_the_request_is_filled_up_to_eight_bytes() -> None:
    assert request().data == bytes.fromhex("02010DCCCCCCCCCC")  # ISO 15765-2 pads with 0xCC


@pytest.mark.parametrize(
    ("code", "words"),  # ISO 14229-1, table of response codes
    [
        (0x10, "general reject"),
        (0x11, "service not supported"),
        (0x12, "sub-function not supported"),
        (0x21, "busy, repeat request"),
        (0x22, "conditions not correct"),
        (0x31, "request out of range"),
        (0x78, "response pending"),
    ],
)
def test_each_response_code_has_its_words(code: int, words: str) -> None:
    assert str(Refusal(code)) == words


def test_nothing_is_counted_before_anything_was_asked() -> None:
    source = ObdSpeedSource(SpeedSettings(source="obd", can_interface="virtual"), print)
    names = ("requests", "responses", "refusals", "unanswered", "other_frames")
    assert [getattr(source, name) for name in names] == [0] * 5
