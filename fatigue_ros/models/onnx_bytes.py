"""Whether an ONNX file holds its own weights, told without the package onnx.

ONNX lets a file name another one, anywhere on the disk, whose bytes are to be taken for weights,
and ONNX Runtime opens that too. A model that came from elsewhere has to bring all it needs.

The file is one protobuf message; of the messages in it only those are looked into that can hold
weights (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from collections.abc import Iterator
from typing import Any

# Message: number of a field, and which message that is.
_WITHIN = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_NAME, _EXTERNAL_DATA, _DATA_LOCATION = 8, 13, 14  # of a tensor
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def external_weights(content: bytes) -> str | None:
    """Name of the first tensor whose values lie in another file; None when there is none.

    Raises:
        ValueError: it is no protobuf message.
    """
    waiting = [("model", memoryview(content))]
    while waiting:
        kind, message = waiting.pop()
        name, external = "without a name", False
        for number, value in _fields(message):
            if kind == "tensor":
                external |= number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
                if number == _NAME and isinstance(value, memoryview):
                    name = bytes(value[:80]).decode(errors="replace")
            elif number in _WITHIN[kind] and isinstance(value, memoryview):
                waiting.append((_WITHIN[kind][number], value))
        if external:
            return name
    return None


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field, after the encoding of protobuf."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        wire = tag & 7
        value: int | memoryview
        if wire == _VARINT:
            value, place = _varint(message, place)
        else:
            if wire == _BYTES:
                length, place = _varint(message, place)
            elif wire in (_FIXED32, _FIXED64):
                length = 4 if wire == _FIXED32 else 8
            else:
                raise ValueError("a field of an unknown kind")
            value, place = message[place : place + length], place + length
        # Longer numbers are cut off by some, and not by others.
        if place > len(message) or not 8 <= tag < 1 << 32:
            raise ValueError("a field that does not end")
        yield tag >> 3, value


def _varint(message: Any, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number that does not end")
