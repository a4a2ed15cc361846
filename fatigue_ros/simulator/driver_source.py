"""A scripted driver as a source of frames, like a camera or a video file.

>>> with open_scenario("demo") as source:
...     frame = source.read()
>>> frame.image.shape, frame.time
((480, 640, 3), 0.0)
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fatigue_ros.errors import SourceError
from fatigue_ros.simulator.driver_face import DriverFace, FaceFrame
from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.portrait import DESIGN_SIZE
from fatigue_ros.simulator.scenario import Scenario
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.vision import SCENARIO
from fatigue_ros.vision.frames import CameraSettings, Frame, FrameSource, prepared

SMALLEST, LARGEST = (160, 120), (1920, 1440)
"""[px] sizes that can be rendered: below, a face has no eyes left; above, no portrait is fine
enough."""
BLOCK = 256
"""Frames worked out at a time."""


class DriverSource(FrameSource):
    """Plays a scenario frame by frame.

    While the scenario has the camera unplugged no frames come, and the next one's time is later.

    Attributes:
        script: the scenario worked out, with the ground truth.
    """

    live = False

    def __init__(self, scenario: Scenario, settings: CameraSettings | None = None) -> None:
        """Work out the scenario and draw the driver.

        Args:
            scenario: what happens; it also gives the frame rate.
            settings: of these width and height (what is 0 follows from the other, both 0 mean
                640 x 480), rotation and loop are used.

        Raises:
            SourceError: the size or the portrait cannot be used.
        """
        self._settings = settings or CameraSettings()
        size = _size(self._settings.width, self._settings.height)
        self.name = SCENARIO + scenario.name
        self.frame_rate = scenario.frame_rate
        self.size = size[::-1] if self._settings.rotation in (90, 270) else size
        self.script = DriverScript(scenario)
        self._driver = DriverFace(scenario.portrait_file, size, scenario.seed)
        self._count = math.ceil(scenario.duration * scenario.frame_rate)
        self._moments = self._play()
        self._offset = 0.0
        self._index = 0

    def _play(self) -> Iterator[tuple[float, FaceFrame | None]]:
        """Time of each frame, and the face; None while the camera is unplugged."""
        for first in range(0, self._count, BLOCK):
            numbers = np.arange(first, min(first + BLOCK, self._count))
            times = numbers / self.frame_rate
            plugged = self.script.plugged("camera", times)
            faces = self.script.frames(times, first, width=self._driver.size[0])
            for time, face, there in zip(times, faces, plugged, strict=True):
                yield float(time), face if there else None

    def read(self) -> Frame | None:
        """The next frame; None at the end, unless it is to start over."""
        moment = self._next_seen()
        if moment is None and self._settings.loop and self._index:
            self._offset += self._count / self.frame_rate
            self._moments = self._play()
            moment = self._next_seen()
        if moment is None:
            return None
        image = prepared(self._driver.render(moment[1]), self._settings)
        self._index += 1
        return Frame(image, self._offset + moment[0], self._index - 1)

    def _next_seen(self) -> tuple[float, FaceFrame] | None:
        return next(((time, face) for time, face in self._moments if face is not None), None)

    def close(self) -> None:
        """End the play; reading afterwards gives None."""
        self._moments = iter(())
        self._index = 0


def _size(width: int, height: int) -> tuple[int, int]:
    """[px] the size to render for what is asked; 0 follows from the other one."""
    if not width and not height:
        return DESIGN_SIZE
    size = (
        width or round(height * DESIGN_SIZE[0] / DESIGN_SIZE[1]),
        height or round(width * DESIGN_SIZE[1] / DESIGN_SIZE[0]),
    )
    for asked, least, most in zip(size, SMALLEST, LARGEST, strict=True):
        if not least <= asked <= most:
            raise SourceError(
                f"width, height: a scripted driver is rendered at {SMALLEST[0]} x {SMALLEST[1]} "
                f"to {LARGEST[0]} x {LARGEST[1]} px, not {size[0]} x {size[1]}"
            )
    return size


def open_scenario(name: str | Path, settings: CameraSettings | None = None) -> DriverSource:
    """Open a scenario by name or file as a source of frames.

    Raises:
        ScenarioError: there is no such scenario or its file is wrong.
        SourceError: the size or the portrait cannot be used.
    """
    return DriverSource(load_scenario(name), settings)
