"""Writes config/fatigue.yaml from the parameters the nodes declare; a test holds the two together.

``python -m fatigue_ros.desk.parameter_reference > config/fatigue.yaml``
"""

import json
import sys
import textwrap

from fatigue_ros.ros.composition import ALL, CLASSES
from fatigue_ros.settings.parameters import Specification, specifications

_HEADER = """\
# Every parameter of every node, with its default. Copy what you change into a file of your own and
# name it: ros2 launch fatigue_ros fatigue.launch.py params:=mine.yaml
# "live" parameters may change while a node is configured, the others only before.
# Made by: python -m fatigue_ros.desk.parameter_reference
"""
_WIDTH = 100


def _entry(spec: Specification) -> str:
    notes = [f"[{spec.unit}]" if spec.unit else "", spec.description.rstrip(".") + "."]
    if spec.range_text:
        notes.append(f"Range: {spec.range_text}.")
    if spec.live:
        notes.append("Live.")
    text = " ".join(note for note in notes if note)
    comment = textwrap.wrap(text, _WIDTH, initial_indent="    # ", subsequent_indent="    # ")
    # JSON is YAML that keeps its type: 1.0 stays a float, "1" a string.
    return "\n".join([*comment, f"    {spec.name}: {json.dumps(spec.default)}"])


def render() -> str:
    """The parameter file."""
    parts = [_HEADER]
    for name in sorted(ALL):
        settings = CLASSES.load(name).Settings
        entries = "\n".join(_entry(spec) for spec in specifications(settings).values())
        parts.append(f"/**/{name}:\n  ros__parameters:\n{entries}\n")
    return "\n".join(parts)


def tables() -> str:
    """The same as tables in Markdown, a heading and a table for each node."""
    parts = []
    for name in sorted(ALL):
        rows = [
            f"| `{spec.name}` | `{json.dumps(spec.default)}` | {spec.unit} | {spec.range_text} | "
            f"{'yes' if spec.live else ''} | {spec.description} |"
            for spec in specifications(CLASSES.load(name).Settings).values()
        ]
        head = "| parameter | default | unit | range | live | meaning |\n|---|---|---|---|---|---|"
        parts.append("\n".join([f"## {name}", "", head, *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render())
