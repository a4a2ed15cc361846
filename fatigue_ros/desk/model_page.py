"""A page that shows what exported models say of a picture, for this computer alone.

The picture is sent by the browser or taken from a camera; nothing of it is kept.
"""

import asyncio
import base64
import contextlib
import errno
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import web

from fatigue_ros.dashboard.access import Access
from fatigue_ros.dashboard.server import HEADERS
from fatigue_ros.errors import FatigueError
from fatigue_ros.extras import load
from fatigue_ros.models import pictures
from fatigue_ros.models.drawing import drawn, in_words
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.models.single_pictures import SinglePictures, open_faces
from fatigue_ros.vision.frames import FrameSource
from fatigue_ros.vision.images import Picture, to_jpeg

MOST_BYTES = 20_000_000
"""Of a picture that is sent."""

_ADDRESS = "127.0.0.1"
_STATIC = Path(__file__).resolve().parent / "static"
_FILES = {
    "/": ("models.html", "text/html"),
    "/models.js": ("models.js", "text/javascript"),
    "/models.css": ("models.css", "text/css"),
}
_QUALITY = 85  # of JPEG
_FIRST_FRAME = 5.0  # [s] within which a camera has given one


def open_models(place: Path) -> tuple[dict[str, FaceModel], dict[str, str]]:
    """The models of a folder by file, and why others cannot be used.

    Args:
        place: a folder, searched with those in it, or one model file.

    Raises:
        FatigueError: it holds no model file, or none that can be used.
    """
    load("onnxruntime")  # named once, not for each file
    files = [place] if place.is_file() else sorted(place.rglob("*.onnx"))
    models: dict[str, FaceModel] = {}
    refused: dict[str, str] = {}
    for file in files:
        name = file.name if file == place else str(file.relative_to(place))
        try:
            models[name] = FaceModel(file)
        except FatigueError as error:
            refused[name] = str(error)
    if not models:
        found = "; ".join(refused.values()) or "none"
        raise FatigueError(f"{place}: expected model files (*.onnx), found {found}")
    return models, refused


class Camera:
    """Keeps the newest picture of a source that is open; a recording gives one after the other.

    Args:
        source: stays the caller's to close, after this.
    """

    def __init__(self, source: FrameSource) -> None:
        self.name = source.name
        self._source = source
        self._newest: Picture | None = None
        self._there = threading.Event()
        self._ended = not source.live
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._thread.start()

    def picture(self) -> Picture:
        """The newest, RGB.

        Raises:
            FatigueError: there is none, or no more.
        """
        if not self._source.live:
            frame = self._source.read()
            self._newest = None if frame is None else frame.image
        else:
            self._there.wait(_FIRST_FRAME)
        if self._newest is None:
            why = self._source.problem or ("no picture came" if self._source.live else "is over")
            raise FatigueError(f"{self.name}: {why}")
        return self._newest[..., ::-1].copy()

    def close(self) -> None:
        """Read no more."""
        self._ended = True
        self._thread.join()

    def _read(self) -> None:
        while not self._ended:
            frame = self._source.read()
            self._newest = None if frame is None else frame.image
            self._there.set()
            if frame is None:
                return


class ModelPage:
    """The page and the models behind it.

    Args:
        models: by the name that the page shows.
        refused: files that are no such models, and why.
        camera: None where there is none.
    """

    def __init__(
        self, models: dict[str, FaceModel], refused: dict[str, str], camera: Camera | None
    ) -> None:
        self._models, self._refused, self._camera = models, refused, camera
        self._access = Access(_ADDRESS, "")
        self._files = {
            path: ((_STATIC / name).read_bytes(), kind) for path, (name, kind) in _FILES.items()
        }
        # One picture at a time, and the engine that finds faces stays in its thread.
        self._worker = ThreadPoolExecutor(1, "models")
        self._faces: SinglePictures | None = None
        self._stack = contextlib.ExitStack()

    async def serve(self, port: int, ready: Callable[[str], None]) -> None:
        """Serve until cancelled.

        Args:
            port: 0 for any that is free.
            ready: told the page's address.

        Raises:
            FatigueError: the port cannot be had, or faces cannot be found.
        """
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[self._guard])
        app.on_response_prepare.append(self._prepare)
        for path in self._files:
            app.router.add_get(path, self._file)
        app.router.add_get("/models", self._list)
        app.router.add_post("/picture", self._take_picture)
        app.router.add_post("/camera", self._take_camera)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._worker, self._open)
            site = web.TCPSite(runner, _ADDRESS, port)
            try:
                await site.start()
            except OSError as error:
                reason = "is taken" if error.errno == errno.EADDRINUSE else str(error.strerror)
                raise FatigueError(f"--port {port}: {reason}") from error
            ready(f"http://{_ADDRESS}:{runner.addresses[0][1]}/")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
            self._worker.submit(self._stack.close).result()
            self._worker.shutdown()

    def _open(self) -> None:
        if any(model.description.region == "face" for model in self._models.values()):
            self._faces = self._stack.enter_context(open_faces())

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Only for our own page: others in the same browser can neither look nor ask."""
        self._access.check_host(request)
        self._access.check_origin(request)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _prepare(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        content, kind = self._files[request.path]
        return web.Response(body=content, content_type=kind, charset="utf-8")

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "models": [{"file": name, **_about(model)} for name, model in self._models.items()],
                "refused": self._refused,
                "camera": self._camera.name if self._camera else "",
            }
        )

    async def _take_picture(self, request: web.Request) -> web.Response:
        try:
            content = await request.read()
        except web.HTTPRequestEntityTooLarge:
            text = f"larger than {MOST_BYTES / 1e6:g} MB, the most that is taken"
            raise web.HTTPRequestEntityTooLarge(MOST_BYTES, text=text) from None
        return await self._answer(lambda: pictures.uploaded(content))

    async def _take_camera(self, _: web.Request) -> web.Response:
        if self._camera is None:
            raise web.HTTPNotFound(text="there is no camera (option --camera)")
        return await self._answer(self._camera.picture)

    async def _answer(self, get: Callable[[], Picture]) -> web.Response:
        loop = asyncio.get_running_loop()
        try:
            verdicts = await loop.run_in_executor(self._worker, lambda: self._judge(get()))
        except FatigueError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        return web.json_response(verdicts)

    def _judge(self, picture: Picture) -> list[dict[str, Any]]:
        """In the worker's thread: what each model says."""
        face = self._faces.box(picture) if self._faces else None
        found = []
        for name, model in self._models.items():
            prediction = model.judge(picture, face)
            seen = to_jpeg(drawn(picture, model, prediction)[..., ::-1], _QUALITY)
            found.append(
                {
                    "file": name,
                    "words": in_words(model, prediction),
                    "drowsy": prediction.drowsy if prediction.valid else None,
                    "is_drowsy": prediction.is_drowsy,
                    "picture": "data:image/jpeg;base64," + base64.b64encode(seen).decode(),
                }
            )
        return found


def _about(model: FaceModel) -> dict[str, str | Sequence[str]]:
    about = model.description
    return {
        "name": about.name,
        "classes": about.classes,
        "region": about.region,
        "trained_on": about.trained_on,
    }
