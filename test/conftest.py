"""What all tests share: the real recordings, and a bench for tests over real DDS."""

from __future__ import annotations

import contextlib
import http.server
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = [f"test.fixtures.{name}" for name in ("drives", "plugins", "processes", "stated")]
N = TypeVar("N")
_EYE_WIDTH = 40.0  # [px]
_MOUTH_WIDTH = 60.0  # [px]
_WAIT = 120.0  # [s] patience with a machine that does other things as well
_TICK = 0.02  # [s]
# How long an example takes says something of the machine alone.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real recordings, which lies beside the checkout and is not part of it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real recordings are not here: no folder shared/data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def summary_keys() -> set[str]:
    """What the JSON summary of a drive has, whichever command makes it."""
    return {
        "duration_s",
        "frames",
        "frames_with_face",
        "blinks",
        "closures",
        "yawns",
        "warnings",
        "level_max",
        "latency_ms",
    }


def _eye(centre: float, ear: float, width: float) -> list[tuple[float, float]]:
    half, gap = width / 2.0, ear * width / 2.0
    return [
        (centre - half, 0.0),
        (centre - half / 3.0, -gap),
        (centre + half / 3.0, -gap),
        (centre + half, 0.0),
        (centre + half / 3.0, gap),
        (centre - half / 3.0, gap),
    ]


def _points(
    right: float, left: float, opening: float, narrow: tuple[float, float] = (1.0, 1.0)
) -> Any:
    points = np.zeros((68, 2), np.float32)
    points[30] = (0.0, 40.0)
    points[36:42] = _eye(-45.0, right, _EYE_WIDTH * narrow[0])
    points[42:48] = _eye(45.0, left, _EYE_WIDTH * narrow[1])
    half, gap = _MOUTH_WIDTH / 2.0, opening * _MOUTH_WIDTH / 2.0
    across = np.linspace(-half, half, 7)
    lip = np.array([0.0, 6.0, 9.0, 9.0, 9.0, 6.0, 0.0])
    points[48:55] = np.column_stack((across, 100.0 - gap - lip))
    points[55:60] = np.column_stack((across[-2:0:-1], 100.0 + gap + lip[-2:0:-1]))
    inner = np.linspace(-half + 5.0, half - 5.0, 5)
    points[60:65] = np.column_stack((inner, [100.0, *[100.0 - gap] * 3, 100.0]))
    points[65:68] = np.column_stack((inner[3:0:-1], [100.0 + gap] * 3))
    return points + np.array((320.0, 200.0), np.float32)


@pytest.fixture(scope="session")
def face_points() -> Callable[..., Any]:
    """Makes the 68 points of a face, shape (68, 2), [px of a 640 wide frame].

    Its arguments: eye aspect ratio right and left; opening of the mouth; narrow, the share of
    their width that the eyes show.
    """
    return _points


