"""Who may open the page: this computer, or whoever knows a token."""

import hmac
import ipaddress
import urllib.parse

from aiohttp import web

from fatigue_ros.dashboard.commands import CommandError, parse
from fatigue_ros.errors import FatigueError

LEAST_TOKEN = 16
"""Characters."""


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


class Access:
    """The rules for one server.

    Args:
        listen: address that it listens at.
        token: what a page has to name; empty for nothing, on the loopback address only.

    Raises:
        FatigueError: an address that others can reach, and no token of LEAST_TOKEN characters.
    """

    def __init__(self, listen: str, token: str) -> None:
        self._local = is_loopback(listen)
        if (token or not self._local) and len(token) < LEAST_TOKEN:
            raise FatigueError(
                f"token: expected at least {LEAST_TOKEN} characters"
                + ("" if self._local else f", since others can reach {listen}")
            )
        self._token = token

    @property
    def needs_token(self) -> bool:
        """Whether a page has to name one."""
        return bool(self._token)

    def check_host(self, request: web.Request) -> None:
        """Names that lead here from elsewhere (DNS rebinding) are not for a page of ours.

        Raises:
            HTTPForbidden: the request names another host than this computer.
            HTTPBadRequest: what it names is none.
        """
        if not self._local:
            return  # the token is what counts
        name = _split(f"//{request.host}").hostname or ""
        try:
            local = is_loopback(name)
        except FatigueError:
            local = False
        if not local:
            raise web.HTTPForbidden(text="expected localhost as the host")

    def check_origin(self, request: web.Request) -> None:
        """Browsers let any page open a socket to anywhere; they do say which page it is.

        Raises:
            HTTPForbidden: it is none of ours.
            HTTPBadRequest: it names no page at all.
        """
        origin = request.headers.get("Origin")
        if origin is not None and _split(origin).netloc != request.host:
            raise web.HTTPForbidden(text="expected our own page as the origin")

    def admits(self, text: str) -> bool:
        """Whether a page's first message names the token."""
        try:
            command = parse(text, bench=False)
        except CommandError:
            return False
        if command.name != "token":
            return False
        said = str(command.value).encode(errors="surrogatepass")  # half a character is no token
        return hmac.compare_digest(said, self._token.encode())


def _split(address: str) -> urllib.parse.SplitResult:
    try:
        return urllib.parse.urlsplit(address)
    except ValueError:
        raise web.HTTPBadRequest(text="expected a host such as localhost:8470") from None
