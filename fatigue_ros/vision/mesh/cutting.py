"""Cuts the attention mesh where MediaPipe's own operators are; done once, at installation.

The model is a trunk (features, 468 points, the logit of a face), three kinds of operators that
MediaPipe adds to TensorFlow Lite (``refinement`` does what they do), and a head for each part of
the face. Trunk and heads are plain networks.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from fatigue_ros.vision.mesh.refinement import Part

PLACES = b"Landmarks2TransformMatrix"  # points in, the matrix of a part out
CROPS = b"TransformTensorBilinear"  # features and a matrix in, what is cut out
BACK = b"TransformLandmarks"  # a head's points and a matrix in, points of the mesh out
MESH, FACE = b"output_mesh", b"conv_faceflag"
_IDENTIFIER = b"TFL3"


def cut(model: bytes) -> tuple[bytes, bytes, list[Part]]:
    """Trunk, heads and what lies between.

    Args:
        model: a TensorFlow Lite file.

    Raises:
        ImportError: LiteRT's description of such files is missing, or flatbuffers.
        ValueError: it is another model.
    """
    try:
        graph = _read(model).subgraphs[0]
        by_code = {code: _custom(model, code) for code in (PLACES, CROPS, BACK)}
        names = {tensor.name: number for number, tensor in enumerate(graph.tensors)}
        features = int(by_code[CROPS][0].inputs[0])
        crops = [int(operator.outputs[0]) for operator in by_code[CROPS]]
        trunk = _between(model, graph.inputs.tolist(), [features, names[MESH], names[FACE]])
        heads = _between(model, crops, _heads(by_code[BACK]))
        return trunk, heads, [_part(operator) for operator in by_code[PLACES]]
    except (LookupError, AttributeError, TypeError) as error:
        raise ValueError(f"expected the attention mesh of MediaPipe 0.10.18 ({error})") from error


def _read(model: bytes) -> Any:
    schema = importlib.import_module("ai_edge_litert.schema_py_generated")
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))


def _custom(model: bytes, code: bytes) -> list[Any]:
    """Operators of a kind, in their order."""
    parsed = _read(model)
    return [
        operator
        for operator in parsed.subgraphs[0].operators
        if parsed.operatorCodes[operator.opcodeIndex].customCode == code
    ]


def _heads(back: Sequence[Any]) -> list[int]:
    """Answers of the heads: first of each part, then of the irises, which share an eye's head."""
    parts: list[int] = []
    irises: list[int] = []
    seen: set[int] = set()
    for operator in back:
        answer, matrix = operator.inputs.tolist()
        (irises if matrix in seen else parts).append(answer)
        seen.add(matrix)
    return parts + irises


def _part(operator: Any) -> Part:
    flexbuffers = importlib.import_module("flatbuffers.flexbuffers")
    options = flexbuffers.Loads(bytes(operator.customOptions))
    return Part(
        points=np.array(options["subset_idxs"]).ravel().tolist(),
        axis=(options["left_rotation_idx"], options["right_rotation_idx"]),
        scale=(options["scale_x"], options["scale_y"]),
        turn=options["target_rotation_radians"],
    )


def _between(model: bytes, inputs: list[int], outputs: list[int]) -> bytes:
    """The model that leads from some tensors to others."""
    parsed = _read(model)
    graph = parsed.subgraphs[0]
    wanted, kept = set(outputs), []
    for operator in reversed(graph.operators):
        made = set(operator.outputs.tolist())
        if wanted & made and not made & set(inputs):
            kept.append(operator)
            wanted |= set(operator.inputs.tolist())
    used = sorted({t for o in kept for t in (*o.inputs.tolist(), *o.outputs.tolist()) if t >= 0})
    place = {old: new for new, old in enumerate(used)} | {-1: -1}  # -1: an input left out

    def moved(tensors: Sequence[int]) -> Any:
        return np.array([place[tensor] for tensor in tensors], np.int32)

    for operator in kept:
        operator.inputs = moved(operator.inputs.tolist())
        operator.outputs = moved(operator.outputs.tolist())
    graph.operators = kept[::-1]
    graph.tensors = [graph.tensors[tensor] for tensor in used]
    graph.inputs, graph.outputs = moved(inputs), moved(outputs)
    buffers = [parsed.buffers[0]]
    for tensor in graph.tensors:
        if tensor.buffer:
            buffers.append(parsed.buffers[tensor.buffer])
            tensor.buffer = len(buffers) - 1
    parsed.buffers, parsed.signatureDefs, parsed.metadata = buffers, None, None
    builder = importlib.import_module("flatbuffers").Builder(len(model))
    builder.Finish(parsed.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