class Bench:
    """A node to test with, and an executor that spins it together with the nodes under test."""

    def __init__(self) -> None:
        import rclpy  # noqa: PLC0415 - tests of the plain-Python packages do without ROS
        from rclpy.experimental import EventsExecutor  # noqa: PLC0415

        self.executor = EventsExecutor()
        self.node: Any = rclpy.create_node("bench")
        self.executor.add_node(self.node)
        self._added: list[Any] = []

    def add(self, node: N) -> N:
        """Spin a node too, and stop and destroy it at the end."""
        self.executor.add_node(node)
        self._added.append(node)
        return node

    def until(self, condition: Callable[[], Any], what: str, timeout: float = _WAIT) -> Any:
        """Spin until the condition holds and return its value; fail naming what did not come."""
        end = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() > end:
                pytest.fail(f"waited {timeout:g} s in vain for {what}")
            self.executor.spin_once(timeout_sec=0.02)
        return value

    def send(self, publisher: Any, message: Any, arrived: Callable[[], Any], what: str) -> Any:
        """Publish, and again after ten seconds: best effort loses messages on a busy machine."""
        tries = itertools.count()

        def done() -> Any:
            if next(tries) % 500 == 0:
                publisher.publish(message)
            return arrived()

        return self.until(done, what)

    def spin(self, seconds: float) -> None:
        """Spin for a while, for what must not happen: until a timer among the nodes' has ticked.

        However busy the machine, what was due meanwhile has had its turn.
        """
        from rclpy.clock import Clock, ClockType  # noqa: PLC0415

        left = [None] * round(seconds / _TICK)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        timer = self.node.create_timer(_TICK, lambda: left and left.pop(), clock=steady)
        self.until(lambda: not left, f"a timer to tick for {seconds:g} s")
        self.node.destroy_timer(timer)

    def clock(self) -> Any:
        """Publishes on /clock, and the last time again and again: it stands, it does not stop."""
        from rclpy.clock import Clock, ClockType  # noqa: PLC0415
        from rosgraph_msgs.msg import Clock as Message  # noqa: PLC0415

        publisher = self.node.create_publisher(Message, "/clock", 100)
        told: list[Any] = []
        tell = publisher.publish

        def publish(message: Any) -> None:
            told[:] = [message]
            tell(message)

        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.node.create_timer(0.5, lambda: [tell(message) for message in told], clock=steady)
        publisher.publish = publish
        return publisher

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service and return its response."""
        client = self.node.create_client(kind, name)
        self.until(client.service_is_ready, f"service {name}")
        tries, asked = itertools.count(), []

        def answered() -> Any:
            # Again after half a minute: what answers a client only just found may be lost.
            if next(tries) % 1500 == 0:
                asked.append(client.call_async(request))
            return next((future for future in asked if future.done()), None)

        future = self.until(answered, f"an answer from {name}")
        self.node.destroy_client(client)
        return future.result()

    def close(self) -> None:
        """Stop and destroy every node."""
        for node in self._added:
            if hasattr(node, "stop"):
                node.stop()
            self.executor.remove_node(node)
            node.destroy_node()
        self.executor.remove_node(self.node)
        self.node.destroy_node()
        self.executor.shutdown()  # else it keeps the nodes' endpoints alive


def pytest_configure(config: pytest.Config) -> None:
    """A ROS domain that no other test run on this machine has: a port stands for each."""
    first = os.getpid() % 100
    for number in (1 + (first + step) % 100 for step in range(100)):
        mark = socket.socket()
        config.add_cleanup(mark.close)
        with contextlib.suppress(OSError):
            mark.bind(("127.0.0.1", 20_000 + number))
            os.environ["ROS_DOMAIN_ID"] = str(number)
            os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
            return
    pytest.exit("no ROS domain from 1 to 100 is free", 2)


@pytest.fixture
def domain() -> int:
    """The ROS domain of this run, on this machine only."""
    return int(os.environ["ROS_DOMAIN_ID"])


@pytest.fixture
def bench(domain: int) -> Iterator[Bench]:
    """A fresh context with a Bench in it: one node, one executor, conditions instead of sleeps."""
    import rclpy  # noqa: PLC0415
    from rclpy.signals import SignalHandlerOptions  # noqa: PLC0415

    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    instance = Bench()
    yield instance
    instance.close()
    rclpy.shutdown()


@pytest.fixture
def network_camera() -> Iterator[Callable[[list[bytes]], str]]:
    """Makes a camera that sends these JPEG pictures as motion JPEG over HTTP, then hangs up.

    Returns the address of the server; the camera is at ``/live``.
    """
    servers = []

    def serve(pictures: list[bytes], port: int = 0) -> str:
        class Camera(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/live":
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                for content in pictures:
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}"
                    self.wfile.write(head.encode() + b"\r\n\r\n" + content + b"\r\n")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Camera)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def model_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes small model files that need no training.

    The classifier sees the mean colour: its first class is for red, the second for green, the
    third for blue. ``operations`` stand before and behind its weights. The detector finds
    ``boxes``, rows of centre, size and scores, in every picture. ``side`` is the size of the input,
    whatever the description says; the other arguments are those of ModelDescription.
    """
    onnx = pytest.importorskip("onnx", reason="model files are written with onnx: .[learning]")
    pytest.importorskip("onnxruntime", reason="model files are run by ONNX Runtime: .[models]")
    from fatigue_ros.models.model_file import ModelDescription  # noqa: PLC0415 - optional

    def write(
        boxes: Any = None,
        operations: tuple[str, str] = ("Identity", "Softmax"),
        side: int = 16,
        **more: Any,
    ) -> Path:
        about = ModelDescription(
            **{
                "kind": "classifier" if boxes is None else "detector",
                "classes": ("awake", "tired"),
                "drowsy": ("tired",),
                "region": "whole",
                "image_size": side,
                "name": "mean colour",
                "trained_on": "nothing",
                **more,
            },
        )
        make = onnx.helper.make_node
        if boxes is None:
            constant = 10.0 * np.eye(3, len(about.classes), dtype=np.float32)
            nodes = [
                make("GlobalAveragePool", ["image"], ["mean"]),
                make("Flatten", ["mean"], ["colour"]),
                make(operations[0], ["colour"], ["seen"]),
                make("MatMul", ["seen", "constant"], ["scores"]),
                make(operations[1], ["scores"], [about.output]),
            ]
        else:
            constant = np.asarray(boxes, np.float32).T[None]
            nodes = [make("Identity", ["constant"], [about.output])]
        value = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(
            nodes,
            about.name,
            [value("image", onnx.TensorProto.FLOAT, ["N", 3, side, side])],
            [value(about.output, onnx.TensorProto.FLOAT, None)],
            [onnx.numpy_helper.from_array(constant, "constant")],
        )
        opset = [onnx.helper.make_opsetid("", 17)]
        model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
        onnx.helper.set_model_props(model, {"fatigue_ros": about.to_json()})
        path = tmp_path / "model.onnx"
        onnx.save(model, path)
        return path

    return write
