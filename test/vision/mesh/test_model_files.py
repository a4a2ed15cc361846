from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from fatigue_ros.errors import EngineError
from fatigue_ros.settings.resources import installed_share
from fatigue_ros.vision.mesh import model_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the installed networks."""
    try:
        installed = model_files.find("")
    except EngineError as error:
        pytest.skip(str(error))
    return Path(shutil.copytree(installed, tmp_path / "copy"))


def test_a_whole_folder_is_taken_as_it_is_named(folder: Path) -> None:
    assert model_files.find(str(folder)) == folder
    places = [part.axis for part in model_files.parts(folder)]
    assert places == [(61, 291), (33, 133), (362, 263)], "lips, right eye, left eye"


def test_what_is_missing_is_said_with_what_to_call(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"expected the networks .* run: fatigue models --folder"):
        model_files.find(str(tmp_path))


def test_networks_are_looked_for_in_the_share_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share" / "fatigue_ros").mkdir(parents=True)
    (tmp_path / "share" / "fatigue_ros" / "package.xml").touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert installed_share() == tmp_path / "share" / "fatigue_ros"
    assert model_files.default_folder() == installed_share() / "models"


@pytest.mark.parametrize("name", [model_files.TRUNK, model_files.PARTS])
def test_a_damaged_file_is_named(folder: Path, name: str) -> None:
    with (folder / name).open("r+b") as file:
        file.seek(100)
        file.write(b"?!")
    with pytest.raises(EngineError, match=rf"{name} is not what was installed.*models --again"):
        model_files.find(str(folder))


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / model_files.HEADS).unlink()
    with pytest.raises(EngineError, match=f"cannot be read .*{model_files.HEADS}"):
        model_files.find(str(folder))


def wheel(folder: Path, content: bytes | None) -> Path:
    path = folder / "mediapipe.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mediapipe/__init__.py", "")
        if content is not None:
            archive.writestr(model_files.MESH_SOURCE.member, content)
    return path


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "models"
    with pytest.raises(EngineError, match=r"expected the wheel of mediapipe==0.10.18"):
        model_files.install(wheel(tmp_path, None), target)
    with pytest.raises(EngineError, match=r"with_attention.tflite: expected SHA-256 e06a804e"):
        model_files.install(wheel(tmp_path, b"another network"), target)
    (tmp_path / "mediapipe.whl").write_bytes(b"no archive")
    with pytest.raises(EngineError, match=r"expected the wheel of mediapipe==0.10.18"):
        model_files.install(tmp_path / "mediapipe.whl", target)
    with pytest.raises(EngineError, match=r"none\.whl: cannot be read: No such file"):
        model_files.install(tmp_path / "none.whl", target)
    assert not target.exists()
