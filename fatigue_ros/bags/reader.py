"""Reads bags, whole ones and what is left of interrupted, truncated or damaged ones."""

import heapq
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection, MessageDefinitionFormat
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from fatigue_ros.bags.inside_rosbags import reason, zstd
from fatigue_ros.bags.parts import STORAGES, Parts
from fatigue_ros.bags.topics import TOPICS, BagError, typestore

_ZSTD = b"\x28\xb5\x2f\xfd"
"""What a packed message begins with (RFC 8878, section 3.1.1); one in CDR begins with 0."""


def is_bag(path: Path) -> bool:
    """Whether it is a bag's file or folder; an interrupted recording has no metadata.yaml yet."""
    return (
        path.suffix.lower() in STORAGES
        or (path / "metadata.yaml").exists()
        or (path.is_dir() and any(file.suffix.lower() in STORAGES for file in path.iterdir()))
    )


class Bag(AbstractContextManager["Bag"]):
    """A bag open for reading; a context manager.

    Args:
        path: folder of a bag, or one .mcap or .db3 file.
        namespace: of the topics; only needed when the bag holds several.

    Attributes:
        problem: what is damaged, empty as long as nothing is. It may come up while reading, which
            goes on behind it.
        topics: our topics that are in it, by relative name.
        duration: [s] from the first message to the last; of a damaged bag, as far as is known.
        start: [ns] time of the first message.

    Raises:
        BagError: it cannot be read at all, is empty, or holds none of our topics.
    """

    def __init__(self, path: Path, namespace: str | None = None) -> None:
        self.path = path
        self.problem = ""
        self._undefined: dict[str, str] = {}  # by name: what to say where it cannot be decoded
        self._stack = ExitStack()
        try:
            self._open()
            self.topics = self._find(namespace)
            self._stores = {name: self._store(c) for name, c in self.topics.items()}
        except BaseException:
            self.close()
            raise
        self.start = self._parts.storages[0].metadata.start_time
        end = max(part.metadata.end_time for part in self._parts.storages)
        self.duration = max(0.0, (end - self.start) / 1e9)

    def messages(
        self, names: Collection[str], *, raw: bool = False
    ) -> Iterator[tuple[str, int, Any]]:
        """Name, time [ns] of recording and message, up to the end or the damage.

        Args:
            names: of the topics that are wanted.
            raw: whether the messages are wanted as bytes in CDR, as they were recorded.
        """
        wanted = {self.topics[n].topic: n for n in names if n in self.topics}
        count = expected = 0
        parts, name = [], ""
        for part in self._parts.storages:
            if connections := [c for c in part.connections if c.topic in wanted]:
                expected += sum(connection.msgcount for connection in connections)
                parts.append(self._part(part, connections))
        lost = self._parts.lost
        try:
            for time, connection, data in heapq.merge(*parts, key=lambda message: message[0]):
                name = wanted[connection.topic]
                yield name, time, data if raw else self.decoded(name, data)
                count += 1
        except GeneratorExit:
            raise
        except Exception as error:  # noqa: BLE001 - whatever bytes make of a message
            lost.append(self._undefined.get(name, "") or reason(error))
        if (lost or count != expected) and not self.problem:
            why = f" ({lost[0]})" if lost else ""
            self.problem = f"{self.path}: damaged: {count} of {expected} messages read{why}"

    def decoded(self, name: str, data: bytes) -> Any:
        """A message of a topic, from its bytes in CDR."""
        return self._stores[name].deserialize_cdr(data, self.topics[name].msgtype)

    def has_our_type(self, name: str) -> bool:
        """Whether the messages of a topic have the fields that ours have: bags grow old."""
        kind = self.topics[name].msgtype
        return bool(self._stores[name].hash_rihs01(kind) == typestore().hash_rihs01(kind))

    def _part(
        self, part: Any, connections: list[Connection]
    ) -> Iterator[tuple[int, Connection, bytes]]:
        """Time, connection and content; what ends one part early does not end the others."""
        try:
            for connection, time, data in part.messages(connections):
                packed = data[: len(_ZSTD)] == _ZSTD
                yield time, connection, zstd.decompress(data) if packed else data
        except GeneratorExit:
            raise
        except Exception as error:  # noqa: BLE001 - struct, zstd, SQLite ... each has its own
            self._parts.lost.append(reason(error))

    def close(self) -> None:
        """Close all files."""
        self._stack.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    # Opening -----------------------------------------------------------------------------------

    def _open(self) -> None:
        path = self.path
        if not path.exists():
            raise BagError(f"{path}: expected a bag, found nothing")
        for file in path.iterdir() if path.is_dir() else [path]:
            if not (file.is_file() or file.is_dir()):  # a pipe would be waited for
                raise BagError(f"{file}: expected a file of a bag, found none")
        self._parts = Parts(path, self._stack)
        count = sum(part.metadata.message_count for part in self._parts.storages)
        if self._parts.damage:
            wrong = "; ".join(self._parts.damage)
            self.problem = (
                f"{path}: not complete ({wrong}); read as far as it goes: {count} messages"
            )
        if not count:
            raise BagError(f"{path}: the bag is empty{self._damage()}")

    def _find(self, namespace: str | None) -> dict[str, Connection]:
        found: dict[str, Connection] = {}
        others = set()
        for part in self._parts.storages:
            for connection in part.connections:
                name = _known(connection, namespace)
                if name is None:
                    others.add(f"{connection.topic} ({connection.msgtype})")
                elif found.setdefault(name, connection).topic != connection.topic:
                    raise BagError(
                        f"{self.path}: {name} is there as {found[name].topic} and as "
                        f"{connection.topic}, expected one: choose with --namespace"
                    )
        if set(found) - {"/diagnostics"}:
            return found
        where = f" in namespace {namespace}" if namespace is not None else ""
        raise BagError(
            f"{self.path}: expected topics of the driver monitor{where} such as face/landmarks, "
            f"found {', '.join(sorted(others)) or 'none'}{self._damage()}"
        )

    def _damage(self) -> str:
        return f" ({self.problem})" if self.problem else ""

    def _store(self, connection: Connection) -> Typestore:
        """The types as the bag defines them: it may be older or younger than we are."""
        form, text = connection.msgdef
        if form is MessageDefinitionFormat.NONE or not text.strip():
            # Old .db3 bags, and recorders that did not find the definition.
            self._undefined[_known(connection, None) or ""] = (
                f"{connection.topic}: its definition is not in the bag, and its messages are not "
                f"those of this version: judge them with the version that recorded them"
            )
            return typestore()
        store = get_typestore(Stores.EMPTY)
        try:
            if form is MessageDefinitionFormat.MSG:
                store.register(get_types_from_msg(text, connection.msgtype))
            else:
                store.register(get_types_from_idl(text))
        except Exception as error:  # as above
            raise BagError(
                f"{self.path}: {connection.topic}: its definition cannot be read: {reason(error)}"
            ) from error
        return store


def _known(connection: Connection, namespace: str | None) -> str | None:
    for name, topic in TOPICS.items():
        if connection.msgtype != topic.kind:
            continue
        if name.startswith("/"):
            if connection.topic == name:
                return name
        elif namespace is not None:
            if connection.topic == f"/{namespace.strip('/')}/{name}".replace("//", "/"):
                return name
        elif connection.topic.endswith(f"/{name}"):
            return name
    return None
