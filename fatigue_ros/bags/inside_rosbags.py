"""What is needed of the inside of the library rosbags, written against version 0.11.9.

Its readers want a bag that is whole, and its writers keep what comes until a chunk is full. All
names that rosbags does not document are used here and nowhere else: look here when it changes.
"""

from pathlib import Path
from typing import Any

from backports import zstd  # what rosbags compresses with
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


class McapScan(McapReader):
    """Reads an MCAP file from front to back, with or without its end.

    Attributes:
        whole: whether its end is there; else all records before the first that is not whole count.
    """

    whole = True

    def open(self) -> None:
        """Open the file.

        Raises:
            BagError: nothing in it can be read.
        """
        try:
            super().open()
        except Exception:  # noqa: BLE001 - struct, zstd, YAML ... each has its own
            self.whole = False
            self._open_damaged()

    def _open_damaged(self) -> None:
        file = Path(str(self.path))
        try:
            bio = self.bio = file.open("rb")
            if (magic := bio.read(len(_MAGIC))) != _MAGIC:
                found = "something else" if magic else "an empty file"
                raise BagError(f"{file}: expected an MCAP file, found {found}")
            self.data_start = bio.tell()
            self.data_end = _intact(bio, file.stat().st_size)
            self.meta_scan()
        except Exception as error:
            if self.bio is not None:
                self.close()
            if isinstance(error, BagError):
                raise
            raise BagError(f"{file}: cannot be read: {reason(error)}") from error
        seen = self.statistics
        if seen is not None and seen.message_count:
            self.metadata = self.metadata._replace(
                start_time=seen.start_time, end_time=seen.end_time, message_count=seen.message_count
            )

    messages = McapReader.messages_scan


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
