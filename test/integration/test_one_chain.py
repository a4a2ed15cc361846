"""One drive, fed to the production chain in each way there is: the same states and warnings.

Whatever the way, the drive begins three seconds before the first frame, the camera is away for ten
seconds in the middle, pulse and speed fall silent and come back, the driver yawns and nods off.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.recorder import RecorderNode
from fatigue_ros.bags.replay import Replay
from fatigue_ros.desk.graph import Desk
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.evaluation.sources import ObserveSettings, observe, observe_frames
from fatigue_ros.fusion.assessment import Assessment, FatigueState, Severity
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.msg import FatigueLevel, FatigueWarning
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.qos import WARNING_QOS
from fatigue_ros.simulator.driver_source import DriverSource
from fatigue_ros.simulator.scenario_file import load_scenario

DRIVE = """
name: everything
seed: 5
duration: 44.0
profiles: {speed: 25.0, blink_rate: 20.0}
events:
  - {at: 0.0, do: unplug, device: camera, duration: 3.0}
  - {at: 5.0, do: yawn, duration: 4.5}
  - {at: 11.0, do: closure, duration: 2.4}
  - {at: 13.0, do: unplug, device: board, duration: 7.0}
  - {at: 14.0, do: unplug, device: speed, duration: 4.0}
  - {at: 20.0, do: unplug, device: camera, duration: 10.0}
  - {at: 38.0, do: closure, duration: 1.8}
"""
LATE = 3.0
"""[s] from the begin of the drive to the first frame."""
EXPECTED = [
    "calibrating",
    "acoustic eyes_closed",
    "none",
    "visual system_fault",  # the speed is missed
    "none",
    "fault",
    "visual system_fault",
    "acoustic system_fault",  # the level was raised when the camera went
    "calibrating",
    "none",
    "acoustic eyes_closed",
    "none",
]
Course = list[tuple[float, str]]
"""[s] since the drive began, and the state or warning that began then."""


def without_speed(course: Course) -> Course:
    """What is said where the speed is not recorded: it is never missed."""
    return [change for change in course if not 15.5 < change[0] < 20.0]


class Changes:
    """Keeps the moments at which the state or the warning became another."""

    def __init__(self) -> None:
        self._changes: list[tuple[float, str]] = []
        self._last: dict[str, str] = {}

    def add(self, kind: str, stamp: float, said: str) -> None:
        """Take what is said now."""
        if self._last.get(kind, "none") != said:
            self._last[kind] = said
            self._changes.append((stamp, said))

    def since(self, origin: float) -> Course:
        """The course since the drive began [s], to less than a third of a frame.

        The first word comes at no known time: as soon as the nodes have found each other.
        """
        first, *others = self._changes
        return [(0.0, first[1]), *((round(stamp - origin, 2), said) for stamp, said in others)]

    def on_assessment(self, found: Assessment) -> None:
        """Take both from an assessment."""
        self.add("state", found.stamp, found.state.name.lower())
        self.add("warning", found.stamp, _words(found.warning.severity, found.warning.cause))


def _words(severity: int, cause: str) -> str:
    return f"{Severity(severity).name.lower()} {cause}".strip()


class Live(NamedTuple):
    """The drive through real nodes.

    Attributes:
        course: what was said.
        bag: what was recorded.
        ears: [s] from the first frame, and the EAR of each.
        origin: [s] stamp at which the drive began.
    """

    course: Course
    bag: Path
    ears: list[tuple[float, float]]
    origin: float


class _Told(Observation):
    """An observation that hands on what was judged."""

    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self._changes = changes

    def on_assessment(self, found: Assessment) -> None:
        super().on_assessment(found)
        self._changes.on_assessment(found)


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drive") / "everything.yaml"
    path.write_text(DRIVE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def live(scenario_file: Path) -> Live:
    """The drive through real nodes."""
    bag = scenario_file.parent / "bag"
    changes = Changes()
    overrides = {"fusion": {"state_directory": "none"}}
    with Desk(f"sim:{scenario_file}", overrides=overrides, rate=0.0, quiet=True) as desk:
        node = desk.observer

        def on_level(message: Any) -> None:
            stamp = seconds(message.header.stamp)
            changes.add("state", stamp, FatigueState(message.state).name.lower())

        def on_warning(message: Any) -> None:
            stamp = seconds(message.header.stamp)
            changes.add("warning", stamp, _words(message.severity, message.cause))

        node.create_subscription(FatigueLevel, "fatigue", on_level, 1000)
        node.create_subscription(FatigueWarning, "warning", on_warning, WARNING_QOS)
        recorder = RecorderNode({"bag": str(bag), "use_sim_time": True})
        desk.add(recorder)
        assert recorder.start(), recorder.problem
        desk.start()
        desk.spin(lambda: False)
        ears = list(zip(desk.log.ear.times, desk.log.ear.values, strict=True))
        origin = (desk.log.origin or 0.0) - LATE
    return Live(changes.since(origin), bag, ears, origin)


def test_nodes_see_what_was_played(live: Live) -> None:
    course = live.course
    assert [said for _, said in course] == EXPECTED
    times = dict(zip(EXPECTED[:6], (time for time, _ in course), strict=False))
    assert times["acoustic eyes_closed"] == pytest.approx(12.3, abs=0.4)
    assert times["fault"] == pytest.approx(22.0, abs=0.3)  # two seconds after the last frame


@pytest.mark.parametrize("stage", ["landmarks", "measures"])
def test_a_bag(live: Live, stage: str) -> None:
    changes = Changes()
    with Bag(live.bag) as bag:
        Replay(bag, stage, watch=changes.on_assessment).run()
    # The nodes may hear of the time before they see the frame of that time, on a busy machine: what
    # silence brings is then told a frame earlier than from the bag.
    assert [said for _, said in changes.since(live.origin)] == [said for _, said in live.course]
    times = [time for time, _ in changes.since(live.origin)]
    assert times == pytest.approx([time for time, _ in live.course], abs=0.04)


def test_a_rendered_video(live: Live, scenario_file: Path) -> None:
    changes = Changes()
    with DriverSource(load_scenario(scenario_file)) as source:
        observe_frames(source, ObserveSettings(), _Told(changes))
    assert changes.since(0.0) == without_speed(live.course)


def test_a_table_of_the_eyes_alone(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "ears.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["time_s", "ear", "blink"])
        for (
            time,
            ear,
        ) in live.ears:  # the log counts from the first frame, which came at three seconds
            table.writerow([f"{time + LATE:.6f}", "" if math.isnan(ear) else ear, 0])
    seen = observe(path, ObserveSettings(monitor=MonitorSettings()))
    warned = [(round(w.start + LATE, 2), f"{w.severity} {w.cause}") for w in seen.warning_spans]
    assert warned == [(time, said) for time, said in without_speed(live.course) if " " in said]
