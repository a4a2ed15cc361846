"""config/fatigue.yaml holds every parameter as the nodes declare it."""

from __future__ import annotations

import yaml

from fatigue_ros.desk.parameter_reference import render
from fatigue_ros.ros.composition import ALL, create
from fatigue_ros.settings.resources import config


def test_the_file_is_what_the_nodes_declare() -> None:
    written = config("fatigue.yaml").read_text(encoding="utf-8")
    assert written == render(), (
        "run: python -m fatigue_ros.desk.parameter_reference > config/fatigue.yaml"
    )


def test_every_node_starts_with_its_section(bench) -> None:  # type: ignore[no-untyped-def]
    sections = yaml.safe_load(config("fatigue.yaml").read_text(encoding="utf-8"))
    assert sorted(sections) == sorted(f"/**/{name}" for name in ALL)
    for name in ALL:
        values = sections[f"/**/{name}"]["ros__parameters"]
        node = bench.add(create(name, values))
        assert {key: getattr(node.settings, key) for key in values} == values
