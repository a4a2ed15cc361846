"""Serves the page and talks to it over a WebSocket, from a thread of its own.

Whoever has news hands it to ``publish`` and goes on: each page gets the newest when it is ready for
it, and what it was too slow for is left out, never queued.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import errno
import hmac
import ipaddress
import threading
import time
import urllib.parse
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from fatigue_ros.dashboard.commands import MOST_CHARACTERS, Allowance, Command, CommandError, parse
from fatigue_ros.dashboard.open_page import OpenPage
from fatigue_ros.dashboard.snapshot import pack
from fatigue_ros.errors import FatigueError

STATIC = Path(__file__).resolve().parent / "static"
MOST_PAGES = 20
LEAST_TOKEN = 16
"""Characters."""
_FILES = {
    "/": ("index.html", "text/html"),
    "/dashboard.js": ("dashboard.js", "text/javascript"),
    "/gauge.js": ("gauge.js", "text/javascript"),
    "/dashboard.css": ("dashboard.css", "text/css"),
}
_HEADERS = {
    # Nothing but our own files, no frame around them, nothing kept, nothing told to others.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PATIENCE = 5.0  # [s] for a page to name its token or take an answer, and for the thread to start
_ANSWER_PATIENCE = 15.0  # [s] a scenario that starts anew takes a few
_HEARTBEAT = 10.0  # [s] a page that is gone without a word is noticed within this
_ALL_RATE, _ALL_BURST = 20.0, 40.0  # from all pages together
_MOST_GARBAGE = 5  # messages that are no commands, after which a page has to go

Answer = tuple[bool, str]
Handler = Callable[[Command], "concurrent.futures.Future[Answer]"]


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach the address.

    Raises:
        FatigueError: it is none.
    """
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise FatigueError(
            f"listen: {address!r} is no address, expected one like 127.0.0.1 or 0.0.0.0"
        ) from None


