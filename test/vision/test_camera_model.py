"""What is known of a camera: files of ROS's calibration, messages, and where a head is by it."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from fatigue_ros.errors import ParameterError
from fatigue_ros.vision.camera_model import CameraModel, from_message, load
from fatigue_ros.vision.head_pose import (
    FACE_MODEL,
    HeadPose,
    head_place,
    head_pose,
    quaternion,
    rotation_matrix,
)

# As `camera_calibration` writes it.
FILE = """\
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [520., 0., 322.5, 0., 521., 238.5, 0., 0., 1.]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.32, 0.11, 0.001, -0.0005, 0.]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [480., 0., 321., 0., 0., 500., 238., 0., 0., 0., 1., 0.]
"""


def written(folder: Path, text: str, encoding: str = "utf-8") -> str:
    path = folder / "camera.yaml"
    path.write_text(text, encoding=encoding)
    return str(path)


def seen(model: CameraModel, pose: HeadPose, place: tuple[float, float, float]) -> Any:
    """Points [px] of a head, turned against the optical axis and put at a place [mm]."""
    undo = cv2.fisheye if model.distortion_model == "equidistant" else cv2
    turn = cv2.Rodrigues(rotation_matrix(pose))[0]
    matrix = np.reshape(model.matrix, (3, 3))
    distortion = np.array(model.distortion or (0.0,) * 4)
    points, _ = undo.projectPoints(
        FACE_MODEL.reshape(-1, 1, 3), turn, np.array(place), matrix, distortion
    )
    return points.reshape(-1, 2)


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_of_ros_is_read(tmp_path: Path, prefix: str, encoding: str) -> None:
    model = load(prefix + written(tmp_path, FILE, encoding))
    assert (model.width, model.height, model.distortion_model) == (640, 480, "plumb_bob")
    assert model.matrix == (520.0, 0.0, 322.5, 0.0, 521.0, 238.5, 0.0, 0.0, 1.0)
    assert model.distortion == (-0.32, 0.11, 0.001, -0.0005, 0.0)
    assert model.projection[:3] == (480.0, 0.0, 321.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (FILE, "", "the file is empty, expected a camera calibration"),
        (FILE, "[", "not YAML"),
        ("camera_matrix", "matrix", "camera_matrix is missing"),
        ("[520.", "[0.", "camera_matrix: expected 9 numbers with positive focal lengths"),
        ("238.5, 0., 0., 1.]", "238.5]", "camera_matrix: expected 9 numbers"),
        ("plumb_bob", "polynomial", "expected one of plumb_bob, .*, got 'polynomial'"),
        ("-0.0005, 0.]", "]", "expected 0 or 4 or 5 numbers for plumb_bob"),
        ("-0.32", "much", ":12: distortion_coefficients: expected numbers"),
        ("image_width: 640", "image_width: wide", ":1: image_width: expected a whole number"),
        ("image_height: 480", "image_height: -480", "expected a size, got 640x-480"),
        ("321., 0.", "321.", "expected 9 and 12 numbers, got 9 and 11"),
    ],
)
def test_what_is_no_calibration_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = written(tmp_path, FILE.replace(old, new))
    with pytest.raises(ParameterError, match=words) as refusal:
        load(path)
    assert str(refusal.value).startswith(f"camera_info_file: {path}")
    assert "\n" not in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"camera_info_file: .*absent: No such file"):
        load(str(tmp_path / "absent"))
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParameterError, match="no text in UTF-8"):
        load(str(tmp_path / "noise"))


def test_it_fits_pictures_of_its_shape_only() -> None:
    model = CameraModel.of_field_of_view(60.0, 640, 480)
    half = model.fitted(320, 240)
    assert half is not None
    assert half.matrix[0] == pytest.approx(model.matrix[0] / 2.0)
    assert half.matrix[2] == pytest.approx(160.0)
    assert half.projection[5] == pytest.approx(model.matrix[4] / 2.0)
    assert model.fitted(1280, 720) is None


def message(**fields: Any) -> Any:
    """The fields of sensor_msgs/CameraInfo."""
    region = SimpleNamespace(width=0, height=0)
    blank = {"k": [0.0] * 9, "d": [], "r": [0.0] * 9, "p": [0.0] * 12, "distortion_model": ""}
    return SimpleNamespace(**{"width": 640, "height": 480, "roi": region} | blank | fields)


def test_of_messages_only_a_calibrated_camera_counts() -> None:
    assert from_message(message()) is None
    matrix = [520.0, 0.0, 322.5, 0.0, 521.0, 238.5, 0.0, 0.0, 1.0]
    found = from_message(message(k=matrix))
    assert found is not None
    assert found.matrix == tuple(matrix)
    assert found.distortion_model == "plumb_bob"
    assert from_message(message(k=matrix, roi=SimpleNamespace(width=320, height=240))) is None
    assert from_message(message(k=matrix, roi=SimpleNamespace(width=640, height=480))) == found
    with pytest.raises(ParameterError, match="distortion_model"):
        from_message(message(k=matrix, distortion_model="thin_prism"))


PLAIN = CameraModel.of_field_of_view(50.0, 1280, 800)
CAMERAS = {
    "without distortion": PLAIN,
    "barrel": CameraModel(1280, 800, PLAIN.matrix, "plumb_bob", (-0.3, 0.1, 0.001, 0.0, 0.0)),
    "rational": CameraModel(
        1280, 800, PLAIN.matrix, "rational_polynomial", (-0.3, 0.1, 0.0, 0.0, 0.0, 0.05, 0.0, 0.0)
    ),
    "fisheye": CameraModel(1280, 800, PLAIN.matrix, "equidistant", (-0.05, 0.01, 0.0, 0.0)),
}


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_where_a_head_is(camera: CameraModel) -> None:
    there = (180.0, -90.0, 650.0)  # [mm]
    turned = HeadPose(0.2, 0.1, -0.15)
    place = head_place(seen(camera, turned, there), camera)
    assert place is not None
    assert place.position == pytest.approx(np.array(there) / 1000.0, abs=2e-3)
    forward, left, up = place.rotation.T
    model = rotation_matrix(turned)
    assert forward == pytest.approx(model @ (0.0, 0.0, -1.0), abs=5e-3)  # out of the face
    assert left == pytest.approx(model @ (1.0, 0.0, 0.0), abs=5e-3)
    assert up == pytest.approx(model @ (0.0, -1.0, 0.0), abs=5e-3)
    assert np.linalg.det(place.rotation) == pytest.approx(1.0)


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_a_face_that_looks_into_the_lens_has_zeros_in_every_corner(camera: CameraModel) -> None:
    for x, y in [(0.0, 0.0), (200.0, 100.0), (-200.0, 100.0), (150.0, -120.0)]:
        # The middle of the rigid points is what looks: a little below and behind the root.
        into = HeadPose(math.atan2(-x, 700.0), math.atan2(-y, math.hypot(x, 700.0)), 0.0)
        points = seen(camera, into, (x, y, 700.0))
        found = head_pose(points, camera.width, camera.height, camera)
        assert found == pytest.approx((0.0, 0.0, 0.0), abs=math.radians(2.0))


def test_what_allows_no_place_is_none() -> None:
    points = seen(PLAIN, HeadPose(0.0, 0.0, 0.0), (0.0, 0.0, 700.0))
    points[30] = math.nan
    assert head_place(points, PLAIN) is None
    assert np.isnan(head_pose(points, 1280, 800, PLAIN)).all()


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (0.3, -0.2, 0.5), (math.pi, 0.0, 0.0)])
def test_a_quaternion_is_the_same_turn(turn: tuple[float, float, float]) -> None:
    rotation = np.asarray(cv2.Rodrigues(np.array(turn))[0], np.float64)
    x, y, z, w = quaternion(rotation)
    assert math.hypot(x, y, z, w) == pytest.approx(1.0)
    axis = np.array((x, y, z))
    cross = np.cross(np.eye(3), axis)
    assert (w * w - axis @ axis) * np.eye(3) + 2 * np.outer(axis, axis) - 2 * w * cross.T == (
        pytest.approx(rotation, abs=1e-6)
    )
