"""Every topic, field, service and node in the layouts for rqt and Foxglove exists."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rosidl_parser.definition import (  # type: ignore[import-untyped]
    AbstractNestedType,
    AbstractString,
    BasicType,
    NamespacedType,
)

from fatigue_ros import msg, srv
from fatigue_ros.bags.topics import TOPICS
from fatigue_ros.fusion.judgement import Judgement
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.ros.composition import ALL
from fatigue_ros.settings.resources import config

ROOT = Path(__file__).resolve().parents[2]
STATUS = "diagnostic_msgs/DiagnosticArray"


def kind(text: str) -> Any:
    """The class of `package/Name`; without a package it is ours."""
    package, _, name = text.rpartition("/")
    return getattr(importlib.import_module(f"{package}.msg") if package else msg, name)


@pytest.fixture(scope="module")
def topics() -> dict[str, Any]:
    """Topic: message class, as docs/interfaces.md lists them."""
    text = (ROOT / "docs" / "interfaces.md").read_text("utf-8")
    section = text.partition("## Topics")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w/]+)` \| ([\w/]+)", section, re.MULTILINE)
    found = {"/" + name.lstrip("/"): kind(said) for name, said in rows if said != "as"}
    assert len(found) > 10
    return found


def field(message: Any, names: list[str]) -> Any:
    """Type of a field inside a field; arrays stand for their elements."""
    here: Any = message
    for name in names:
        known = dict(zip(here.get_fields_and_field_types(), here.SLOT_TYPES, strict=True))
        assert name in known, f"{here.__name__} has no {name}, only {', '.join(known)}"
        here = known[name]
        if isinstance(here, AbstractNestedType):
            here = here.value_type
        if isinstance(here, NamespacedType):
            here = getattr(importlib.import_module(".".join(here.namespaces)), here.name)
    return here


def resolve(path: str, topics: dict[str, Any], separator: str) -> Any:
    """Type of what a path means; the topic is its longest beginning that there is."""
    for topic in sorted(topics, key=len, reverse=True):
        rest = path.removeprefix(topic)
        if rest != path and (not rest or rest[0] in separator + "["):
            return field(topics[topic], [n for n in rest.split(separator) if n])
    raise AssertionError(f"{path}: no such topic")


def test_a_wrong_path_is_found(topics: dict[str, Any]) -> None:
    for path in ("/blink/eer", "/blinks/ear", "/blink/ear/more", "/blinkear"):
        with pytest.raises((AssertionError, AttributeError)):
            resolve(path, topics, "/")


# rqt ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plugins() -> dict[str, dict[str, Any]]:
    """Settings of each running plugin."""
    layout = json.loads(config("fatigue.perspective").read_text("utf-8"))
    manager = layout["groups"]["pluginmanager"]
    running = ast.literal_eval(manager["keys"]["running-plugins"]["repr"])
    names = {
        f"plugin__{name.replace('/', '__')}__{number}"
        for name, numbers in running.items()
        for number in numbers
    }
    assert names == set(manager["groups"])
    return {
        name: {
            key: ast.literal_eval(value["repr"])
            for key, value in group["groups"]["plugin"]["keys"].items()
        }
        for name, group in manager["groups"].items()
    }


def test_rqt_plots_numbers_that_exist(
    plugins: dict[str, dict[str, Any]], topics: dict[str, Any]
) -> None:
    plotted = [p for name, s in plugins.items() if "rqt_plot" in name for p in s["topics"]]
    assert {"/blink/ear", "/blink/perclos", "/heart_rate/bpm", "/fatigue/level"} <= set(plotted)
    for path in plotted:
        assert isinstance(resolve(path, topics, "/"), BasicType), path


def test_rqt_shows_the_annotated_picture_monitor_and_parameters(
    plugins: dict[str, dict[str, Any]], topics: dict[str, Any]
) -> None:
    topic = plugins["plugin__rqt_image_view__ImageView__1"]["topic"]
    assert topics[topic] is kind("sensor_msgs/Image")
    assert "plugin__rqt_robot_monitor__RobotMonitor__1" in plugins
    assert "plugin__rqt_reconfigure__Param__1" in plugins


def test_rqt_has_a_place_for_every_dock() -> None:
    """In the window's state, where Qt keeps names as UTF-16; scripts/arrange_rqt makes it."""
    layout = json.loads(config("fatigue.perspective").read_text("utf-8"))
    kept = layout["groups"]["mainwindow"]["keys"]
    assert kept["geometry"]["type"] == kept["state"]["type"] == "repr(QByteArray.hex)"
    [content] = re.findall(
        r"QtCore\.QByteArray\(b'([0-9a-f]+)'\)", kept["state"]["repr(QByteArray.hex)"]
    )
    placed = bytes.fromhex(content)
    docks = {
        f"{plugin.removeprefix('plugin__')}__{dock.removeprefix('dock_widget__')}"
        for plugin, group in layout["groups"]["pluginmanager"]["groups"].items()
        for dock in group["groups"]
        if dock.startswith("dock_widget__")
    }
    assert len(docks) == 7
    for name in docks:
        assert placed.count(name.encode("utf-16-be")) == 1, name


