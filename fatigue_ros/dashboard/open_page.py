"""One open page: each thing it is sent is the newest when it is ready for it."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fatigue_ros.dashboard.commands import Allowance

_PATIENCE = 5.0  # [s] for a slow page
_RATE, _BURST = 5.0, 10.0  # commands a second from one page; a trackbar sends four


class OpenPage:
    """Its socket, what it has not been sent yet, what it may still ask."""

    def __init__(self, socket: web.WebSocketResponse, now: float) -> None:
        self.socket = socket
        self.allowance = Allowance(_RATE, _BURST, now)
        self.garbage = 0
        self.wants_picture = False
        self.dropped = 0
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
                await asyncio.wait_for(self.socket.send_str(text), _PATIENCE)
            if picture is not None:
                await asyncio.wait_for(self.socket.send_bytes(picture), _PATIENCE)
