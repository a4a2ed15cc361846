"""Writes bags: MCAP files in a folder, as ros2 bag makes them, with all message definitions."""

import contextlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer, WriterError

from fatigue_ros.bags import inside_rosbags
from fatigue_ros.bags.topics import TOPICS, BagError, Topic, typestore
from fatigue_ros.monitor.messages import NANOSECONDS, nanoseconds

START = 946_684_800.0
"""[s] stamp of a written drive's first frame, 2000-01-01 00:00 UTC: bytes must not hang on the
day they are written."""
JPEG_QUALITY = 90
"""[1] of the images in bags."""
CHUNK_TIME = 1_000_000_000
"""[ns] of messages are lost at most when the writer is killed or a byte of the file damaged."""
_VERSION: Final = 9  # of the bag format, as since Jazzy
_DEPTH = 10
_UNLIMITED = QosTime(0, 0)


class BagWriter(AbstractContextManager["BagWriter"]):
    """A new bag; a context manager, since the index is written at the end.

    Args:
        path: folder to make.

    Raises:
        BagError: it exists already or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix == ".mcap":
            raise BagError(f"{path}: a bag is a folder that holds .mcap files, name it without")
        self.path = path
        self._connections: dict[str, Connection] = {}
        self._chunk_began = 0
        try:
            self._writer = Writer(path, version=_VERSION, storage_plugin=StoragePlugin.MCAP)
            self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
            self._writer.open()
            inside_rosbags.add_checksums(self._writer)
        except (WriterError, OSError) as error:
            raise self._failed(error) from error

    def write(self, topic: str, time: int, message: Any) -> None:
        """Append a message.

        Args:
            topic: relative name, a key of `topics.TOPICS`.
            time: [ns].
            message: of `topics.typestore`.
        """
        data = typestore().serialize_cdr(message, TOPICS[topic].kind)
        self.write_serialized(topic, time, data)

    def write_serialized(
        self, topic: str, time: int, data: bytes | memoryview, namespace: str = ""
    ) -> None:
        """Append a message as it came from the wire.

        Args:
            topic: relative name, a key of `topics.TOPICS`.
            time: [ns] when it came.
            data: CDR.
            namespace: what stands before the name.

        Raises:
            BagError: it cannot be written, as on a full disk.
        """
        try:
            if abs(time - self._chunk_began) >= CHUNK_TIME:
                self.flush()
                self._chunk_began = time
            if topic not in self._connections:
                self._connections[topic] = self._connect(topic, namespace)
            self._writer.write(self._connections[topic], time, data)
        except OSError as error:
            raise self._failed(error) from error

    def flush(self) -> None:
        """End the chunk and hand it to the system, so that the end of the program takes no more.

        Raises:
            BagError: it cannot be written.
        """
        try:
            inside_rosbags.flush(self._writer)
        except OSError as error:
            raise self._failed(error) from error

    def _connect(self, topic: str, namespace: str) -> Connection:
        known = TOPICS[topic]
        name = topic if topic.startswith("/") else f"{namespace.rstrip('/')}/{topic}"
        return self._writer.add_connection(
            name, known.kind, typestore=typestore(), offered_qos_profiles=[_qos(known)]
        )

    def close(self) -> None:
        """Write the index and metadata.yaml.

        Raises:
            BagError: it cannot be written.
        """
        if self._writer.storage is None:
            return
        try:
            self._writer.close()
        except OSError as error:
            with contextlib.suppress(Exception):  # it writes as well, to the same full disk
                self._writer.abort()
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> BagError:
        why = getattr(error, "strerror", None) or error
        return BagError(f"{self.path}: cannot be written: {why}")

    def __exit__(self, *_: object) -> None:
        # What was written before an error can be read too.
        self.close()


def _deadline(seconds: float) -> QosTime:
    count = nanoseconds(seconds)
    return QosTime(count // NANOSECONDS, count % NANOSECONDS)


def _qos(topic: Topic) -> Qos:
    return Qos(
        QosHistory.KEEP_LAST,
        1 if topic.latched else _DEPTH,
        QosReliability.RELIABLE if topic.reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if topic.latched else QosDurability.VOLATILE,
        _deadline(topic.deadline),
        _UNLIMITED,
        QosLiveliness.AUTOMATIC,
        _UNLIMITED,
        False,
    )
