"""Exported models run by ONNX Runtime: what they say, what is refused when one is opened."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.models.model_file import ModelError
from fatigue_ros.models.model_input import as_input, face_square, squared
from fatigue_ros.vision.faces import Box

onnx = pytest.importorskip("onnx", reason="model files are written with onnx: .[learning]")
onnxruntime = pytest.importorskip("onnxruntime", reason="models run by it: .[models]")

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
Make = Callable[..., Path]


def picture(colour: tuple[int, int, int], height: int = 48, width: int = 64) -> Any:
    return np.full((height, width, 3), colour, np.uint8)


# What is said ------------------------------------------------------------------------------------


def test_classifier_says_its_classes_in_their_order(model_file: Make) -> None:
    model = FaceModel(model_file())
    tired = model.judge(picture(GREEN))
    assert (tired.valid, tired.label, tired.is_drowsy) == (True, "tired", True)
    share = 1.0 / (1.0 + math.exp(-10.0))
    assert tired.probabilities == pytest.approx([1.0 - share, share], abs=1e-6)
    assert tired.drowsy == pytest.approx(share, abs=1e-6)
    awake = model.judge(picture(RED))
    assert (awake.valid, awake.label, awake.is_drowsy) == (True, "awake", False)
    assert awake.drowsy == pytest.approx(1.0 - share, abs=1e-6)


def test_several_drowsy_classes_add_up(model_file: Make) -> None:
    model = FaceModel(
        model_file(classes=("red", "green", "blue", "none"), drowsy=("green", "blue"))
    )
    found = model.judge(picture((0, 255, 255)))
    assert found.label in ("green", "blue")
    assert found.drowsy == pytest.approx(found.probabilities[1:3].sum())
    assert found.probabilities.sum() == pytest.approx(1.0)


def test_output_that_is_no_number_is_not_valid(model_file: Make) -> None:
    model = FaceModel(model_file(operations=("Log", "Softmax")))  # of black: minus infinity
    assert model.judge(picture(GREEN)).valid is False  # red and blue are 0
    found = model.judge(picture(BLACK))
    assert (found.valid, found.label, found.is_drowsy) == (False, "", None)
    assert found.reason == "the model's output is not a number"
    assert np.isnan(found.probabilities).all()
    assert math.isnan(found.drowsy)
    assert model.judge(picture((10, 200, 10))).label == "tired"


def test_detector_takes_the_best_box(model_file: Make) -> None:
    boxes = [[4, 4, 2, 2, 0.3, 0.1], [8, 8, 8, 4, 0.2, 0.6], [1, 1, 1, 1, 0.0, 0.5]]
    found = FaceModel(model_file(boxes=boxes)).judge(picture(BLACK, height=32, width=64))
    assert (found.valid, found.label, found.is_drowsy) == (True, "tired", True)
    assert found.probabilities == pytest.approx([0.25, 0.75])
    assert found.drowsy == pytest.approx(0.75)
    # 16 px of input are 64 px of a square that has 16 px of grey above the picture.
    [box] = found.boxes
    assert box == pytest.approx(Box(16, 8, 48, 24))


def test_detector_that_finds_nobody_names_no_class(model_file: Make) -> None:
    path = model_file(boxes=[[8, 8, 4, 4, 0.1, 0.24]])
    found = FaceModel(path).judge(picture(BLACK))
    assert (found.valid, found.label, found.is_drowsy, found.boxes) == (False, "", None, ())
    assert found.reason == "no face: the best score is 0.24, expected 0.25"
    assert np.isnan(found.probabilities).all()
    assert FaceModel(path, min_score=0.2).judge(picture(BLACK)).label == "tired"


def test_face_region_sees_the_face_alone(model_file: Make) -> None:
    model = FaceModel(model_file(region="face"))
    scene = picture(RED, 120, 160)
    scene[40:80, 60:100] = GREEN
    tired = model.judge(scene, Box(66, 46, 94, 74))
    assert (tired.label, tired.boxes) == ("tired", (Box(59, 39, 101, 81),))
    assert model.judge(scene, Box(10, 10, 30, 30)).label == "awake"
    for nowhere in (None, Box(300, 300, 320, 320)):
        found = model.judge(scene, nowhere)
        assert (found.valid, found.reason) == (False, "no face")


def test_haar_region_judges_the_parts(model_file: Make) -> None:
    skimage = pytest.importorskip("skimage")
    portrait = skimage.data.astronaut()

    def judged(*classes: str) -> Any:
        path = model_file(region="haar", classes=classes, drowsy=("yawn", "closed"))
        return FaceModel(path).judge(portrait)

    # Skin is red, so that each crop is of the first class: an eye, and no whole face.
    shut = judged("closed", "open", "yawn", "no_yawn")
    assert (shut.valid, shut.label, shut.is_drowsy) == (True, "closed", True)
    assert shut.drowsy == shut.probabilities[0] > 0.5
    assert shut.probabilities[:2].sum() == pytest.approx(1.0)
    assert np.isnan(shut.probabilities[2:]).all()
    face, *eyes = shut.boxes
    assert eyes
    assert all(face.left < eye.left < eye.right < face.right for eye in eyes)
    # Open eyes alone do not say that the driver is awake.
    unsure = judged("open", "closed", "yawn", "no_yawn")
    assert (unsure.valid, unsure.label, unsure.is_drowsy) == (False, "", None)
    assert unsure.reason == "not both a face and an eye were found"


def test_input_is_rgb_from_0_to_1_and_a_picture_keeps_its_shape_in_a_square() -> None:
    values = as_input(picture((255, 0, 51), 2, 3))
    assert values.shape == (1, 3, 2, 3)
    assert values.dtype == np.float32
    assert values[0, :, 0, 0] == pytest.approx([1.0, 0.0, 0.2])
    square, (x, y) = squared(picture(RED, 40, 20))
    assert (square.shape, x, y) == ((40, 40, 3), 10, 0)
    assert (square[:, 10:30] == RED).all()
    assert (square[:, :10] == 114).all()
    assert (square[:, 30:] == 114).all()


def test_face_square_stays_in_the_picture() -> None:
    scene = picture(BLACK, 100, 200)
    assert face_square(Box(90, 40, 110, 60), scene) == Box(85, 35, 115, 65)
    assert face_square(Box(0, 0, 40, 20), scene) == Box(0, 0, 50, 40)
    assert face_square(Box(150, -500, 190, -400), scene) is None


# What is refused ---------------------------------------------------------------------------------


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as refused:
        FaceModel(path)
    text = str(refused.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


def edited(path: Path, change: Callable[[Any], None]) -> Path:
    model = onnx.load(path)
    change(model)
    onnx.save(model, path)
    return path


def described(path: Path, **changes: Any) -> Path:
    """The same graph, which says something else about itself."""

    def change(model: Any) -> None:
        [entry] = model.metadata_props
        entry.value = json.dumps(json.loads(entry.value) | changes)

    return edited(path, change)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path / "none.onnx")
        == "expected a model file (ONNX), but No such file or directory"
    )
    assert refusal(tmp_path) == "expected a model file (ONNX), but it is a folder, no file"


def test_truncated_at_any_byte(model_file: Make, tmp_path: Path) -> None:
    whole = model_file().read_bytes()
    cut = tmp_path / "cut.onnx"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        assert "expected" in refusal(cut)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"not a model", b"PK\x03\x04 a zip file"])
def test_what_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert refusal(path).startswith("expected a")


def test_foreign_model(model_file: Make) -> None:
    path = edited(model_file(), lambda model: model.ClearField("metadata_props"))
    expected = (
        "expected a model of `fatigue learn export` (metadata fatigue_ros), got one with metadata"
    )
    assert refusal(path) == f"{expected} none"
    edited(path, lambda model: onnx.helper.set_model_props(model, {"author": "somebody"}))
    assert refusal(path) == f"{expected} author"


def test_other_version(model_file: Make) -> None:
    path = described(model_file(), version=2)
    assert refusal(path) == "metadata fatigue_ros: version: expected 1, got 2"


def test_input_of_another_size_or_name(model_file: Make) -> None:
    assert refusal(model_file(side=32, image_size=16)) == (
        "input image: expected tensor(float) [N, 3, 16, 16], got tensor(float) ['N', 3, 32, 32]"
    )

    def rename(model: Any) -> None:
        model.graph.input[0].name = model.graph.node[0].input[0] = "picture"

    assert refusal(edited(model_file(), rename)) == "inputs: expected image alone, got picture"


def test_graph_that_is_not_what_it_says(model_file: Make) -> None:
    path = described(model_file(), classes=["awake", "tired", "asleep"])
    assert refusal(path) == "output probabilities: expected float32 [N, 3], got float32 [N, 2]"
    path = described(model_file(), kind="detector")
    assert refusal(path) == "outputs: expected boxes alone, got probabilities"
    path = described(model_file(boxes=[[1, 1, 1, 1, 0.5, 0.5]]), classes=["a", "tired", "c"])
    assert refusal(path) == "output boxes: expected float32 [N, 7, A], got float32 [N, 6, 1]"


def test_output_that_is_no_probability(model_file: Make) -> None:
    path = model_file(operations=("Identity", "Identity"))  # the softmax was forgotten
    assert refusal(path).startswith(
        "output probabilities: expected numbers from 0 to 1 that sum to 1, got 5.0"
    )
    path = model_file(boxes=[[8, 8, 4, 4, 3.0, -1.0]])
    assert refusal(path) == "output boxes: expected numbers from 0 to 1, got -1 to 3 with sum 2"


def test_haar_region_needs_the_papers_classes(model_file: Make) -> None:
    assert refusal(model_file(region="haar")) == (
        "classes: expected closed, no_yawn, open, yawn among them for region haar, got awake, tired"
    )


def test_without_onnx_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(FatigueError) as refused:
        FaceModel(tmp_path / "model.onnx")
    expected = "expected the package onnxruntime, not found: pip install .[models]"
    assert str(refused.value) == expected
