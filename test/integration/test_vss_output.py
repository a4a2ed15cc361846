"""The vss_output node over DDS, and a broker that speaks the published protocol over TCP."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("kuksa_client", reason="kuksa-client: .[vss]")

from fatigue_ros.msg import BlinkRate, FatigueLevel, FatigueWarning, HeartRate
from fatigue_ros.nodes import vss_output
from fatigue_ros.ros.base import ERROR, OK
from fatigue_ros.ros.composition import create
from fatigue_ros.ros.qos import WARNING_QOS
from test.integration.databroker import CATALOGUE, Broker

LEVEL, HEART = "Vehicle.Driver.FatigueLevel", "Vehicle.Driver.HeartRate"
EYES, WARNING = "Vehicle.Driver.IsEyesOnRoad", "Vehicle.ADAS.DMS.IsWarning"
ENABLED = "Vehicle.ADAS.DMS.IsEnabled"


@pytest.fixture
def broker() -> Iterator[Broker]:
    running = Broker()
    yield running
    running.stop()


def test_the_broker_knows_what_is_known_and_nothing_old(
    bench: Any, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vss_output, "FRESH", dict.fromkeys(vss_output.FRESH, 1.0))
    node = bench.add(create("vss_output", {"broker": f"127.0.0.1:{broker.port}"}))
    make = bench.node.create_publisher
    talks = {
        kind: make(kind, topic, qos)
        for kind, topic, qos in (
            (FatigueLevel, "fatigue", 10),
            (FatigueWarning, "warning", WARNING_QOS),
            (HeartRate, "heart_rate", 10),
            (BlinkRate, "blink", 10),
        )
    }
    assert node.start(), node.problem
    for talk in talks.values():
        bench.until(talk.get_subscription_count, "the node to listen")
    bench.until(lambda: broker.values == dict.fromkeys(CATALOGUE), "that nothing is known")

    def until(condition: Callable[[], Any], what: str, *messages: Any) -> None:
        def done() -> Any:
            for message in messages:
                talks[type(message)].publish(message)
            return condition()

        bench.until(done, what)

    level = FatigueLevel(valid=True, level=42.5, state=FatigueLevel.ACTIVE)
    awake = BlinkRate(judged=True)
    calm = {LEVEL: 42.5, HEART: 64, EYES: None, WARNING: False, ENABLED: True}
    pulse = HeartRate(valid=True, bpm=63.6)
    until(lambda: broker.values == calm, "a drive", level, pulse, awake, FatigueWarning())
    until(lambda: node.diagnose().level == OK, "its word", level)
    assert node.diagnose().values["not in its catalogue"] == "Vehicle.ADAS.DMS.IsError"
    shut = BlinkRate(judged=True, eyes_closed=True, closure_duration=0.5)
    alarm = FatigueWarning(severity=FatigueWarning.ACOUSTIC, cause="eyes_closed")
    lost = FatigueLevel(state=FatigueLevel.CANNOT_SEE, level=math.nan)
    asleep = {LEVEL: None, HEART: 64, EYES: False, WARNING: True, ENABLED: True}
    until(lambda: broker.values == asleep, "the alarm", lost, pulse, shut, alarm)
    blink = BlinkRate(judged=True, eyes_closed=True, closure_duration=0.4)
    until(lambda: broker.values[EYES] is None, "a blink", blink)
    # What nobody says any more is not available, whoever it was that fell silent.
    until(lambda: broker.values == dict.fromkeys(CATALOGUE), "that nothing is known any more")
    # A broker that begins anew knows nothing: it is told.
    port = broker.port
    broker.stop()
    until(lambda: node.diagnose().level == ERROR, "that the broker is lost", level)
    assert f"databroker 127.0.0.1:{port}" in node.diagnose().message
    again = Broker(port)
    try:
        until(lambda: again.values.get(LEVEL) == 42.5, "the level again", level)
        node.stop()
        assert again.values == dict.fromkeys(CATALOGUE)  # taken back at the end
    finally:
        again.stop()
    assert not [text for text in broker.refused + again.refused if "IsError" not in text]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"broker": "localhost"}, "broker: expected host:port"),
        ({"token_file": "/absent"}, "token_file: /absent cannot be read"),
        ({"root_certificates": "/absent"}, "root_certificates: /absent cannot be read"),
    ],
)
def test_what_cannot_work_leaves_it_unconfigured(
    bench: Any, parameters: dict[str, Any], words: str
) -> None:
    node = bench.add(create("vss_output", parameters))
    assert not node.start()
    assert words in node.problem
