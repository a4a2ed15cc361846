"""Writes config/fatigue.yaml from the parameters the nodes declare.

``python -m fatigue_ros.nodes.reference > config/fatigue.yaml``; a test holds the two together.
"""

from __future__ import annotations

import importlib
import json
import sys
import textwrap

from fatigue_ros.nodes.driver_monitor import ALL
from fatigue_ros.parameters import Specification, Value, specifications

_HEADER = """\
# Every parameter of every node, with its default. Copy what you change into a file of your own and
# name it: ros2 launch fatigue_ros fatigue.launch.py params:=mine.yaml
# "live" parameters may change while a node is configured, the others only before.
# Made by: python -m fatigue_ros.nodes.reference
"""
_WIDTH = 100


def _value(value: Value) -> str:
    """As YAML that keeps its type: 1.0 stays a float, "1" a string."""
    return json.dumps(value)


def _entry(spec: Specification) -> str:
    notes = [f"[{spec.unit}]" if spec.unit else "", spec.description.rstrip(".") + "."]
    if spec.range_text:
        notes.append(f"Range: {spec.range_text}.")
    if spec.live:
        notes.append("Live.")
    text = " ".join(note for note in notes if note)
    comment = textwrap.wrap(text, _WIDTH, initial_indent="    # ", subsequent_indent="    # ")
    return "\n".join([*comment, f"    {spec.name}: {_value(spec.default)}"])


def render() -> str:
    """The parameter file."""
    parts = [_HEADER]
    for name, class_name in sorted(ALL.items()):
        node = getattr(importlib.import_module(f"fatigue_ros.nodes.{name}"), class_name)
        entries = "\n".join(_entry(spec) for spec in specifications(node.Settings).values())
        parts.append(f"/**/{name}:\n  ros__parameters:\n{entries}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render())
