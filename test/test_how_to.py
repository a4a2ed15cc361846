"""The examples of docs/how_to, taken from the pages, installed as packages and used by name."""

from __future__ import annotations

import importlib
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from test.fixtures.plugins import Install

pytest.importorskip("rclpy", reason="the examples run as nodes")
from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from skimage import data
from std_msgs.msg import Bool, Header

from fatigue_ros.errors import ParameterError
from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment, Severity
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.monitor.monitor import FixedSpeed, Monitor
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.msg import FaceLandmarks, FatigueLevel
from fatigue_ros.ros.composition import create
from fatigue_ros.ros.conversions import to_stamp
from fatigue_ros.settings.parameters import from_mapping
from fatigue_ros.vision.images import fill

PAGES = Path(__file__).resolve().parent.parent / "docs" / "how_to"


@pytest.fixture
def from_page(install_plugin: Install) -> Callable[[str], None]:
    """Installs the package that a page shows: its first block of Python and of TOML."""

    def install(page: str) -> None:
        text = (PAGES / page).read_text(encoding="utf-8")
        source, project = (
            re.findall(rf"^```{kind}\n(.*?)^```", text, re.S | re.M)[0]
            for kind in ("python", "toml")
        )
        ((group, name, place),) = re.findall(
            r'^\[project\.entry-points\."(.+)"\]\n(\w+) = "(.+)"', project, re.M
        )
        module = place.partition(":")[0]
        assert f'py-modules = ["{module}"]' in project
        assert f"`{module}.py`" in text
        install_plugin(module, source, {group: {name: place}})

    return install


def test_own_engine(bench: Any, from_page: Callable[[str], None]) -> None:
    from_page("own_engine.md")
    found: dict[str, Any] = {}
    picture = Image(header=Header(stamp=to_stamp(1.0), frame_id="driver_camera"))
    fill(picture, np.ascontiguousarray(data.astronaut()[..., ::-1]))  # type: ignore[no-untyped-call]
    bench.node.create_subscription(
        FaceLandmarks, "face/landmarks", lambda face: found.update({face.engine: face.points}), 10
    )
    camera = bench.node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)

    def seen(engine: str) -> bool:
        camera.publish(picture)
        return engine in found

    for engine in ("half_size", "litert"):
        node = bench.add(create("landmarks", {"engine": engine}))
        assert node.start(), node.problem
        bench.until(lambda engine=engine: seen(engine), "landmarks")
        node.stop()
    points, reference = (np.reshape(found[engine], (68, 2)) for engine in found)
    assert np.abs(points - reference).max() < 5.0  # [px] of a face that is 100 wide


def test_own_measure(bench: Any, from_page: Callable[[str], None]) -> None:
    with pytest.raises(ParameterError, match=r"'bowed_head' is unknown, expected one of .*alert"):
        create("bowed_head")
    from_page("own_measure.md")
    node = bench.add(create("bowed_head", {"bowed_from": 0.4}))
    measure = importlib.import_module("bowed_head").BowedHead(node.settings)
    # Frames at 10 Hz: bowed from 1 s on, one of them twice, and 3 s without any.
    numbers = (*range(20), 19, *range(50, 60))
    faces = [Face(stamp=0.1 * n, pitch=0.6 if n >= 10 else 0.3) for n in numbers]
    bowed = [measure.update(face).drowsy_duration for face in faces]
    assert [bowed[n] for n in (0, 10, 19, 20, 21, -1)] == pytest.approx([0, 0, 0.9, 0.9, 0, 0.9])
    unseen = measure.update(Face(stamp=6.0))
    assert (unseen.valid, unseen.reason) == (False, "bowed_head: no head to be seen")

    levels: list[Any] = []
    bench.node.create_subscription(FatigueLevel, "fatigue", levels.append, 10)
    fusion = bench.add(create("fusion", {"state_directory": "none", "face_state_weight": 40.0}))
    assert all(part.start() for part in (fusion, node))
    camera = bench.node.create_publisher(FaceLandmarks, "face/landmarks", 10)
    points = np.zeros(136, np.float32)

    def counts() -> bool:
        """Whether a head that is held down has come to count."""
        now = Header(stamp=bench.node.get_clock().now().to_msg())
        camera.publish(
            FaceLandmarks(header=now, detected=True, points=points, head_pose_valid=True, pitch=0.6)
        )
        return bool(levels) and any(
            (metric.name, metric.valid, metric.weight) == ("face_state", True, 40.0)
            and metric.score > 0.0
            for metric in levels[-1].metrics
        )

    bench.until(counts, "the metric")


def test_own_node(bench: Any, from_page: Callable[[str], None]) -> None:
    from_page("own_node.md")
    node = bench.add(create("window_opener", {"open_from": 40.0}))
    assert node.start(), node.problem
    said: list[bool] = []
    bench.node.create_subscription(Bool, "window/open", lambda it: said.append(it.data), 10)
    levels = bench.node.create_publisher(FatigueLevel, "fatigue", 10)
    for level, valid, expected in ((39.0, True, False), (40.0, True, True), (0.0, False, True)):
        said.clear()
        message = FatigueLevel(level=level, valid=valid)
        bench.send(levels, message, lambda: said, "a word about the window")
        assert said[-1] is expected
    assert node.diagnose().message == "open"


