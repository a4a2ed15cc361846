"""What is needed of the inside of the library rosbags, written against version 0.11.9.

Its readers want a bag that is whole, and its writers keep what comes until a chunk is full. All
names that rosbags does not document are used here and nowhere else: look here when it changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from backports import zstd  # what rosbags compresses with
from rosbags.interfaces import Connection
from rosbags.rosbag2 import Writer
from rosbags.rosbag2.storage_mcap import (
    McapReader,
    McapWriter,
    decompress,
    deserialize_qqqi,
    deserialize_uint64,
    read_exact,
    read_string,
)

from fatigue_ros.bags.topics import BagError
from fatigue_ros.errors import first_line

_MAGIC = b"\x89MCAP0\r\n"
_CHUNK = 6  # operation code of a chunk record
_LONGEST = 1 << 30  # [bytes] of a record; more is a damaged length


def reason(error: BaseException) -> str:
    """What an error of the library says, in one line."""
    return first_line(error).rstrip(".")


class McapScan:
    """An MCAP file read from front to back, with or without its end.

    Attributes:
        whole: whether its end is there; else all records before the first that is not whole count.
        connections, start_time, end_time, message_count: as of rosbags' Reader.

    Raises:
        BagError: nothing in it can be read.
    """

    def __init__(self, file: Path) -> None:
        self._reader = McapReader(file)
        self.whole = True
        try:
            self._reader.open()
        except Exception:  # noqa: BLE001 - struct, zstd, YAML ... each has its own
            self.whole = False
            try:
                self._open_damaged(file)
            except BaseException:
                self.close()
                raise
        self.connections = self._reader.connections
        self.start_time = self._reader.metadata.start_time
        self.end_time = self._reader.metadata.end_time
        self.message_count = self._reader.metadata.message_count

    def _open_damaged(self, file: Path) -> None:
        reader = self._reader
        try:
            bio = reader.bio = file.open("rb")
            if (magic := bio.read(len(_MAGIC))) != _MAGIC:
                found = "something else" if magic else "an empty file"
                raise BagError(f"{file}: expected an MCAP file, found {found}")
            reader.data_start = bio.tell()
            reader.data_end = _intact(bio, file.stat().st_size)
            reader.meta_scan()
        except BagError:
            raise
        except Exception as error:
            raise BagError(f"{file}: cannot be read: {reason(error)}") from error
        statistics = reader.statistics
        if statistics is not None and statistics.message_count:
            reader.metadata = reader.metadata._replace(
                start_time=statistics.start_time,
                end_time=statistics.end_time,
                message_count=statistics.message_count,
            )

    def messages(self, connections: Collection[Connection]) -> Iterator[tuple[Any, int, bytes]]:
        """Connection, time [ns] and data of each message, in the order of the file."""
        return self._reader.messages_scan(connections)

    def close(self) -> None:
        """Close the file."""
        if self._reader.bio is not None:
            self._reader.close()


def _intact(bio: Any, size: int) -> int:
    """Where the last record ends that is whole and whose chunk can be unpacked."""
    while True:
        begin = int(bio.tell())
        head = bio.read(9)
        if len(head) < 9 or head[0] == 0:
            return begin
        length = deserialize_uint64(head[1:])[0]
        if length > min(_LONGEST, size - begin - 9) or head[0] == 2:  # 2: the data's end
            return begin
        if head[0] == _CHUNK:
            try:
                _, _, unpacked, crc = deserialize_qqqi(read_exact(bio, 28))
                compression = read_string(bio)
                packed = deserialize_uint64(read_exact(bio, 8))[0]
                decompress(read_exact(bio, min(packed, length)), compression, unpacked, crc)
            except Exception:  # noqa: BLE001 - as above
                return begin
        bio.seek(begin + 9 + length)


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
