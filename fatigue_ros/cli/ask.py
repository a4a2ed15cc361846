"""A page in the browser that shows what exported models say of a picture, side by side.

Each picture that is dropped on the page, or the camera's newest, is judged by every model of a
folder, on one thread of the processor. For this computer alone; no picture is kept.
"""

import argparse
import asyncio
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from fatigue_ros.console import note, say
from fatigue_ros.desk.model_page import Camera, ModelPage, open_models
from fatigue_ros.vision.sources import open_source

EXAMPLE = "fatigue ask build/models --camera 0"

_PORT = 8480


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "models", type=Path, metavar="MODELS", help="folder of exported models, or one of them"
    )
    parser.add_argument(
        "--camera", metavar="SOURCE", help="camera or stream (or a video, picture by picture)"
    )
    parser.add_argument(
        "--port",
        type=int,
        choices=range(2**16),
        default=_PORT,
        metavar="N",
        help="of the page; 0 for any that is free (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    models, refused = open_models(options.models)
    for reason in refused.values():
        note(f"fatigue ask: {reason}")
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        camera = None
        if options.camera is not None:
            source = stack.enter_context(open_source(options.camera))
            camera = stack.enter_context(closing(Camera(source)))
        page = ModelPage(models, refused, camera)
        asyncio.run(page.serve(options.port, lambda address: say(f"the page is at {address}")))
    return 0
