"""Payloads on the wire: COBS with a zero behind each frame, CRC-16/CCITT-FALSE, little endian."""

import binascii
import struct
from collections.abc import Iterable

from cobs import cobs  # type: ignore[import-untyped]

BAUD_RATE = 115_200
"""[bit/s], 8 data bits, no parity, one stop bit."""
BITS_PER_BYTE = 10
MAX_PAYLOAD = 48
"""Longest payload in bytes, as in the firmware's decoder."""

_CRC = struct.Struct("<H")
_MAX_FRAME = MAX_PAYLOAD + _CRC.size + 1  # with the code that COBS adds, without the final zero


def frame(payload: bytes) -> bytes:
    """A payload as it goes over the wire, the final zero included."""
    return bytes(cobs.encode(payload + _CRC.pack(crc16(payload)))) + b"\0"


def wire_time(payload: bytes) -> float:
    """[s] that a payload is on the wire."""
    return len(frame(payload)) * BITS_PER_BYTE / BAUD_RATE


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected.

    The check value of "123456789" is 0x29B1 (catalogue of parametrised CRC algorithms).
    """
    return binascii.crc_hqx(data, 0xFFFF)


class FrameDecoder:
    """Takes bytes in any portions and gives the payloads of the good frames.

    Whatever comes, the next good frame after a zero is found. What precedes the first zero is
    taken for the end of a frame that began before we listened: it counts when it is good, and is
    no error when it is not.

    Attributes:
        frames: good ones so far.
        errors: damaged ones so far (CRC, stuffing or length).
    """

    def __init__(self) -> None:
        self.frames = 0
        self.errors = 0
        self._buffer = bytearray()
        self._too_long = False
        self._in_step = False

    def feed(self, data: Iterable[int]) -> list[bytes]:
        """Payloads of the frames that these bytes complete."""
        *ended, rest = bytes(data).split(b"\0")
        payloads = []
        for part in ended:
            self._take(part)
            payload = self._finish()
            if payload is not None:
                payloads.append(payload)
        self._take(rest)
        return payloads

    def _take(self, part: bytes) -> None:
        if len(self._buffer) + len(part) > _MAX_FRAME:
            self._too_long = True
            self._buffer.clear()  # so that a line without zeros fills no memory
        elif not self._too_long:
            self._buffer += part

    def _finish(self) -> bytes | None:
        received, whole, in_step = bytes(self._buffer), not self._too_long, self._in_step
        self._buffer.clear()
        self._too_long = False
        self._in_step = True
        if whole and not received:
            return None  # zeros in a row part frames, too
        payload = _unframe(received) if whole else None
        if payload is not None:
            self.frames += 1
        elif in_step:
            self.errors += 1
        return payload


def _unframe(received: bytes) -> bytes | None:
    try:
        content = bytes(cobs.decode(received))
    except cobs.DecodeError:
        return None
    payload, crc = content[: -_CRC.size], content[-_CRC.size :]
    if not payload or crc != _CRC.pack(crc16(payload)):
        return None
    return payload
