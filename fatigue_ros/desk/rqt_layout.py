"""The layout for rqt, cut down to the plug-ins that are installed.

qt_gui restores nothing at all of a layout in which one plug-in is missing.
"""

import ast
import copy
from collections.abc import Collection
from typing import Any


def plugins(layout: dict[str, Any]) -> dict[str, list[int]]:
    """What runs in a layout: name such as ``rqt_plot/Plot``, and the numbers of its windows."""
    text = layout["groups"]["pluginmanager"]["keys"]["running-plugins"]["repr"]
    found: dict[str, list[int]] = ast.literal_eval(text)
    return found


def package(plugin: str) -> str:
    """The package that a plug-in is in."""
    return plugin.partition("/")[0]


def without(layout: dict[str, Any], missing: Collection[str]) -> dict[str, Any]:
    """The layout without the plug-ins of some packages."""
    left = copy.deepcopy(layout)
    manager = left["groups"]["pluginmanager"]
    running = {
        name: numbers for name, numbers in plugins(layout).items() if package(name) not in missing
    }
    manager["keys"]["running-plugins"]["repr"] = repr(running)
    names = {
        f"plugin__{name.replace('/', '__')}__{number}"
        for name, numbers in running.items()
        for number in numbers
    }
    manager["groups"] = {name: group for name, group in manager["groups"].items() if name in names}
    return left


def apt_packages(names: Collection[str], distribution: str) -> str:
    """Debian's names of ROS packages, as one line."""
    return " ".join(f"ros-{distribution}-{name.replace('_', '-')}" for name in sorted(names))
