"""The security policy, compared with what each node really says, hears, serves and calls."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from fatigue_ros.ros.composition import ALL, create

FOLDER = Path(__file__).resolve().parents[2] / "config" / "security"
INCLUDE = "{http://www.w3.org/2001/XInclude}include"
LISTS = {  # of a profile: attributes, and what the graph calls them
    ("topics", "publish"): "get_publisher_names_and_types_by_node",
    ("topics", "subscribe"): "get_subscriber_names_and_types_by_node",
    ("services", "reply"): "get_service_names_and_types_by_node",
    ("services", "request"): "get_client_names_and_types_by_node",
}
Found = dict[tuple[str, str], set[str]]


def read(file: Path) -> Any:
    """A file of the policy with what it includes, as sros2 reads it."""
    root = ET.parse(file).getroot()
    for parent in list(root.iter()):
        for place, child in reversed(list(enumerate(parent))):
            if child.tag == INCLUDE:
                inner = read(file.parent / child.attrib["href"])
                whole = {"xpointer(/profile)": [inner], "xpointer(/profile/*)": list(inner)}
                parent[place : place + 1] = whole[child.attrib["xpointer"]]
    return root


def allowed(profile: Any) -> Found:
    """Full names of what a profile allows."""
    found: Found = {kind: set() for kind in LISTS}
    node = profile.attrib["node"]
    for group in profile:
        for key, value in group.attrib.items():
            assert value == "ALLOW"
            for entry in group:
                name = entry.text.replace("~/", f"/{node}/")
                found[group.tag, key].add(name if name.startswith("/") else f"/{name}")
    return found


def observed(bench: Any, name: str, namespace: str) -> Found:
    """The same of a running node, by the graph, as if its namespace were the root."""
    return {
        kind: {
            topic.removeprefix(namespace) for topic, _ in getattr(bench.node, ask)(name, namespace)
        }
        for kind, ask in LISTS.items()
    }


@pytest.fixture(scope="module")
def policy() -> Any:
    return read(FOLDER / "policy.xml")


def profiles(policy: Any, enclave: str) -> dict[str, Any]:
    (found,) = policy.findall(f"./enclaves/enclave[@path='/fatigue_ros/{enclave}']")
    return {profile.attrib["node"]: profile for profile in found.iter("profile")}


def test_it_is_a_policy_as_sros2_has_them(policy: Any) -> None:
    """By sros2's schema of version 0.2.0."""
    assert (policy.tag, policy.attrib["version"]) == ("policy", "0.2.0")
    (enclaves,) = policy
    paths = [enclave.attrib["path"] for enclave in enclaves]
    assert sorted(paths) == sorted(f"/fatigue_ros/{name}" for name in [*ALL, "driver_monitor"])
    for enclave in enclaves:
        (inner,) = enclave
        assert inner.tag == "profiles"
        for profile in inner:
            assert profile.tag == "profile"
            assert profile.attrib["ns"] == "/"
            for group in profile:
                assert {(group.tag, key) for key in group.attrib} <= LISTS.keys()
                assert group.attrib
                assert {entry.tag for entry in group} == {group.tag[:-1]}


def test_each_enclave_is_a_nodes_and_the_composed_one_is_all_of_a_vehicles(policy: Any) -> None:
    for name in ALL:
        assert list(profiles(policy, name)) == [name]
    together = profiles(policy, "driver_monitor")
    assert together.keys() == ALL.keys() - {"driver_simulator"}
    for name, profile in together.items():
        assert allowed(profile) == allowed(profiles(policy, name)[name])


def test_the_page_names_enclaves_that_are_there(policy: Any) -> None:
    """And one that it says how to make."""
    page = FOLDER.parents[1] / "docs" / "how_to" / "secure_the_graph.md"
    named = set(re.findall(r"[ =`](/fatigue_ros/\w+)", page.read_text(encoding="utf-8")))
    there = {enclave.attrib["path"] for enclave in policy.iter("enclave")}
    assert named - there == {"/fatigue_ros/engineer"}
    assert "/fatigue_ros/driver_monitor" in named


