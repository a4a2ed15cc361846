"""The page's server over real sockets: who gets in, what is refused, and slow pages."""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import json
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

from fatigue_ros.dashboard import open_page
from fatigue_ros.dashboard.access import is_loopback
from fatigue_ros.dashboard.commands import Command
from fatigue_ros.dashboard.server import MOST_PAGES, DashboardServer
from fatigue_ros.errors import FatigueError

TOKEN = "correct horse battery"


@pytest.fixture
def serve() -> Iterator[Callable[..., DashboardServer]]:
    """Make servers; they are closed at the end. ``asked`` collects the commands."""
    servers = []

    def make(asked: list[Command] | None = None, **more: Any) -> DashboardServer:
        def handle(command: Command) -> concurrent.futures.Future[tuple[bool, str]]:
            if asked is not None:
                asked.append(command)
            future: concurrent.futures.Future[tuple[bool, str]] = concurrent.futures.Future()
            future.set_result((True, f"did {command.name}"))
            return future

        settings: dict[str, Any] = {
            "listen": "127.0.0.1",
            "port": 0,
            "token": "",
            "bench": False,
            "handle": handle,
            "welcome": lambda: ['{"kind":"hello"}'],
            **more,
        }
        server = DashboardServer(**settings)
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.close()


async def _until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 120.0
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_files_and_headers(serve: Any) -> None:
    server = serve()

    async def talk() -> None:
        async with aiohttp.ClientSession(server.address) as session:
            for path in ("/", "/dashboard.js", "/gauge.js", "/dashboard.css"):
                async with session.get(path) as response:
                    assert response.status == 200
                    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                    assert len(await response.read()) > 500
            for path in ("/../server.py", "/static/index.html", "/etc/passwd"):
                async with session.get(path) as response:
                    assert response.status == 404
            async with session.get("/", headers={"Host": "evil.example"}) as response:
                assert response.status == 403

    asyncio.run(talk())


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_other_peoples_pages_get_no_socket(serve: Any, origin: str) -> None:
    server = serve()

    async def talk() -> None:
        async with aiohttp.ClientSession(server.address) as session:
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect("/socket", origin=origin)
            own = server.address.rstrip("/")
            async with session.ws_connect("/socket", origin=own) as opened:
                assert (await opened.receive_json())["kind"] == "hello"

    asyncio.run(talk())


def test_commands_are_carried_out_and_answered(serve: Any) -> None:
    asked: list[Command] = []
    server = serve(asked)

    async def talk() -> None:
        session = aiohttp.ClientSession(server.address)
        async with session, session.ws_connect("/socket") as page:
            await page.receive()
            await page.send_json({"do": "sleep_quality", "value": 4, "number": 9})
            said = await page.receive_json()
            assert said == {
                "kind": "answer",
                "number": 9,
                "done": True,
                "text": "did sleep_quality",
            }

    asyncio.run(talk())
    assert asked == [Command("sleep_quality", 4, 9)]


def test_garbage_is_refused_and_then_the_page(serve: Any) -> None:
    asked: list[Command] = []
    server = serve(asked)

    async def talk() -> None:
        session = aiohttp.ClientSession(server.address)
        async with session, session.ws_connect("/socket") as page:
            await page.receive()
            for _ in range(5):
                await page.send_str("}{")
                said = await page.receive()
                if said.type is aiohttp.WSMsgType.TEXT:
                    assert not json.loads(said.data)["done"]
            while not page.closed:
                await page.receive()
            assert page.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION
        for content in (b"\x00\xff", "x" * 100_000):
            session = aiohttp.ClientSession(server.address)
            async with session, session.ws_connect("/socket") as page:
                await page.receive()
                if isinstance(content, bytes):
                    await page.send_bytes(content)
                else:
                    await page.send_str(content)
                while not page.closed:
                    await page.receive()

    asyncio.run(talk())
    assert not asked


def test_too_many_commands_are_refused(serve: Any) -> None:
    asked: list[Command] = []
    server = serve(asked)

    async def talk() -> list[bool]:
        session = aiohttp.ClientSession(server.address)
        async with session, session.ws_connect("/socket") as page:
            await page.receive()
            for number in range(100):
                await page.send_json({"do": "acknowledge", "number": number})
            return [(await page.receive_json())["done"] for _ in range(100)]

    began = time.monotonic()
    answers = asyncio.run(talk())
    assert 10 <= sum(answers) == len(asked) <= 11 + 5 * (time.monotonic() - began)


