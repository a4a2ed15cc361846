"""Networks on LiteRT, the runtime that was TensorFlow Lite."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fatigue_ros.errors import EngineError
from fatigue_ros.vision.mesh.region import Floats

INSTALL = "pip install ai-edge-litert==2.3.0"

Network = Callable[..., Sequence[Floats]]
"""Inputs in, outputs out, in the order in which the model names them."""


def load_network(path: Path) -> Network:
    """The network of a file, on one thread: a second one costs more than it saves here.

    Raises:
        EngineError: LiteRT is missing, or does not take the file.
    """
    try:
        interpreter: Any = importlib.import_module("ai_edge_litert.interpreter").Interpreter
    except (ImportError, OSError) as error:
        raise EngineError(
            f"engine litert: LiteRT cannot be imported ({error}); run: {INSTALL}"
        ) from error
    try:
        runner = interpreter(str(path), num_threads=1)
        runner.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise EngineError(f"engine litert: {path} is no network for LiteRT ({reason})") from error
    inputs = [tensor["index"] for tensor in runner.get_input_details()]
    outputs = [tensor["index"] for tensor in runner.get_output_details()]

    def run(*arrays: Floats) -> list[Floats]:
        for index, array in zip(inputs, arrays, strict=True):
            runner.set_tensor(index, array)
        runner.invoke()
        return [runner.get_tensor(index) for index in outputs]

    return run
