from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fatigue_ros.errors import EngineError
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.vision.engine import LandmarkSettings, create_engine

Picture = npt.NDArray[np.uint8]


def settings(predictor: Path | str) -> LandmarkSettings:
    return LandmarkSettings(engine="dlib", dlib_predictor=str(predictor))


def test_without_dlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)  # Python's own way to bar an import
    with pytest.raises(EngineError, match="pip install dlib"):
        create_engine(settings("any.dat"))


@pytest.fixture(scope="module")
def dlib() -> Any:
    return pytest.importorskip("dlib", reason="dlib is not installed")


def train(dlib: Any, picture: Picture, points: npt.NDArray[Any], path: Path) -> None:
    """A predictor that knows one picture, shifted about; small, but a real file of dlib's."""
    pictures, shapes = [], []
    box = dlib.get_frontal_face_detector()(picture)[0]
    for dx, dy in ((0, 0), (6, 0), (-6, 0), (0, 6), (0, -6)):
        moved = cv2.warpAffine(picture, np.array([[1.0, 0, dx], [0, 1, dy]]), picture.shape[1::-1])
        pictures.append(moved)
        shape = [dlib.point(round(x + dx), round(y + dy)) for x, y in points.tolist()]
        place = dlib.translate_rect(box, dlib.point(dx, dy))
        shapes.append([dlib.full_object_detection(place, shape)])
    options = dlib.shape_predictor_training_options()
    options.cascade_depth, options.num_trees_per_cascade_level, options.tree_depth = 5, 40, 2
    options.oversampling_amount, options.num_threads = 5, 1
    dlib.train_shape_predictor(pictures, shapes, options).save(str(path))


def test_a_trained_predictor_finds_the_points(dlib: Any, portrait: Picture, tmp_path: Path) -> None:
    with create_engine(LandmarkSettings()) as teacher:
        taught = teacher.detect(portrait, 0.0)
    assert taught.points is not None
    file = tmp_path / "predictor.dat"
    train(dlib, portrait, taught.points, file)
    with create_engine(settings(file)) as engine:
        assert engine.name == "dlib"
        face = engine.detect(portrait, 5.0)
        nobody = engine.detect(np.zeros((120, 160, 3), np.uint8), 5.1)
    assert face.points is not None
    assert (face.stamp, face.faces, face.width, face.height) == (5.0, 1, 480, 480)
    eyes = np.linalg.norm(taught.points[36] - taught.points[45])
    assert np.linalg.norm(face.points - taught.points, axis=1).mean() < 0.05 * eyes
    assert (face.yaw, face.pitch, face.roll) == pytest.approx(
        (taught.yaw, taught.pitch, taught.roll), abs=0.1
    )
    assert not nobody.detected


@pytest.fixture(scope="module")
def common_predictor(dlib: Any) -> Path:
    """The predictor of the paper, which is for research only."""
    found = importlib.util.find_spec("face_recognition_models")
    if found is None or found.origin is None:
        pytest.skip("the common predictor is not installed (EXTRAS=dlib)")
    return Path(found.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"


def test_the_common_predictor_finds_what_the_mesh_finds(
    common_predictor: Path, portrait: Picture
) -> None:
    faces = []
    for chosen in (settings(common_predictor), LandmarkSettings()):
        with create_engine(chosen) as engine:
            faces.append(engine.detect(portrait, 0.0))
    theirs, ours = (face.points for face in faces)
    assert theirs is not None
    assert ours is not None
    wide = np.linalg.norm(ours[45] - ours[36])
    assert np.linalg.norm(theirs[17:] - ours[17:], axis=1).mean() < 0.06 * wide
    assert faces[0].pupils is None
    assert np.isnan(faces[0].gaze_yaw)


def test_the_common_predictor_sees_a_driver_blink(
    common_predictor: Path, shared_data: Path
) -> None:
    capture = cv2.VideoCapture(str(shared_data / "driver_clips" / "4.avi"))
    eyes, ears = EyeMonitor(EyeSettings()), []
    with create_engine(settings(common_predictor)) as engine:
        for number in range(62):
            picture = capture.read()[1]
            if number >= 40:
                rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
                ears.append(eyes.update(engine.detect(rgb, number / 30.0)).ear)
    assert np.isfinite(ears).all()
    assert 40 + int(np.argmin(ears)) == pytest.approx(1.7 * 30.0, abs=6.0)
    assert min(ears) < 0.7 * np.median(ears)


def test_files_that_will_not_do_are_refused(dlib: Any, portrait: Picture, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="dlib_predictor: is empty, expected the path of"):
        create_engine(settings(""))
    with pytest.raises(EngineError, match=r"missing\.dat' is not a file"):
        create_engine(settings(tmp_path / "missing.dat"))
    garbage = tmp_path / "garbage.dat"
    garbage.write_bytes(b"garbage" * 100)
    with pytest.raises(EngineError, match="is not a predictor that dlib can read"):
        create_engine(settings(garbage))
    few = tmp_path / "five.dat"
    train(
        dlib, portrait, np.array([[100, 100], [200, 120], [150, 200], [90, 260], [210, 260]]), few
    )
    with pytest.raises(EngineError, match="finds 5 points, expected 68"):
        create_engine(settings(few))
