"""Serves the page and talks to it over a WebSocket, from a thread of its own.

Whoever has news hands it to ``publish`` and goes on: each page gets the newest when it is ready for
it, and what it was too slow for is left out, never queued.
"""

import asyncio
import concurrent.futures
import errno
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from fatigue_ros.dashboard.access import Access
from fatigue_ros.dashboard.commands import MOST_CHARACTERS, Allowance, Command, CommandError, parse
from fatigue_ros.dashboard.connections import Connections
from fatigue_ros.dashboard.open_page import OpenPage
from fatigue_ros.dashboard.snapshot import pack
from fatigue_ros.errors import FatigueError

STATIC = Path(__file__).resolve().parent / "static"
MOST_PAGES = 20
_FULL = f"{MOST_PAGES} pages are open already"
_FILES = {
    "/": ("index.html", "text/html"),
    "/dashboard.js": ("dashboard.js", "text/javascript"),
    "/gauge.js": ("gauge.js", "text/javascript"),
    "/dashboard.css": ("dashboard.css", "text/css"),
}
HEADERS = {
    # Nothing but our own files, no frame around them, nothing kept, nothing told to others.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PATIENCE = 5.0  # [s] to ask for something, to name the token, and for the thread to start
_ANSWER_PATIENCE = 15.0  # [s] a scenario that starts anew takes a few
_LEAVE = 1.0  # [s] for a page to say that it has heard the end
_LAST_WORDS = 5.0  # [s] for the farewell to all pages
_FAULT_PERIOD = 60.0  # [s] one line at most of what goes wrong underneath, such as no file handles
_HEARTBEAT = 10.0  # [s] a page that is gone without a word is noticed within this
_ALL_RATE, _ALL_BURST = 20.0, 40.0  # from all pages together
_MOST_BYTES = 4 * MOST_CHARACTERS  # as UTF-8
_MOST_GARBAGE = 5  # messages that are no commands, after which a page has to go

Answer = tuple[bool, str]
Handler = Callable[[Command], "concurrent.futures.Future[Answer]"]


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
        FatigueError: an address that others can reach, and no token that is long enough.
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
        self._access = Access(listen, token)
        self._listen = listen
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
        self._refused = self._commands = self._dropped = self._faults = 0
        self._fault, self._fault_at, self._said_at = "", -math.inf, -math.inf
        self._connections: Connections | None = None
        self.address = ""
        """Of the page, once it is served."""

    def start(self) -> None:
        """Listen.

        Raises:
            FatigueError: the address or port cannot be had.
        """
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name="dashboard", daemon=True
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
        """Close the pages and end the thread."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._stopping.set)
            # Who closes this shall not be held by what lies under it; the thread is a daemon.
            self._thread.join(_LAST_WORDS)
            self._loop = None

    def publish(self, text: str) -> None:
        """Send a message to all pages, unless a newer one overtakes it. Never blocks."""
        self._call(lambda page: page.offer(text))

    def publish_picture(self, picture: bytes) -> None:
        """Send a JPEG to the pages that want pictures. Never blocks."""
        self._call(lambda page: page.offer_picture(picture))

    @property
    def pages(self) -> int:
        """How many are open."""
        return len(self._pages)

    @property
    def wants_picture(self) -> bool:
        """Whether any page wants pictures."""
        return any(page.wants_picture for page in list(self._pages))

    @property
    def problem(self) -> str:
        """What went wrong under the server within the last minute; empty when nothing did."""
        return self._fault if time.monotonic() - self._fault_at < _FAULT_PERIOD else ""

    def figures(self) -> dict[str, object]:
        """For diagnostics."""
        return {
            "address": self.address,
            "pages": len(self._pages),
            "connections": len(self._connections or ()),
            "cut_off": self._connections.cut_off if self._connections else 0,
            "faults": self._faults,
            "commands": self._commands,
            "refused": self._refused,
            "dropped": self._dropped + sum(page.dropped for page in list(self._pages)),
        }

    # The thread --------------------------------------------------------------------------------

    def _call(self, offer: Callable[[OpenPage], None]) -> None:
        loop = self._loop
        if loop is not None and self._pages:
            loop.call_soon_threadsafe(self._each, offer)

    def _each(self, offer: Callable[[OpenPage], None]) -> None:
        for page in self._pages:
            offer(page)

    async def _serve(self, started: concurrent.futures.Future[None]) -> None:
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=MOST_CHARACTERS)
        app.router.add_get("/socket", self._talk)
        for path in self._files:
            app.router.add_get(path, self._file)
        app.on_response_prepare.append(self._prepare)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=1.0,
            keepalive_timeout=_PATIENCE,
        )
        await runner.setup()
        assert runner.server is not None
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._complain)
        self._connections = connections = Connections(runner.server, _PATIENCE)
        for port in self._ports:
            try:
                server = await loop.create_server(connections, self._listen, port)
                break
            except OSError as error:
                if port != self._ports[-1] and error.errno == errno.EADDRINUSE:
                    continue
                started.set_exception(error)
                await runner.cleanup()
                return
        host = f"[{self._listen}]" if ":" in self._listen else self._listen
        self.address = f"http://{host}:{server.sockets[0].getsockname()[1]}/"
        self._loop = loop
        started.set_result(None)
        await self._stopping.wait()
        server.close()
        await asyncio.gather(*(page.close(WSCloseCode.GOING_AWAY) for page in self._pages))
        await runner.cleanup()

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Without file handles the loop would say so a hundred times a second."""
        now = time.monotonic()
        self._faults += 1
        self._fault_at = now
        self._fault = f"{context['message']}: {context.get('exception')}"
        if now - self._said_at >= _FAULT_PERIOD:
            self._said_at = now
            loop.default_exception_handler(context)

    async def _prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        if self._connections is not None:
            self._connections.answered(request.transport)
        response.headers.update(HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        self._access.check_host(request)
        content, kind = self._files[request.path]
        return web.Response(body=content, content_type=kind, charset="utf-8")

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        self._access.check_host(request)
        self._access.check_origin(request)
        if len(self._pages) >= MOST_PAGES:
            raise web.HTTPServiceUnavailable(text=_FULL)
        # What is sent is small, or a JPEG: not worth the time that packing takes.
        socket = web.WebSocketResponse(
            timeout=_LEAVE, heartbeat=_HEARTBEAT, max_msg_size=_MOST_BYTES, compress=False
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None or self._connections is None:
            return socket  # gone already
        page = OpenPage(socket, transport, time.monotonic())
        if not await self._admitted(socket):
            self._refused += 1
            await page.close(WSCloseCode.POLICY_VIOLATION, "token")
        elif len(self._pages) >= MOST_PAGES:  # others were faster
            await page.close(WSCloseCode.TRY_AGAIN_LATER, _FULL)
        else:
            self._connections.keep(transport)
            await self._serve_page(page, socket)
        return socket

    async def _admitted(self, socket: web.WebSocketResponse) -> bool:
        if not self._access.needs_token:
            return True
        await socket.send_str(pack("token", {}))
        try:
            said = await socket.receive(_PATIENCE)
        except asyncio.TimeoutError:
            return False
        return said.type is WSMsgType.TEXT and self._access.admits(said.data)

    async def _serve_page(self, page: OpenPage, socket: web.WebSocketResponse) -> None:
        self._pages.add(page)
        writer: asyncio.Task[None] | None = None
        try:
            for text in self._welcome():
                await socket.send_str(text)
            writer = asyncio.create_task(page.write())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(page, message.data)
                else:
                    page.garbage = _MOST_GARBAGE
                if page.garbage >= _MOST_GARBAGE:
                    await page.close(WSCloseCode.POLICY_VIOLATION, "garbage")
        finally:
            self._pages.discard(page)
            self._dropped += page.dropped
            if writer is not None:
                writer.cancel()

    async def _take(self, page: OpenPage, text: str) -> None:
        """Act on a message; a refusal is told before the next is read, so that none pile up."""
        try:
            command = parse(text, bench=self._bench)
        except CommandError as error:
            self._refused += 1
            page.garbage += 1
            await page.reply(0, False, str(error))
            return
        if command.name == "token":
            return  # known already
        now = time.monotonic()
        if not page.allowance.take(now) or not self._allowance.take(now):
            self._refused += 1
            await page.reply(command.number, False, "too many commands at once")
        elif command.name == "picture":
            page.wants_picture = bool(command.value)
        else:
            self._commands += 1
            task = asyncio.create_task(self._act(page, command))
            self._tasks.add(task)  # asyncio itself keeps no hold of it
            task.add_done_callback(self._tasks.discard)

    async def _act(self, page: OpenPage, command: Command) -> None:
        try:
            done = asyncio.wrap_future(self._handle(command))
            answer = await asyncio.wait_for(done, _ANSWER_PATIENCE)
        except asyncio.TimeoutError:
            answer = (False, f"{command.name}: no answer")
        await page.reply(command.number, *answer)
