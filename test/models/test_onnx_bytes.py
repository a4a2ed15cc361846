"""Weights that a model file does not hold itself, wherever in the file they are named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.models.inference import FaceModel
from fatigue_ros.models.model_file import ModelError
from fatigue_ros.models.onnx_bytes import _WITHIN, external_weights

onnx = pytest.importorskip("onnx", reason="model files are written with onnx: .[learning]")
DecodeError = pytest.importorskip("google.protobuf.message").DecodeError


def outside(location: str = "/etc/passwd") -> Any:
    tensor = onnx.TensorProto(name="W", data_type=onnx.TensorProto.FLOAT, dims=[4])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def inside() -> Any:
    return onnx.TensorProto(name="W", data_type=onnx.TensorProto.FLOAT, dims=[1], float_data=[1.0])


def sparse(tensor: Any, *, indices: bool) -> Any:
    found = onnx.SparseTensorProto(dims=[9])
    (found.indices if indices else found.values).CopyFrom(tensor)
    return found


def with_attribute(**values: Any) -> Any:
    attribute = onnx.AttributeProto(name="value", **values)
    return onnx.GraphProto(node=[onnx.NodeProto(op_type="Constant", attribute=[attribute])])


PLACES: dict[str, Callable[[Any], Any]] = {
    "weights": lambda t: onnx.ModelProto(graph=onnx.GraphProto(initializer=[inside(), t])),
    "sparse": lambda t: onnx.ModelProto(
        graph=onnx.GraphProto(sparse_initializer=[sparse(t, indices=False)])
    ),
    "indices": lambda t: onnx.ModelProto(
        graph=onnx.GraphProto(sparse_initializer=[sparse(t, indices=True)])
    ),
    "attribute": lambda t: onnx.ModelProto(graph=with_attribute(t=t)),
    "attributes": lambda t: onnx.ModelProto(graph=with_attribute(tensors=[t])),
    "sparse_attribute": lambda t: onnx.ModelProto(
        graph=with_attribute(sparse_tensors=[sparse(t, indices=False)])
    ),
    "branch": lambda t: onnx.ModelProto(
        graph=with_attribute(g=with_attribute(graphs=[onnx.GraphProto(initializer=[t])]))
    ),
    "function": lambda t: onnx.ModelProto(
        functions=[onnx.FunctionProto(node=with_attribute(t=t).node)]
    ),
    "default": lambda t: onnx.ModelProto(
        functions=[onnx.FunctionProto(attribute_proto=[onnx.AttributeProto(name="value", t=t)])]
    ),
    "training": lambda t: onnx.ModelProto(
        training_info=[onnx.TrainingInfoProto(algorithm=onnx.GraphProto(initializer=[t]))]
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_weights_elsewhere_are_found_in_every_place(place: str) -> None:
    assert external_weights(PLACES[place](outside()).SerializeToString()) == "W"
    assert external_weights(PLACES[place](inside()).SerializeToString()) is None


def test_every_place_that_holds_tensors_is_known() -> None:
    """A newer onnx may have put tensors where they are not looked for."""
    seen = set()
    waiting = [onnx.ModelProto.DESCRIPTOR]
    while waiting:
        kind = waiting.pop()
        for field in kind.fields:
            if field.message_type is not None:
                path = (kind.name, field.number, field.message_type.name)
                if path not in seen:
                    seen.add(path)
                    waiting.append(field.message_type)
    holders = {"TensorProto"}
    while more := {kind for kind, _, inner in seen if inner in holders} - holders:
        holders |= more
    names = {kind.name: key for key, kind in KINDS.items()}
    wanted = {(names[k], number, names[inner]) for k, number, inner in seen if inner in holders}
    assert wanted == {
        (kind, number, inner) for kind, found in _WITHIN.items() for number, inner in found.items()
    }


KINDS = {
    "model": onnx.ModelProto.DESCRIPTOR,
    "training": onnx.TrainingInfoProto.DESCRIPTOR,
    "function": onnx.FunctionProto.DESCRIPTOR,
    "graph": onnx.GraphProto.DESCRIPTOR,
    "node": onnx.NodeProto.DESCRIPTOR,
    "attribute": onnx.AttributeProto.DESCRIPTOR,
    "sparse": onnx.SparseTensorProto.DESCRIPTOR,
    "tensor": onnx.TensorProto.DESCRIPTOR,
}


@pytest.mark.parametrize("location", ["/etc/passwd", "weights.bin", "../weights.bin", "/dev/zero"])
def test_a_model_that_names_another_file_is_refused_before_that_is_opened(
    model_file: Callable[..., Path], location: str
) -> None:
    path = model_file()
    model = onnx.load(str(path))
    model.graph.initializer.append(outside(location))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="tensor 'W' in another file"):
        FaceModel(path)


def tensors(message: Any) -> Iterator[Any]:
    """All tensors in a message of onnx."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None:
            inner = getattr(message, field.name)
            if field.label == field.LABEL_REPEATED:
                for each in inner:
                    yield from tensors(each)
            elif message.HasField(field.name):
                yield from tensors(inner)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_nothing_that_onnx_reads_in_damaged_bytes_is_overlooked(data: st.DataObject) -> None:
    whole = PLACES[data.draw(st.sampled_from(sorted(PLACES)))](outside()).SerializeToString()
    place = data.draw(st.integers(0, len(whole)))
    changed = whole[:place] + data.draw(st.binary(max_size=4)) + whole[place + 1 :]
    model = onnx.ModelProto()
    try:
        model.ParseFromString(changed)
    except DecodeError:
        return  # ONNX Runtime refuses it
    if any(tensor.external_data or tensor.data_location for tensor in tensors(model)):
        with contextlib.suppress(ValueError):
            assert external_weights(changed) is not None
