"""face_state over DDS: pictures in, what a model says out; a wrong model stops nobody else."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from skimage import data
from std_msgs.msg import Header

from fatigue_ros.errors import ParameterError
from fatigue_ros.msg import FaceLandmarks, FaceState, FatigueLevel
from fatigue_ros.nodes.face_state import FaceStateNode
from fatigue_ros.nodes.fusion import FusionNode
from fatigue_ros.nodes.landmarks import LandmarksNode
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.vision.images import fill

RED, GREEN = (0, 0, 255), (0, 255, 0)  # BGR; green is the drowsy class of the fixture's model
Make = Callable[..., Path]
WAIT = 120.0  # [s] patience with a machine that does other things as well


def image(colour: Any, stamp: float) -> Any:
    """A picture of one colour, or the picture itself, at a time [s]."""
    frame = np.full((48, 64, 3), colour, np.uint8) if isinstance(colour, tuple) else colour
    return fill(Image(header=Header(stamp=to_stamp(stamp), frame_id="driver_camera")), frame)


class Rig:
    """The node with the bench's ends of its topics."""

    def __init__(self, bench: Any, model: Path, **more: Any) -> None:
        self.bench = bench
        self.out: list[Any] = []
        self.node = bench.add(FaceStateNode({"model": str(model), **more}))
        bench.node.create_subscription(FaceState, "face_state", self.out.append, 10)
        assert self.node.start(), self.node.problem
        self.publisher = bench.node.create_publisher(
            Image, "camera/image_raw", qos_profile_sensor_data
        )
        bench.until(lambda: self.publisher.get_subscription_count() > 0, "a listener")
        bench.until(lambda: self.node.count_subscribers("face_state") > 0, "the bench")

    def ask(self, message: Any) -> Any:
        """Publish and return the answer."""
        stamp = message.header.stamp
        self.bench.send(
            self.publisher,
            message,
            lambda: self.out and self.out[-1].header.stamp == stamp,
            "an answer",
        )
        return self.out[-1]


def test_the_node_answers(bench: Any, model_file: Make) -> None:
    rig = Rig(bench, model_file())
    found = rig.ask(image(GREEN, 5.0))
    assert (found.header.stamp, found.header.frame_id) == (to_stamp(5.0), "driver_camera")
    assert (found.valid, found.reason, found.label) == (True, "", "tired")
    assert found.classes == ["awake", "tired"]
    assert found.probabilities == pytest.approx([0.0, 1.0], abs=1e-4)
    assert found.drowsy == pytest.approx(1.0, abs=1e-4)
    assert (found.model, found.skipped) == ("mean colour", 0)
    awake = rig.ask(image(RED, 6.0))
    assert (awake.label, awake.drowsy_duration, awake.drowsy_alarm) == ("awake", 0.0, False)
    assert awake.drowsy == pytest.approx(0.0, abs=1e-4)


def test_drowsy_time_is_message_time(bench: Any, model_file: Make) -> None:
    rig = Rig(bench, model_file(), alarm_after=0.5)
    said = [rig.ask(image(GREEN, 100.0 + 0.25 * i)) for i in range(4)]
    assert [m.drowsy_duration for m in said] == pytest.approx([0.0, 0.25, 0.5, 0.75])
    assert [m.drowsy_alarm for m in said] == [False, False, True, True]
    assert rig.ask(image(RED, 101.0)).drowsy_duration == 0.0
    # A recording that begins again is not a driver who slept for minus a minute.
    assert rig.ask(image(GREEN, 40.0)).drowsy_duration == 0.0


def test_rate(bench: Any, model_file: Make) -> None:
    rig = Rig(bench, model_file(), rate=5.0)
    images = rig.node._flows["camera/image_raw"]
    for number in range(31):
        message = image(GREEN, 10.0 + number / 30.0)
        if number % 6 == 0:
            rig.ask(message)
        else:
            taken = images._count
            bench.send(rig.publisher, message, lambda n=taken: images._count > n, "it to be taken")
    rig.ask(image(GREEN, 20.0))
    stamps = [*(10.0 + 0.2 * i for i in range(6)), 20.0]
    assert [m.header.stamp for m in rig.out] == [to_stamp(stamp) for stamp in stamps]
    assert rig.out[-1].skipped == 0  # what is not due is no loss


def test_newest_frame_wins_and_old_ones_are_counted(bench: Any, model_file: Make) -> None:
    rig = Rig(bench, model_file())
    judge, begun, go_on = rig.node._model.judge, threading.Event(), threading.Event()

    def slow(*given: Any) -> Any:
        begun.set()
        assert go_on.wait(WAIT)
        return judge(*given)

    rig.node._model.judge = slow
    burst = [image(GREEN, 10.0 + number) for number in range(20)]
    for message in burst:
        rig.node._take(message)
        assert begun.wait(WAIT)
    go_on.set()
    bench.until(lambda: rig.out and rig.out[-1].header.stamp == burst[-1].header.stamp, "the last")
    assert rig.out[-1].skipped == 18  # all but the first and the last
    assert len(rig.out) + rig.out[-1].skipped == len(burst)


