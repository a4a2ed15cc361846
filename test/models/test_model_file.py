"""What a model file says about itself: written, read back, and refused by name."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import Any

import pytest

from fatigue_ros.models.model_file import ModelDescription, ModelError

VALUES: dict[str, Any] = {
    "kind": "classifier",
    "classes": ["yawn", "no_yawn", "open", "closed"],
    "drowsy": ["yawn", "closed"],
    "region": "haar",
    "image_size": 145,
    "name": "modified VGG-16",
    "trained_on": "drowsiness images, split by blocks",
    "version": 1,
}


def test_written_and_read_back() -> None:
    description = ModelDescription(**VALUES)
    assert description.classes == ("yawn", "no_yawn", "open", "closed")
    assert description.output == "probabilities"
    assert ModelDescription.from_json(description.to_json(), "a.onnx") == description
    assert json.loads(description.to_json()) == VALUES
    assert dataclasses.replace(description, kind="detector", region="whole").output == "boxes"


@pytest.mark.parametrize(
    ("key", "value", "expected", "got"),
    [
        ("version", 2, "1", "2"),
        ("version", None, "1", "None"),
        ("version", True, "1", "True"),
        ("kind", "regressor", "one of classifier, detector", "regressor"),
        ("kind", ["classifier"], "one of classifier, detector", "['classifier']"),
        ("region", "", "one of whole, face, haar", "nothing"),
        ("classes", ["open"], "two names or more", "('open',)"),
        ("classes", ["open", "open"], "a list of different names", "['open', 'open']"),
        ("classes", "open", "a list of different names", "open"),
        ("classes", [["open"], "closed"], "a list of different names", "[['open'], 'closed']"),
        ("drowsy", [], "some of yawn, no_yawn, open, closed, not all", "()"),
        ("drowsy", ["asleep"], "some of yawn, no_yawn, open, closed, not all", "('asleep',)"),
        ("drowsy", VALUES["classes"], "some of yawn, no_yawn, open, closed, not all", "("),
        ("image_size", 0, "whole pixels from 8 to 4096", "0"),
        ("image_size", 145.0, "whole pixels from 8 to 4096", "145.0"),
        ("image_size", True, "whole pixels from 8 to 4096", "True"),
        ("name", "", "a text", "nothing"),
        ("trained_on", None, "a text", "None"),
        ("colour", "red", "no such key", "red"),
        ("temperature", 0.0, "a number above 0", "0.0"),
        ("temperature", "1", "a number above 0", "1"),
        ("temperature", True, "a number above 0", "True"),
        ("temperature", float("inf"), "a number above 0", "inf"),
    ],
)
def test_refusals_name_file_key_expected_and_got(
    key: str, value: object, expected: str, got: str
) -> None:
    with pytest.raises(ModelError) as refused:
        ModelDescription.from_json(json.dumps(VALUES | {key: value}), "models/a.onnx")
    start = f"models/a.onnx: metadata fatigue_ros: {key}: expected {expected}, got {got}"
    assert str(refused.value).startswith(start)
    assert "\n" not in str(refused.value)


def test_a_temperature_is_kept_and_older_files_have_none() -> None:
    warm = ModelDescription(**VALUES, temperature=1.7)
    assert ModelDescription.from_json(warm.to_json(), "a.onnx").temperature == 1.7
    assert ModelDescription.from_json(json.dumps(VALUES), "a.onnx").temperature == 1.0


@pytest.mark.parametrize("key", VALUES)
def test_each_key_is_needed(key: str) -> None:
    values = {name: value for name, value in VALUES.items() if name != key}
    with pytest.raises(ModelError, match=f"a.onnx: .* {key}: expected .*, got none"):
        ModelDescription.from_json(json.dumps(values), "a.onnx")


@pytest.mark.parametrize(("text", "expected"), [("{", "JSON"), ("", "JSON"), ("[1]", "an object")])
def test_what_is_no_description_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ModelError, match=f"a.onnx: metadata fatigue_ros: expected {expected}, got"):
        ModelDescription.from_json(text, "a.onnx")


def test_a_detector_sees_the_whole_picture() -> None:
    with pytest.raises(ModelError, match=r"^region: expected whole for a detector, got haar"):
        ModelDescription(**VALUES | {"kind": "detector"})


def test_the_writer_is_refused_too() -> None:
    with pytest.raises(ModelError, match=r"^kind: expected one of"):
        ModelDescription(**VALUES | {"kind": "tree"})


def test_neither_torch_nor_onnxruntime_comes_along() -> None:
    code = (
        "import sys, fatigue_ros.models.model_file, fatigue_ros.models.inference;"
        "sys.exit(', '.join({'torch', 'onnx', 'onnxruntime'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)
