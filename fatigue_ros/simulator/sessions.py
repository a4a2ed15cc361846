"""Sessions of a study, simulated: people of two age groups at three times of the day, as bags.

How tired somebody is by age and time is made up, so that a study of these sessions shows that the
way from recordings to tables works, and nothing about people.
"""

import csv
import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from fatigue_ros.bags.extract import landmarks_message
from fatigue_ros.bags.writer import START, BagWriter
from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Face, Points
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.monitor.messages import nanoseconds
from fatigue_ros.simulator.drive import DriveEvents
from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.scenario import QuantityProfile, Scenario, Yawn
from fatigue_ros.simulator.simulate import write_event

FRAME_RATE = 15.0
"""[Hz] a blink is a frame or two."""
TIRED = {
    "20-25": {"09:00-10:00": 0.05, "12:00-14:00": 0.15, "21:00-24:00": 0.45},
    "55-60": {"09:00-10:00": 0.1, "12:00-14:00": 0.3, "21:00-24:00": 0.8},
}
"""[1] Made up: how tired by age group and time of day; the groups and times are the paper's."""
GRADES = {"20-25": 5, "55-60": 4}
"""[1] Made up too: what they say of the night before."""
CALIBRATION = "calibration"
"""Word for the session that teaches the references, in place of a time."""
COLUMNS = ("participant", "age_group", "day", "time", "file", "sleep", "heart_rate", "simulated")

_SPEED = 14.0  # [m/s] while blinks and yawns are counted
_YAWN = 5.0  # [s]
_PULSE = 30.0  # [s] window of the pulse, before its first rate
_MARGIN = 5.0  # [s] more than an interval needs
_EAR = 0.31  # [1] of the open eyes
_EYE, _MOUTH = 30.0, 70.0  # [px] widths


