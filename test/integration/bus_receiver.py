"""Another unit of the vehicle: it knows the DBC file and nothing else of us.

As a program it prints what it learns, a line of JSON for each change.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import can
import cantools
import e2e

TIMEOUT = 1.0  # [s] docs/vehicle.md
OK, GAP, REPEATED, WRONG, TIMED_OUT = "ok", "gap", "repeated", "wrong checksum", "timeout"


def _kind(identifier: int, extended: bool) -> int:
    """What a frame is about: of J1939, its parameter group, whoever sends it."""
    return identifier >> 8 & 0x3FFFF if extended else identifier


class Receiver:
    """Checks each frame as AUTOSAR's receivers do, and keeps what it said.

    Attributes:
        said: signals of the newest frame that was as it should be, by message.
        verdict: of the newest frame, by message.
        seen: all verdicts that a message ever had.
    """

    def __init__(self, dbc_file: str) -> None:
        database: Any = cantools.database.load_file(dbc_file)
        self.messages = {_kind(m.frame_id, m.is_extended_frame): m for m in database.messages}
        self.said: dict[str, dict[str, str]] = {}
        self.verdict = dict.fromkeys((m.name for m in database.messages), TIMED_OUT)
        self.seen: dict[str, set[str]] = {name: set() for name in self.verdict}
        self.frames: list[tuple[str, dict[str, str]]] = []
        self._counter: dict[str, int] = {}
        self._at: dict[str, float] = {}

    def take(self, frame: can.Message, now: float) -> None:
        message = self.messages.get(_kind(frame.arbitration_id, frame.is_extended_id))
        if message is None:
            return
        attributes = {name: a.value for name, a in message.dbc.attributes.items()}
        assert attributes["E2EProfile"] == "P05"
        name, before = message.name, self._counter.get(message.name)
        self._at[name] = now
        if not e2e.p05.e2e_p05_check(frame.data, attributes["E2EDataId"]):
            self._judge(name, WRONG)
            return
        found = {k: str(v) for k, v in message.decode(bytes(frame.data)).items()}
        counter = self._counter[name] = int(found["Counter"])
        self.said[name] = found
        self.frames.append((name, found))
        step = 1 if before is None else (counter - before) % 256
        self._judge(name, {0: REPEATED, 1: OK}.get(step, GAP))

    def look(self, now: float) -> None:
        """Notice what did not come."""
        for name in self.verdict:
            if now - self._at.get(name, now) > TIMEOUT:
                self._judge(name, TIMED_OUT)

    def _judge(self, name: str, verdict: str) -> None:
        self.verdict[name] = verdict
        self.seen[name].add(verdict)


def listen(dbc_file: str, interface: str, channel: str) -> None:
    receiver, told = Receiver(dbc_file), ""
    with can.Bus(interface=interface, channel=channel) as bus:
        while True:
            frame = bus.recv(0.05)
            if frame is not None:
                receiver.take(frame, time.monotonic())
            receiver.look(time.monotonic())
            quiet = {"Counter", "Checksum", "FatigueLevel", "WarningTime"}
            said = {
                m: {k: v for k, v in s.items() if k not in quiet} for m, s in receiver.said.items()
            }
            line = json.dumps({"said": said, "verdict": receiver.verdict})
            if line != told:
                told = line
                print(line, flush=True)  # noqa: T201 - a program of the test


if __name__ == "__main__":
    listen(*sys.argv[1:])