def test_nobody_but_its_own_node_says_what_a_driver_depends_on(policy: Any) -> None:
    for topic, speakers in {
        "/warning": {"fusion"},
        "/fatigue": {"fusion"},
        "/references": {"fusion"},
        "/blink": {"blink"},
        "/face/landmarks": {"landmarks"},
        "/actuators/command": {"alert"},
        "/vehicle/speed": {"vehicle_speed", "driver_simulator"},
    }.items():
        for name in ALL:
            says = topic in allowed(profiles(policy, name)[name])["topics", "publish"]
            assert says is (name in speakers), (topic, name)


DBC_FILE = str(FOLDER.parent / "vehicle.dbc")


@pytest.fixture
def variants(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str], list[dict[str, Any]]]:
    """Parameters of nodes that together have all their topics and services."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "1.png"), np.zeros((48, 64, 3), np.uint8))

    def of(name: str) -> list[dict[str, Any]]:
        if name == "face_state":
            model = str(request.getfixturevalue("model_file")(region="face"))
            return [{"model": model}, {"model": model, "image_transport": "compressed"}]
        if name == "vehicle_output":
            pytest.importorskip("e2e", reason="autosar-e2e: .[bus]")
        if name == "vss_output":
            pytest.importorskip("kuksa_client", reason="kuksa-client: .[vss]")
        more: dict[str, list[dict[str, Any]]] = {
            "annotator": [{}, {"image_transport": "compressed"}],
            "camera": [
                {"source": str(pictures), "loop": True},
                {"source": str(pictures), "pace": "as_consumed"},
            ],
            "dashboard": [{"port": 0, "bench": True}],
            "fusion": [{"state_directory": "none", "face_state_weight": 5.0}],
            "landmarks": [{}, {"image_transport": "compressed"}],
            "microcontroller": [{"port": str(tmp_path / "nowhere"), "pulse_up_to": 5.0}],
            "recorder": [{"bag": str(tmp_path / "bag"), "with_images": True}],
            "vehicle_input": [{"can_interface": "virtual", "dbc_file": DBC_FILE}],
            "vehicle_output": [{"can_interface": "virtual"}],
            "vehicle_speed": [{"source": "twist_stamped"}],
            "driver_simulator": [{}, {"pace": "as_consumed"}],
        }
        return more.get(name, [{}])

    return of


@contextlib.contextmanager
def a_page_with_pictures(address: str) -> Iterator[None]:
    """Open as long as the context."""
    done = threading.Event()

    async def look() -> None:
        session = aiohttp.ClientSession(address)
        async with session, session.ws_connect("/socket") as page:
            await page.send_json({"do": "picture", "value": True})
            while not done.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.mark.parametrize("name", ALL)
def test_it_allows_what_a_node_does_and_nothing_else(
    bench: Any, policy: Any, variants: Callable[[str], list[dict[str, Any]]], name: str
) -> None:
    """All variants run side by side, each in a namespace of its own; the last by /clock."""
    first, *others = variants(name)
    every = [first, *others, {**first, "use_sim_time": True}]
    found: Found = {kind: set() for kind in LISTS}
    wanted = allowed(profiles(policy, name)[name])

    def seen() -> bool:
        for number in range(len(every)):
            for kind, names in observed(bench, name, f"/v{number}").items():
                found[kind] |= names
        return all(found[kind] >= wanted[kind] for kind in LISTS)

    with contextlib.ExitStack() as stack:
        for number, parameters in enumerate(every):
            bench.node.create_subscription(
                Image, f"v{number}/fatigue/annotated", lambda _: None, qos_profile_sensor_data
            )
            own = {"bag": f"{parameters['bag']}{number}"} if "bag" in parameters else {}
            node = bench.add(create(name, parameters | own, f"v{number}"))
            assert node.start(), node.problem
            if name == "dashboard":
                stack.enter_context(a_page_with_pictures(node.address))
        bench.until(seen, f"{wanted}, what the policy allows", 60.0)
        bench.spin(0.5)
        seen()
    assert found == wanted