def write_study(
    folder: Path,
    settings: FusionSettings,
    participants: int = 2,
    *,
    tired: Mapping[str, Mapping[str, float]] = TIRED,
    seed: int = 0,
    on_session: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Write the bags and their list, ``sessions.csv``.

    Args:
        folder: a new one.
        settings: how long profile ``paper`` counts, which is how long sessions are.
        participants: of each age group.
        tired: [1] by age group and time.
        seed: of the people.
        on_session: told the name of each bag that is written.

    Returns:
        Names of the bags.

    Raises:
        FatigueError: the folder is there already, or cannot be made.
        BagError: a bag cannot be written.
    """
    if folder.exists():
        raise FatigueError(f"{folder}: expected a new folder for simulated sessions, it is there")
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    rows: list[list[object]] = []
    for group, times in tired.items():
        for number in range(participants):
            name = f"simulated_{group.replace('-', '_')}_{number + 1}"
            own = {"blink_rate": random.uniform(13.0, 18.0), "heart_rate": random.uniform(62, 80)}
            for time, usual in {CALIBRATION: 0.0, **times}.items():
                felt = float(np.clip(usual + random.normal(0.0, 0.05), 0.0, 1.0)) if usual else 0.0
                file = f"{name}_{len(rows)}"
                scenario = _scenario(file, settings, own, felt, calibrates=time == CALIBRATION)
                write_landmarks(scenario, folder / file)
                grade = "" if time == CALIBRATION else GRADES.get(group, 4)
                day = "" if time == CALIBRATION else 1
                rows.append([name, group, day, time, file, grade, "", "yes"])
                on_session(file)
    with (folder / "sessions.csv").open("w", newline="", encoding="utf-8") as file_:
        writer = csv.writer(file_)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return [str(row[4]) for row in rows]


def write_landmarks(scenario: Scenario, path: Path) -> None:
    """Write a scenario as a bag of landmarks, pulse, speed and ignition, without any picture.

    Raises:
        BagError: it cannot be written.
    """
    script = DriverScript(scenario)
    events = DriveEvents(script)
    times = np.arange(math.ceil(scenario.duration * FRAME_RATE)) / FRAME_RATE
    lids, mouths = script.lids(times), script.mouth(times)
    with BagWriter(path) as bag:
        for time, lid, mouth in zip(times.tolist(), lids.tolist(), mouths.tolist(), strict=True):
            for event in events.until(time):
                write_event(bag, event)
            face = Face(
                stamp=START + time,
                points=drawn_face(_EAR * (1.0 - lid), max(mouth, 0.0)),
                yaw=0.0,
                pitch=0.0,
                roll=0.0,
                faces=1,
                width=640,
                height=480,
            )
            bag.write("face/landmarks", nanoseconds(face.stamp), landmarks_message(face, "drawn"))


def drawn_face(ear: float, opening: float) -> Points:
    """The 68 points of a face that looks straight ahead, shape (68, 2), [px of 640 x 480].

    Args:
        ear: eye aspect ratio of both eyes.
        opening: of the mouth, 0 closed to 1.
    """
    points = np.zeros((68, 2), np.float32)
    points[30] = (0.0, 40.0)
    for first, middle in ((36, -45.0), (42, 45.0)):
        half, height = _EYE / 2.0, ear * _EYE / 2.0
        x = np.array([-half, -half / 3.0, half / 3.0, half, half / 3.0, -half / 3.0]) + middle
        points[first : first + 6] = np.column_stack((x, np.array([0, -1, -1, 0, 1, 1]) * height))
    half, gap = _MOUTH / 2.0, opening * _MOUTH / 2.0
    across = np.linspace(-half, half, 7)
    lip = np.array([0.0, 6.0, 9.0, 9.0, 9.0, 6.0, 0.0])
    points[48:55] = np.column_stack((across, 100.0 - gap - lip))
    points[55:60] = np.column_stack((across[-2:0:-1], 100.0 + gap + lip[-2:0:-1]))
    inner = np.linspace(-half + 5.0, half - 5.0, 5)
    points[60:65] = np.column_stack((inner, [100.0, *[100.0 - gap] * 3, 100.0]))
    points[65:68] = np.column_stack((inner[3:0:-1], [100.0 + gap] * 3))
    return points + np.array((320.0, 200.0), np.float32)


def _scenario(
    name: str, settings: FusionSettings, own: dict[str, float], tired: float, *, calibrates: bool
) -> Scenario:
    """A calibration while the vehicle stands, or a heart rate while it stands and then a drive."""
    standing = _PULSE + settings.TIME_FOR_GETTING_HR + 2.0 * _MARGIN
    if calibrates:
        standing += max(
            settings.TIME_FOR_COUNTING_BLINKING_CALIB, settings.TIME_FOR_COUNTING_YAWNING_CALIB
        )
    blinks, yawns = settings.TIME_FOR_COUNTING_BLINKING, settings.TIME_FOR_COUNTING_YAWNING
    counted = 0.0 if calibrates else settings.blink_intervals * blinks + _MARGIN
    intervals = int(counted / yawns)
    tired_ones = round(tired * intervals)
    # The last intervals; in the middle of each.
    events = [
        Yawn(
            at=standing + (intervals - 1 - i) * yawns + 0.4 * yawns, duration=min(_YAWN, yawns / 3)
        )
        for i in range(tired_ones)
    ]
    profiles = {
        "speed": QuantityProfile(
            np.array([0.0, standing, standing + 0.1]), np.array([0.0, 0.0, _SPEED])
        ),
        "blink_rate": _steady(own["blink_rate"] * (1.0 + tired)),
        "heart_rate": _steady(own["heart_rate"] * (1.0 - 0.15 * tired)),
        "head_motion": _steady(0.0),
    }
    base = Scenario(name=name, duration=standing + counted, profiles=profiles)
    return dataclasses.replace(
        base,
        seed=sum(map(ord, name)),
        events=tuple(sorted(events, key=lambda event: event.at)),
    )


def _steady(value: float) -> QuantityProfile:
    return QuantityProfile(np.zeros(1), np.array([value]))
