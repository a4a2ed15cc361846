"""A long drive made of a short one, as a bag: to see what replaying hours costs."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fatigue_ros.bags.extract import landmarks_message
from fatigue_ros.bags.writer import START, BagWriter
from fatigue_ros.face import Face
from fatigue_ros.monitor.messages import nanoseconds
from fatigue_ros.simulator.drive import DriveEvents
from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.scenario import QuantityProfile, Scenario
from fatigue_ros.simulator.simulate import write_event

SPEED = 25.0
"""[m/s] of the vehicle."""


def write_long_drive(faces: Sequence[Face], frame_rate: float, duration: float, path: Path) -> None:
    """Write the faces over and over, with the pulse, speed and ignition of a drive.

    Args:
        faces: one for each frame; their stamps are replaced.
        frame_rate: [Hz].
        duration: [s] of the drive.
        path: folder of a new bag.

    Raises:
        BagError: it cannot be written.
    """
    steady = QuantityProfile(np.zeros(1), np.array([SPEED]))
    scenario = Scenario(name="long", duration=duration, profiles={"speed": steady})
    events = DriveEvents(DriverScript(scenario))
    with BagWriter(path) as bag:
        for index in range(math.ceil(duration * frame_rate)):
            time = index / frame_rate
            for event in events.until(time):
                write_event(bag, event)
            face = dataclasses.replace(faces[index % len(faces)], stamp=START + time)
            message = landmarks_message(face, "repeated")
            bag.write("face/landmarks", nanoseconds(face.stamp), message)
