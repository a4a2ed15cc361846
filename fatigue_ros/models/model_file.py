"""What an exported model says about itself, in the metadata of its ONNX file.

Shared by those who write a model (with torch) and those who run it (without), so it needs neither.

The graph of a model file:

- input ``image``, float32 [N, 3, H, W], RGB from 0 to 1; resized outside, normalised inside.
- a classifier's output ``probabilities``, float32 [N, C], in the order of ``classes``.
- a detector's output ``boxes``, float32 [N, 4 + C, A]: for each of A candidates the centre's x
  and y, width and height in pixels of the input, then a score from 0 to 1 for each class.
"""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from fatigue_ros.errors import FatigueError
from fatigue_ros.models import regions

FORMAT_VERSION = 1
METADATA_KEY = "fatigue_ros"
INPUT = "image"
OUTPUTS = {"classifier": "probabilities", "detector": "boxes"}
"""Name of the one output of each kind of model."""
_SIDES = range(8, 4097)  # [px]


class ModelError(FatigueError):
    """A model file or its description cannot be used."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """What must be known of a model to run it.

    Attributes:
        kind: ``classifier`` or ``detector``.
        classes: in the order of the output.
        drowsy: the classes that mean a tired driver; some of ``classes``, not all.
        region: what of the picture the model was trained on: the ``whole`` picture, the ``face``
            alone, or the parts found by the Haar stage (``haar``).
        image_size: [px] width and height of the input.
        name: the network, for people.
        trained_on: the data and its split, for people.
        temperature: that a classifier's logits are divided by in the graph, so that its
            probabilities mean what they say; 1 for none.
        version: of this layout.

    Raises:
        ModelError: a value is none that a model can have; the message names the key.
    """

    kind: str
    classes: tuple[str, ...]
    drowsy: tuple[str, ...]
    region: str
    image_size: int
    name: str
    trained_on: str
    temperature: float = 1.0
    version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        """Check each value; lists become tuples, so that what JSON brings is as good."""
        if type(self.version) is not int or self.version != FORMAT_VERSION:
            raise _refusal("version", str(FORMAT_VERSION), self.version)
        for key, known in (("kind", tuple(OUTPUTS)), ("region", regions.NAMES)):
            if getattr(self, key) not in known:
                raise _refusal(key, f"one of {', '.join(known)}", getattr(self, key))
        if self.kind == "detector" and self.region != "whole":  # it finds the face by itself
            raise _refusal("region", "whole for a detector", self.region)
        for key in ("classes", "drowsy"):
            names = getattr(self, key)
            whole = isinstance(names, (list, tuple)) and all(
                isinstance(name, str) and name for name in names
            )
            if not whole or len(set(names)) != len(names):
                raise _refusal(key, "a list of different names", names)
            object.__setattr__(self, key, tuple(names))
        if len(self.classes) < 2:
            raise _refusal("classes", "two names or more", self.classes)
        if not set() < set(self.drowsy) < set(self.classes):
            raise _refusal("drowsy", f"some of {', '.join(self.classes)}, not all", self.drowsy)
        if type(self.image_size) is not int or self.image_size not in _SIDES:
            expected = f"whole pixels from {_SIDES[0]} to {_SIDES[-1]}"
            raise _refusal("image_size", expected, self.image_size)
        for key in ("name", "trained_on"):
            if not isinstance(getattr(self, key), str) or not getattr(self, key):
                raise _refusal(key, "a text", getattr(self, key))
        hot = self.temperature
        if isinstance(hot, bool) or not isinstance(hot, (int, float)) or not 0.0 < hot < math.inf:
            raise _refusal("temperature", "a number above 0", hot)

    @property
    def output(self) -> str:
        """Name of the model's output."""
        return OUTPUTS[self.kind]

    def to_json(self) -> str:
        """As the metadata entry ``fatigue_ros`` of a model file."""
        values = dataclasses.asdict(self)
        if self.temperature == 1.0:  # as files had it before there was one
            del values["temperature"]
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, file: str | Path) -> "ModelDescription":
        """Read the metadata entry of a model file.

        Args:
            text: what `to_json` made.
            file: where it comes from; the first word of a refusal.

        Raises:
            ModelError: it is no such description, or of another version of this layout.
        """
        try:
            values: Any = json.loads(text)
        except ValueError as error:
            raise ModelError(
                f"{file}: metadata {METADATA_KEY}: expected JSON, got {text[:60]!r} ({error})"
            ) from error
        if not isinstance(values, dict):
            raise ModelError(f"{file}: metadata {METADATA_KEY}: expected an object, got {values!r}")
        try:
            # Before the keys, which another version may have others of.
            if values.get("version") != FORMAT_VERSION:
                raise _refusal("version", str(FORMAT_VERSION), values.get("version", "none"))
            keys = {field.name for field in dataclasses.fields(cls)}
            for key in sorted(keys - values.keys() - {"temperature"}):
                raise _refusal(key, "a value", "none")
            for key in sorted(values.keys() - keys):
                raise _refusal(key, "no such key", values[key])
            return cls(**values)
        except ModelError as error:
            raise ModelError(f"{file}: metadata {METADATA_KEY}: {error}") from None


def _refusal(key: str, expected: str, got: object) -> ModelError:
    return ModelError(f"{key}: expected {expected}, got {str(got)[:60] or 'nothing'}")
