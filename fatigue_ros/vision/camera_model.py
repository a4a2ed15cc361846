"""How a camera pictures the world: its focal lengths, its middle and its distortion."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import ParameterError
from fatigue_ros.files import read_bytes
from fatigue_ros.settings.yaml_file import YamlFile

_LARGEST = 100_000  # [bytes] of a calibration file; they have about 1000
_SAME_SHAPE = 0.01  # [1] two pictures' ratios of width to height may differ by
_COUNTS = {"plumb_bob": (4, 5), "rational_polynomial": (8, 12, 14), "equidistant": (4,)}
"""Coefficients of each distortion model that ROS names and OpenCV undoes."""


@dataclasses.dataclass(frozen=True)
class CameraModel:
    """What sensor_msgs/CameraInfo says of a calibrated camera.

    Attributes:
        width, height: [px] of the pictures that it is about.
        matrix: [px] row by row: ``fx 0 cx  0 fy cy  0 0 1``.
        distortion_model: one of ``plumb_bob``, ``rational_polynomial``, ``equidistant``.
        distortion: its coefficients; empty for none.
        rectification: row by row, shape (3, 3).
        projection: [px] of the rectified picture, row by row, shape (3, 4).
    """

    width: int
    height: int
    matrix: tuple[float, ...]
    distortion_model: str = "plumb_bob"
    distortion: tuple[float, ...] = ()
    rectification: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    projection: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no camera.

        Raises:
            ParameterError: a number is missing or makes no camera; the message names it.
        """
        fx, _, _, _, fy, *_ = self.matrix if len(self.matrix) == 9 else (0.0,) * 9
        if not (fx > 0.0 and fy > 0.0 and all(map(math.isfinite, self.matrix))):
            raise ParameterError(
                f"camera_matrix: expected 9 numbers with positive focal lengths, got {self.matrix}"
            )
        if self.width < 1 or self.height < 1:
            raise ParameterError(
                f"image_width, image_height: expected a size, got {self.width}x{self.height}"
            )
        if self.distortion_model not in _COUNTS:
            raise ParameterError(
                f"distortion_model: expected one of {', '.join(_COUNTS)}, "
                f"got {self.distortion_model!r}"
            )
        counts = (0, *_COUNTS[self.distortion_model])
        if len(self.distortion) not in counts or not all(map(math.isfinite, self.distortion)):
            raise ParameterError(
                f"distortion_coefficients: expected {' or '.join(map(str, counts))} numbers for "
                f"{self.distortion_model}, got {list(self.distortion)}"
            )
        if not self.projection:
            fx, _, cx, _, fy, cy, *_ = self.matrix
            plain = (fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0)
            object.__setattr__(self, "projection", plain)
        if len(self.rectification) != 9 or len(self.projection) != 12:
            raise ParameterError(
                "rectification_matrix, projection_matrix: expected 9 and 12 numbers, got "
                f"{len(self.rectification)} and {len(self.projection)}"
            )

    @classmethod
    def of_field_of_view(cls, degrees: float, width: int, height: int) -> CameraModel:
        """A camera without distortion that sees so much from its left to its right border."""
        focal = width / 2.0 / math.tan(math.radians(degrees) / 2.0)
        matrix = (focal, 0.0, width / 2.0, 0.0, focal, height / 2.0, 0.0, 0.0, 1.0)
        return cls(width, height, matrix)

    def fitted(self, width: int, height: int) -> CameraModel | None:
        """The same camera for smaller or larger pictures; None for those of another shape."""
        if (width, height) == (self.width, self.height):
            return self
        across, down = width / self.width, height / self.height
        if abs(across / down - 1.0) > _SAME_SHAPE:
            return None
        scale = np.diag((across, down, 1.0))
        matrix = scale @ np.reshape(self.matrix, (3, 3))
        projection = scale @ np.reshape(self.projection, (3, 4))
        return dataclasses.replace(
            self,
            width=width,
            height=height,
            matrix=tuple(matrix.ravel().tolist()),
            projection=tuple(projection.ravel().tolist()),
        )

    def rays(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Where points [px], shape (N, 2), lie at a distance of 1, without distortion."""
        undo = cv2.fisheye if self.distortion_model == "equidistant" else cv2
        matrix = np.reshape(self.matrix, (3, 3))
        distortion = np.array(self.distortion or (0.0,) * 4)
        found = undo.undistortPoints(points.reshape(-1, 1, 2), matrix, distortion)
        return np.asarray(found, np.float64).reshape(-1, 2)


def from_message(message: Any) -> CameraModel | None:
    """What a sensor_msgs/CameraInfo says, or anything with its fields.

    Returns:
        None of a camera that is not calibrated (its matrix is zero, by the message's rules), and
        of a part of its picture, which the matrix is not about.

    Raises:
        ParameterError: the numbers make no camera.
    """
    region = message.roi
    whole = region.width in (0, message.width) and region.height in (0, message.height)
    if not message.k[0] or not whole:
        return None
    plain = not any(message.r)
    return CameraModel(
        message.width,
        message.height,
        tuple(map(float, message.k)),
        message.distortion_model or "plumb_bob",
        tuple(map(float, message.d)),
        CameraModel.rectification if plain else tuple(map(float, message.r)),
        tuple(map(float, message.p)) if any(message.p) else (),
    )


def load(given: str) -> CameraModel:
    """Read a calibration file as ROS's camera_calibration writes it.

    Raises:
        ParameterError: it cannot be read, or is no such file; the message names file and line.
    """
    path = Path(given.removeprefix("file://")).expanduser()
    try:
        values = _values(path, read_bytes(path, _LARGEST).decode("utf-8-sig"))
    except OSError as error:
        raise ParameterError(f"camera_info_file: {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"camera_info_file: {path}: not YAML: no text in UTF-8") from error
    except ParameterError as error:
        raise ParameterError(f"camera_info_file: {error}") from error
    try:
        return CameraModel(**values)
    except ParameterError as error:
        raise ParameterError(f"camera_info_file: {path}: {error}") from error


_KEYS = {
    "image_width": "width",
    "image_height": "height",
    "camera_matrix": "matrix",
    "distortion_model": "distortion_model",
    "distortion_coefficients": "distortion",
    "rectification_matrix": "rectification",
    "projection_matrix": "projection",
}
"""Of the file, and what they are in a CameraModel."""


def _values(path: Path, text: str) -> dict[str, Any]:
    """The fields of a CameraModel that are in a file."""
    file = YamlFile(path, "camera calibration", ParameterError)
    found = file.mapping(file.root(text), "a camera calibration")
    values: dict[str, Any] = {}
    for key, field in _KEYS.items():
        node = found.get(key)
        if node is None:
            if field in {"width", "height", "matrix"}:
                file.refuse(1, f"{key} is missing")
        elif key.startswith("image"):
            values[field] = _of_type(file, node, key, int, "a whole number")
        elif key == "distortion_model":
            values[field] = file.scalar(node, key)
        else:
            data = file.mapping(node, key).get("data")
            if data is None:
                file.refuse(file.line(node), f"{key}: expected data: [...], found none")
            items = file.sequence(data, key)
            values[field] = tuple(_of_type(file, item, key, float, "numbers") for item in items)
    return values


def _of_type(
    file: YamlFile, node: Any, name: str, kind: type[int] | type[float], words: str
) -> float:
    value = file.scalar(node, name)
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        file.refuse(file.line(node), f"{name}: expected {words}, got {value!r}")
    return kind(value)
