"""Runs an exported model with ONNX Runtime, on one thread of the processor. Needs no torch."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import first_line
from fatigue_ros.extras import load
from fatigue_ros.files import LARGEST_MODEL, read_bytes
from fatigue_ros.models.face_parts import CLASSES, verdict
from fatigue_ros.models.haar import HaarStage, crop
from fatigue_ros.models.model_file import INPUT, METADATA_KEY, ModelDescription, ModelError
from fatigue_ros.models.model_input import as_input, face_square, squared
from fatigue_ros.models.onnx_bytes import external_weights
from fatigue_ros.models.pictures import resized
from fatigue_ros.vision.faces import Box
from fatigue_ros.vision.images import Picture

MIN_SCORE = 0.25
"""[1] Least score of a detector's box: the default of ultralytics' predictions."""

_TOLERANCE = 1e-3  # [1] of float32 probabilities
_FATAL = 4  # of ONNX Runtime's log levels: what goes wrong is said by our exception, once
_NO_NUMBER = "the model's output is not a number"


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one picture.

    Attributes:
        probabilities: shape (C,), in the order of the model's classes; NaN for what was not judged.
        valid: whether the driver could be judged.
        reason: why not, empty when valid.
        label: the most likely class, among the drowsy ones where ``is_drowsy``; empty when not
            valid.
        is_drowsy: whether the driver looks drowsy; None when not valid.
        drowsy: [1] probability of the drowsy classes; NaN when not valid.
        boxes: of the picture, [px], what the model was shown, or a detector found; none: all of it.
    """

    probabilities: npt.NDArray[np.float64]
    valid: bool = False
    reason: str = ""
    label: str = ""
    is_drowsy: bool | None = None
    drowsy: float = math.nan
    boxes: tuple[Box, ...] = ()