def test_a_flood_waits_for_itself(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks without end and takes no answer is not read from, so that nothing piles up."""
    monkeypatch.setattr(open_page, "_PATIENCE", 0.5)
    asked: list[Command] = []
    server = serve(asked)
    page = _deaf_page(server.address)
    page.setblocking(False)
    text = b'{"do":"acknowledge"}'
    frames = (b"\x81" + bytes([0x80 | len(text)]) + b"\0\0\0\0" + text) * 1000
    sent, began = 0, time.monotonic()
    while sent < 50_000_000:
        select.select([], [page], [], 30.0)
        try:
            sent += page.send(frames)
        except (BlockingIOError, ConnectionError):
            break  # it was hung up on, having taken nothing for a while
    assert sent < 50_000_000
    assert len(asked) < 20 + 6 * (time.monotonic() - began)
    asyncio.run(_until(lambda: server.pages == 0))
    page.close()


def test_a_token_is_needed_where_others_can_reach_it(serve: Any) -> None:
    with pytest.raises(FatigueError, match=r"16 characters.*0\.0\.0\.0"):
        serve(listen="0.0.0.0")
    with pytest.raises(FatigueError, match="16 characters"):
        serve(token="short")
    with pytest.raises(FatigueError, match="no address"):
        serve(listen="everywhere")
    asked: list[Command] = []
    server = serve(asked, listen="0.0.0.0", token=TOKEN)
    address = server.address.replace("0.0.0.0", "127.0.0.1")

    async def attempt(first: str) -> Any:
        session = aiohttp.ClientSession(address)
        async with session, session.ws_connect("/socket") as page:
            assert await page.receive_json() == {"kind": "token"}
            await page.send_str(first)
            return (await page.receive()).data

    right = json.dumps({"do": "token", "value": TOKEN})
    assert json.loads(asyncio.run(attempt(right)))["kind"] == "hello"
    for wrong in ('{"do":"token","value":"guess"}', '{"do":"acknowledge"}', "{}", "\u00e9"):
        assert asyncio.run(attempt(wrong)) == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert not asked


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback(address: str) -> None:
    assert is_loopback(address)


def test_a_port_that_is_taken_is_named(serve: Any) -> None:
    port = int(serve().address.rstrip("/").rpartition(":")[2])
    with pytest.raises(FatigueError, match=f"port {port}"):
        serve(port=port)


def test_the_next_port_is_taken_where_that_is_wanted(serve: Any) -> None:
    ports = [int(serve().address.rstrip("/").rpartition(":")[2])]
    for _ in range(2):
        ports.append(int(serve(port=ports[0], tries=20).address.rstrip("/").rpartition(":")[2]))
    assert ports[0] < ports[1] < ports[2] < ports[0] + 20
    with pytest.raises(FatigueError, match=f"ports {ports[0]} to {ports[1]}: .*in use"):
        serve(port=ports[0], tries=ports[1] - ports[0] + 1)


def _deaf_page(address: str) -> socket.socket:
    """A page that opens the socket and never reads."""
    host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    opened.sendall(
        f"GET /socket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return opened


def test_ten_pages_that_do_not_read_delay_nobody(serve: Any) -> None:
    server = serve()
    deaf = [_deaf_page(server.address) for _ in range(10)]
    message = json.dumps({"kind": "state", "filler": "x" * 20_000})

    async def talk() -> str:
        session = aiohttp.ClientSession(server.address)
        async with session, session.ws_connect("/socket", max_msg_size=0) as page:
            await page.receive()
            await _until(lambda: server.pages == 11)
            for _ in range(300):  # 6 MB for each
                server.publish(message)
                await asyncio.sleep(0.002)
            server.publish('{"kind":"last"}')
            while True:
                said = (await page.receive()).data
                if "last" in said:
                    assert server.pages == 11  # nobody had to be hung up on for it
                    return str(said)

    assert asyncio.run(talk()) == '{"kind":"last"}'
    dropped = server.figures()["dropped"]
    assert isinstance(dropped, int)
    assert dropped > 2500  # of 3000: left out, and not kept by the system either
    for opened in deaf:
        opened.close()


def test_no_more_pages_than_it_can_serve(serve: Any) -> None:
    server = serve()

    async def talk() -> None:
        async with aiohttp.ClientSession(server.address) as session:
            pages = [await session.ws_connect("/socket") for _ in range(MOST_PAGES)]
            with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                await session.ws_connect("/socket")
            await pages[0].close()
            await _until(lambda: server.pages < MOST_PAGES)
            await (await session.ws_connect("/socket")).close()

    asyncio.run(talk())


def test_who_has_not_named_the_token_takes_room_as_well(serve: Any) -> None:
    server = serve(token=TOKEN)

    async def talk() -> None:
        async with aiohttp.ClientSession(server.address) as session:
            waiting = [await session.ws_connect("/socket") for _ in range(MOST_PAGES)]
            with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                await session.ws_connect("/socket")
            assert server.pages == 0
            await waiting[0].close()
            await (await session.ws_connect("/socket")).close()

    asyncio.run(talk())


def test_pictures_go_to_those_who_asked(serve: Any) -> None:
    server = serve()

    async def talk() -> None:
        session = aiohttp.ClientSession(server.address)
        async with (
            session,
            session.ws_connect("/socket") as asks,
            session.ws_connect("/socket") as other,
        ):
            await asks.receive()
            await other.receive()
            assert not server.wants_picture
            await asks.send_json({"do": "picture", "value": True})
            await _until(lambda: server.wants_picture)
            server.publish_picture(b"jpeg")
            server.publish('{"kind":"state"}')
            assert {(await asks.receive()).data for _ in range(2)} == {b"jpeg", '{"kind":"state"}'}
            assert (await other.receive()).data == '{"kind":"state"}'
            await asks.send_json({"do": "picture", "value": False})
            await _until(lambda: not server.wants_picture)

    asyncio.run(talk())
