"""landmarks alone over DDS: a picture in, 68 points out; what is no picture is refused."""

from __future__ import annotations

import array
import math
import threading
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from skimage import data
from std_msgs.msg import Bool, Header

from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.nodes.landmarks import LandmarksNode
from fatigue_ros.ros.conversions import camera_info, to_stamp
from fatigue_ros.vision.camera_model import CameraModel
from fatigue_ros.vision.images import fill

WAIT = 120.0  # [s] patience with a machine that does other things as well


@pytest.fixture(scope="module")
def portrait() -> Any:
    """A frame with one face, BGR."""
    return np.ascontiguousarray(data.astronaut()[..., ::-1])  # type: ignore[no-untyped-call]


def image(frame: Any, time: float = 1.0) -> Any:
    message = Image(header=Header(stamp=to_stamp(time), frame_id="driver_camera"))
    fill(message, frame)
    return message


class Rig:
    """The node with the bench's ends of its topics."""

    def __init__(self, bench: Any, kind: Any = Image, topic: str = "camera/image_raw", **more: Any):
        self.bench = bench
        self.out: list[Any] = []
        self.diagnoses: list[Any] = []
        self.node = bench.add(LandmarksNode(more))
        bench.node.create_subscription(FaceLandmarks, "face/landmarks", self.out.append, 10)
        bench.node.create_subscription(DiagnosticArray, "/diagnostics", self.diagnoses.append, 10)
        assert self.node.start(), self.node.problem
        self.publisher = bench.node.create_publisher(kind, topic, qos_profile_sensor_data)
        bench.until(lambda: self.publisher.get_subscription_count() > 0, "a listener")
        bench.until(lambda: self.node.count_subscribers("face/landmarks") > 0, "the bench")

    def ask(self, message: Any) -> Any:
        """Publish and return the answer."""
        count, stamp = len(self.out), message.header.stamp
        self.bench.send(
            self.publisher,
            message,
            lambda: len(self.out) > count and self.out[-1].header.stamp == stamp,
            "landmarks",
        )
        return self.out[-1]

    def figures(self) -> dict[str, str]:
        """A fresh diagnosis."""
        self.diagnoses.clear()
        self.bench.until(lambda: self.diagnoses, "a diagnosis")
        status = self.diagnoses[-1].status[0]
        return {v.key: v.value for v in status.values} | {"message": status.message}


def test_a_face_and_no_face(bench: Any, portrait: Any) -> None:
    rig = Rig(bench)
    found = rig.ask(image(portrait, 5.0))
    assert found.detected
    assert found.header.stamp == to_stamp(5.0)
    assert found.header.frame_id == "driver_camera"
    assert found.engine == "litert"
    assert (found.image_width, found.image_height) == (512, 512)
    points = np.array(found.points).reshape(68, 2)
    # The astronaut's eyes, as anybody can see in the picture, lie near these pixels.
    assert points[36:42].mean(0) == pytest.approx((205, 113), abs=12)
    assert points[42:48].mean(0) == pytest.approx((244, 113), abs=12)
    assert found.head_pose_valid
    assert abs(found.yaw) < 0.5
    assert found.pupils_valid
    pupils = np.array(found.pupils).reshape(2, 2)
    assert pupils == pytest.approx(np.array(((205, 113), (244, 113))), abs=12)
    assert found.gaze_valid
    assert math.hypot(found.gaze_yaw, found.gaze_pitch) < 0.5
    empty = rig.ask(image(np.zeros((480, 640, 3), np.uint8), 6.0))
    assert not empty.detected
    assert empty.faces == 0
    assert not any((empty.head_pose_valid, empty.pupils_valid, empty.gaze_valid))


def test_unreadable_images_are_refused_and_counted(bench: Any, portrait: Any) -> None:
    rig = Rig(bench)
    short = image(portrait)
    short.data = short.data[:1000]
    unknown = image(portrait)
    unknown.encoding = "thermal42"
    empty = Image(encoding="bgr8", header=image(portrait).header)
    for message in (short, unknown, empty, image(portrait, 0.0)):
        before = rig.node._refused
        bench.send(rig.publisher, message, lambda n=before: rig.node._refused > n, "a refusal")
    figures = rig.figures()
    assert figures["refused"] == "4"
    assert figures["message"] == "image: header stamp is 0, expected the time of capture"
    assert rig.ask(image(portrait)).detected
    assert rig.figures()["message"] == "tracking"


def test_compressed_images(bench: Any, portrait: Any) -> None:
    rig = Rig(bench, CompressedImage, "camera/image_raw/compressed", image_transport="compressed")
    good, buffer = cv2.imencode(".jpg", portrait)
    assert good
    header = image(portrait).header

    def jpeg(content: bytes) -> Any:
        return CompressedImage(header=header, format="jpeg", data=array.array("B", content))

    bench.send(rig.publisher, jpeg(b"garbage"), lambda: rig.node._refused, "a refusal")
    assert rig.ask(jpeg(buffer.tobytes())).detected


