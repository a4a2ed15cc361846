"""The annotator over DDS: draws while somebody looks, says what is missing, and stops again."""

from __future__ import annotations

from typing import Any

import numpy as np
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.nodes.annotator import AnnotatorNode
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.vision.images import compressed_to_bgr, fill, to_bgr


def header(time: float) -> Any:
    return Header(stamp=to_stamp(1_700_000_000.0 + time), frame_id="driver_camera")


def image(time: float) -> Any:
    return fill(Image(header=header(time)), np.full((120, 160, 3), 90, np.uint8))


def landmarks(time: float) -> Any:
    points = np.random.default_rng(1).uniform(40.0, 100.0, 136).astype(np.float32)
    return FaceLandmarks(header=header(time), detected=True, points=points, image_width=160)


def test_draws_only_while_somebody_looks(bench: Any) -> None:
    node = bench.add(AnnotatorNode({"max_rate": 60.0}))
    assert node.start()
    images = bench.node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
    faces = bench.node.create_publisher(FaceLandmarks, "face/landmarks", 10)
    bench.spin(1.0)
    assert images.get_subscription_count() == 0
    assert node.diagnose().message == "nobody looks"

    pictures: list[Any] = []
    jpegs: list[Any] = []
    time = 0.0

    def look() -> Any:
        nonlocal time
        time += 0.1
        images.publish(image(time))
        faces.publish(landmarks(time))
        return pictures

    topic = "fatigue/annotated"
    looking = bench.node.create_subscription(Image, topic, pictures.append, qos_profile_sensor_data)
    bench.until(lambda: look() and (to_bgr(pictures[-1]) != 90).any(), "an annotated picture")
    assert to_bgr(pictures[-1]).shape == (120, 160, 3)
    assert pictures[-1].header.frame_id == "driver_camera"
    assert node.diagnose().message == "drawing"

    packed = bench.node.create_subscription(
        CompressedImage, topic + "/compressed", jpegs.append, qos_profile_sensor_data
    )
    bench.until(lambda: look() and jpegs, "the same as JPEG")
    assert compressed_to_bgr(jpegs[-1]).shape == (120, 160, 3)

    for subscription in (looking, packed):
        bench.node.destroy_subscription(subscription)
    bench.until(lambda: images.get_subscription_count() == 0, "the images to be let go")


def test_bare_picture_where_no_landmarks_come(bench: Any) -> None:
    node = bench.add(AnnotatorNode({"max_rate": 60.0}))
    assert node.start()
    images = bench.node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
    pictures: list[Any] = []
    bench.node.create_subscription(
        Image, "fatigue/annotated", pictures.append, qos_profile_sensor_data
    )
    bench.until(lambda: images.publish(image(1.0)) or pictures, "a picture")
    broken = image(2.0)
    broken.step = 1
    bench.until(lambda: images.publish(broken) or node._trouble, "a refusal")
    assert "step" in node.diagnose().message


def test_a_fault_in_its_thread_is_counted_and_the_next_picture_is_drawn(bench: Any) -> None:
    node = bench.add(AnnotatorNode({"max_rate": 60.0}))
    assert node.start()
    images = bench.node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
    pictures: list[Any] = []
    topic = "fatigue/annotated"
    bench.node.create_subscription(Image, topic, pictures.append, qos_profile_sensor_data)
    node._latest["fatigue"] = object()  # no message, as only a bug would leave it
    bench.until(lambda: images.publish(image(1.0)) or node.faults["drawing"], "a fault")
    node._latest.clear()
    pictures.clear()
    bench.until(lambda: images.publish(image(2.0)) or pictures, "a picture after it")
    assert "AttributeError" in node.last_fault
