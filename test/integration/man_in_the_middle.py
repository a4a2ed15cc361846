"""Somebody on the wire: hands frames from one bus to another, and does to them what he is told.

Each line on stdin is what he does from then on: ``pass``, ``drop N`` of the next frames of the
level, ``break`` a bit of each, ``again`` and again the last one.
"""

from __future__ import annotations

import sys
import threading

import can

GROUP = "239.74.163.2"
LEVEL = 0x3F0


def stand(here: int, there: int) -> None:
    told = ["pass"]

    def listen() -> None:
        for line in sys.stdin:
            told[:] = line.split()

    threading.Thread(target=listen, daemon=True).start()
    with (
        can.Bus(interface="udp_multicast", channel=GROUP, port=here) as source,
        can.Bus(interface="udp_multicast", channel=GROUP, port=there) as target,
    ):
        last = can.Message()
        while True:
            frame = source.recv(0.05)
            if frame is None:
                continue
            if frame.arbitration_id == LEVEL:
                match told:
                    case ["drop", count]:
                        told[:] = ["drop", str(int(count) - 1)] if int(count) > 1 else ["pass"]
                        continue
                    case ["break"]:
                        frame.data[3] ^= 0x01
                    case ["again"]:
                        frame = last
                    case _:
                        last = frame
            target.send(frame)


if __name__ == "__main__":
    stand(*map(int, sys.argv[1:]))