# Foxglove ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def foxglove() -> dict[str, Any]:
    layout: dict[str, Any] = json.loads(config("foxglove.json").read_text("utf-8"))
    return layout


def _leaves(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        for side in ("first", "second"):
            yield from _leaves(part[side])


def test_foxglove_places_every_panel(foxglove: dict[str, Any]) -> None:
    assert sorted(_leaves(foxglove["layout"])) == sorted(foxglove["configById"])


def test_foxglove_shows_what_exists(foxglove: dict[str, Any], topics: dict[str, Any]) -> None:
    metrics = {
        m.name for m in Judgement(FusionSettings(state_directory="none")).update(1.0).metrics
    }
    paths = 0
    for panel, settings in foxglove["configById"].items():
        shown = [p["value"] for p in settings.get("paths", [])]
        shown += [settings[key] for key in ("path", "topicPath") if key in settings]
        for path in shown:
            for name in re.findall(r'\{name=="(\w+)"\}', path):
                assert name in metrics, path
            leaf = resolve(re.sub(r"\[:\]|\{[^}]*\}", "", path), topics, ".")
            if panel.startswith(("Plot", "Gauge", "Indicator")):
                assert isinstance(leaf, BasicType), path
            elif panel.startswith("StateTransitions"):
                assert isinstance(leaf, (BasicType, AbstractString)), path
            paths += 1
        if "imageMode" in settings:
            assert topics[settings["imageMode"]["imageTopic"]] is kind(
                "sensor_msgs/CompressedImage"
            )
        if "topicToRender" in settings:
            assert topics[settings["topicToRender"]] is kind(STATUS)
    assert paths > 15


def test_a_bag_holds_all_that_foxglove_shows(foxglove: dict[str, Any]) -> None:
    shown = set(re.findall(r'"(/[a-z_/]+)[."]', json.dumps(foxglove)))
    called = {s["serviceName"] for s in foxglove["configById"].values() if "serviceName" in s}
    kept = {name if name.startswith("/") else f"/{name}" for name in TOPICS}
    assert len(shown) > 5
    assert shown - called <= kept


def test_foxglove_calls_services_with_their_fields(foxglove: dict[str, Any]) -> None:
    services = {
        "/acknowledge": set(),
        "/set_sleep_quality": set(srv.SetSleepQuality.Request.get_fields_and_field_types()),
    }
    called = {
        s["serviceName"]: set(json.loads(s["requestPayload"]))
        for name, s in foxglove["configById"].items()
        if name.startswith("CallService")
    }
    assert called == services


# Aggregator --------------------------------------------------------------------------------------


def test_the_aggregator_sorts_every_node_once() -> None:
    text = config("diagnostic_aggregator.yaml").read_text("utf-8")
    settings = yaml.safe_load(text)["analyzers"]["ros__parameters"]
    found = [n for group in settings.values() if isinstance(group, dict) for n in group["contains"]]
    missing = {f"/{name}" for name in ALL} - set(found)
    assert not missing
    assert len(found) == len(set(found))