class DashboardServer:
    """The page's server.

    Args:
        listen: address to listen at.
        port: 0 for any that is free; ``address`` tells.
        tries: how many ports, from ``port`` on, are tried until one is free.
        token: what a page has to name first; empty for nothing, on the loopback address only.
        bench: whether pages may pretend to be the vehicle.
        handle: called in the server's thread with each checked command; must not block.
        welcome: messages for a page that has just opened, called in the server's thread.

    Raises:
        FatigueError: an address that others can reach, and no token of LEAST_TOKEN characters.
    """

    def __init__(
        self,
        *,
        listen: str,
        port: int,
        tries: int = 1,
        token: str,
        bench: bool,
        handle: Handler,
        welcome: Callable[[], list[str]],
    ) -> None:
        self._local = is_loopback(listen)
        if (token or not self._local) and len(token) < LEAST_TOKEN:
            raise FatigueError(
                f"token: expected at least {LEAST_TOKEN} characters"
                + ("" if self._local else f", since others can reach {listen}")
            )
        self._listen, self._token = listen, token
        self._ports = range(port, min(port + tries, 2**16))
        self._bench, self._handle, self._welcome = bench, handle, welcome
        self._files = {
            path: (STATIC.joinpath(name).read_bytes(), kind)
            for path, (name, kind) in _FILES.items()
        }
        self._allowance = Allowance(_ALL_RATE, _ALL_BURST, time.monotonic())
        self._pages: set[OpenPage] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._refused = self._commands = self._dropped = 0
        self.address = ""
        """Of the page, once it is served."""

    def start(self) -> None:
        """Listen.

        Raises:
            FatigueError: the address or port cannot be had.
        """
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name="dashboard", daemon=True
        )
        self._thread.start()
        try:
            started.result(_PATIENCE)
        except OSError as error:
            first, last = self._ports[0], self._ports[-1]
            ports = f"port {first}" if first == last else f"ports {first} to {last}"
            reason = error.strerror or str(error)
            raise FatigueError(f"{ports}: cannot listen at {self._listen}: {reason}") from error

    def close(self) -> None:
        """Hang up and end the thread."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._loop = None

    def publish(self, text: str) -> None:
        """Send a message to all pages, unless a newer one overtakes it. Never blocks."""
        self._call(self._offer, text)

    def publish_picture(self, picture: bytes) -> None:
        """Send a JPEG to the pages that want pictures. Never blocks."""
        self._call(self._offer_picture, picture)

    @property
    def pages(self) -> int:
        """How many are open."""
        return len(self._pages)

    @property
    def wants_picture(self) -> bool:
        """Whether any page wants pictures."""
        return any(page.wants_picture for page in list(self._pages))

    def figures(self) -> dict[str, object]:
        """For diagnostics."""
        return {
            "address": self.address,
            "pages": len(self._pages),
            "commands": self._commands,
            "refused": self._refused,
            "dropped": self._dropped + sum(page.dropped for page in list(self._pages)),
        }

    # The thread --------------------------------------------------------------------------------

    def _call(self, act: Callable[[Any], None], what: Any) -> None:
        loop = self._loop
        if loop is not None and self._pages:
            loop.call_soon_threadsafe(act, what)

    def _offer(self, text: str) -> None:
        for page in self._pages:
            page.offer(text)

    def _offer_picture(self, picture: bytes) -> None:
        for page in self._pages:
            page.offer_picture(picture)

    def _run(self, started: concurrent.futures.Future[None]) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: concurrent.futures.Future[None]) -> None:
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=MOST_CHARACTERS)
        app.router.add_get("/socket", self._talk)
        for path in self._files:
            app.router.add_get(path, self._file)
        app.on_response_prepare.append(_add_headers)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        for port in self._ports:
            try:
                await web.TCPSite(runner, self._listen, port).start()
                break
            except OSError as error:
                if port != self._ports[-1] and error.errno == errno.EADDRINUSE:
                    continue
                started.set_exception(error)
                await runner.cleanup()
                return
        host = f"[{self._listen}]" if ":" in self._listen else self._listen
        self.address = f"http://{host}:{runner.addresses[0][1]}/"
        self._loop = asyncio.get_running_loop()
        started.set_result(None)
        await self._stopping.wait()
        for page in list(self._pages):
            await page.socket.close(code=WSCloseCode.GOING_AWAY)
        await runner.cleanup()

    async def _file(self, request: web.Request) -> web.Response:
        self._check_host(request)
        content, kind = self._files[request.path]
        return web.Response(body=content, content_type=kind, charset="utf-8")

    def _check_host(self, request: web.Request) -> None:
        """Names that lead here from elsewhere (DNS rebinding) are not for a page of ours."""
        name = urllib.parse.urlsplit(f"//{request.host}").hostname or ""
        if not self._local:
            return  # the token is what counts
        try:
            local = is_loopback(name)
        except FatigueError:
            local = False
        if not local:
            raise web.HTTPForbidden(text="expected localhost as the host")

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        self._check_host(request)
        # Browsers let any page open a socket to anywhere; they do say which page it is.
        origin = request.headers.get("Origin")
        if origin is not None and urllib.parse.urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="expected our own page as the origin")
        if len(self._pages) >= MOST_PAGES:
            raise web.HTTPServiceUnavailable(text=f"{MOST_PAGES} pages are open already")
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=4 * MOST_CHARACTERS)
        await socket.prepare(request)
        page = OpenPage(socket, time.monotonic())
        if self._token and not await self._admitted(socket):
            self._refused += 1
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"token")
            return socket
        for text in self._welcome():
            await socket.send_str(text)
        writer = asyncio.create_task(self._write(page))
        self._pages.add(page)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT or not self._take(page, message.data):
                    await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"garbage")
        finally:
            self._pages.discard(page)
            self._dropped += page.dropped
            writer.cancel()
        return socket

    async def _admitted(self, socket: web.WebSocketResponse) -> bool:
        try:
            said = await socket.receive(_PATIENCE)
            command = parse(said.data, bench=False) if said.type is WSMsgType.TEXT else None
        except (asyncio.TimeoutError, CommandError):
            return False
        if command is None or command.name != "token":
            return False
        return hmac.compare_digest(str(command.value).encode(), self._token.encode())

    async def _write(self, page: OpenPage) -> None:
        try:
            await page.write()
        except (asyncio.TimeoutError, ConnectionError):
            await page.socket.close()

    def _take(self, page: OpenPage, text: str) -> bool:
        """Act on a message; False when the page has said too much that is none."""
        try:
            command = parse(text, bench=self._bench)
            if command.name == "token":
                return True  # known already
        except CommandError as error:
            self._refused += 1
            page.garbage += 1
            self._spawn(_reply(page, 0, (False, str(error))))
            return page.garbage < _MOST_GARBAGE
        if command.name == "picture":
            page.wants_picture = bool(command.value)
            return True
        now = time.monotonic()
        if not page.allowance.take(now) or not self._allowance.take(now):
            self._refused += 1
            self._spawn(_reply(page, command.number, (False, "too many commands at once")))
            return True
        self._commands += 1
        self._spawn(self._act(page, command))
        return True

    async def _act(self, page: OpenPage, command: Command) -> None:
        try:
            done = asyncio.wrap_future(self._handle(command))
            answer = await asyncio.wait_for(done, _ANSWER_PATIENCE)
        except asyncio.TimeoutError:
            answer = (False, f"{command.name}: no answer")
        await _reply(page, command.number, answer)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # asyncio itself keeps no hold of it
        task.add_done_callback(self._tasks.discard)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:  # noqa: ARG001
    response.headers.update(_HEADERS)


async def _reply(page: OpenPage, number: int, answer: Answer) -> None:
    done, text = answer
    try:
        message = pack("answer", {"number": number, "done": done, "text": text})
        await asyncio.wait_for(page.socket.send_str(message), _PATIENCE)
    except (asyncio.TimeoutError, ConnectionError, RuntimeError):
        pass  # the page is gone, and its writer or reader notices