def test_a_face_for_ros4hri(bench: Any, from_page: Callable[[str], None]) -> None:
    from_page("hri_bridge.md")
    points_of = importlib.import_module("hri_bridge").points_of
    points = [float(value) for value in range(136)]
    points[2:4] = [-5.0, 120.0]  # beyond the border
    face = FaceLandmarks(detected=True, points=points, image_width=200, image_height=100)
    found = points_of(face)
    assert len(found) == 70
    assert found[30] == pytest.approx((0.30, 0.61, 1.0))  # the tip of the nose, as REP-155 counts
    assert found[1] == (0.0, 1.0, 0.0)
    assert found[68:] == [(0.0, 0.0, 0.0)] * 2  # pupils are not known
    face.pupils_valid, face.pupils = True, [50.0, 40.0, 100.0, 40.0]
    assert points_of(face)[68:] == pytest.approx([(0.25, 0.4, 1.0), (0.5, 0.4, 1.0)])
    node = bench.add(create("hri_bridge"))
    try:
        hri = importlib.import_module("hri_msgs.msg")
    except ImportError:
        assert not node.start()
        assert "expected the messages of hri_msgs (REP-155), found none" in node.problem
        return
    assert node.start(), node.problem
    heard: list[Any] = []
    for topic, kind in {
        "driver/roi": hri.NormalizedRegionOfInterest2D,
        "driver/landmarks": hri.FacialLandmarks,
        "tracked": hri.IdsList,
    }.items():
        bench.node.create_subscription(kind, f"humans/faces/{topic}", heard.append, 10)
    faces = bench.node.create_publisher(FaceLandmarks, "face/landmarks", 10)
    bench.send(faces, face, lambda: len(heard) == 3, "the face")
    by_kind = {type(message).__name__: message for message in heard}
    assert by_kind["IdsList"].ids == ["driver"]
    assert by_kind["FacialLandmarks"].landmarks[69].x == pytest.approx(0.5)
    assert by_kind["NormalizedRegionOfInterest2D"].xmax == pytest.approx(134 / 200)
    heard.clear()
    bench.send(faces, FaceLandmarks(), lambda: heard, "that it is gone")
    assert list(heard[0].ids) == []


def test_own_profile(from_page: Callable[[str], None]) -> None:
    with pytest.raises(ParameterError, match="'perclos' is not one of 'evidence', 'paper'"):
        from_mapping(FusionSettings, {"profile": "perclos"})
    from_page("own_profile.md")
    fusion = from_mapping(FusionSettings, {"profile": "perclos", "state_directory": "none"})
    found: list[Assessment] = []
    monitor = Monitor(MonitorSettings(fusion=fusion), listener=found.append)
    vehicle = FixedSpeed(monitor, 25.0)
    for number in range(30 * 150):
        stamp = number / 30.0
        # Closed for 0.1 s in 3 s, from the second minute on for 0.6 s.
        closed = stamp % 3.0 < (0.1 if stamp < 90.0 else 0.6)
        vehicle.until(stamp)
        monitor.on_ear(stamp, 0.08 if closed else 0.3)
    assert found[0].reason
    assert found[-1].profile == "perclos"
    awake, drowsy = next(judged for judged in found if judged.stamp > 89.0), found[-1]
    assert [metric.name for metric in awake.metrics] == ["perclos"]
    assert awake.level == 0.0
    assert drowsy.level == 100.0
    assert drowsy.metrics[0].value == pytest.approx(0.2, abs=0.03)
    assert max(judged.warning.severity for judged in found) == Severity.ACOUSTIC


def test_own_speed_source(
    bench: Any, from_page: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from_page("own_speed_source.md")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("NMEA_PORT", str(port))
    node = bench.add(create("vehicle_speed", {"source": "nmea"}))
    heard: list[Any] = []
    bench.node.create_subscription(
        TwistStamped, "vehicle/speed", heard.append, qos_profile_sensor_data
    )
    assert node.start(), node.problem
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:

        def send(sentence: str) -> str:
            receiver.sendto(f"{sentence}\r\n".encode(), ("127.0.0.1", port))
            return str(node.diagnose().message)

        fix = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
        bench.until(lambda: send(fix) and heard, "a speed")
        assert heard[0].twist.linear.x == pytest.approx(22.4 * 1852.0 / 3600.0)
        lost = "$GPRMC,,V,,,,,,,,,*31"
        bench.until(lambda: "does not know where it is" in send(lost), "a fault")
    node.stop()
    assert node.start()  # the port was let go of


def test_minimal_risk(bench: Any, from_page: Callable[[str], None]) -> None:
    from_page("minimal_risk.md")
    node = bench.add(create("manoeuvre"))
    chart = importlib.import_module("manoeuvre").Manoeuvre()

    def drive(*parts: tuple[float, bool | None, float]) -> list[str]:
        """The states of a drive in parts: until when, unresponsive, speed."""
        found: list[str] = []
        now = 0.0
        for end, unresponsive, speed in parts:
            while now < end:
                now += 0.1
                state = chart.update(now, unresponsive, speed)
                if not found or state != found[-1]:
                    found.append(state)
        return found

    assert drive((5, False, 30), (60, None, 30), (70, False, 30)) == ["drive", "ask", "drive"]
    # Silence in the middle of it ends nothing, an eye that opens for a second neither.
    asleep = [(2, False, 30), (4, True, 30), (5, None, 30), (6, False, 30), (12, True, 30)]
    assert drive(*asleep, (20, True, 0.0), (60, False, 0.0)) == ["drive", "ask", "slow", "stop"]
    chart.acknowledge()
    assert drive((6, True, 30), (12, False, 30)) == ["ask", "slow", "drive"]

    assert node.start()
    bench.until(lambda: node.diagnose().message.startswith("ask"), "a question: nobody knows")
    level = bench.node.create_publisher(FatigueLevel, "fatigue", 10)
    bench.until(
        lambda: (
            level.publish(FatigueLevel(valid=True, state=FatigueLevel.ACTIVE))
            or node.diagnose().message.startswith("drive")
        ),
        "the driver to have it back",
    )
