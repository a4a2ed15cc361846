"""What the page asks for studies, and the topics that say the answers to whoever records."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from std_msgs.msg import Header, UInt8

from fatigue_ros.dashboard.questions import SleepinessQuestion, WorkloadQuestion
from fatigue_ros.msg import FatigueLevel, Workload
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.workload import WEIGHTS

if TYPE_CHECKING:
    from fatigue_ros.dashboard.commands import Command
    from fatigue_ros.dashboard.server import Answer
    from fatigue_ros.ros.base import FatigueNode


class StudyQuestions:
    """Bags keep the answers: `fatigue evaluate` reads one, `fatigue learn label` the other.

    Args:
        node: on whose behalf, and by whose parameters (those of the node `dashboard`).
    """

    def __init__(self, node: FatigueNode[Any]) -> None:
        self._node = node
        self._sleepiness, self._workload = SleepinessQuestion(), WorkloadQuestion()
        self._say_sleepiness = node.advertise(UInt8, "sleepiness").publish
        self._say_workload = node.advertise(Workload, "workload").publish

    def see(self, level: Mapping[str, Any]) -> None:
        """Take note of a FatigueLevel's fields, whether a page is open or not."""
        self._workload.see(level)

    def due(self, level: Mapping[str, Any] | None) -> dict[str, bool]:
        """What the page shows of them, by the newest FatigueLevel's fields."""
        may = not self._refusal("workload", level)
        return {
            "kss_due": not self._refusal("kss", level),
            "workload_open": may,
            "workload_due": may and self._workload.driven,
        }

    def answer(self, command: Command, level: Mapping[str, Any] | None) -> Answer:
        """Take the driver's word."""
        if refusal := self._refusal(command.name, level):
            return False, refusal
        if command.name == "kss":
            self._sleepiness.answered(time.monotonic())
            self._say_sleepiness(UInt8(data=command.value))
            return True, f"sleepiness {command.value} of 9 noted"
        assert isinstance(command.value, tuple)
        self._workload.answered()
        answers = dict(zip(WEIGHTS, command.value, strict=True))
        header = Header(stamp=to_stamp(self._node.now()))
        self._say_workload(Workload(header=header, **answers))
        return True, f"workload {', '.join(map(str, command.value))} noted"

    def _refusal(self, name: str, level: Mapping[str, Any] | None) -> str:
        settings, off = self._node.settings, FatigueLevel.OFF
        if name == "workload":
            return self._workload.refusal(level, off=off, asked=settings.ask_workload)
        return self._sleepiness.refusal(
            level,
            time.monotonic(),
            off=off,
            interval=60.0 * settings.ask_kss,
            driving=settings.ask_kss_driving,
        )
