"""One open page: each thing it is sent is the newest when it is ready for it."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from fatigue_ros.dashboard.commands import Allowance
from fatigue_ros.dashboard.snapshot import pack

_PATIENCE = 5.0  # [s] for a slow page
_FAREWELL_PATIENCE = 2.0  # [s] for it to hear that this is the end
_UNDERWAY = 65_536  # [bytes] that the system may hold for a page; by itself it takes megabytes
_RATE, _BURST = 5.0, 10.0  # commands a second from one page; a trackbar sends four


class OpenPage:
    """Its socket, what it has not been sent yet, what it may still ask.

    Args:
        stream: to the page.
        transport: under the stream.
        now: [s] for its allowance.
    """

    def __init__(
        self, stream: web.WebSocketResponse, transport: asyncio.Transport, now: float
    ) -> None:
        self.allowance = Allowance(_RATE, _BURST, now)
        self.garbage = 0
        self.wants_picture = False
        self.dropped = 0
        self._stream, self._transport = stream, transport
        # Or a page on a slow line is shown what was news long ago.
        transport.set_write_buffer_limits(high=0)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, _UNDERWAY
        )
        self._news = asyncio.Event()
        self._text: str | None = None
        self._picture: bytes | None = None

    def offer(self, text: str) -> None:
        """Keep this for the page instead of what it has not taken yet."""
        self.dropped += self._text is not None
        self._text = text
        self._news.set()

    def offer_picture(self, picture: bytes) -> None:
        """The same for a picture, when the page wants any."""
        if self.wants_picture:
            self.dropped += self._picture is not None
            self._picture = picture
            self._news.set()

    async def write(self) -> None:
        """Send the newest for as long as the page takes it."""
        while True:
            await self._news.wait()
            self._news.clear()
            text, self._text = self._text, None
            picture, self._picture = self._picture, None
            if text is not None:
                await self._send(self._stream.send_str(text))
            if picture is not None:
                await self._send(self._stream.send_bytes(picture))

    async def reply(self, number: int, done: bool, text: str) -> None:
        """Answer the command of that number."""
        answer = pack("answer", {"number": number, "done": done, "text": text})
        await self._send(self._stream.send_str(answer))

    async def close(self, code: int, reason: str = "") -> None:
        """Close the connection, and say why."""
        farewell = self._stream.close(code=code, message=reason.encode())
        await self._send(farewell, _FAREWELL_PATIENCE)

    async def _send(
        self, sending: Coroutine[Any, Any, object], patience: float = _PATIENCE
    ) -> None:
        """Send; a page that takes nothing is cut off, since it would not take a farewell either."""
        try:
            await asyncio.wait_for(sending, patience)
        except asyncio.TimeoutError:
            self._transport.abort()
        except (ConnectionError, RuntimeError):
            pass  # it is gone, and who reads from it notices
