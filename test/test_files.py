"""Files that are none, or have no end, are refused by everything that is given a file's name."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fatigue_ros.devices.can_speed import SpeedSignal
from fatigue_ros.devices.speed import SpeedSettings
from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation.blink_score import load_blink_csv
from fatigue_ros.evaluation.labels import table_rows
from fatigue_ros.evaluation.truth import load_truth
from fatigue_ros.files import NoFileError, check_file, read_bytes, read_text
from fatigue_ros.fusion.references import ReferenceStore
from fatigue_ros.learning.recipe import load
from fatigue_ros.learning.splits import read_groups
from fatigue_ros.models import pictures
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.settings import parameter_files
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.vision.sources import open_source


def make(kind: str, path: Path) -> Path:
    """Put something that is no file where a file is expected."""
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a socket":
        server = socket.socket(socket.AF_UNIX)
        here = Path.cwd()
        os.chdir(path.parent)  # the names of sockets are short
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)
            server.close()
    else:
        path.symlink_to(kind)
    return path


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("a pipe", "a pipe"),
        ("a folder", "a folder"),
        ("a socket", "a socket"),
        ("/dev/zero", "a device"),
        ("/dev/tty", "a device"),
    ],
)
def test_what_is_no_file_is_said(tmp_path: Path, kind: str, found: str) -> None:
    path = make(kind, tmp_path / "given")
    for open_it in (lambda: check_file(path), lambda: read_bytes(path, 10)):
        with pytest.raises(NoFileError) as refusal:
            open_it()
        assert refusal.value.strerror == f"it is {found}, no file"
    with pytest.raises(FatigueError, match=f"given: cannot be read: it is {found}, no file"):
        read_text(path, FatigueError)


def test_size_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "given"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    for open_it in (lambda: check_file(path, 4), lambda: read_bytes(path, 4)):
        with pytest.raises(NoFileError, match="larger than 4 bytes"):
            open_it()
    check_file(path)
    # Files of /proc claim to be empty.
    with pytest.raises(NoFileError, match="larger than 4 bytes"):
        read_bytes(Path("/proc/self/status"), 4)


def test_names_that_no_file_has() -> None:
    with pytest.raises(NoFileError, match="null"):
        check_file(Path("a\0b"))
    with pytest.raises(FileNotFoundError):
        check_file(Path("nowhere"))


def read_weights(path: Path) -> object:
    pytest.importorskip("torch", reason="weights are PyTorch's, an extra: pip install .[learning]")
    from fatigue_ros.learning.weights import read_file  # noqa: PLC0415

    return read_file(path)


def read_model(path: Path) -> object:
    pytest.importorskip("onnxruntime", reason="models are an extra: pip install .[models]")
    return FaceModel(path)


READERS: dict[str, Callable[[Path], object]] = {
    "given.yaml": parameter_files.read,
    "program.yaml": lambda path: parameter_files.check(["--ros-args", "--params-file", str(path)]),
    "scenario.yaml": load_scenario,
    "recipe.yaml": load,
    "signals.dbc": lambda path: SpeedSignal(
        SpeedSettings(source="can", dbc_file=str(path), can_message="Vehicle", can_signal="Speed")
    ),
    "model.onnx": read_model,
    "best.ckpt": read_weights,
    "video.mp4": lambda path: open_source(str(path)),
    "picture.png": pictures.read,
    "truth.json": load_truth,
    "labels.csv": lambda path: list(table_rows(path, ["bag"])),
    "blinks.csv": load_blink_csv,
    "groups.csv": read_groups,
}


@pytest.mark.parametrize("kind", ["a pipe", "/dev/zero"])
@pytest.mark.parametrize("name", READERS)
def test_nobody_waits_for_what_is_no_file(tmp_path: Path, name: str, kind: str) -> None:
    path = make(kind, tmp_path / name)
    with pytest.raises(FatigueError, match=name) as refusal:
        READERS[name](path)
    assert "\n" not in str(refusal.value)


def test_a_folder_with_a_pipe_among_its_pictures(tmp_path: Path) -> None:
    make("a pipe", tmp_path / "1.png")
    pictures.write(tmp_path / "2.png", np.zeros((8, 8, 3), "u1"))
    with open_source(str(tmp_path)) as source:
        assert source.read() is not None
        assert source.read() is None
        assert "1 of 2 pictures cannot be read" in source.problem


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket", "/dev/zero", "/dev/tty"])
def test_a_store_that_is_no_file_is_set_aside(tmp_path: Path, kind: str) -> None:
    make(kind, tmp_path / "calibration-anna.json")
    store = ReferenceStore(tmp_path)
    with pytest.raises(FatigueError, match=r"it is .*, no file; set aside as"):
        store.load("anna")
    assert store.load("anna") == type(store.load("anna"))()
