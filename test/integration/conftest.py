"""Made-up faces for tests over DDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

START = 1_700_000_000.0  # [s] a day long past: stamps count, not the clock


@pytest.fixture
def face_message(face_points: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a FaceLandmarks message, [s] after START."""
    from std_msgs.msg import Header  # noqa: PLC0415 - only where ROS is

    from fatigue_ros.msg import FaceLandmarks  # noqa: PLC0415
    from fatigue_ros.ros.conversions import to_stamp  # noqa: PLC0415

    def make(time: float, ear: float = 0.3, mouth: float = 0.05, detected: bool = True) -> Any:
        return FaceLandmarks(
            header=Header(stamp=to_stamp(START + time), frame_id="driver_camera"),
            detected=detected,
            points=face_points(ear, ear, mouth).reshape(-1),
            head_pose_valid=detected,
            faces=int(detected),
            image_width=640,
            image_height=480,
        )

    return make
