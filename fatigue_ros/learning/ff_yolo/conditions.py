"""Finds by condition (Fig. 13): daylight, glasses, night, a tilted head, or whatever a list says.

Nothing here needs ultralytics: an exported network looks at the pictures of the test part.
"""

import csv
import dataclasses
import io
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import yaml

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import read_text
from fatigue_ros.learning.ff_yolo.dataset import CLASSES
from fatigue_ros.learning.tables import table
from fatigue_ros.models import pictures
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.vision.drawing import CAUTION, GOOD
from fatigue_ros.vision.images import Picture

_COLUMNS = ["picture", "condition"]
_SIDE = 320  # [px] of a picture in the sheet


@dataclasses.dataclass
class Finds:
    """What a network makes of the pictures of a condition.

    Attributes:
        pictures, found, right: [1] how many, with a find, with one of the right class.
        sheet: the first pictures with what was found drawn in.
    """

    pictures: int = 0
    found: int = 0
    right: int = 0
    sheet: list[Picture] = dataclasses.field(default_factory=list)


def read_conditions(path: Path) -> dict[str, str]:
    """Condition by the name of a picture, without ending, of a CSV file (picture,condition).

    Raises:
        FatigueError: it cannot be read or used; the message names the line.
    """
    text = read_text(path, FatigueError).removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text, newline=""))
    head = next(rows, [])
    if head != _COLUMNS:
        raise FatigueError(f"{path}:1: expected {','.join(_COLUMNS)}, got {','.join(head)}")
    found: dict[str, str] = {}
    for row in filter(None, rows):
        if len(row) != len(_COLUMNS) or not all(row):
            raise FatigueError(
                f"{path}:{rows.line_num}: expected a picture and its condition, got {','.join(row)}"
            )
        found[Path(row[0]).stem] = row[1]
    return found


def look(model: FaceModel, data: Path, conditions: Mapping[str, str]) -> dict[str, Finds]:
    """Try a network on the test part of a data set.

    Args:
        model: an exported detector.
        data: the data set's YAML.
        conditions: by the names of pictures; those without any are left out.

    Raises:
        FatigueError: no picture of the test part has a condition.
    """
    described = yaml.safe_load(read_text(data, FatigueError))
    root = data.parent / str(described.get("path", ""))
    found: dict[str, Finds] = {}
    for file in sorted((root / described["test"]).iterdir()):
        condition = conditions.get(file.stem)
        label = root / "labels" / file.parent.name / f"{file.stem}.txt"
        picture = None if condition is None else pictures.decoded(file)
        if condition is None or picture is None or not label.is_file():
            continue
        true = CLASSES[int(label.read_text(encoding="utf-8").split()[0])]
        said = model.judge(picture)
        finds = found.setdefault(condition, Finds())
        finds.pictures += 1
        finds.found += said.valid
        finds.right += said.label == true
        if len(finds.sheet) < 2:
            score = float(np.nanmax(said.probabilities)) if said.valid else 0.0
            words = f"{condition}: {said.label or 'nothing'} {score:.2f} (true: {true})"
            boxes = [tuple(map(round, box)) for box in said.boxes]
            finds.sheet.append(_drawn(picture, boxes, words, alarming=bool(said.is_drowsy)))
    if not found:
        raise FatigueError(
            f"{data}: expected pictures of the test part with a condition, found none"
        )
    return found


def report(found: Mapping[str, Finds]) -> list[str]:
    """Lines of a table in Markdown."""
    rows = [[name, f.pictures, f.found, f.right] for name, f in found.items()]
    return table(["condition", "pictures", "found", "of the right class"], rows)


def sheet(found: Mapping[str, Finds]) -> Picture:
    """A row of pictures for each condition."""
    rows = []
    for finds in found.values():
        blank = [np.zeros_like(finds.sheet[0])] * (2 - len(finds.sheet))
        rows.append(np.concatenate([*finds.sheet, *blank], axis=1))
    return np.asarray(np.concatenate(rows), np.uint8)


def _drawn(
    picture: Picture, boxes: list[tuple[int, ...]], words: str, *, alarming: bool
) -> Picture:
    framed = np.ascontiguousarray(picture[..., ::-1])
    for left, top, right, bottom in boxes:
        colour = CAUTION if alarming else GOOD
        cv2.rectangle(framed, (left, top), (right, bottom), colour, 1 + len(framed) // 240)
    scale = _SIDE / max(framed.shape[:2])
    small = cv2.resize(framed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    whole = np.zeros((_SIDE + 24, _SIDE, 3), np.uint8)
    whole[: small.shape[0], : small.shape[1]] = small
    where = (6, _SIDE + 17)
    cv2.putText(whole, words, where, cv2.FONT_HERSHEY_DUPLEX, 0.38, (245, 245, 245), 1, 16)
    return np.ascontiguousarray(whole[..., ::-1])
