"""What is needed of the inside of the library rosbags, written against version 0.11.9.

Its readers want a bag that is whole, and its writers keep what comes until a chunk is full. All
names that rosbags does not document are used here and nowhere else: look here when it changes.
"""

import heapq
import mmap
import sys
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection
from rosbags.rosbag2 import Writer
from rosbags.rosbag2.storage_mcap import (
    MAXSIZE,
    ChunkInfo,
    McapReader,
    McapWriter,
    decompress,
    deserialize_qqqi,
    deserialize_uint64,
    msgsrc,
    read_exact,
    read_string,
)

from fatigue_ros.bags.topics import BagError
from fatigue_ros.errors import first_line

if sys.version_info >= (3, 14):  # what rosbags compresses with
    from compression import zstd as zstd  # noqa: PLC0414 - for the rooms beside
else:
    from backports import zstd as zstd  # noqa: PLC0414

_MAGIC = b"\x89MCAP0\r\n"
_FOOTER, _CHUNK = 2, 6  # operation codes of records
_ZSTD = b"\x04\x00\x00\x00zstd"
_BEFORE_COMPRESSION = 37  # [bytes] of a chunk record: code, length, two times, size, checksum
_LATEST = 2_000_000_000  # [ns] between two messages that lie the other way round
_MOST_WAITING = 1000  # messages that are held back to be put in order
_LONGEST = 1 << 30  # [bytes] of a record; more is a damaged length


def reason(error: BaseException) -> str:
    """What an error of the library says, in one line."""
    return first_line(error).rstrip(".")


class McapScan(McapReader):
    """Reads an MCAP file from front to back, with or without its end.

    Attributes:
        damage: what is missing or was passed over; empty for a whole file.
    """

    damage = ""

    def open(self) -> None:
        """Open the file.

        Raises:
            BagError: nothing in it can be read.
        """
        try:
            super().open()
        except Exception:  # noqa: BLE001 - struct, zstd, YAML ... each has its own
            self._open_damaged()
        else:
            self._stretches = [(self.data_start, self.data_end)]

    def _open_damaged(self) -> None:
        file = Path(str(self.path))
        counts: Counter[int] = Counter()
        starts, ends = [], []
        try:
            bio = self.bio = file.open("rb")
            if (magic := bio.read(len(_MAGIC))) != _MAGIC:
                found = "something else" if magic else "an empty file"
                raise BagError(f"{file}: expected an MCAP file, found {found}")
            self._stretches, self.damage = _stretches(bio, file.stat().st_size)
            for stretch in self._stretches:
                self.data_start, self.data_end = stretch
                self.meta_scan()
                seen = self.statistics
                if seen is not None and seen.message_count:
                    counts.update(seen.channel_message_counts)
                    starts.append(seen.start_time)
                    ends.append(seen.end_time)
        except Exception as error:
            if self.bio is not None:
                self.close()
            if isinstance(error, BagError):
                raise
            raise BagError(f"{file}: cannot be read: {reason(error)}") from error
        self.connections = [c._replace(msgcount=counts[c.id]) for c in self.connections]
        if counts:
            self.metadata = self.metadata._replace(
                start_time=min(starts), end_time=max(ends), message_count=counts.total()
            )

    def messages(
        self, connections: Collection[Connection], *_: int | None
    ) -> Generator[tuple[Connection, int, bytes], None, None]:
        """Messages in the order of their times, where none came later than by _LATEST."""
        waiting: list[tuple[int, int, Connection, bytes]] = []
        for number, (connection, time, data) in enumerate(self._as_they_lie(connections)):
            heapq.heappush(waiting, (time, number, connection, data))
            while waiting[0][0] < time - _LATEST or len(waiting) > _MOST_WAITING:
                yield _without_number(heapq.heappop(waiting))
        while waiting:
            yield _without_number(heapq.heappop(waiting))

    def _as_they_lie(
        self, connections: Collection[Connection]
    ) -> Iterator[tuple[Connection, int, bytes]]:
        for stretch in self._stretches:
            self.data_start, self.data_end = stretch
            yield from self.messages_scan(connections)


