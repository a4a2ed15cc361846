"""A part by name, whether it is ours or another package's."""

from __future__ import annotations

import abc
import dataclasses
import re
import sys

import pytest

from fatigue_ros.errors import ParameterError
from fatigue_ros.settings.parameters import from_mapping, parameter, specifications
from fatigue_ros.settings.registry import Registry
from test.fixtures.plugins import Install

GROUP = "fatigue_ros.test_hats"


class Hat(abc.ABC):
    @abc.abstractmethod
    def brim(self) -> float: ...


HATS = Registry("hat", GROUP, Hat, {"cap": f"{__name__}:Cap", "lost": "fatigue_ros.nowhere:Hat"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    hat: str = parameter("cap", "What is worn.", choices=HATS)


TOP_HAT = f"""
from {__name__} import Hat

class TopHat(Hat):
    def brim(self):
        return 0.06
"""


def test_another_package_adds_a_part(install_plugin: Install) -> None:
    with pytest.raises(ParameterError, match=r"hat: 'top' is not one of 'cap', 'lost'$"):
        from_mapping(Settings, {"hat": "top"})
    install_plugin("hatter", TOP_HAT, {GROUP: {"top": "hatter:TopHat"}})
    assert from_mapping(Settings, {"hat": "top"}).hat == "top"
    assert HATS.load("top")().brim() == 0.06
    with pytest.raises(
        ParameterError, match=r"'crown' is unknown, expected one of cap, lost, top$"
    ):
        HATS.load("crown")
    with pytest.raises(ParameterError, match=r"'crown' is not one of 'cap', 'lost', 'top'$"):
        from_mapping(Settings, {"hat": "crown"})


def test_what_is_installed_does_not_change_what_is_written_of_a_parameter(
    install_plugin: Install,
) -> None:
    install_plugin("hatter", TOP_HAT, {GROUP: {"top": "hatter:TopHat"}})
    text = specifications(Settings)["hat"].range_text
    assert text == f"one of 'cap', 'lost' or an entry point in {GROUP}"


@pytest.mark.parametrize(
    ("source", "place", "reason"),
    [
        ("1 / 0", "hatter:TopHat", "cannot be loaded (ZeroDivisionError: division by zero)"),
        ("import nowhere", "hatter:TopHat", "cannot be loaded (ModuleNotFoundError: No module"),
        ("", "hatter:TopHat", "cannot be loaded (AttributeError: module 'hatter' has no attribute"),
        ("TopHat = 3", "hatter:TopHat", f"is no class derived from {__name__}.Hat"),
        ("class TopHat: pass", "hatter:TopHat", f"is no class derived from {__name__}.Hat"),
    ],
)
def test_a_package_that_fails_is_named(
    install_plugin: Install, source: str, place: str, reason: str
) -> None:
    install_plugin("hatter", source, {GROUP: {"top": place}})
    said = re.escape(f"hat: 'top', hatter:TopHat of hatter 1.0, {reason}")
    with pytest.raises(ParameterError, match=said):
        HATS.load("top")


def test_one_of_ours_that_fails_is_named() -> None:
    with pytest.raises(ParameterError, match=r"'lost', fatigue_ros\.nowhere:Hat of fatigue_ros,"):
        HATS.load("lost")


def test_the_extra_that_a_part_needs_is_named(
    install_plugin: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rosbags", None)
    install_plugin("hatter", "import rosbags", {GROUP: {"top": "hatter:TopHat"}})
    with pytest.raises(
        ParameterError, match=r"expected the package rosbags, not found: pip .*desk"
    ):
        HATS.load("top")


def test_two_of_one_name_are_refused(install_plugin: Install) -> None:
    install_plugin("hatter", TOP_HAT, {GROUP: {"top": "hatter:TopHat", "cap": "hatter:TopHat"}})
    with pytest.raises(ParameterError, match=r"'cap' is the name of .*Cap of fatigue_ros and hatt"):
        HATS.load("cap")
    install_plugin("modiste", TOP_HAT, {GROUP: {"top": "modiste:TopHat"}})
    with pytest.raises(ParameterError, match=r"of modiste 1\.0 and hatter:TopHat of hatter 1\.0"):
        HATS.load("top")
