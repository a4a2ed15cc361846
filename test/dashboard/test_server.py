"""The page's server over real sockets: who gets in, what is refused, and slow pages."""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import json
import os
import resource
import select
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fatigue_ros.dashboard import open_page
from fatigue_ros.dashboard import server as server_module
from fatigue_ros.dashboard.access import is_loopback
from fatigue_ros.dashboard.commands import Command
from fatigue_ros.dashboard.connections import MOST_CONNECTIONS
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


def _wait(condition: Callable[[], Any]) -> None:
    """As `_until`, without a loop, which takes file handles."""
    end = time.monotonic() + 120.0
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


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
    server.close()  # nor does the end wait for them
    assert not server._thread.is_alive()
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


def test_who_has_not_named_the_token_takes_nobodys_place(serve: Any) -> None:
    server = serve(token=TOKEN)

    async def talk() -> None:
        async with aiohttp.ClientSession(server.address) as session:
            waiting = [await session.ws_connect("/socket") for _ in range(2 * MOST_PAGES)]
            assert server.pages == 0
            for number in range(MOST_PAGES):
                page = waiting[number]
                await page.receive()
                await page.send_json({"do": "token", "value": TOKEN})
                assert (await page.receive_json())["kind"] == "hello"
            late = waiting[-1]
            await late.receive()
            await late.send_json({"do": "token", "value": TOKEN})
            assert (await late.receive()).data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
            assert server.pages == MOST_PAGES

    asyncio.run(talk())


def _connect(address: str) -> socket.socket:
    host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
    return socket.create_connection((host, int(port)))


def _is_closed(opened: socket.socket) -> bool:
    """Whether the other side has hung up; what it says before is read."""
    opened.setblocking(False)
    try:
        while opened.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionResetError:
        pass
    return True


def _handles() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-a: b\r\n"


@pytest.mark.parametrize("said", [HALF, b"", b"\x16\x03\x01", HALF + b"\r\n" + HALF])
def test_who_stops_half_way_is_hung_up_on(
    serve: Any, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(server_module, "_PATIENCE", 0.5)
    server = serve()
    opened = [_connect(server.address) for _ in range(5)]
    for each in opened:
        each.sendall(said)
    asyncio.run(_until(lambda: all(map(_is_closed, opened))))
    asyncio.run(_until(lambda: server.figures()["connections"] == 0))
    for each in opened:
        each.close()


def test_a_crowd_of_half_sent_requests_takes_no_more_than_its_share(serve: Any) -> None:
    """Of file handles; an open page stays, and another one comes in."""
    server = serve()
    before = _handles()

    async def talk() -> None:
        async with (
            aiohttp.ClientSession(server.address) as session,
            session.ws_connect("/socket") as page,
        ):
            await page.receive()
            crowd = []
            for _ in range(3 * MOST_CONNECTIONS):
                crowd.append(_connect(server.address))
                crowd[-1].sendall(HALF)
            try:
                await _until(lambda: server.figures()["cut_off"] > 2 * MOST_CONNECTIONS)
                assert server.figures()["connections"] <= MOST_CONNECTIONS
                # What was cut off is closed a little later.
                most = before + len(crowd) + MOST_CONNECTIONS + 10
                await _until(lambda: _handles() <= most)
                async with session.get("/") as response:
                    assert response.status == 200
                async with session.ws_connect("/socket") as other:
                    assert (await other.receive_json())["kind"] == "hello"
                server.publish('{"kind":"state"}')
                assert (await page.receive()).data == '{"kind":"state"}'
                # The first came first to go.
                assert _is_closed(crowd[0])
                assert not _is_closed(crowd[-1])
            finally:
                for each in crowd:
                    each.close()
            await _until(lambda: server.figures()["connections"] <= 3)

    asyncio.run(talk())


def test_no_file_handles_are_told_once_and_not_a_thousand_times(
    serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    assert server.problem == ""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = socket.socket()
    host, _, port = server.address.removeprefix("http://").rstrip("/").rpartition(":")
    try:
        # No number below is free: a new file cannot be had.
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        client.connect((host, int(port)))
        _wait(lambda: server.figures()["faults"] > 5)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        client.close()
    assert "socket.accept() out of system resource" in server.problem
    said = [record for record in caplog.records if record.name == "asyncio"]
    assert len(said) == 1
    with urllib.request.urlopen(server.address) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "host", ["[::1", "[", "a]:1", "[::1]x", "\udcff", "localhost:99999999", ""]
)
def test_hosts_that_are_none_are_the_askers_fault(serve: Any, host: str) -> None:
    server = serve()
    for line in (f"Host: {host}", f"Host: 127.0.0.1\r\nOrigin: http://{host}"):
        opened = _connect(server.address)
        opened.sendall(
            f"GET /socket HTTP/1.1\r\n{line}\r\nConnection: close\r\n\r\n".encode(
                errors="surrogateescape"
            )
        )
        with opened, opened.makefile("rb") as said:
            assert said.readline().split()[1] in (b"400", b"403")


def test_half_a_character_is_no_token(serve: Any) -> None:
    server = serve(token=TOKEN)

    async def talk() -> None:
        async with aiohttp.ClientSession(server.address) as session:
            page = await session.ws_connect("/socket")
            await page.receive()
            await page.send_str('{"do": "token", "value": "\\ud800"}')
            assert (await page.receive()).data == aiohttp.WSCloseCode.POLICY_VIOLATION

    asyncio.run(talk())
    assert server.problem == ""


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
