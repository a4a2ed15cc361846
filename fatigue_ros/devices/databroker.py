"""Signals of the COVESA Vehicle Signal Specification (VSS) at a KUKSA databroker.

The broker keeps what it was told last, for ever. So who tells it takes back what is no longer known
("not available"), also when it is about to end.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from fatigue_ros.devices.retrying import RetryingThread, one_line
from fatigue_ros.errors import SourceError
from fatigue_ros.extras import load

VssValue: TypeAlias = float | bool | None
"""Of a signal; None where nothing is known."""

_POLL = 0.05  # [s] from one look at the values to the next
_SHORTEST = 0.2  # [s] between two words, but where more than a number changed
_REPEAT = 1.0  # [s] the same is said again, so that its time stamp is fresh
_TIMEOUT = 2.0  # [s] for an answer of the broker
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0  # [s]
_NOT_FOUND = {404, 5}  # VAL's code and gRPC's


class Databroker:
    """Tells a broker, from a thread, what somebody knows; one that is absent is waited for.

    Attributes:
        problem: what is wrong, in one line; empty when nothing is.
        missing: signals that the broker's catalogue does not have.
        told: how often it was told something.
        reconnects: how often it was lost and found again.
    """

    def __init__(
        self,
        address: str,
        values: Callable[[], Mapping[str, VssValue]],
        *,
        root_certificates: str = "",
        token_file: str = "",
    ) -> None:
        """Set up; nothing is opened yet.

        Args:
            address: host and port of the broker.
            values: asked from the thread for what is known now, by path.
            root_certificates: file that the broker's certificate is held against; empty: no TLS.
            token_file: file with the token that allows us to provide these signals.

        Raises:
            SourceError: the address is none, or a file cannot be read.
            FatigueError: the library is not installed.
        """
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise SourceError(
                f"broker: expected host:port, for example localhost:55555, got {address!r}"
            )
        self._library = load("kuksa_client.grpc")
        self.name, self._values = address, values
        self._given: dict[str, Any] = {
            "host": host,
            "port": int(port),
            "token": _read(token_file, "token_file") or None,
            "root_certificates": Path(root_certificates).expanduser()
            if root_certificates
            else None,
        }
        _read(root_certificates, "root_certificates")
        self.problem = "not connected yet"
        self.missing: list[str] = []
        self.told = 0
        self.reconnects = -1
        name = f"databroker {address}"
        self._thread = RetryingThread(self._serve, name, _FIRST_RETRY, _LAST_RETRY)

    def start(self) -> None:
        """Connect, and tell."""
        self._thread.start()

    def close(self) -> None:
        """Take back what was said, and end."""
        self._thread.close()
        self.problem = "closed"

    def diagnose(self) -> dict[str, object]:
        """State and counters, by name."""
        return {
            "broker": self.name,
            "told": self.told,
            "reconnects": max(0, self.reconnects),
            "not in its catalogue": ", ".join(self.missing) or "none",
        }

    def _serve(self) -> bool:
        """Tell until closed or lost; whether anything was told."""
        told = self.told
        try:
            with self._library.VSSClient(**self._given) as client:
                self.reconnects += 1
                self.missing = [p for p in self._values() if not self._knows(client, p)]
                said: Mapping[str, VssValue] = {}
                said_at = 0.0
                try:
                    while not self._thread.closing:
                        values, now = self._values(), time.monotonic()
                        if _is_due(values, said, now - said_at):
                            self._tell(client, values)
                            said, said_at = values, now
                        time.sleep(_POLL)
                finally:
                    with contextlib.suppress(Exception):  # it may be what was lost
                        self._tell(client, dict.fromkeys(self._values()))
        except Exception as error:  # noqa: BLE001 - the library raises plain ones
            self.problem = f"databroker {self.name}: {one_line(error)}"
        return self.told > told

    def _knows(self, client: Any, path: str) -> bool:
        """Whether the broker's catalogue has a signal: it may be older, or a vehicle's own."""
        try:
            client.get_metadata([path], timeout=_TIMEOUT)
        except self._library.VSSClientError as error:
            codes = {error.error.get("code"), *(e["error"].get("code") for e in error.errors)}
            if not codes & _NOT_FOUND:
                raise
            return False
        return True

    def _tell(self, client: Any, values: Mapping[str, VssValue]) -> None:
        updates = {
            path: self._library.Datapoint(value)
            for path, value in values.items()
            if path not in self.missing
        }
        if updates:
            client.set_current_values(updates, timeout=_TIMEOUT)
        self.told += 1
        self.problem = ""


def _is_due(values: Mapping[str, VssValue], said: Mapping[str, VssValue], passed: float) -> bool:
    """Whether to speak, so many seconds after the last word."""
    if passed >= _REPEAT:
        return True
    changed = {path for path, value in values.items() if path not in said or value != said[path]}
    numbers = all(isinstance(v[p], float) for p in changed for v in (values, said) if p in v)
    return bool(changed) and (passed >= _SHORTEST or not numbers)


def _read(name: str, parameter: str) -> str:
    if not name:
        return ""
    try:
        return Path(name).expanduser().read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise SourceError(f"{parameter}: {name} cannot be read: {one_line(error)}") from error