def test_where_the_head_is_is_told_where_the_camera_is_known(bench: Any, portrait: Any) -> None:
    rig = Rig(bench)
    poses: list[Any] = []
    bench.node.create_subscription(PoseStamped, "face/pose", poses.append, 10)
    infos = bench.node.create_publisher(CameraInfo, "camera/camera_info", qos_profile_sensor_data)
    bench.until(lambda: infos.get_subscription_count() > 0, "a listener")
    bench.until(lambda: rig.node.count_subscribers("face/pose") > 0, "the bench")
    before = rig.ask(image(portrait, 5.0))
    assert rig.figures()["camera"] == "not calibrated"
    model = CameraModel.of_field_of_view(20.0, 512, 512)
    info = camera_info(model, before.header)

    def known() -> bool:
        return bool(rig.node._engine.camera == model)

    bench.send(infos, info, known, "the camera to be known")
    after = rig.ask(image(portrait, 6.0))
    bench.until(lambda: poses, "a pose")
    assert poses[0].header == after.header  # none of the picture before
    position = poses[0].pose.position
    # The eyes are 40 pixels apart, of 512 in 20 degrees: 60 mm at about 2.2 m.
    assert position.z == pytest.approx(2.2, abs=0.4)
    assert (position.x, position.y) == pytest.approx((-0.05, -0.21), abs=0.05)
    assert after.yaw == pytest.approx(before.yaw, abs=0.1)
    assert rig.figures()["camera"] == "calibrated"
    info.width, info.height = 640, 480
    bench.send(infos, info, lambda: not known(), "another camera")
    rig.ask(image(portrait, 7.0))
    assert rig.figures()["camera"] == "calibrated for 640x480, not for 512x512"
    uncalibrated = CameraInfo(width=512, height=512)
    bench.send(infos, uncalibrated, lambda: rig.node._engine.camera is None, "no calibration")
    broken = camera_info(model, before.header)
    broken.distortion_model = "thin_prism"
    bench.send(infos, broken, lambda: rig.node._told[2:3] == ("thin_prism",), "nonsense")
    assert rig.ask(image(portrait, 8.0)).detected
    assert rig.figures()["camera"] == "not calibrated"
    assert [pose.header.stamp for pose in poses] == [to_stamp(6.0)]


def test_newest_frame_wins_and_skipped_ones_are_counted(bench: Any, portrait: Any) -> None:
    rig = Rig(bench)
    rig.ask(image(portrait))
    look, begun, go_on = rig.node.look, threading.Event(), threading.Event()

    def slow(*given: Any) -> None:
        begun.set()
        assert go_on.wait(WAIT)
        look(*given)

    rig.node.look = slow
    burst = [image(portrait, 10.0 + i) for i in range(20)]
    for message in burst:
        rig.node._take(message)
        assert begun.wait(WAIT)
    go_on.set()
    bench.until(lambda: rig.out[-1].header.stamp == burst[-1].header.stamp, "the newest frame")
    assert rig.out[-1].skipped == 18  # all but the first and the last
    assert len(rig.out) - 1 + rig.out[-1].skipped == len(burst)


def test_restart_and_missing_model(bench: Any, portrait: Any) -> None:
    rig = Rig(bench)
    assert rig.ask(image(portrait)).detected
    rig.node.trigger_deactivate()
    rig.node.trigger_activate()
    bench.until(lambda: rig.publisher.get_subscription_count() > 0, "a listener")
    assert rig.ask(image(portrait)).skipped == 0
    refused = bench.add(LandmarksNode({"engine": "dlib", "dlib_predictor": "nowhere.dat"}))
    assert not refused.start()
    assert refused.problem


def test_ignition_off_leaves_images_unseen(bench: Any, portrait: Any) -> None:
    rig = Rig(bench)
    ignition = bench.node.create_publisher(Bool, "ignition", 10)
    bench.until(lambda: ignition.get_subscription_count() > 0, "a listener on ignition")
    assert rig.ask(image(portrait)).detected
    ignition.publish(Bool(data=False))
    bench.until(lambda: rig.figures()["message"] == "ignition off", "the word of it")
    bench.until(lambda: rig.node._processed == 1, "the count")
    images = rig.node._flows["camera/image_raw"]
    for number in range(10):
        taken, message = images._count, image(portrait, 20.0 + number)
        bench.send(rig.publisher, message, lambda n=taken: images._count > n, "it to be taken")
    ignition.publish(Bool(data=True))
    bench.until(lambda: rig.figures()["message"] != "ignition off", "ignition on")
    assert rig.ask(image(portrait, 40.0)).detected
    bench.until(lambda: rig.node._processed > 1, "the count")
    assert rig.node._processed == 2  # that one, and none of those before
