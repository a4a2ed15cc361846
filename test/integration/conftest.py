"""Made-up faces for tests over DDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

START = 1_700_000_000.0  # [s] a day long past: stamps count, not the clock


def face_points(ear: float = 0.3, mouth: float = 0.05) -> Any:
    """68 points of a face 200 px wide with this eye aspect ratio and mouth opening."""
    points = np.zeros((68, 2), np.float32)
    points[:, 0] = np.linspace(220.0, 420.0, 68)
    points[:, 1] = 240.0
    for first, x in ((36, 250.0), (42, 350.0)):
        half = 0.5 * ear * 40.0
        points[first : first + 6] = [
            (x, 200),
            (x + 13, 200 - half),
            (x + 27, 200 - half),
            (x + 40, 200),
            (x + 27, 200 + half),
            (x + 13, 200 + half),
        ]
    gap = mouth * 60.0
    for index in range(48, 68):
        upper = index in (49, 50, 51, 52, 53, 61, 62, 63)
        corner = index in (48, 54, 60, 64)
        y = 320.0 if corner else 320.0 + (-0.5 if upper else 0.5) * gap
        points[index] = (320.0, y)
    points[[48, 60]] = (290.0, 320.0)
    points[[54, 64]] = (350.0, 320.0)
    return points


@pytest.fixture
def face_message() -> Callable[..., Any]:
    """Makes a FaceLandmarks message, [s] after START."""
    from std_msgs.msg import Header  # noqa: PLC0415 - only where ROS is

    from fatigue_ros.msg import FaceLandmarks  # noqa: PLC0415
    from fatigue_ros.nodes.conversions import to_stamp  # noqa: PLC0415

    def make(time: float, ear: float = 0.3, mouth: float = 0.05, detected: bool = True) -> Any:
        return FaceLandmarks(
            header=Header(stamp=to_stamp(START + time), frame_id="driver_camera"),
            detected=detected,
            points=face_points(ear, mouth).reshape(-1),
            head_pose_valid=detected,
            faces=int(detected),
            image_width=640,
            image_height=480,
        )

    return make