def _without_number(message: tuple[int, int, Connection, bytes]) -> tuple[Connection, int, bytes]:
    time, _, connection, data = message
    return connection, time, data


def _stretches(bio: Any, size: int) -> tuple[list[tuple[int, int]], str]:
    """Where whole records lie whose chunks can be unpacked, and what is wrong beside them."""
    found: list[tuple[int, int]] = []
    damaged = 0
    start = place = int(bio.tell())
    while True:
        bio.seek(place)
        head = bio.read(9)
        if len(head) < 9 or head[0] == _FOOTER:
            break
        length = deserialize_uint64(head[1:])[0]
        fits = head[0] and length <= min(_LONGEST, size - place - 9)
        if fits and (head[0] != _CHUNK or _unpacks(bio, length)):
            place += 9 + length
            continue
        found.append((start, place))
        start, place = place, _next_chunk(bio, place + 1)
        if place < 0:
            place = start
            break
        start = place
        damaged += 1
    found.append((start, place))
    wrong = [f"{damaged} damaged places"] if damaged else []
    wrong += [] if len(head) == 9 and head[0] == _FOOTER else ["the end is missing"]
    return [stretch for stretch in found if stretch[0] < stretch[1]], " and ".join(wrong)


def _unpacks(bio: Any, length: int) -> bool:
    try:
        _, _, unpacked, crc = deserialize_qqqi(read_exact(bio, 28))
        compression = read_string(bio)
        packed = deserialize_uint64(read_exact(bio, 8))[0]
        decompress(read_exact(bio, min(packed, length)), compression, unpacked, crc)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _next_chunk(bio: Any, place: int) -> int:
    """Where the next chunk begins that is packed as ours are; -1 when there is none."""
    with mmap.mmap(bio.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while (place := content.find(_ZSTD, place + _BEFORE_COMPRESSION)) >= 0:
            place -= _BEFORE_COMPRESSION
            if content[place] == _CHUNK:
                return place
            place += 1
    return -1


def leave_out_damage(storage: Any, on_damage: Callable[[str], None]) -> None:
    """Have chunks left out that cannot be unpacked, instead of all that comes behind them.

    Args:
        storage: of an open reader.
        on_damage: told why a chunk cannot be read.
    """
    parts: list[Any] = getattr(storage, "storages", [storage])  # a folder has several
    for part in parts:
        if isinstance(part, McapReader) and part.chunks:
            replaced: Any = part
            replaced.messages = partial(_messages, part, on_damage)


def _messages(
    storage: McapReader,
    on_damage: Callable[[str], None],
    connections: Collection[Connection],
    *_: object,
) -> Iterator[tuple[Connection, int, bytes]]:
    """In the order of their times."""
    wanted = {connection.id: connection for connection in connections}
    chunks = (_within(storage, chunk, wanted, on_damage) for chunk in storage.chunks)
    for time, _, connection, data in heapq.merge(*chunks):
        if connection is not None:  # else only where a chunk begins
            yield connection, time, data


def _within(
    storage: McapReader,
    chunk: ChunkInfo,
    wanted: dict[int, Connection],
    on_damage: Callable[[str], None],
) -> Iterator[Any]:
    assert storage.bio is not None
    try:
        yield from msgsrc(chunk, wanted, 0, MAXSIZE, storage.bio)
    except Exception as error:  # noqa: BLE001 - as above
        on_damage(reason(error))


def add_checksums(writer: Writer) -> None:
    """Make chunks that tell when they were damaged; rosbags writes no checksum of its own."""
    if isinstance(writer.storage, McapWriter):
        writer.storage.compressor = _with_checksum


def _with_checksum(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def flush(writer: Writer) -> None:
    """Bring to the disk what was written so far.

    Raises:
        OSError: it cannot be written, as on a full disk.
    """
    storage = writer.storage
    if isinstance(storage, McapWriter) and storage.chunk.msgs:
        storage.close_chunk()
        storage.bio.flush()