class FaceModel:
    """An exported model, opened and tried out once.

    Args:
        path: the model file, see `fatigue_ros.models.model_file`.
        min_score: [1] a detector's best box with a lower score is no face.

    Attributes:
        description: what the file says about itself.

    Raises:
        FatigueError: ONNX Runtime is not installed.
        ModelError: the file is missing, damaged, foreign, of another version, or its graph is not
            the one it describes.
        EngineError: the model needs the Haar stage, and this OpenCV has no cascades.
    """

    def __init__(self, path: str | Path, min_score: float = MIN_SCORE) -> None:
        self._path = Path(path).expanduser()
        self._session = _session(self._path)
        metadata = self._session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise ModelError(
                f"{self._path}: expected a model of `fatigue learn export` (metadata "
                f"{METADATA_KEY}), got one with metadata {', '.join(sorted(metadata)) or 'none'}"
            )
        self.description = ModelDescription.from_json(metadata[METADATA_KEY], self._path)
        self._min_score = min_score
        self._classes = self.description.classes
        self._drowsy = [self._classes.index(name) for name in self.description.drowsy]
        self._check_graph()
        self._try_out()
        if self.description.region == "haar":
            needed = {name for pair in CLASSES.values() for name in pair}
            if not needed <= set(self._classes):
                raise ModelError(
                    f"{self._path}: classes: expected {', '.join(sorted(needed))} among them for "
                    f"region haar, got {', '.join(self._classes)}"
                )
            self._stage = HaarStage()

    def judge(self, picture: Picture, face: Box | None = None) -> Prediction:
        """What the driver looks like in one picture.

        Args:
            picture: RGB.
            face: around the 68 points of the driver's face, for a model of region ``face``; None:
                there is no face in the picture.
        """
        region = self.description.region
        if region == "haar":
            return self._judge_parts(picture)
        if region == "face":
            square = None if face is None else face_square(face, picture)
            if square is None:
                return self.nothing("no face")
            seen = self.classify(crop(picture, square))
            return dataclasses.replace(seen, boxes=(square,))
        detects = self.description.kind == "detector"
        return self._detect(picture) if detects else self.classify(picture)

    def classify(self, picture: Picture) -> Prediction:
        """What a classifier says of what it is to see, RGB: where need be, cut out already."""
        probabilities = self._run(picture)
        if not np.isfinite(probabilities).all():
            return self.nothing(_NO_NUMBER)
        return self._valid(probabilities, float(probabilities[self._drowsy].sum()))

    def _judge_parts(self, picture: Picture) -> Prediction:
        boxes = self._stage.find(picture).found()
        parts = {
            part: self._run(crop(picture, box)) for part, box in boxes.items() if part in CLASSES
        }
        if not all(np.isfinite(row).all() for row in parts.values()):
            return self.nothing(_NO_NUMBER)
        found = verdict(self._classes, parts)
        if found.drowsy is None:
            judged = self.nothing("not both a face and an eye were found")
        else:
            drowsy = np.nanmax(found.probabilities[self._drowsy])
            judged = self._valid(found.probabilities, float(drowsy), found.drowsy)
        return dataclasses.replace(judged, boxes=tuple(boxes[part] for part in parts))

    def _detect(self, picture: Picture) -> Prediction:
        square, (x, y) = squared(picture)
        boxes = self._run(square)
        if not np.isfinite(boxes).all():
            return self.nothing(_NO_NUMBER)
        best = boxes[:, boxes[4:].max(axis=0).argmax()]
        scores = best[4:]
        if scores.max() < self._min_score:
            return self.nothing(
                f"no face: the best score is {scores.max():.2f}, expected {self._min_score:g}"
            )
        half = best[2:4] / 2.0
        scale = len(square) / self.description.image_size
        corners = np.concatenate([best[:2] - half, best[:2] + half]) * scale - [x, y, x, y]
        shares = scores / scores.sum()
        found = self._valid(shares, float(shares[self._drowsy].sum()))
        return dataclasses.replace(found, boxes=(Box(*corners.tolist()),))

    def _valid(
        self, probabilities: npt.NDArray[Any], drowsy: float, is_drowsy: bool | None = None
    ) -> Prediction:
        """Drowsy is who is said to be, or else whose most likely class is a drowsy one."""
        best = int(np.nanargmax(probabilities))
        if is_drowsy is None:
            is_drowsy = best in self._drowsy
        elif is_drowsy:
            best = self._drowsy[int(np.nanargmax(probabilities[self._drowsy]))]
        return Prediction(
            np.asarray(probabilities, np.float64),
            valid=True,
            label=self._classes[best],
            is_drowsy=is_drowsy,
            drowsy=drowsy,
        )

    def nothing(self, reason: str) -> Prediction:
        """A picture that cannot be judged, and why."""
        return Prediction(np.full(len(self._classes), math.nan), reason=reason)

    def _run(self, picture: Picture) -> npt.NDArray[np.float32]:
        """The output for one picture, without the batch dimension."""
        given = {INPUT: as_input(resized(picture, self.description.image_size))}
        [output] = self._session.run([self.description.output], given)
        return np.asarray(output[0])

    # Opening -----------------------------------------------------------------------------------

    def _check_graph(self) -> None:
        """See that the graph takes and gives what the description promises."""
        about, size = self.description, self.description.image_size
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        for role, name, entries in (("inputs", INPUT, inputs), ("outputs", about.output, outputs)):
            if [entry.name for entry in entries] != [name]:
                got = ", ".join(entry.name for entry in entries)
                raise self._refusal(role, f"{name} alone", got)
        [entry] = inputs
        wanted = (1, 3, size, size)
        fits = len(entry.shape) == len(wanted) and all(
            length == want or not isinstance(length, int)  # a name, or None: any length
            for length, want in zip(entry.shape, wanted, strict=True)
        )
        if entry.type != "tensor(float)" or not fits:
            expected = f"tensor(float) [N, 3, {size}, {size}]"
            raise self._refusal(f"input {INPUT}", expected, f"{entry.type} {entry.shape}")

    def _try_out(self) -> None:
        """Run it on a grey picture: the first run is slow, and its output may be none of ours."""
        try:
            output = self._run(np.full((64, 64, 3), 128, np.uint8))
        except Exception as error:  # as in _session
            raise ModelError(f"{self._path}: cannot be run: {first_line(error)}") from error
        what, count = f"output {self.description.output}", len(self._classes)
        detects = self.description.kind == "detector"
        fits = output.ndim == 1 + detects and len(output) == count + 4 * detects
        if output.dtype != np.float32 or not output.size or not fits:
            expected = f"float32 [N, {4 + count}, A]" if detects else f"float32 [N, {count}]"
            got = f"{output.dtype} [N, {', '.join(map(str, output.shape))}]"
            raise self._refusal(what, expected, got)
        scores = output[4:] if detects else output
        within = scores.min() >= -_TOLERANCE and scores.max() <= 1.0 + _TOLERANCE
        if not within or not (detects or abs(scores.sum() - 1.0) <= _TOLERANCE):
            expected = "numbers from 0 to 1" + ("" if detects else " that sum to 1")
            got = f"{scores.min():g} to {scores.max():g} with sum {scores.sum():g}"
            raise self._refusal(what, expected, got)

    def _refusal(self, what: str, expected: str, got: str) -> ModelError:
        return ModelError(f"{self._path}: {what}: expected {expected}, got {got or 'none'}")


def _session(path: Path) -> Any:
    """ONNX Runtime's session for a model file."""
    onnxruntime = load("onnxruntime")
    expected = f"{path}: expected a model file (ONNX)"
    try:
        content = read_bytes(path, LARGEST_MODEL)
        external = external_weights(content)
    except OSError as error:
        raise ModelError(f"{expected}, but {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{expected}, got one that is none or damaged: {error}") from error
    if external is not None:
        raise ModelError(
            f"{expected} that holds all its weights, got one with tensor {external!r} in another "
            "file"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    try:
        # The bytes that were looked at, and nothing else that they might be.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own classes have no common base
        raise ModelError(
            f"{expected}, got one that is none or damaged: {first_line(error)}"
        ) from error
