"""docs/interfaces.md against what the nodes offer: topics, types, qualities of service."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from rclpy.lifecycle import TransitionCallbackReturn

from fatigue_ros.bags.topics import TOPICS
from fatigue_ros.devices.light_patterns import Pattern
from fatigue_ros.msg import FatigueWarning
from fatigue_ros.ros.composition import create

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "interfaces.md"
# What others publish, and what is published under a name that is worked out.
FROM_OUTSIDE = {"camera/image_raw/compressed", "vehicle/speed_input"}
WORKED_OUT = {"camera/image_raw", "/diagnostics", "/clock"}
SENSOR, RELIABLE, LATCHED = "sensor data", "reliable", "latched"


def table() -> dict[str, list[str]]:
    """Topic: type, publishers, rate, quality of service, frame."""
    section = PAGE.read_text("utf-8").partition("## Topics")[2].partition("\n## ")[0]
    rows = [re.split(r" *\| *", row)[1:-1] for row in section.splitlines() if row.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in rows}


def offered() -> dict[str, tuple[str, str]]:
    """Topic: name of the message's class and quality of service, as the nodes' code has them."""
    found: dict[str, tuple[str, str]] = {}
    for folder in ("nodes", "bags", "simulator", "ros", "desk"):
        for file in sorted((ROOT / "fatigue_ros" / folder).glob("*.py")):
            for call in ast.walk(ast.parse(file.read_text("utf-8"))):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr == "advertise"
                    and isinstance(call.args[1], ast.Constant)
                    and isinstance(topic := call.args[1].value, str)
                ):
                    kind = ast.unparse(call.args[0])
                    qos = ast.unparse(call.args[2]) if len(call.args) > 2 else "10"
                    found[topic] = kind, qos
    assert len(found) > 10
    return found


def test_every_topic_that_a_node_offers_has_its_row() -> None:
    rows = table()
    assert rows.keys() == offered().keys() | FROM_OUTSIDE | WORKED_OUT
    for topic, (kind, qos) in offered().items():
        said, _, rate, quality, _ = rows[topic]
        assert re.match(r"[\w/]+", said)[0].rpartition("/")[2] == kind, topic  # type: ignore[index]
        expected = {"qos_profile_sensor_data": SENSOR, "LATCHED": LATCHED, "WARNING_QOS": LATCHED}
        assert expected.get(qos, RELIABLE) in quality, topic
        assert rate, topic


@pytest.mark.parametrize("topic", TOPICS)
def test_bags_keep_the_qualities_of_the_live_topics(topic: str) -> None:
    said, _, _, quality, _ = table()[topic]
    known = TOPICS[topic]
    assert said.split()[0].rstrip(",:").rpartition("/")[2] == known.kind.rpartition("/")[2]
    assert known.reliable is (SENSOR not in quality)
    assert known.latched is (LATCHED in quality)
    assert bool(known.deadline) is ("deadline" in quality)


def test_the_services_of_the_page_are_those_of_fusion(bench: Any) -> None:
    section = PAGE.read_text("utf-8").partition("## Services")[2].partition("\n## ")[0]
    said = dict(re.findall(r"^\| `(\w+)` \| ([\w/]+)", section, re.MULTILINE))
    node = bench.add(create("fusion"))
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    offered = {
        name.rpartition("/")[2]: types[0].replace("/srv/", "/")
        for name, types in node.get_service_names_and_types_by_node(
            node.get_name(), node.get_namespace()
        )
        if types[0].startswith(("fatigue_ros/", "std_srvs/"))
    }
    assert offered == said


def test_a_warning_of_any_publisher_is_heard(bench: Any) -> None:
    """Of one without deadline and without a latched message, such as a plain one of rclpy."""
    node = bench.add(create("alert"))
    assert node.start()
    publisher = bench.node.create_publisher(FatigueWarning, "warning", 10)
    loud = FatigueWarning(severity=FatigueWarning.ACOUSTIC, cause=FatigueWarning.CAUSE_EYES_CLOSED)
    bench.send(
        publisher,
        loud,
        lambda: node.diagnose().values["shown"] == Pattern.EYES_CLOSED_LOUD.name.lower(),
        "the pattern of shut eyes",
    )