def test_a_slow_model_does_not_hold_up_the_executor(bench: Any, model_file: Make) -> None:
    rig = Rig(bench, model_file(side=4096))
    judge, ticks = rig.node._model.judge, itertools.count()
    meanwhile: list[int] = []

    def counted(*given: Any) -> Any:
        before = next(ticks)
        found = judge(*given)
        meanwhile.append(next(ticks) - before - 1)
        return found

    rig.node._model.judge = counted
    timer = bench.node.create_timer(0.01, lambda: next(ticks))
    # Where others have the processor for all of a look: one in which nobody was held up is enough.
    for number in range(100):
        rig.ask(image(GREEN, 10.0 + number))
        if meanwhile[-1] > 2:
            break
    bench.node.destroy_timer(timer)
    assert meanwhile[-1] > 2, f"callbacks while the model worked: {meanwhile}"


def test_model_of_the_face_sees_the_face(bench: Any, model_file: Make) -> None:
    portrait = data.astronaut()[..., ::-1].copy()  # type: ignore[no-untyped-call]
    scene = np.full_like(portrait, GREEN)
    scene[20:220, 130:320] = portrait[20:220, 130:320]
    rig = Rig(bench, model_file(region="face"))
    unseen = rig.ask(image(scene, 5.0))
    assert (unseen.valid, unseen.reason, unseen.label) == (False, "no face", "")
    assert np.isnan([*unseen.probabilities, unseen.drowsy]).all()
    faces: list[Any] = []
    bench.node.create_subscription(FaceLandmarks, "face/landmarks", faces.append, 10)
    landmarks = bench.add(LandmarksNode())
    assert landmarks.start()
    bench.until(lambda: rig.publisher.get_subscription_count() == 2, "both")
    for step in range(1, 4):
        rig.ask(image(scene, 5.0 + 0.2 * step))
        bench.until(lambda step=step: len(faces) >= step, "landmarks")
    # Skin is red, and all around is green.
    assert rig.ask(image(scene, 5.8)).label == "awake"
    landmarks.stop()
    assert rig.ask(image(scene, 7.0)).reason == "no face"  # those landmarks are too old by then


@pytest.mark.parametrize("wrong", ["missing", "foreign", "nothing"])
def test_a_wrong_model_is_refused_and_the_others_run_on(
    bench: Any, tmp_path: Path, model_file: Make, wrong: str
) -> None:
    path = tmp_path / "other.onnx"
    if wrong == "foreign":
        path.write_bytes(b"a picture of a cat")
    wanted = {} if wrong == "nothing" else {"model": str(path)}
    landmarks, refused = bench.add(LandmarksNode()), bench.add(FaceStateNode(wanted))
    assert landmarks.start()
    assert not refused.start()
    expected = "model: expected the path" if wrong == "nothing" else f"{path}: expected a model"
    assert refused.problem.startswith(expected)
    assert "\n" not in refused.problem
    faces: list[Any] = []
    said: dict[str, str] = {}
    bench.node.create_subscription(FaceLandmarks, "face/landmarks", faces.append, 10)
    bench.node.create_subscription(
        DiagnosticArray,
        "/diagnostics",
        lambda m: said.update({s.name: s.message for s in m.status}),
        10,
    )
    camera = bench.node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
    bench.until(lambda: camera.get_subscription_count() > 0, "landmarks")
    bench.until(lambda: landmarks.count_subscribers("face/landmarks") > 0, "the bench")
    portrait = data.astronaut()[..., ::-1].copy()  # type: ignore[no-untyped-call]
    bench.send(camera, image(portrait, 5.0), lambda: faces and faces[0].detected, "a face")
    bench.until(lambda: said.get("fatigue_ros: /face_state") == refused.problem, "the reason")
    # With a right model it comes up, without a restart of anything.
    refused.set_parameters([Parameter("model", value=str(model_file()))])
    assert refused.start()


def test_a_rate_at_which_drowsy_time_never_adds_up_is_refused(bench: Any, model_file: Make) -> None:
    with pytest.raises(ParameterError, match=r"rate: expected at least 1 / max_gap \(2 Hz\)"):
        FaceStateNode({"model": str(model_file()), "max_gap": 0.5, "rate": 1.0})


def test_fusion_listens_where_it_has_a_weight(bench: Any) -> None:
    levels: list[Any] = []
    node = bench.add(FusionNode({"state_directory": "none", "face_state_weight": 20.0}))
    bench.node.create_subscription(FatigueLevel, "fatigue", levels.append, 10)
    assert node.start()
    publisher = bench.node.create_publisher(FaceState, "face_state", 10)
    bench.until(lambda: publisher.get_subscription_count() > 0, "fusion")
    bench.until(lambda: levels, "a level")

    def tell(duration: float) -> Any:
        now = Header(stamp=bench.node.get_clock().now().to_msg())
        return publisher.publish(FaceState(header=now, valid=True, drowsy_duration=duration))

    bench.until(lambda: tell(1.75) or levels[-1].metrics[-1].valid, "the metric")
    [metric] = [m for m in levels[-1].metrics if m.name == "face_state"]
    assert (metric.value, metric.unit, metric.score, metric.weight) == (1.75, "s", 50.0, 20.0)
    tell(-1.0)
    bench.until(lambda: node.refusals["face_state"] == 1, "a refusal")
